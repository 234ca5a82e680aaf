"""Geometry of the figures: frames of reference, smooth outlines and limbs. Points are (N, 2) float64, x then y."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from datasets.synthetic.raster import Points


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a local frame lies in the image: its origin in pixels, its unit in pixels and its tilt in radians."""

    x: float
    y: float
    unit: float
    tilt: float = 0.0

    def place(self, points: Points | Sequence[tuple[float, float]]) -> Points:
        """Local points, in units, as pixels of the image."""
        local = np.asarray(points, dtype=np.float64)
        cosine, sine = math.cos(self.tilt) * self.unit, math.sin(self.tilt) * self.unit
        x = self.x + local[..., 0] * cosine - local[..., 1] * sine
        y = self.y + local[..., 0] * sine + local[..., 1] * cosine
        return np.stack([x, y], axis=-1)

    def child(self, x: float, y: float, tilt: float) -> "Frame":
        """A frame with the same unit whose origin is at (x, y) of this one, tilted by `tilt` more."""
        origin = self.place([(x, y)])[0]
        return Frame(float(origin[0]), float(origin[1]), self.unit, self.tilt + tilt)


def smooth(points: Points | Sequence[tuple[float, float]], closed: bool = True, steps: int = 8) -> Points:
    """A Catmull-Rom curve through the points, `steps` points for each given one."""
    knots = np.asarray(points, dtype=np.float64)
    if closed:
        padded = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        padded = np.concatenate([knots[:1], knots, knots[-1:]])
    before, start, end, after = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = (np.arange(steps) / steps)[np.newaxis, :, np.newaxis]
    before, start, end, after = (part[:, np.newaxis] for part in (before, start, end, after))
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t * t
        + (3 * start - before - 3 * end + after) * t * t * t
    )
    flat = curve.reshape(-1, 2)
    return flat if closed else np.concatenate([flat, knots[-1:]])


def mirrored(half: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A closed symmetric outline from its right half, given from top to bottom."""
    return [*half, *[(-x, y) for x, y in reversed(half) if x != 0.0]]


def ellipse(x: float, y: float, radius_x: float, radius_y: float, tilt: float = 0.0, points: int = 32) -> Points:
    """An ellipse as a polygon, tilted by `tilt` radians."""
    angles = [2.0 * math.pi * index / points for index in range(points)]
    cosine, sine = math.cos(tilt), math.sin(tilt)
    local = [(radius_x * math.cos(angle), radius_y * math.sin(angle)) for angle in angles]
    return np.array([(x + u * cosine - v * sine, y + u * sine + v * cosine) for u, v in local])


def limb(joints: Sequence[tuple[float, float]], radii: Sequence[float], steps: int = 6) -> list[Points]:
    """Convex polygons whose union is a limb: discs along a smooth line through the joints, joined by their tangents."""
    knots = np.array([(x, y, 0.0) for x, y in joints])
    knots[:, 2] = radii
    path = np.column_stack([smooth(knots[:, :2], False, steps), _eased(radii, steps)])
    shapes = [ellipse(x, y, radius, radius, points=20) for x, y, radius in path]
    for (x0, y0, r0), (x1, y1, r1) in pairwise(path):
        length = math.sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2)
        if length > 1e-9:
            u, v = -(y1 - y0) / length, (x1 - x0) / length
            shapes.append(
                np.array(
                    [
                        (x0 + u * r0, y0 + v * r0),
                        (x1 + u * r1, y1 + v * r1),
                        (x1 - u * r1, y1 - v * r1),
                        (x0 - u * r0, y0 - v * r0),
                    ]
                )
            )
    return shapes


def _eased(values: Sequence[float], steps: int) -> Points:
    knots = np.asarray(values, dtype=np.float64)
    t = (np.arange(steps) / steps)[np.newaxis, :]
    eased = t * t * (3.0 - 2.0 * t)
    between = knots[:-1, np.newaxis] * (1.0 - eased) + knots[1:, np.newaxis] * eased
    return np.concatenate([between.reshape(-1), knots[-1:]])
