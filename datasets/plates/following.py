"""Refine a homography that is nearly right: corners of the plate are followed into the frame, to a part of a pixel."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.plates.homographies import Fitted, Homography, Points, fit_homography, moved_points
from datasets.plates.pictures import Grey

LONGEST: Final = 1280
"""Pixels of the longest side of the pictures that corners are followed in."""
TOLERANCE: Final = 1.0
_CELLS: Final = 8
_PER_CELL: Final = 12
_WINDOW: Final = 21
_THERE_AND_BACK: Final = 0.5


def corners(plate: Grey, per_cell: int = _PER_CELL) -> Points:
    """Return where a picture has corners that can be followed, the strongest of every cell, (N, 2).

    Args:
        plate: evened (`datasets.plates.pictures.evened`).
        per_cell: how many of each of 64 cells.
    """
    height, width = plate.shape
    found = cv2.goodFeaturesToTrack(plate, 4000, 0.02, max(4, max(plate.shape) / 160), blockSize=5)
    if found is None:
        return np.empty((0, 2), np.float32)
    points = np.asarray(found[:, 0], np.float32)
    inside = ((points >= 8) & (points < (width - 8, height - 8))).all(axis=1)
    points = points[inside]
    # The strongest come first.
    cells = np.floor(points * (_CELLS / np.array((width, height), np.float32))).astype(int) @ (1, _CELLS)
    order = np.argsort(cells, kind="stable")
    starts = np.searchsorted(cells[order], cells[order])
    return points[np.sort(order[np.arange(len(order)) - starts < per_cell])]


def follow(
    plate: Grey, points: Points, frame: Grey, guess: Homography, minimum: int, *, levels: int = 1
) -> Fitted | None:
    """Refine a homography between two evened pictures.

    Args:
        plate, frame: evened.
        points: corners of the plate.
        guess: the homography from plate to frame to start from, right to a few pixels.
        minimum: corners that must agree.
        levels: how often the search halves the pictures: each doubles how far off the guess may be.

    Returns:
        As `fit_homography`; corners that are hidden by a person are found elsewhere, or not, and do not agree.
    """
    size = (frame.shape[0], frame.shape[1])
    expected = moved_points(guess, points)
    inside = ((expected >= 4) & (expected < (size[1] - 4, size[0] - 4))).all(axis=1)
    points, expected = points[inside], expected[inside]
    if len(points) < max(4, minimum):
        return None
    # The plate is brought near the frame first: patches are compared as they are, neither turned nor scaled.
    near = cv2.warpPerspective(plate, guess, size[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    there, seen = _flow(near, frame, expected, levels)
    back, seen_back = _flow(frame, near, there, levels)
    kept = seen & seen_back & (np.abs(back - expected).max(axis=1) < _THERE_AND_BACK)
    return fit_homography(points[kept], there[kept], size, TOLERANCE, minimum)


def _flow(one: Grey, other: Grey, points: Points, levels: int) -> tuple[Points, NDArray[np.bool_]]:
    """Return where points of one picture lie in the other, by Lucas and Kanade, and which were found."""
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01)
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        one, other, points, points.copy(), winSize=(_WINDOW, _WINDOW), maxLevel=levels, criteria=until
    )
    return np.asarray(there, np.float32), np.asarray(found).ravel() > 0
