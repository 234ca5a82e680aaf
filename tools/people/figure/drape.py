# SPDX-License-Identifier: GPL-3.0-or-later
"""A veil or a shawl."""

from typing import Any

import numpy as np

from tools.people.figure import clothes as cloth
from tools.people.figure.hair import Surface
from tools.people.figure.mesh import Mesh


def hang_drape(
    plan: dict[str, Any], turned: np.ndarray, middle: np.ndarray, surface: Surface, random: np.random.Generator
) -> Mesh:
    """A veil or shawl: threads laid like hair from a line over the head or around the neck, woven into a sheet."""
    drape = plan["drape"]
    threads, steps = 90, 56
    if drape["over"] == "head":
        angle = np.linspace(-1.75, 1.75, threads)
        local = np.stack(
            [0.098 * np.sin(angle), -0.005 + 0.035 * np.abs(angle / 1.75) ** 2, 0.115 * np.cos(angle) - 0.01], 1
        )
        way = np.stack([0.35 * np.sin(angle), np.full(threads, 1.0), 0.25 * np.cos(angle)], 1)
    else:
        angle = np.linspace(-2.7, 2.7, threads)
        local = np.stack([0.085 * np.sin(angle), 0.02 + 0.075 * np.cos(angle), np.full(threads, -0.15)], 1)
        way = np.stack([np.sin(angle), np.cos(angle), np.full(threads, -0.15)], 1)
    points = np.empty((threads, steps + 1, 3))
    points[:, 0] = surface.outside(local @ turned.T + middle, 0.012)
    heading = way @ turned.T
    wave = cloth.folds(np.stack([np.linspace(0, 1, threads), np.zeros(threads), np.zeros(threads)], 1), random, 0.09)
    for k in range(1, steps + 1):
        heading[:, 2] -= 0.02 if k < 16 and drape["over"] == "head" else 0.12
        heading /= np.linalg.norm(heading, axis=1, keepdims=True)
        margin = 0.012 + 0.010 * min(1, k / 20) * (1 + wave)
        moved = points[:, k - 1] + heading * drape["length"] / steps
        moved = surface.outside(moved, 0.012) + surface.normal(moved) * (margin - 0.012)[:, None] * 0.1
        # Threads hold together: each is drawn to the middle of its neighbours.
        moved[1:-1] += 0.15 * ((moved[:-2] + moved[2:]) / 2 - moved[1:-1])
        points[:, k] = surface.outside(moved, 0.008)
        heading = points[:, k] - points[:, k - 1]
    side = np.cross(points[:, -1] - points[:, 0], np.gradient(points[:, -1], axis=0))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    points += (side * wave[:, None])[:, None] * 0.014 * np.linspace(0, 1, steps + 1)[None, :, None]
    vertices = points.reshape(-1, 3)
    row = steps + 1
    faces = [
        [t * row + k, t * row + k + 1, (t + 1) * row + k + 1, (t + 1) * row + k]
        for t in range(threads - 1)
        for k in range(steps)
    ]
    grid = np.stack(np.meshgrid(np.linspace(0, 0.5, threads), np.linspace(0, drape["length"], row), indexing="ij"), -1)
    grid = np.dstack([grid, np.zeros((threads, row))]).reshape(-1, 3)
    look = {k: v for k, v in drape.items() if k in ("kind", "colour", "second", "pattern", "scale", "alpha")}
    return Mesh("drape", vertices, faces, look, {"rest": grid[:, [0, 2, 1]]}, thickness=0.0)
