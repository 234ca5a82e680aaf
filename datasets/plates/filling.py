"""What a plate does not show of a frame, filled.

A pixel that is the frame's own is background to the network, whatever it shows; the plate's border repeated is
foreground to it wherever the scene goes on otherwise. So each is used where it is right: the frame's own pixels where
the nearest part of the plate agrees with the frame, and the plate's border where a person stands before it.
docs/plates.md has the error of the matte with each.
"""

from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.plates.agreement import agreement
from datasets.plates.colour import fit_colours
from datasets.plates.pictures import Image, Mask

Filling = Literal["mixed", "source", "repeat"]
_SIDE: Final = 5
_APART: Final = 14.0
"""Levels, averaged over a neighbourhood, by which frame and plate differ where a person stands."""
_SOFT: Final = 8.0

Floats = NDArray[np.float32]


def filled(warped: Image, shown: Mask, source: Image, how: Filling = "mixed") -> Image:
    """Return a plate in the frame's place with what it does not show filled.

    Args:
        warped: (H, W, 3) uint8, the plate in the frame's place, its border repeated outside.
        shown: (H, W), what the plate itself shows.
        source: (H, W, 3) uint8, the frame.
        how: `mixed`, or only the frame's pixels, or only the border repeated, to measure the two.
    """
    hidden = ~shown
    if how == "repeat" or not hidden.any() or not shown.any():
        return warped
    whole = warped.copy()
    if how == "source":
        whole[hidden] = source[hidden]
        return whole
    border = warped[hidden].astype(np.float32)
    own = 1 - _person(warped, shown, source)[hidden][:, np.newaxis]
    whole[hidden] = np.rint(border + own * (source[hidden] - border))
    return whole


def _person(warped: Image, shown: Mask, source: Image) -> Floats:
    """Return how sure it is that a person stands at a pixel, by the nearest one that the plate shows: (H, W), 0..1."""
    seen = agreement(source, warped)
    colours = fit_colours(seen)
    plate = seen.plate if colours is None else colours.apply(seen.plate)
    size = plate.shape[1::-1]
    inside = cv2.resize(shown.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    inside = cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
    if not inside.any():
        return np.zeros(shown.shape, np.float32)
    weight = inside.astype(np.float32)
    difference = cv2.absdiff(seen.source, plate).max(axis=2).astype(np.float32) * weight
    around = cv2.blur(difference, (_SIDE, _SIDE)) / np.maximum(cv2.blur(weight, (_SIDE, _SIDE)), 1e-3)
    person = _nearest(np.clip((around - _APART) / _SOFT, 0, 1), inside)
    return np.asarray(cv2.resize(person, shown.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _nearest(values: Floats, inside: Mask) -> Floats:
    """Return for every pixel the value of the nearest one inside, softened."""
    outside = (~inside).astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    of_label = np.zeros(int(labels.max()) + 1, np.float32)
    of_label[labels[inside]] = values[inside]
    return np.asarray(cv2.blur(of_label[labels], (_SIDE, _SIDE)), np.float32)
