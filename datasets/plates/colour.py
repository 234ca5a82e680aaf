"""Exposure and white balance of a plate evened to the frame's, read off the background that both show."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.plates.agreement import Agreement, agreement
from datasets.plates.pictures import Image, fitted, size_of

_LOWEST, _HIGHEST = 8, 247
"""Levels between which a sensor is neither blind nor full."""
_BLIND, _FULL = 0, 255
_FEWEST: Final = 200
_LEAST_FLAT: Final = 0.35
_LEAST_KEPT: Final = 0.5
"""Shares of the frame that must be flat, and of it that must keep one relation, where nothing has structure."""
_MOST: Final = 4000
_ROUNDS: Final = 8
_SPREAD: Final = 0.12
"""Standard deviation of the plate's logarithms from which a gamma can be told from a gain."""
_GAINS: Final = (0.2, 5.0)
_GAMMAS: Final = (0.4, 2.5)
_SCALE: Final = 0.03

Values = NDArray[np.float64]
"""(3,): one a channel, RGB."""


@dataclass(frozen=True, eq=False)
class Colours:
    """How a plate's levels become the frame's: `gain * level ** gamma` in each channel, levels 0..1.

    Attributes:
        gain, gamma: (3,), RGB.
        middle: (3,), the level about which the plate's background lies, 0..1; ratios are given there.
    """

    gain: Values
    gamma: Values
    middle: Values

    @cached_property
    def ratios(self) -> Values:
        """The frame's level over the plate's, in each channel, at the plate's middle."""
        return np.asarray(self.gain * self.middle**self.gamma / self.middle)

    @property
    def exposure(self) -> float:
        """The frame's brightness over the plate's."""
        return float(np.exp(np.log(self.ratios).mean()))

    @property
    def white_balance(self) -> tuple[float, float, float]:
        """The ratio of each channel over that of green."""
        red, green, blue = self.ratios
        return float(red / green), 1.0, float(blue / green)

    def apply(self, plate: Image) -> Image:
        """Return a plate, (H, W, 3) uint8, in the frame's colours."""
        levels = np.arange(256)[:, np.newaxis] / 255
        table = np.rint(255 * self.gain * levels**self.gamma).clip(0, 255).astype(np.uint8)
        return np.asarray(cv2.LUT(plate, table[np.newaxis]), np.uint8)

    def mixed(self, other: "Colours", share: float) -> "Colours":
        """Return these colours with a share of others in them, 0..1."""
        of = (self.gain, other.gain), (self.gamma, other.gamma), (self.middle, other.middle)
        return Colours(*(np.exp((1 - share) * np.log(one) + share * np.log(two)) for one, two in of))


def match_colours(source: Image, plate: Image) -> Image:
    """Return a plate in the exposure and white balance of the frame before which a person stands.

    The colours are read off the background that both show, the person voted out. Pixels of the plate that are the
    frame's own already, such as those that fill its border, stay.

    Args:
        source: (H, W, 3) uint8 RGB, the frame.
        plate: (H, W, 3) uint8 RGB, in the frame's place (`datasets.plates.alignment.align_plate`).

    Returns:
        (H, W, 3) uint8 of the frame's size; the plate as it was where too little of the background shows in both.
    """
    plate = fitted(plate, size_of(source))
    colours = fit_colours(agreement(source, plate))
    return plate if colours is None else recoloured(plate, colours, source)


def recoloured(plate: Image, colours: Colours, source: Image) -> Image:
    """Return a plate in other colours, but for pixels that are the frame's own already.

    A level at the end of the scale says only how bright or dark a place is at least. Where the frame lies beyond it, so
    may the plate, and takes the frame's level.
    """
    changed = colours.apply(plate)
    own = cv2.inRange(cv2.absdiff(plate, source), (0, 0, 0), (0, 0, 0))
    cv2.copyTo(source, own, changed)
    for end, beyond in ((_FULL, cv2.max), (_BLIND, cv2.min)):
        at_end = cv2.compare(plate, end, cv2.CMP_EQ)
        cv2.copyTo(beyond(changed, source), at_end, changed)
    return changed


def fit_colours(seen: Agreement) -> Colours | None:
    """Fit the colours of a plate to a frame's; None where too little of the background shows in both.

    Where structure agrees somewhere, only those places count. Before a plain wall nothing has structure, so all pixels
    count, and the relation that most of them keep wins.
    """
    chosen = seen.agrees if seen.enough else ~seen.textured
    if float(chosen.mean()) < (0 if seen.enough else _LEAST_FLAT):
        return None
    plate, source = seen.plate[chosen].astype(np.float64), seen.source[chosen].astype(np.float64)
    lit = ((plate >= _LOWEST) & (plate <= _HIGHEST) & (source >= _LOWEST) & (source <= _HIGHEST)).all(axis=1)
    if np.count_nonzero(lit) < _FEWEST:
        return None
    every = max(1, np.count_nonzero(lit) // _MOST)
    plate, source = np.log(plate[lit][::every] / 255), np.log(source[lit][::every] / 255)
    weight = np.ones(len(plate)) if seen.enough else _together(source - plate)
    gain, gamma = np.empty(3), np.empty(3)
    for channel in range(3):
        gain[channel], gamma[channel] = _curve(plate[:, channel], source[:, channel], weight)
    if not seen.enough and float((weight > 0).mean()) < _LEAST_KEPT:
        return None
    return Colours(gain, gamma, np.exp(np.median(plate, axis=0)))


def _together(ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how near each pixel's ratios lie to those that most pixels have, 0..1: (N,) of (N, 3)."""
    centre = np.array([_mode(ratios[:, channel]) for channel in range(3)])
    off = np.abs(ratios - centre).max(axis=1)
    # A gamma spreads the ratios, so that the choice is wide.
    return np.asarray(off < 0.35, np.float64)


def _mode(values: NDArray[np.float64]) -> float:
    """Return the middle of the narrowest interval with a third of the values."""
    ordered = np.sort(values)
    reach = max(1, len(ordered) // 3)
    widths = ordered[reach:] - ordered[:-reach]
    best = int(np.argmin(widths))
    return float(np.median(ordered[best : best + reach + 1]))


def _curve(plate: NDArray[np.float64], source: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, float]:
    """Fit source = log gain + gamma * plate, outliers weighed down (Tukey's biweight); returns gain and gamma."""
    offset, slope, kept = 0.0, 1.0, weight
    for _ in range(_ROUNDS):
        total = float(kept.sum())
        if total < _FEWEST / 4:
            break
        middle, other = float((kept * plate).sum() / total), float((kept * source).sum() / total)
        spread = float((kept * (plate - middle) ** 2).sum() / total)
        slope = float((kept * (plate - middle) * (source - other)).sum() / total / spread) if spread > 0 else 1.0
        slope = float(np.clip(slope, *_GAMMAS)) if spread > _SPREAD**2 else 1.0
        offset = other - slope * middle
        left = source - offset - slope * plate
        scale = max(_SCALE, 1.4826 * float(np.median(np.abs(left[weight > 0]))))
        kept = weight * np.maximum(0, 1 - (left / (4 * scale)) ** 2) ** 2
    return float(np.clip(np.exp(offset), *_GAINS)), slope
