# SPDX-License-Identifier: GPL-3.0-or-later
"""All that grows on a head, and a veil or shawl over it: where the hairline runs, which way hair hangs."""

from typing import Any

import numpy as np

from tools.people.figure import clothes as cloth
from tools.people.figure import hair as hairs
from tools.people.figure.body import BODY_END, LEFT_EYE, RIGHT_EYE, BodyData, turn_of
from tools.people.figure.drape import hang_drape
from tools.people.figure.face import grow_beard, grow_brows
from tools.people.figure.hair import Style, Surface
from tools.people.figure.mesh import Mesh
from tools.people.figure.styles import STYLES


def grow_hair(
    data: BodyData,
    plan: dict[str, Any],
    rest: np.ndarray,
    posed: np.ndarray,
    heads: np.ndarray,
    meshes: list[Mesh],
    random: np.random.Generator,
) -> tuple[list[tuple[np.ndarray, dict[str, Any]]], float]:
    """Return the strands of hair, brows and beard with their looks, and how high they reach; a drape joins `meshes`."""
    at = {name: heads[k] for k, name in enumerate(data.order)}
    faces = data.body_faces
    triangles = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    skin = posed[:BODY_END]
    outward = cloth.normals(skin, faces.tolist())
    surface_points, surface_normals = [skin], [outward]
    for mesh in meshes:
        if mesh.name == "shirt":
            surface_points.append(mesh.vertices)
            surface_normals.append(cloth.normals(mesh.vertices, mesh.faces))
    surface = Surface(np.concatenate(surface_points), np.concatenate(surface_normals))
    head_column = data.order.index("head")
    # The head's turn, from rest to posed, to comb hair in the head's own frame.
    on_head = np.flatnonzero(data.weights[:BODY_END, head_column] > 0.95)
    turned = turn_of(rest[on_head], posed[on_head])
    top_of_head = rest[:BODY_END][on_head][:, 2].max()
    eye = (rest[LEFT_EYE].mean(0) + rest[RIGHT_EYE].mean(0)) / 2
    height = top_of_head - eye[2]
    ear_y = at["head"][1]
    local = rest[:BODY_END] - [0, ear_y, eye[2]]
    # Hairline: across the brow, in front of the ears down to their middle, low at the nape.
    rising = np.clip((local[:, 1] + 0.075) / 0.13, 0, 1)
    line = (
        height * (0.62 + plan.get("recede", 0) * (0.25 - 0.6 * np.abs(local[:, 0]) / 0.07 * 0)) * (1 - rising**1.3)
        - 0.075 * rising**2
    )
    line = line - 0.02 * np.clip(np.abs(local[:, 0]) / 0.06, 0, 1) ** 3 * (1 - rising)
    scalp = np.clip((local[:, 2] - line) / 0.010, 0, 1) * (data.weights[:BODY_END, head_column] > 0.5)
    ears = np.abs(local[:, 0]) > np.quantile(np.abs(rest[on_head][:, 0]), 0.985)
    ear_mask = data.mask("ears/l-ear-scale-incr", "ears/r-ear-scale-incr")[:BODY_END] > 0.35
    scalp[ears | ear_mask] = 0
    strands = []
    skull = rest[on_head][rest[on_head][:, 2] > eye[2] + 0.02]
    centre = np.array([0, (skull[:, 1].min() + skull[:, 1].max()) / 2, eye[2] + 0.02])
    moved_centre = posed[on_head].mean(0) + turned @ (centre - rest[on_head].mean(0))
    if plan.get("drape"):
        meshes.append(hang_drape(plan, turned, moved_centre, surface, random))
    style = STYLES.get(plan["hair"])
    top = skin[:, 2].max()
    if style is not None:
        style = Style(**{**style.__dict__, **plan.get("style", {})})
        share = plan.get("strand_share", 1.0)
        style.strands = int(style.strands * share)
        # Guides grow in the head's own frame and hang in the world's: turned back, grown, turned again.
        back = (surface.points - moved_centre) @ turned + centre
        rested = Surface(back, surface.normals @ turned)
        rest_skin = (skin - moved_centre) @ turned + centre
        rest_outward = outward @ turned
        roots, chosen, part = hairs.scatter(rest_skin, triangles, scalp, 700, random)
        way = (rest_outward[triangles[chosen]] * part[..., None]).sum(1)
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        guides = hairs.grow(roots, way, style, rested, centre, random)
        if style.curl:
            guides = hairs.refined(guides, 3 if style.turn < 0.05 else 2)
        roots, _, _ = hairs.scatter(rest_skin, triangles, scalp, style.strands, random)
        points = hairs.strands(guides, roots, style, rested, random)
        if style.gather:
            knot = centre + np.array([0, 0.115, 0.035 if style.gather == "bun" else 0.02])
            extra = _bun(knot, random) if style.gather == "bun" else _tail(knot, rested, random)
            strands.append(
                ((extra - centre) @ turned.T + moved_centre, {"radius": 0.00012 / share, **plan["hair_colour"]})
            )
        points = (points - centre) @ turned.T + moved_centre
        strands.append(
            (points, {"radius": (0.00011 if style.length > 0.1 else 0.0001) / share**0.7, **plan["hair_colour"]})
        )
        top = max(top, float(np.quantile(points[:, :, 2], 0.999)))
    strands.append(grow_brows(plan, skin, outward, triangles, posed, turned, random))
    if plan.get("beard"):
        strands.append(grow_beard(data, plan, rest, skin, outward, triangles, turned, eye, random))
    return strands, top


def _bun(knot: np.ndarray, random: np.random.Generator) -> np.ndarray:
    count, steps = 5000, 24
    angle = random.uniform(0, 2 * np.pi, (count, 1)) + np.linspace(0, 2.4, steps)[None] * random.choice(
        [1, 1, 1, -1], (count, 1)
    )
    tube = random.uniform(0, 2 * np.pi, (count, 1)) + np.linspace(0, 1.5, steps)[None]
    radius = 0.019 * np.sqrt(random.uniform(0.5, 1, (count, 1)))
    ring = 0.021
    points = np.stack(
        [
            (ring + radius * np.cos(tube)) * np.cos(angle),
            radius * np.sin(tube) * 0.9 + 0.012,
            (ring + radius * np.cos(tube)) * np.sin(angle),
        ],
        -1,
    )
    stray = random.normal(0, 0.0012, (count, 1, 3)) + random.normal(0, 0.012, (count, 1, 3)) * (
        random.random((count, 1, 1)) < 0.02
    )
    return np.asarray(points + stray * np.linspace(0, 1, steps)[None, :, None] + knot)


def _tail(knot: np.ndarray, surface: Surface, random: np.random.Generator) -> np.ndarray:
    style = Style(0.30, 0.1, 0.2, "back", 0.35, frizz=0.004, clump=0.4, strands=6000)
    roots = knot + random.normal(0, 0.009, (60, 3))
    way = np.tile([0, 1.0, 0.1], (60, 1)) + random.normal(0, 0.1, (60, 3))
    steps = 30
    points = np.empty((60, steps + 1, 3))
    points[:, 0] = roots
    for k in range(1, steps + 1):
        way[:, 2] -= 0.22
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        points[:, k] = surface.outside(points[:, k - 1] + way * 0.011, 0.01)
    return hairs.strands(points, knot + random.normal(0, 0.01, (6000, 3)), style, surface, random)
