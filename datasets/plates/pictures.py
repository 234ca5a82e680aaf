"""Pictures as the estimates see them: grey, at a bounded size, and with exposure and white balance taken out."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from configs.sizes import Size

Image = NDArray[np.uint8]
"""(H, W, 3) uint8 RGB."""
Grey = NDArray[np.uint8]
"""(H, W) uint8."""
Mask = NDArray[np.bool_]
"""(H, W)."""

_NEIGHBOURHOOD: Final = 1 / 24
"""Side of the square over which contrast is evened, as a share of the picture's longest side."""
_NOISE: Final = 3.0
"""Levels of contrast below which a neighbourhood counts as flat."""


def size_of(image: Image) -> Size:
    """Return height and width.

    Raises:
        DataError: not an (H, W, 3) uint8 image with pixels.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise DataError(f"expected an (H, W, 3) uint8 RGB image with pixels, found {image.shape} {image.dtype}")
    return image.shape[0], image.shape[1]


def grey(image: Image, longest: int) -> Grey:
    """Return an image in grey, shrunk so that its longest side is at most `longest` pixels."""
    return shrunk(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8), longest)


def shrunk(image: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Return an image whose longest side is at most `longest` pixels; itself where it is."""
    height, width = image.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
        return image
    smaller = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(cv2.resize(image, smaller, interpolation=cv2.INTER_AREA), np.uint8)


def grey_pair(plate: Image, frame: Image, longest: int) -> tuple[Grey, Grey]:
    """Return a plate and a frame in grey at one scale: the frame as `grey` gives it, the plate so that it covers it.

    A plate of another aspect keeps its own and is not cropped; its longest side is at most 2 `longest` pixels.
    """
    small = grey(frame, longest)
    picture = np.asarray(cv2.cvtColor(plate, cv2.COLOR_RGB2GRAY), np.uint8)
    factor = max(new / old for old, new in zip(picture.shape, small.shape, strict=True))
    factor = min(factor, 2 * longest / max(picture.shape))
    height, width = (max(1, round(side * factor)) for side in picture.shape)
    if (height, width) != picture.shape:
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)
    return picture, small


def stretched(picture: Grey) -> Grey:
    """Return a grey picture over the whole range of levels, so that a dark one has as many features as a bright one."""
    low, high = np.quantile(picture[::4, ::4], (0.005, 0.995))
    factor = 255 / max(float(high - low), 16.0)
    return np.asarray(cv2.addWeighted(picture, factor, picture, 0, -float(low) * factor), np.uint8)


def evened(picture: Grey) -> Grey:
    """Return a grey picture with local brightness and contrast evened, so that exposure no longer shows in it."""
    side = max(9, round(max(picture.shape) * _NEIGHBOURHOOD)) | 1
    values = picture.astype(np.float32)
    mean = cv2.blur(values, (side, side))
    values -= mean
    spread = cv2.sqrt(cv2.blur(values * values, (side, side)))
    values *= 40.0
    values /= spread + _NOISE
    values += 128.0
    return np.asarray(cv2.convertScaleAbs(cv2.max(values, 0)), np.uint8)


def fitted(plate: Image, size: Size) -> Image:
    """Return a plate of any size at the frame's: as much of its middle as has the frame's aspect, scaled.

    A plate of the frame's size is returned as it is.
    """
    plate_size = size_of(plate)
    if plate_size == size:
        return plate
    top, left, height, width = middle(plate_size, size)
    how = cv2.INTER_AREA if height > size[0] else cv2.INTER_LINEAR
    inner = plate[top : top + height, left : left + width]
    return np.asarray(cv2.resize(inner, size[::-1], interpolation=how), np.uint8)


def middle(plate: Size, frame: Size) -> tuple[int, int, int, int]:
    """Return the middle of a plate that has the frame's aspect, to a pixel: first row and column, height and width."""
    factor = min(old / new for old, new in zip(plate, frame, strict=True))
    height, width = (min(old, max(1, round(new * factor))) for old, new in zip(plate, frame, strict=True))
    return (plate[0] - height) // 2, (plate[1] - width) // 2, height, width
