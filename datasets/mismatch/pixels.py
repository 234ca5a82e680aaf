"""The pixels of a sample that its composition is judged by, drawn evenly from four zones of the matte.

A composite is `alpha * foreground + (1 - alpha) * plate`. Averaged over a picture, what is wrong with the person drowns
in the plate, and what is wrong with alpha in the person: so each zone is judged apart, by its worst channel.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

DRAWN = 6000
"""The most pixels of one zone."""
FEWEST = 12
"""Fewer pixels of a zone say nothing."""
CAP = 64.0
"""A pixel counts as off by at most so many levels, so that a few wild ones do not decide."""
_REACH = np.ones((5, 5), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The pictures of a sample: (H, W, 3) uint8 in one colour order, and alpha (H, W) uint8."""

    source: Bytes
    background: Bytes
    foreground: Bytes
    alpha: Bytes


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The pictures at N pixels: (N, 3) float32, 0..255, and alpha (N, 1) float32, 0..1."""

    source: Floats
    background: Floats
    foreground: Floats
    alpha: Floats

    def off(self) -> Floats:
        """Return composite minus foreground over plate, (N, 3) levels."""
        return self.source - self.background - self.alpha * (self.foreground - self.background)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Pixels of a picture: rows and columns, (N,), those of the body first; then the other zones in this order.

    Attributes:
        body: alpha of at least one half, 3 pixels and more from any change of alpha.
        rim: where alpha changes within 2 pixels, or is low, but not 0.
        soft: the part of the rim where alpha is neither near 0 nor near 255.
        empty: alpha 0, 3 pixels and more from any change of alpha.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    body: slice
    rim: slice
    soft: slice
    empty: slice

    @property
    def zones(self) -> dict[str, slice]:
        """The zones with enough pixels to judge by."""
        zones = {"body": self.body, "rim": self.rim, "soft": self.soft, "empty": self.empty}
        return {name: zone for name, zone in zones.items() if zone.stop - zone.start >= FEWEST}

    def values(self, parts: Parts) -> Values:
        """Return what the pictures hold there."""
        where = self.rows, self.columns
        source, background, foreground = (
            picture[where].astype(np.float32) for picture in (parts.source, parts.background, parts.foreground)
        )
        alpha = (parts.alpha[where] / 255).astype(np.float32)[:, np.newaxis]
        return Values(source, background, foreground, alpha)


def draw(alpha: Bytes, most: int = DRAWN) -> Places:
    """Draw at most `most` pixels of each zone of a matte, (H, W) uint8, evenly and the same ones every time."""
    still = _still(alpha)
    # An edge between 255 and 0 is a rim as well, though no pixel of it is half transparent.
    body = still & (alpha >= 128)
    empty = still & (alpha == 0)
    soft = (alpha > 7) & (alpha < 248) & ~body
    chosen = [_drawn(zone, most) for zone in (body, ~(body | empty), soft, empty)]
    ends = np.cumsum([0, *(zone.size for zone in chosen)]).tolist()
    rows, columns = np.divmod(np.concatenate(chosen), alpha.shape[1])
    return Places(rows, columns, *(slice(first, last) for first, last in pairwise(ends)))


def draw_body(alpha: Bytes) -> NDArray[np.intp]:
    """Return the body's pixels of `draw`, as indices into the flattened matte, without drawing the other zones."""
    return _drawn(_still(alpha) & (alpha >= 128), DRAWN)


def _still(alpha: Bytes) -> NDArray[np.bool_]:
    """Return the pixels that are 3 pixels and more from any change of alpha."""
    return np.asarray(cv2.dilate(alpha, _REACH) == cv2.erode(alpha, _REACH))


def _drawn(zone: NDArray[np.bool_], most: int) -> NDArray[np.intp]:
    pixels = np.flatnonzero(zone)
    return pixels[np.linspace(0, pixels.size - 1, min(most, pixels.size)).astype(np.intp)]


def mean_off(values: Values, places: Places) -> dict[str, float]:
    """Return zone to how far its worst channel is off, in levels: the mean of absolute differences of up to `CAP`."""
    off = np.minimum(np.abs(values.off()), CAP)
    return {name: float(off[zone].mean(axis=0).max()) for name, zone in places.zones.items()}
