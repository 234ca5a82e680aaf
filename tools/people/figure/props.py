# SPDX-License-Identifier: GPL-3.0-or-later
"""Things held in a hand: plain meshes at the fingers, in the person's own space."""

from itertools import pairwise
from typing import Any

import numpy as np

from tools.people.figure.body import between, turn
from tools.people.figure.mesh import Built, Mesh

KINDS = ("ball", "book", "mug", "phone", "bouquet", "umbrella", "balloon", "racket")


def hold(built: Built, side: str, kind: str, colour: list[float], random: np.random.Generator) -> list[Mesh]:
    """Return the meshes of something held in the hand of `side`."""
    wrist, finger = built.joints[f"wrist.{side}"], built.joints[f"finger3-2.{side}"]
    grip = wrist * 0.35 + finger * 0.65 + np.array([0, -0.022, 0])
    return {
        "ball": _ball,
        "book": _book,
        "mug": _mug,
        "phone": _phone,
        "bouquet": _bouquet,
        "umbrella": _umbrella,
        "balloon": _balloon,
        "racket": _racket,
    }[kind](grip, colour, random)


def _mesh(
    name: str,
    vertices: np.ndarray,
    faces: list[list[int]],
    colour: list[float],
    kind: str = "plain",
    subdivide: int = 0,
    **look: Any,
) -> Mesh:
    return Mesh(
        name, vertices, faces, {"kind": kind, "colour": colour, **look}, {"rest": vertices}, subdivide=subdivide
    )


def _tube(profile: list[tuple[float, float]] | np.ndarray, sides: int = 36) -> tuple[np.ndarray, list[list[int]]]:
    """A surface of revolution about z from (radius, height) pairs."""
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    rings = [np.stack([r * np.cos(angle), r * np.sin(angle), np.full(sides, z)], 1) for r, z in profile]
    faces = [
        [k * sides + i, k * sides + (i + 1) % sides, (k + 1) * sides + (i + 1) % sides, (k + 1) * sides + i]
        for k in range(len(profile) - 1)
        for i in range(sides)
    ]
    return np.concatenate(rings), faces


def _round(radius: float, stretch: float = 1.0) -> tuple[np.ndarray, list[list[int]]]:
    angle = np.linspace(0.001, np.pi - 0.001, 25)
    return _tube(np.stack([radius * np.sin(angle), -radius * stretch * np.cos(angle)], 1))


def _rod(start: np.ndarray, end: np.ndarray, radius: float) -> tuple[np.ndarray, list[list[int]]]:
    way = end - start
    length = float(np.linalg.norm(way))
    vertices, faces = _tube([(radius, 0), (radius, length)], 12)
    return vertices @ between(np.array([0, 0, 1.0]), way / length).T + start, faces


def _box(size: tuple[float, float, float]) -> tuple[np.ndarray, list[list[int]]]:
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * np.array(size) / 2
    return corners, [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]


def _ball(grip: np.ndarray, colour: list[float], random: np.random.Generator) -> list[Mesh]:
    radius = random.uniform(0.07, 0.12)
    vertices, faces = _round(radius)
    return [
        _mesh(
            "ball",
            vertices + grip + [0, -radius * 0.9, 0.02],
            faces,
            colour,
            "cloth",
            pattern="stripes",
            second=[0.8, 0.8, 0.8],
            scale=0.5,
        )
    ]


def _book(grip: np.ndarray, colour: list[float], random: np.random.Generator) -> list[Mesh]:
    spin = turn("x", random.uniform(-30, 10)) @ turn("z", random.uniform(-25, 25))
    cover, faces = _box((0.16, 0.03, 0.22))
    pages, page_faces = _box((0.155, 0.024, 0.212))
    shift = grip + [0, -0.03, 0.05]
    return [
        _mesh("cover", cover @ spin.T + shift, faces, colour, "glossy"),
        _mesh("pages", (pages + [0.004, 0, 0]) @ spin.T + shift, page_faces, [0.75, 0.7, 0.6]),
    ]


def _mug(grip: np.ndarray, colour: list[float], random: np.random.Generator) -> list[Mesh]:
    vertices, faces = _tube(
        [(0.001, 0), (0.036, 0), (0.041, 0.005), (0.042, 0.095), (0.038, 0.095), (0.037, 0.012), (0.001, 0.01)]
    )
    shift = grip + [0, -0.035, -0.03]
    angle = np.linspace(-1.3, 1.3, 14)
    side = random.choice([-1, 1])
    handle = []
    for a, b in pairwise(angle):
        points = [np.array([side * (0.04 + 0.028 * np.cos(t)), 0, 0.05 + 0.032 * np.sin(t)]) + shift for t in (a, b)]
        handle.append(_rod(points[0], points[1] + (points[1] - points[0]) * 0.2, 0.005))
    return [
        _mesh("mug", vertices + shift, faces, colour, "glossy"),
        *(_mesh("handle", v, f, colour, "glossy") for v, f in handle),
    ]


def _phone(grip: np.ndarray, colour: list[float], random: np.random.Generator) -> list[Mesh]:
    vertices, faces = _box((0.075, 0.009, 0.155))
    spin = turn("x", random.uniform(-25, 5)) @ turn("z", random.uniform(-20, 20))
    return [_mesh("phone", vertices @ spin.T + grip + [0, -0.02, 0.04], faces, [0.02, 0.02, 0.025], "glossy")]


