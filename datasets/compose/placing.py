"""How a foreground is put into a frame and a background is cut to it: exact fractions, Pillow's fixed-point filters.

Foreground: cut to the box of its alpha and scaled (premultiplied) so that its height is a share of the frame's, but no
wider than the frame. A side that the picture's edge cut off stays on that edge of the frame: who touched the lower edge
stands on it. Elsewhere the place is random.

A figure that was cut off at the left and at the right, as a portrait is at both shoulders, cannot stay on both edges at
that size. `hide` shows no cut: the part above the cuts is scaled to the share, and the rest leaves the frame below.
Where that part is less than half of the figure, the side cut higher up is put on its edge of the frame, and only the
part above the other side's cut is scaled to the share. A figure is never enlarged beyond the frame's width, where both
cuts lie on the frame's edges. `keep` places the whole figure, with the cuts in view as straight upright edges.

Background: scaled to cover the frame, cut at a random place.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configs.errors import DataError
from configs.schema import CutSides
from configs.section import MAX_PIXELS
from configs.sizes import size_text

LEAST_SHARE, MOST_SHARE = 600, 950
"""A foreground's height in 1/1000 of the frame's."""
CUT_ALPHA, CUT_RUN = 64, 32
"""An edge of the picture cuts a figure off where the figure touches it with at least this alpha, without a gap, along
at least 1/CUT_RUN of the figure's side. Less is loose hair, or the noise of a matte."""
CUT_IN_VIEW = "cut-in-view"
"""The tag of samples that show where a foreground's picture ended."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A foreground in its frame: colours, (H, W, 3) uint8 RGB, alpha, (H, W) uint8, and tags for reports."""

    colours: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    tags: tuple[str, ...]


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
    box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    edges = alpha[0, box[1]], alpha[-1, box[1]], alpha[box[0], 0], alpha[box[0], -1]
    upper, lower, left, right = (_first_cut(edge) is not None for edge in edges)
    return Cutout(np.dstack((foreground[box], alpha[box])), (upper, lower, left, right))


def place_foreground(
    name: str, cutout: Cutout, size: Size, rng: np.random.Generator, cut_sides: CutSides = "hide"
) -> Placed:
    """Put a foreground into a frame of (height, width); `cut_sides` matters where both its sides were cut off.

    Raises:
        DataError: it would be too large when enlarged to span the frame, or nothing is left of it when shrunk.
    """
    height, width = cutout.pixels.shape[:2]
    upper, lower, left, right = cutout.cut
    both, hide = left and right, left and right and cut_sides == "hide"
    share = int(rng.integers(LEAST_SHARE, MOST_SHARE + 1))
    # Who was cut off at the top hangs from the upper edge, and reaches the lower one only by filling the frame.
    filled = size[0] if upper and (lower or hide) else max(1, size[0] * share // 1000)
    shown, left, right = _clear_of_cuts(cutout) if hide else (height, left and not right, right and not left)
    scale = min(Fraction(filled, shown), Fraction(size[1], width)) if shown else Fraction(size[1], width)
    if upper and lower:
        scale = max(scale, Fraction(size[0], height))
    scaled = _rounded(height * scale), _rounded(width * scale)
    if scaled[0] * scaled[1] > MAX_PIXELS:
        raise DataError(
            f"{name}: its figure of {width}x{height} pixels would be {size_text(scaled)} to span a frame of "
            f"{size_text(size)}; remove it, or choose a smaller frame"
        )
    image = Image.fromarray(cutout.pixels).resize((scaled[1], scaled[0]), Image.Resampling.BILINEAR)
    top = _start(size[0] - min(scaled[0], filled), rng, upper, lower or scaled[0] > filled)
    start = _start(size[1] - scaled[1], rng, left, right)
    frame = Image.new("RGBA", (size[1], size[0]))
    frame.paste(image, (start, top))
    pixels = np.array(frame)
    if not pixels[..., 3].any():
        raise DataError(f"{name}: nothing of it is left in a frame of {size_text(size)}; remove it")
    pixels[pixels[..., 3] == 0] = 0
    tags = (CUT_IN_VIEW,) if both and not hide and scaled[1] < size[1] else ()
    return Placed(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]), tags)


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


def _first_cut(edge: NDArray[np.uint8]) -> int | None:
    """Return where along an edge of the figure's box the picture begins to cut it off; None where it does not."""
    touching = np.concatenate(([0], edge >= CUT_ALPHA, [0])).astype(np.int8)
    starts, ends = (np.flatnonzero(np.diff(touching) == turn) for turn in (1, -1))
    long = np.flatnonzero((ends - starts) * CUT_RUN >= edge.size)
    return int(starts[long[0]]) if long.size else None


def _clear_of_cuts(cutout: Cutout) -> tuple[int, bool, bool]:
    """Return how many upper rows show no cut, and whether the left or the right side must be on the frame's edge."""
    # One row less, since enlarging mixes neighbours.
    left, right = (max(0, (_first_cut(cutout.pixels[:, side, 3]) or 0) - 1) for side in (0, -1))
    if 2 * min(left, right) >= cutout.pixels.shape[0]:
        return min(left, right), False, False
    return max(left, right), left < right, right < left


def _start(room: int, rng: np.random.Generator, first: bool, last: bool) -> int:
    """Return where something starts that leaves `room` free (below 0: that much too large)."""
    drawn = int(rng.integers(abs(room) + 1))
    if first or last:
        return 0 if first else room
    return drawn if room >= 0 else -drawn
