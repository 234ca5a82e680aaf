"""What a person can be laid over: a colour, a picture, a video, the blurred scene itself, or nothing."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.errors import UsageError
from demo.composing.blend import composite, cut_out
from demo.matting.fitting import Size
from demo.matting.matter import Frame, Matte

Value = TypeVar("Value", bound=np.generic)

TRANSPARENT = "transparent"
GREEN = "#78FF9B"
"""The green field of Open Model Zoo's demo."""
_COLOUR = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
_BLUR = re.compile(r"blur:(\d+)")
LARGEST_BLUR = 501


class Target(ABC):
    """Makes a frame's result of its matte."""

    transparent = False

    @abstractmethod
    def background(self, source: Frame, plate: Frame | None) -> Frame:
        """Return what is behind the person in the next frame, of the source's size."""

    def compose(self, matte: Matte, source: Frame, plate: Frame | None) -> NDArray[np.uint8]:
        """Return the result: (H, W, 3) RGB, or (H, W, 4) RGBA of a transparent target; uint8."""
        return composite(matte, source, self.background(source, plate))


class Transparent(Target):
    """Nothing: the person alone, with alpha."""

    transparent = True

    def background(self, source: Frame, plate: Frame | None) -> Frame:
        """Return black, for where there can be no alpha."""
        return np.zeros_like(source)

    def compose(self, matte: Matte, source: Frame, plate: Frame | None) -> NDArray[np.uint8]:
        """Return RGBA with straight colours."""
        return cut_out(matte, source)


class Colour(Target):
    """One colour, RGB 0..255."""

    def __init__(self, rgb: tuple[int, int, int]) -> None:
        self._rgb = rgb
        self._made: Frame | None = None

    def background(self, source: Frame, plate: Frame | None) -> Frame:
        """See `Target.background`."""
        if self._made is None or self._made.shape != source.shape:
            self._made = np.full(source.shape, self._rgb, np.uint8)
        return self._made


class Blurred(Target):
    """The scene behind the person, out of focus: the plate where there is one, which shows no blurred person.

    Args:
        width: of the blur, in pixels of the source; odd.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._last: tuple[Frame, Frame] | None = None

    def background(self, source: Frame, plate: Frame | None) -> Frame:
        """See `Target.background`."""
        scene = source if plate is None else plate
        if self._last is None or self._last[0] is not scene:
            self._last = scene, np.asarray(cv2.stackBlur(scene, (self._width, self._width)), np.uint8)
        return self._last[1]


class Picture(Target):
    """A picture, (H, W, 3) uint8 RGB, scaled to cover the frame and cut in the middle: never stretched."""

    def __init__(self, image: Frame) -> None:
        self._image = image
        self._made: Frame | None = None

    def background(self, source: Frame, plate: Frame | None) -> Frame:
        """See `Target.background`."""
        if self._made is None or self._made.shape != source.shape:
            self._made = cover(self._image, (source.shape[0], source.shape[1]))
        return self._made


class Moving(Target):
    """Pictures one after another, such as a video's frames, each covering the frame as `Picture` does."""

    def __init__(self, images: Iterator[Frame]) -> None:
        self._images = images

    def background(self, source: Frame, plate: Frame | None) -> Frame:
        """See `Target.background`."""
        return cover(next(self._images), (source.shape[0], source.shape[1]))


def plain_target(text: str) -> Target | None:
    """Return the target that `#RRGGBB`, `blur:K` or `transparent` names; None for what names a file.

    Raises:
        UsageError: it begins as one of these but is none.
    """
    if text == TRANSPARENT:
        return Transparent()
    if text.startswith("#"):
        colour = _COLOUR.fullmatch(text)
        if colour is None:
            raise UsageError(f"target {text!r}: expected a colour as #RRGGBB, such as {GREEN}")
        red, green, blue = (int(part, 16) for part in colour.groups())
        return Colour((red, green, blue))
    if text.startswith("blur:"):
        blur = _BLUR.fullmatch(text)
        if blur is None or not 1 <= int(blur[1]) <= LARGEST_BLUR:
            raise UsageError(f"target {text!r}: expected blur:K with K of 1 to {LARGEST_BLUR} pixels, such as blur:25")
        return Blurred(int(blur[1]) | 1)
    return None


def cover(image: NDArray[Value], size: Size) -> NDArray[Value]:
    """Scale an image, (h, w, C), with its aspect kept to cover (height, width), and cut it in the middle."""
    if image.shape[:2] == size:
        return image
    scale = max(size[0] / image.shape[0], size[1] / image.shape[1])
    height, width = max(size[0], round(image.shape[0] * scale)), max(size[1], round(image.shape[1] * scale))
    scaled = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    top, left = (height - size[0]) // 2, (width - size[1]) // 2
    return np.ascontiguousarray(scaled[top : top + size[0], left : left + size[1]])
