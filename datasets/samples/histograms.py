"""How often each value of 8 bits occurs in an image, and in a sample's alpha and foreground."""

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

_MOST = 1 << 24
"""Pixels up to which OpenCV's counts, which are float32, are exact."""
_CHANNELS = 3

Window = tuple[slice, slice]


def window_of(mask: NDArray[np.bool_] | NDArray[np.uint8]) -> Window:
    """Return the rows and columns of the smallest rectangle around what is not 0 in a mask, (H, W); else none."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return slice(top, top + height), slice(left, left + width)


def histogram(plane: NDArray[np.uint8], mask: NDArray[np.uint8] | None = None) -> NDArray[np.int64]:
    """Return how often each of 256 values occurs in a plane, (H, W) uint8, where `mask`, of the same kind, is not 0."""
    counts = np.zeros(256, np.int64)
    rows = max(1, _MOST // max(1, plane.shape[1]))
    for top in range(0, plane.shape[0], rows):
        strip = slice(top, top + rows)
        counts += (
            cv2.calcHist([plane[strip]], [0], None if mask is None else mask[strip], [256], [0, 256])
            .ravel()
            .astype(np.int64)
        )
    return counts


class Histograms:
    """A sample's alpha and foreground counted, each once, when it is first asked for.

    Args:
        alpha: (H, W) uint8.
        foreground: (H, W, 3) uint8.
    """

    def __init__(self, alpha: NDArray[np.uint8], foreground: NDArray[np.uint8]) -> None:
        self._alpha, self._foreground = alpha, foreground

    @cached_property
    def alpha(self) -> NDArray[np.int64]:
        """How often each alpha occurs, (256,)."""
        return histogram(self._alpha)

    @cached_property
    def window(self) -> Window:
        """The rows and columns of the smallest rectangle around what is not transparent."""
        return window_of(self._alpha)

    @cached_property
    def covered(self) -> NDArray[np.uint8]:
        """Which pixels of the window are not transparent: not 0 where alpha is above 0."""
        return np.ascontiguousarray(self._alpha[self.window])

    @cached_property
    def planes(self) -> tuple[NDArray[np.uint8], ...]:
        """The foreground's channels inside the window."""
        return tuple(cv2.split(self._foreground[self.window])) if self.covered.size else ()

    @cached_property
    def foreground(self) -> NDArray[np.int64]:
        """How often each value of red, green and blue occurs where alpha is above 0, (3, 256)."""
        if not self.planes:
            return np.zeros((_CHANNELS, 256), np.int64)
        return np.stack([histogram(plane, self.covered) for plane in self.planes])

    def foreground_from(self, least: int) -> NDArray[np.int64]:
        """Return how often each value of red, green and blue occurs where alpha is at least this, above 0; (3, 256)."""
        counts = self.foreground.copy()
        if self.alpha[1:least].any():
            # of the few that are too faint: to count them out is cheaper than to count the others again
            faint = np.flatnonzero((self.covered > 0) & (self.covered < least))
            for channel, plane in enumerate(self.planes):
                counts[channel] -= np.bincount(plane.ravel()[faint], minlength=256)
        return counts
