"""Homographies from matched points, robustly, and what one does to a picture: how far, how much turned, how sound."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.sizes import Size
from datasets.plates.pictures import middle

Homography = NDArray[np.float64]
"""(3, 3), the last entry 1: takes plate pixels (x, y, 1) to frame pixels; a pixel's centre has whole coordinates."""
Points = NDArray[np.float32]
"""(N, 2): x and y in pixels."""

MINIMUM_INLIERS: Final = 24
"""Matches that must agree with one homography; docs/plates.md says how it was chosen."""
_CELLS: Final = 8
_FEWEST_CELLS: Final = 6
_LARGEST_SCALE: Final = 2.0
_LARGEST_TURN: Final = 30.0
_ITERATIONS: Final = 5000


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A homography and which matches agree with it, (N,) bool."""

    homography: Homography
    agreeing: NDArray[np.bool_]

    @property
    def inliers(self) -> int:
        """How many matches agree."""
        return int(np.count_nonzero(self.agreeing))


def fit_homography(plate: Points, frame: Points, size: Size, tolerance: float, minimum: int) -> Fitted | None:
    """Fit a homography to matched points of which many may be wrong (MAGSAC++).

    Args:
        plate, frame: (N, 2), matched points.
        size: of the frame that the points lie in.
        tolerance: pixels within which a match agrees.
        minimum: matches that must agree.

    Returns:
        None where too few agree, where those that do lie too close together to say anything of the whole frame, or
        where the homography is none that a camera held by the same person would give.
    """
    if len(plate) < max(4, minimum):
        return None
    found, mask = cv2.findHomography(plate, frame, cv2.USAC_MAGSAC, tolerance, None, _ITERATIONS, 0.999)
    if found is None or mask is None:
        return None
    agreeing = mask.ravel().astype(bool)
    homography = np.asarray(found / found[2, 2], np.float64)
    if np.count_nonzero(agreeing) < minimum or not sound(homography, size) or not _spread(frame[agreeing], size):
        return None
    return Fitted(homography, agreeing)


def sound(homography: Homography, size: Size) -> bool:
    """Return whether a homography leaves a frame of `size` a frame: not turned over, torn, or scaled beyond reason."""
    if not np.isfinite(homography).all():
        return False
    corners = corners_of(size)
    depths = np.column_stack((corners, np.ones(4))) @ homography[2]
    if (depths < 0.5).any() or (depths > 2).any():
        return False
    moved = moved_points(homography, corners)
    sides = np.roll(moved, -1, axis=0) - moved
    lengths = np.hypot(*sides.T) / np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    return bool(
        (turns > 0).all()
        and lengths.min() > 1 / _LARGEST_SCALE
        and lengths.max() < _LARGEST_SCALE
        and abs(rotation(homography, size)) < _LARGEST_TURN
    )


def corners_of(size: Size) -> Points:
    """Return the centres of a frame's corner pixels, clockwise from the upper left, (4, 2)."""
    right, bottom = max(1, size[1] - 1), max(1, size[0] - 1)
    return np.array(((0, 0), (right, 0), (right, bottom), (0, bottom)), np.float32)


def moved_points(homography: Homography, points: Points) -> Points:
    """Return where a homography takes points, (N, 2)."""
    if not len(points):
        return np.asarray(points, np.float32)  # OpenCV gives nothing at all for no points, as before a plain wall
    return np.asarray(cv2.perspectiveTransform(points[np.newaxis].astype(np.float64), homography)[0], np.float32)


def shifts(homography: Homography, size: Size) -> NDArray[np.float64]:
    """Return how far a homography moves places spread evenly over a frame, in pixels, (81,)."""
    grid = _grid(size)
    return np.asarray(np.hypot(*(moved_points(homography, grid) - grid).T), np.float64)


def shift_of(homography: Homography, size: Size) -> float:
    """Return how far a homography moves a frame's pixels: the root mean square over the frame, in pixels."""
    return float(np.sqrt((shifts(homography, size) ** 2).mean()))


def rotation(homography: Homography, size: Size) -> float:
    """Return how far a homography turns a frame as a whole, in degrees, clockwise."""
    before = _grid(size)
    after = moved_points(homography, before)
    (xx, xy), (yx, yy) = (before - before.mean(axis=0)).T @ (after - after.mean(axis=0))
    return float(np.degrees(np.arctan2(xy - yx, xx + yy)))


def _grid(size: Size) -> Points:
    down, right = (np.linspace(0, side - 1, 9, dtype=np.float32) for side in size)
    return np.stack(np.meshgrid(right, down), axis=-1).reshape(-1, 2)


def between_originals(shrunk: Homography, plate: tuple[Size, Size], frame: tuple[Size, Size]) -> Homography:
    """Return a homography between two shrunk pictures as one between those that they were shrunk from.

    Args:
        shrunk: from the shrunk plate to the shrunk frame.
        plate, frame: the size of each before and after it was shrunk.
    """
    whole = resizing(*reversed(frame)) @ shrunk @ resizing(*plate)
    return np.asarray(whole / whole[2, 2], np.float64)


def between_shrunk(whole: Homography, plate: tuple[Size, Size], frame: tuple[Size, Size]) -> Homography:
    """Undo `between_originals`."""
    shrunk = resizing(*frame) @ whole @ resizing(*reversed(plate))
    return np.asarray(shrunk / shrunk[2, 2], np.float64)


def resizing(before: Size, after: Size) -> Homography:
    """Return what resizing a picture does to its pixels."""
    y, x = (new / old for old, new in zip(before, after, strict=True))
    return np.array(((x, 0, (x - 1) / 2), (0, y, (y - 1) / 2), (0, 0, 1)), np.float64)


def fitting(plate: Size, frame: Size) -> Homography:
    """Return the homography by which `datasets.plates.pictures.fitted` brings a plate to the frame's size."""
    top, left, height, width = middle(plate, frame)
    return resizing((height, width), frame) @ np.array(((1, 0, -left), (0, 1, -top), (0, 0, 1)), np.float64)


def _spread(points: Points, size: Size) -> bool:
    """Return whether points lie in enough cells of the frame, and in two dimensions, to say something of all of it."""
    cells = np.floor(points * (_CELLS / np.array(size[::-1], np.float32))).clip(0, _CELLS - 1).astype(int)
    if len(np.unique(cells, axis=0)) < _FEWEST_CELLS:
        return False
    spreads = np.linalg.eigvalsh(np.cov((points / max(size)).T))
    return bool(np.sqrt(max(0.0, float(spreads[0]))) > 0.04)
