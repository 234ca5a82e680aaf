# SPDX-License-Identifier: GPL-3.0-or-later
"""Hair: guides grown over the scalp by combing, gravity and the body's surface, and the strands between them."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

STEP = 0.01


@dataclass
class Style:
    """How hair grows; lengths in metres.

    Attributes:
        length: of a guide, with its relative spread.
        lift: how far it stands off the scalp before it falls, 0..1.
        comb: which way it is laid: `back`, `side`, `middle`, `forward`, `up` or `out`.
        gravity: how fast it bends down.
        curl: radius of its curls (0: straight) and the length of one turn.
        frizz: how far single strands stray.
        clump: how closely strands follow their guide at the tip, 0..1.
        strands: number of strands.
        gather: whether it is drawn to a knot behind the head.
    """

    length: float
    spread: float = 0.15
    lift: float = 0.3
    comb: str = "side"
    gravity: float = 0.25
    curl: float = 0.0
    turn: float = 0.04
    frizz: float = 0.002
    clump: float = 0.5
    strands: int = 14000
    gather: str = ""
    flyaway: float = 0.03


class Surface:
    """What hair must stay outside of: points with outward normals."""

    def __init__(self, points: np.ndarray, normals: np.ndarray) -> None:
        self.tree, self.points, self.normals = cKDTree(points), points, normals

    def normal(self, points: np.ndarray) -> np.ndarray:
        """Return the outward normal of the surface nearest to each point."""
        return np.asarray(self.normals[self.tree.query(points)[1]])

    def outside(self, points: np.ndarray, margin: float) -> np.ndarray:
        """Push points out to `margin` metres off the surface."""
        distance, near = self.tree.query(points, k=4)
        weight = 1 / (distance + 1e-4)
        weight /= weight.sum(1, keepdims=True)
        anchor = (self.points[near] * weight[..., None]).sum(1)
        normal = (self.normals[near] * weight[..., None]).sum(1)
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
        depth = ((points - anchor) * normal).sum(1)
        close = distance[:, 0] < 0.06
        push = np.where(close & (depth < margin), margin - depth, 0)
        return np.asarray(points + normal * push[:, None])


def scatter(
    vertices: np.ndarray, triangles: np.ndarray, density: np.ndarray, count: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw points on a mesh, as likely as `density` (per vertex): their positions, triangles and weights in these."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) * density[triangles].mean(1)
    chosen = random.choice(len(triangles), count, p=area / area.sum())
    u, v = random.random(count), random.random(count)
    flip = u + v > 1
    u, v = np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)
    share = np.stack([1 - u - v, u, v], 1)
    return (vertices[triangles[chosen]] * share[..., None]).sum(1), chosen, share


def grow(
    roots: np.ndarray, way: np.ndarray, style: Style, surface: Surface, centre: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Grow guides from `roots` with outward directions `way`; (G, K, 3). `centre` is the middle of the head."""
    lengths = style.length * np.exp(random.normal(0, style.spread, len(roots)))
    # Short at nape and temples, as hair is cut, when it is short at all.
    if style.length < 0.12 and not style.gather and style.comb != "out":
        low = np.clip((roots[:, 2] - centre[2]) / 0.09, -0.6, 1)
        lengths *= 0.45 + 0.55 * (low + 0.6) / 1.6
    steps = max(6, int(np.ceil(style.length * 1.5 / STEP)))
    if style.length < 0.05:
        steps = 8
    points = np.empty((len(roots), steps + 1, 3))
    points[:, 0] = roots
    step = lengths / steps
    heading = way * (0.1 + 0.8 * style.lift) + _combed(roots, way, style, centre, random)
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    knot = centre + np.array([0, 0.115, 0.035 if style.gather == "bun" else 0.02])
    for k in range(1, steps + 1):
        if style.gather:
            pull = knot - points[:, k - 1]
            far = np.linalg.norm(pull, axis=1, keepdims=True)
            heading = heading * 0.55 + 0.45 * pull / np.maximum(far, 1e-3)
        else:
            heading[:, 2] -= style.gravity * 25 * step * (0.7 + 0.6 * k / steps)
            heading += random.normal(0, 0.015, heading.shape)
            if style.comb != "out":
                # Laid hair follows the head: what still points away from it is taken back.
                outward = surface.normal(points[:, k - 1])
                away = np.maximum((heading * outward).sum(1, keepdims=True), 0)
                heading -= outward * away * 0.35 * (1 - style.lift)
        heading /= np.maximum(np.linalg.norm(heading, axis=1, keepdims=True), 1e-9)
        moved = points[:, k - 1] + heading * step[:, None]
        margin = 0.004 + 0.012 * style.lift * min(1, k * 3 / steps)
        moved = surface.outside(moved, margin if k > 1 else 0.001)
        points[:, k] = moved
        heading = moved - points[:, k - 1]
        heading /= np.maximum(np.linalg.norm(heading, axis=1, keepdims=True), 1e-9)
        if style.gather:
            points[:, k] = np.where(
                np.linalg.norm(knot - points[:, k - 1], axis=1, keepdims=True) < 0.02,
                points[:, k - 1] + random.normal(0, 5e-4, (len(roots), 3)),
                points[:, k],
            )
    return points


