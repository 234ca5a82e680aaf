"""Lay a matte over a background, with the network's own foreground.

The source itself is alpha * foreground + (1 - alpha) * old background. So alpha times the *source* keeps the old
background's light in hair and soft edges, a halo; alpha times the foreground does not.

Values are mixed as they are stored, gamma-encoded, because the networks are trained on composites made so: with such an
alpha the same sum gives the source back. docs/demo.md shows what mixing linear light would do.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.matting.matter import Frame, Matte


def colours_of(matte: Matte, source: Frame) -> Frame:
    """Return the person's colours, (H, W, 3) uint8 RGB: the network's foreground, or the source where it gives none."""
    return source if matte.foreground is None else as_bytes(matte.foreground)


def composite(matte: Matte, source: Frame, background: Frame) -> Frame:
    """Lay a matte over a background, (H, W, 3) uint8 RGB, all of one size; rounded to nearest."""
    return np.asarray(cv2.blendLinear(colours_of(matte, source), background, matte.alpha, 1 - matte.alpha), np.uint8)


def cut_out(matte: Matte, source: Frame) -> NDArray[np.uint8]:
    """Return the person alone: (H, W, 4) uint8 RGBA, straight colours, 0 where alpha is 0.

    A foreground without alpha shows the old room; the hidden pixels of a file would give it away.
    """
    alpha = as_bytes(matte.alpha)
    rgba: NDArray[np.uint8] = np.dstack((colours_of(matte, source), alpha))
    rgba[alpha == 0] = 0
    return rgba


def as_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return 0..1 as 0..255, rounded to nearest."""
    return np.asarray(cv2.convertScaleAbs(values, alpha=255), np.uint8)