def _bouquet(grip: np.ndarray, colour: list[float], random: np.random.Generator) -> list[Mesh]:
    meshes = []
    for _ in range(16):
        way = np.array([random.normal(0, 0.35), random.normal(-0.1, 0.25), 1.0])
        end = grip + way / np.linalg.norm(way) * random.uniform(0.18, 0.32)
        meshes.append(_mesh("stem", *_rod(grip - way * 0.06, end, 0.0018), [0.05, 0.16, 0.03]))
        petals = random.integers(7, 13)
        tint = np.clip(np.array(colour) * random.uniform(0.6, 1.5, 3), 0.02, 0.9).tolist()
        for k in range(petals):
            around = turn(way, 360 / petals * k + random.normal(0, 8))
            out = around @ np.cross(way, [0.3, 1, 0.1])
            out /= np.linalg.norm(out)
            across = np.cross(out, way / np.linalg.norm(way)) * 0.008
            tip = end + out * 0.032 + way * 0.006
            middle = end + out * 0.018 - way * 0.003
            meshes.append(_mesh("petal", np.array([end, middle + across, tip, middle - across]), [[0, 1, 2, 3]], tint))
        heart, faces = _round(0.008)
        meshes.append(_mesh("heart", heart + end, faces, [0.6, 0.4, 0.05]))
        for _ in range(2):
            at = grip + way / np.linalg.norm(way) * random.uniform(0.05, 0.16)
            out = random.normal(size=3) * [1, 1, 0.4]
            out /= np.linalg.norm(out)
            across = np.cross(out, way) * 0.01
            meshes.append(
                _mesh(
                    "leaf",
                    np.array([at, at + out * 0.03 + across, at + out * 0.075, at + out * 0.03 - across]),
                    [[0, 1, 2, 3]],
                    [0.04, 0.14, 0.03],
                )
            )
    return _merged(meshes)


def _merged(meshes: list[Mesh]) -> list[Mesh]:
    """Join meshes of one look, so that hundreds of petals are a few objects."""
    groups: dict[str, list[Mesh]] = {}
    for mesh in meshes:
        groups.setdefault(str(np.round(mesh.material["colour"], 2)), []).append(mesh)
    joined = []
    for group in groups.values():
        offset, vertices, faces = 0, [], []
        for mesh in group:
            vertices.append(mesh.vertices)
            faces += [[v + offset for v in face] for face in mesh.faces]
            offset += len(mesh.vertices)
        points = np.concatenate(vertices)
        joined.append(Mesh("bouquet", points, faces, group[0].material, {"rest": points}, subdivide=0))
    return joined


def _umbrella(grip: np.ndarray, colour: list[float], random: np.random.Generator) -> list[Mesh]:
    lean = turn("y", random.uniform(-12, 12)) @ turn("x", random.uniform(-10, 15))
    top = grip + lean @ np.array([0, 0, 0.75])
    ribs, rings = 8, 10
    angle = np.linspace(0, 2 * np.pi, ribs * 6, endpoint=False)
    sag = 1 - 0.07 * (1 - np.cos(angle * ribs)) / 2
    points = []
    for k in range(rings + 1):
        r = 0.001 + 0.5 * k / rings
        shape = 1 - (1 - sag) * (k / rings)
        points.append(
            np.stack([r * shape * np.cos(angle), r * shape * np.sin(angle), -0.42 * r**1.7 * shape + 0 * angle], 1)
        )
    canopy = np.concatenate(points) @ lean.T + top
    n = len(angle)
    faces = [
        [k * n + i, k * n + (i + 1) % n, (k + 1) * n + (i + 1) % n, (k + 1) * n + i]
        for k in range(rings)
        for i in range(n)
    ]
    rod, rod_faces = _rod(grip - lean @ np.array([0, 0, 0.1]), top + lean @ np.array([0, 0, 0.05]), 0.006)
    return [
        _mesh("canopy", canopy, faces, colour, "cloth", pattern="plain"),
        _mesh("rod", rod, rod_faces, [0.1, 0.1, 0.1], "glossy"),
    ]


def _balloon(grip: np.ndarray, colour: list[float], random: np.random.Generator) -> list[Mesh]:
    end = grip + np.array([random.normal(0, 0.1), random.normal(0.05, 0.05), random.uniform(0.45, 0.6)])
    vertices, faces = _round(0.13, 1.2)
    string, string_faces = _rod(grip, end - [0, 0, 0.15], 0.0012)
    return [
        _mesh("balloon", vertices + end, faces, colour, "glossy"),
        _mesh("string", string, string_faces, [0.7, 0.7, 0.7]),
    ]


def _racket(grip: np.ndarray, colour: list[float], random: np.random.Generator) -> list[Mesh]:
    way = turn("y", random.uniform(-30, 30)) @ turn("x", random.uniform(0, 40)) @ np.array([0, 0, 1.0])
    side = np.cross(way, [0, 1, 0])
    side /= np.linalg.norm(side)
    centre = grip + way * 0.42
    meshes = [_mesh("grip", *_rod(grip - way * 0.08, grip + way * 0.28, 0.012), colour)]
    angle = np.linspace(0, 2 * np.pi, 33)
    rim = [centre + way * 0.165 * np.sin(t) + side * 0.125 * np.cos(t) for t in angle]
    meshes += [_mesh("rim", *_rod(a, b + (b - a) * 0.1, 0.007), colour) for a, b in pairwise(rim)]
    for k in np.linspace(-0.85, 0.85, 13):
        reach = np.sqrt(1 - k * k)
        for a, b in (
            (centre + way * 0.165 * k - side * 0.125 * reach, centre + way * 0.165 * k + side * 0.125 * reach),
            (centre + side * 0.125 * k - way * 0.165 * reach, centre + side * 0.125 * k + way * 0.165 * reach),
        ):
            meshes.append(_mesh("string", *_rod(a, b, 0.0009), [0.8, 0.8, 0.75]))
    return _merged(meshes)