def _combed(
    roots: np.ndarray, way: np.ndarray, style: Style, centre: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Return which way hair is laid at each root, along the scalp."""
    offset = roots - centre
    side = np.sign(offset[:, 0] - (0.025 if style.comb == "side" else 0.0))
    fall = np.stack([side * 0.9, np.full(len(roots), 0.25), np.full(len(roots), -0.3)], 1)
    down = np.stack([offset[:, 0] * 4, offset[:, 1] * 4, np.full(len(roots), -0.8)], 1)
    top = np.clip(offset[:, 2] / 0.09, 0, 1)[:, None] ** 0.5
    laid = {
        "side": fall * top + down * (1 - top),
        "middle": fall * top + down * (1 - top),
        "back": np.tile([0, 1.0, -0.15], (len(roots), 1)) * top + down * (1 - top) + [0, 0.3, 0],
        "forward": np.tile([0.15, -0.9, 0.0], (len(roots), 1)) * top + down * (1 - top),
        "up": np.tile([0.0, 0.15, 0.9], (len(roots), 1)) * top + down * (1 - top) * 0.6,
        "out": way * 1.5,
    }[style.comb]
    laid = laid + random.normal(0, 0.12, laid.shape)
    return np.asarray(laid - (laid * way).sum(1, keepdims=True) * way * 0.8)


def strands(
    guides: np.ndarray, roots: np.ndarray, style: Style, surface: Surface, random: np.random.Generator
) -> np.ndarray:
    """Return strands from `roots`, (S, K, 3), each between its three nearest guides, clumped, curled and frizzed."""
    distance, near = cKDTree(guides[:, 0]).query(roots, k=3)
    weight = 1 / (distance + 1e-3) ** 2
    # Strands that follow one guide more than the others part into locks.
    weight = weight ** (1 + 2 * style.clump)
    weight /= weight.sum(1, keepdims=True)
    mixed = np.einsum("sg,sgkc->skc", weight, guides[near])
    steps = guides.shape[1]
    along = np.linspace(0, 1, steps)[None, :, None]
    offset = (roots - mixed[:, 0])[:, None]
    points = mixed + offset * (1 - style.clump * along)
    stray = np.where(random.random(len(roots)) < style.flyaway, 5.0, 1.0)[:, None, None]
    if style.length < 0.1:
        stray = np.minimum(stray, 2.5)
    wave = _wander(len(roots), steps, random)
    points = points + wave * style.frizz * stray * along**0.7 * 1.6
    if style.curl:
        points = _curled(points, near[:, 0], style, random)
    length = np.clip(1 - np.abs(random.normal(0, 0.12, len(roots))), 0.45, 1)
    points = _shortened(points, length)
    flat = points[:, 1:].reshape(-1, 3)
    points[:, 1:] = surface.outside(flat, 0.001).reshape(points[:, 1:].shape)
    return points


def _wander(count: int, steps: int, random: np.random.Generator) -> np.ndarray:
    """Return smooth random paths from 0, (count, steps, 3), about 1 long at the end."""
    path = np.cumsum(random.normal(size=(count, steps, 3)), axis=1)
    path = np.cumsum(path, axis=1)
    path -= path[:, :1]
    return np.asarray(path / max(steps**1.5 * 0.6, 1e-6))


def _curled(points: np.ndarray, guide: np.ndarray, style: Style, random: np.random.Generator) -> np.ndarray:
    steps = points.shape[1]
    along = np.linalg.norm(np.diff(points, axis=1), axis=2).cumsum(1)
    along = np.concatenate([np.zeros((len(points), 1)), along], 1)
    tangent = np.gradient(points, axis=1)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=2, keepdims=True), 1e-9)
    first = np.cross(tangent, [0.3, 0.2, 0.93])
    first /= np.maximum(np.linalg.norm(first, axis=2, keepdims=True), 1e-9)
    second = np.cross(tangent, first)
    # A lock curls as one: phase and turn are the guide's, with a little of the strand's own.
    turns = style.turn * (0.8 + 0.4 * _hash(guide, 1))
    phase = 2 * np.pi * _hash(guide, 2) + random.normal(0, 0.5, len(points))
    angle = along / turns[:, None] * 2 * np.pi + phase[:, None]
    radius = style.curl * (0.7 + 0.6 * _hash(guide, 3))[:, None] * np.minimum(1, np.arange(steps) / 3)[None]
    return np.asarray(
        points + radius[..., None] * (np.cos(angle)[..., None] * first + np.sin(angle)[..., None] * second)
    )


def _hash(index: np.ndarray, salt: int) -> np.ndarray:
    return np.asarray(np.random.default_rng(salt).random(int(index.max()) + 1)[index])


def _shortened(points: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Cut each strand to a share of its length."""
    steps = points.shape[1]
    at = np.linspace(0, 1, steps)[None] * share[:, None] * (steps - 1)
    low = np.minimum(at.astype(int), steps - 2)
    part = (at - low)[..., None]
    rows = np.arange(len(points))[:, None]
    return np.asarray(points[rows, low] * (1 - part) + points[rows, low + 1] * part)


def refined(points: np.ndarray, times: int) -> np.ndarray:
    """Put more points on each strand (linear), so that curls have room."""
    steps = points.shape[1]
    at = np.linspace(0, steps - 1, (steps - 1) * times + 1)
    low = np.minimum(at.astype(int), steps - 2)
    part = (at - low)[None, :, None]
    return np.asarray(points[:, low] * (1 - part) + points[:, low + 1] * part)
