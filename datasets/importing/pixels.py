"""From a published picture and its matte to one RGBA foreground."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configs.errors import DataError
from datasets.importing.estimate import estimate_foreground
from datasets.importing.finding import Pair
from datasets.importing.layouts import Layout
from datasets.samples.images import read_alpha, read_rgb, read_rgba

Array = NDArray[np.uint8]


def read_foreground(pair: Pair, layout: Layout, max_side: int) -> Array:
    """Return a foreground as (H, W, 4) uint8 RGBA, straight colours, black where alpha is 0.

    A picture whose longer side is above `max_side` is shrunk (Pillow's antialiased BILINEAR in fixed point): true
    colours premultiplied, a photograph and its matte each by itself, before its colours are estimated.

    Raises:
        DataError: a file is unreadable or breaks a rule of `datasets.samples.images`; picture and matte differ in size;
            or the matte is 0 or 255 everywhere, or only holds 0 and 1.
        UsageError: colours are to be estimated, and the estimator is not installed.
    """
    if pair.matte is None:
        colours, alpha = read_rgba(pair.picture)
    else:
        colours = read_rgb(pair.picture)
        alpha = read_rgba(pair.matte)[1] if layout.matte_is_rgba else read_alpha(pair.matte)
        _require_one_size(pair, colours, alpha)
    if layout.true_colours:
        pixels = _shrunk(np.dstack((colours, alpha)), max_side)
        _check_matte(pair, pixels[..., 3])
    else:
        colours, alpha = _shrunk(colours, max_side), _shrunk(alpha, max_side)
        _check_matte(pair, alpha)
        pixels = np.dstack((estimate_foreground(colours, alpha), alpha))
    pixels[pixels[..., 3] == 0] = 0
    return pixels


def _shrunk(image: Array, max_side: int) -> Array:
    height, width = image.shape[:2]
    longest = max(height, width)
    if longest <= max_side:
        return image
    # Integer division by the longest side, rounded half up.
    size = tuple(max(1, (2 * side * max_side + longest) // (2 * longest)) for side in (width, height))
    return np.array(Image.fromarray(image).resize((size[0], size[1]), Image.Resampling.BILINEAR))


def _require_one_size(pair: Pair, colours: Array, alpha: Array) -> None:
    if colours.shape[:2] == alpha.shape:
        return
    (height, width), (matte_height, matte_width) = colours.shape[:2], alpha.shape
    turned = ""
    if (height, width) == (matte_width, matte_height):
        turned = "; is its EXIF orientation, which is applied, wrong?"
    raise DataError(
        f"{pair.picture}: is {width}x{height}, but its matte {pair.matte} is {matte_width}x{matte_height}{turned}"
    )


def _check_matte(pair: Pair, alpha: Array) -> None:
    path = pair.files[-1]
    highest = int(alpha.max())
    if highest == 0:
        raise DataError(f"{path}: the matte is transparent everywhere")
    if highest == 1:
        raise DataError(f"{path}: the matte only holds 0 and 1; expected 0 to 255")
    if int(alpha.min()) == 255:
        raise DataError(f"{path}: the matte is opaque everywhere, so it was probably lost")
