"""How a foreground is put into a frame and a background is cut to it: exact fractions, Pillow's fixed-point filters.

Foreground: cut to the box of its alpha, scaled (premultiplied) so that its height is a share of the frame's, but no
wider than the frame. A side that the picture's edge cut off stays on that edge of the frame: who touched the lower edge
stands on it. One cut off on both sides is enlarged to span the frame from edge to edge, and what then is too tall loses
its lower part. Elsewhere the place is random.
Background: scaled to cover the frame, cut at a random place.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configs.errors import DataError
from datasets.images import MAX_PIXELS

LEAST_SHARE, MOST_SHARE = 600, 950
"""A foreground's height in 1/1000 of the frame's."""

Size = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A foreground cut to the box of its alpha.

    Attributes:
        pixels: (h, w, 4) uint8 RGBA, straight colours.
        cut: whether the picture's upper, lower, left and right edge cut it off.
    """

    pixels: NDArray[np.uint8]
    cut: tuple[bool, bool, bool, bool]


def cut_out(name: str, foreground: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> Cutout:
    """Cut a foreground, (H, W, 3) uint8, to the box of its alpha, (H, W) uint8.

    Raises:
        DataError: alpha is 0 everywhere, or 255 everywhere; `name` is the file's, for the message.
    """
    present = alpha > 0
    rows, columns = np.flatnonzero(present.any(axis=1)), np.flatnonzero(present.any(axis=0))
    if not rows.size:
        raise DataError(f"{name}: is transparent everywhere; expected a foreground with alpha above 0; remove it")
    if (alpha == 255).all():
        raise DataError(f"{name}: is opaque everywhere, so its matte was probably lost; expected some transparency")
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    cut = top == 0, bottom == alpha.shape[0], left == 0, right == alpha.shape[1]
    box = slice(top, bottom), slice(left, right)
    return Cutout(np.dstack((foreground[box], alpha[box])), cut)


def place_foreground(
    name: str, cutout: Cutout, size: Size, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Put a foreground into a frame of (height, width); return its colours, (H, W, 3), and alpha, (H, W), uint8.

    Raises:
        DataError: enlarged to span the frame it would be beyond all measure, or scaled down nothing is left of it.
    """
    upper, lower, left, right = cutout.cut
    height, width = cutout.pixels.shape[:2]
    scale = Fraction(size[0] * int(rng.integers(LEAST_SHARE, MOST_SHARE + 1)), 1000 * height)
    if not (left and right):
        scale = min(scale, Fraction(size[1], width))
    if upper and lower:
        scale = max(scale, Fraction(size[0], height))
    if left and right:
        scale = max(scale, Fraction(size[1], width))
    scaled = _rounded(height * scale), _rounded(width * scale)
    if scaled[0] * scaled[1] > MAX_PIXELS:
        raise DataError(
            f"{name}: its figure of {width}x{height} pixels would be {scaled[1]}x{scaled[0]} to span a frame of "
            f"{size[1]}x{size[0]}; remove it, or choose a smaller frame"
        )
    image = Image.fromarray(cutout.pixels).resize((scaled[1], scaled[0]), Image.Resampling.BILINEAR)
    if scaled[0] > size[0]:
        top = _drawn(size[0] - scaled[0], rng, True, False)
    else:
        top = _drawn(size[0] - scaled[0], rng, upper and not lower, lower)
    start = _drawn(size[1] - scaled[1], rng, left and not right, right and not left)
    frame = Image.new("RGBA", (size[1], size[0]))
    frame.paste(image, (start, top))
    pixels = np.array(frame)
    if not pixels[..., 3].any():
        raise DataError(f"{name}: nothing of it is left in a frame of {size[1]}x{size[0]}; remove it")
    pixels[pixels[..., 3] == 0] = 0
    return np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3])


def cover(background: NDArray[np.uint8], size: Size, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Cut the largest part of the frame's shape out of a background, at a random place, and scale it to the frame."""
    height, width = background.shape[:2]
    scale = min(Fraction(height, size[0]), Fraction(width, size[1]))
    part = min(height, _rounded(size[0] * scale)), min(width, _rounded(size[1] * scale))
    top = int(rng.integers(height - part[0] + 1))
    left = int(rng.integers(width - part[1] + 1))
    crop = np.ascontiguousarray(background[top : top + part[0], left : left + part[1]])
    return np.array(Image.fromarray(crop).resize((size[1], size[0]), Image.Resampling.BILINEAR))


def _rounded(length: Fraction) -> int:
    return max(1, (2 * length + 1).__floor__() // 2)


def _drawn(room: int, rng: np.random.Generator, first: bool, last: bool) -> int:
    """Return where something starts that leaves `room` free (below 0: that much too large)."""
    drawn = int(rng.integers(abs(room) + 1))
    if first or last:
        return 0 if first else room
    return drawn if room >= 0 else -drawn
