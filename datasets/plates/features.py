"""Matches between a plate and a frame that may lie far apart: SIFT features, spread evenly over both pictures."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.plates.homographies import Points
from datasets.plates.pictures import Grey

LONGEST: Final = 800
"""Pixels of the longest side of the pictures that features are looked for in."""
_CELLS: Final = 8
_PER_CELL: Final = 24
_RATIO: Final = 0.8
_CONTRAST: Final = 0.015
_SMALLEST: Final = 16


Features = tuple[Points, NDArray[np.float32]]
"""Positions, (N, 2), and RootSIFT words, (N, 128) of length 1."""


def features_of(picture: Grey) -> Features:
    """Return the strongest features of every cell of a picture.

    Every cell gives the same number at most, so that a patterned dress or a bookshelf does not crowd out the rest.
    """
    if min(picture.shape) < _SMALLEST:
        return np.empty((0, 2), np.float32), np.empty((0, 128), np.float32)
    detector = cv2.SIFT.create(contrastThreshold=_CONTRAST)
    cells: dict[tuple[int, int], list[cv2.KeyPoint]] = {}
    for point in sorted(detector.detect(picture, None), key=lambda point: -point.response):
        x, y = (int(at * _CELLS / side) for at, side in zip(point.pt, picture.shape[::-1], strict=True))
        kept = cells.setdefault((x, y), [])
        if len(kept) < _PER_CELL:
            kept.append(point)
    chosen = [point for kept in cells.values() for point in kept]
    described, words = detector.compute(picture, chosen)
    if words is None:
        return np.empty((0, 2), np.float32), np.empty((0, 128), np.float32)
    words = np.sqrt(words / np.maximum(words.sum(axis=1, keepdims=True), 1e-6), dtype=np.float32)
    return np.array([point.pt for point in described], np.float32), words


def matched(plate: Features, frame: Features) -> tuple[Points, Points]:
    """Return points of the plate and of the frame that look like each other, (N, 2) each; some are wrong.

    A match is the best of both its ends, and clearly better than the second best.
    """
    (from_plate, plate_words), (from_frame, frame_words) = plate, frame
    if min(len(from_plate), len(from_frame)) < 2:
        return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
    likeness = plate_words @ frame_words.T
    forth, back = likeness.argmax(axis=1), likeness.argmax(axis=0)
    mutual = np.flatnonzero(back[forth] == np.arange(len(forth)))
    best_two = -np.partition(-likeness[mutual], 1, axis=1)[:, :2]
    # Of words of length 1 the squared distance is 2 - 2 likeness.
    distances = np.maximum(0, 2 - 2 * best_two)
    chosen = mutual[distances[:, 0] < _RATIO**2 * distances[:, 1]]
    return from_plate[chosen], from_frame[forth[chosen]]
