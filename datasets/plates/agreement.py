"""Where a frame and a plate that lies in its place show the same thing: the background, the person voted out."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.plates.pictures import Grey, Image, Mask, grey, shrunk

LONGEST: Final = 480
"""Pixels of the longest side of the pictures that are compared."""
_WINDOW: Final = 13
_ALIKE: Final = 0.75
_FLAT: Final = 2.5
"""Levels of contrast (standard deviation in a window) below which there is nothing to compare."""
ENOUGH: Final = 0.05
"""Share of the frame that must agree for colours to be read off it."""


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """What agrees of two shrunk pictures of one size.

    Attributes:
        source, plate: (h, w, 3) uint8, shrunk.
        agrees: (h, w), the same structure in both.
        textured: (h, w), there is structure in one or the other.
    """

    source: Image
    plate: Image
    agrees: Mask
    textured: Mask

    @property
    def share(self) -> float:
        """The share of the frame that agrees, 0..1."""
        return float(self.agrees.mean())

    @property
    def enough(self) -> bool:
        """Whether enough agrees to read colours off it."""
        return self.share >= ENOUGH


def agreement(source: Image, plate: Image) -> Agreement:
    """Compare the structure of two pictures of one size, window by window, whatever their exposure.

    Args:
        source, plate: (H, W, 3) uint8 RGB of one size.
    """
    small_source, small_plate = shrunk(source, LONGEST), shrunk(plate, LONGEST)
    alike, textured = _correlation(grey(small_source, LONGEST), grey(small_plate, LONGEST))
    agrees = textured & (alike > _ALIKE)
    # A lone window that agrees is chance.
    agrees = cv2.morphologyEx(agrees.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    return Agreement(small_source, small_plate, agrees, textured)


def _correlation(one: Grey, other: Grey) -> tuple[NDArray[np.float32], Mask]:
    """Return the correlation of windows around every pixel, -1..1, and where either picture has contrast."""
    values, others = one.astype(np.float32), other.astype(np.float32)
    window = (_WINDOW, _WINDOW)
    mean, other_mean = cv2.blur(values, window), cv2.blur(others, window)
    variance = cv2.blur(values * values, window) - mean * mean
    other_variance = cv2.blur(others * others, window) - other_mean * other_mean
    together = cv2.blur(values * others, window) - mean * other_mean
    scale = np.sqrt(np.maximum(variance, 0.25) * np.maximum(other_variance, 0.25))
    return np.asarray(together / scale, np.float32), np.maximum(variance, other_variance) > _FLAT**2
