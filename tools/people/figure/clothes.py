# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth as meshes: cut along smooth lines, smoothed, folded."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Cut:
    """A part of a mesh: triangles and quads over vertices that are each a mix of two of the old ones."""

    first: np.ndarray
    second: np.ndarray
    share: np.ndarray
    faces: list[list[int]]

    def carried(self, values: np.ndarray) -> np.ndarray:
        """Carry values of the old vertices over to the new ones."""
        share = self.share.reshape(-1, *[1] * (values.ndim - 1))
        return np.asarray(values[self.first] * (1 - share) + values[self.second] * share)


def cut(faces: list[list[int]], field: np.ndarray) -> Cut:
    """Keep the part of a mesh where `field` (one value per vertex) is above 0, cut along its zero line."""
    index: dict[tuple[int, int], int] = {}
    corners: list[tuple[int, int, float]] = []

    def vertex(a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in index:
            index[key] = len(corners)
            low, high = key
            share = 0.0 if low == high else field[low] / (field[low] - field[high])
            corners.append((low, high, share))
        return index[key]

    kept = []
    for face in faces:
        inside = [field[v] > 0 for v in face]
        if all(inside):
            kept.append([vertex(v, v) for v in face])
        elif any(inside):
            ring = []
            for v, w in zip(face, face[1:] + face[:1], strict=True):
                if field[v] > 0:
                    ring.append(vertex(v, v))
                if (field[v] > 0) != (field[w] > 0):
                    ring.append(vertex(v, w))
            kept.append(ring)
    table = np.array(corners)
    return Cut(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2], kept)


def normals(vertices: np.ndarray, faces: list[list[int]]) -> np.ndarray:
    """Return unit vertex normals, (N, 3)."""
    total = np.zeros_like(vertices)
    for size in {len(face) for face in faces}:
        chosen = np.array([face for face in faces if len(face) == size])
        a, b, c = vertices[chosen[:, 0]], vertices[chosen[:, 1]], vertices[chosen[:, -1]]
        way = np.cross(b - a, c - a)
        for corner in range(size):
            np.add.at(total, chosen[:, corner], way)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def smooth(vertices: np.ndarray, faces: list[list[int]], rounds: int, share: float = 0.5) -> np.ndarray:
    """Relax a mesh towards the means of its neighbours; the open edges stay."""
    edges, open_edge = _edges(faces)
    fixed = np.unique(edges[open_edge])
    for _ in range(rounds):
        total, count = np.zeros_like(vertices), np.zeros(len(vertices))
        for a, b in ((0, 1), (1, 0)):
            np.add.at(total, edges[:, a], vertices[edges[:, b]])
            np.add.at(count, edges[:, a], 1)
        mean = total / np.maximum(count, 1)[:, None]
        mean[fixed] = vertices[fixed]
        vertices = vertices * (1 - share) + mean * share
    return vertices


def _edges(faces: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.array([sorted(pair) for face in faces for pair in zip(face, face[1:] + face[:1], strict=True)])
    edges, times = np.unique(pairs, axis=0, return_counts=True)
    return edges, times == 1


def folds(points: np.ndarray, random: np.random.Generator, length: float, count: int = 14) -> np.ndarray:
    """Return noise in about -1..1 of waves about `length` metres long in random directions."""
    total = np.zeros(len(points))
    for _ in range(count):
        way = random.normal(size=3)
        way /= np.linalg.norm(way)
        phase, wave = random.uniform(0, 2 * np.pi), length * random.uniform(0.5, 1.8)
        bend = 0.6 * np.sin(points @ random.normal(size=3) * 9 + random.uniform(0, 6))
        total += np.sin(points @ way * 2 * np.pi / wave + phase + bend)
    return np.asarray(total / np.sqrt(count))
