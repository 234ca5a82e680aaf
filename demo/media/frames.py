"""What every input gives: frames in order, with their names and times."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from configs.section import MAX_PIXELS
from demo.matting.matter import Frame

DEFAULT_RATE = Fraction(30)
"""Frames per second of what has no times of its own: a folder's pictures."""


@dataclass(frozen=True, slots=True, eq=False)
class TimedFrame:
    """One frame of an input.

    Attributes:
        name: for a file of its own: the picture's name, or its number in a video.
        image: (H, W, 3) uint8 RGB, upright.
        time: when it is shown, in seconds from the first frame.
        begins: whether what a network remembers of the frames before is to be forgotten.
    """

    name: str
    image: Frame
    time: Fraction
    begins: bool = False


class FrameSource(ABC):
    """An input that is open.

    Attributes:
        what: for messages: the path, or the camera.
        count: of frames, as far as is known beforehand.
        rate: frames per second, on average.
        sound: the file whose sound belongs to the frames; None where there is none.
        is_picture: whether it is one single picture.
        start: when the first frame is shown by the file's own clock, which its sound goes by too, in seconds; known
            once that frame is read.
        pixel_aspect: width of a pixel over its height; known likewise.
        notes: what a user should know of how it was read; complete once the frames are through.
    """

    what: str
    count: int | None = None
    rate: Fraction = DEFAULT_RATE
    sound: Path | None = None
    is_picture = False
    start: Fraction = Fraction(0)
    pixel_aspect: Fraction = Fraction(1)

    def __init__(self) -> None:
        self.notes: list[str] = []

    @abstractmethod
    def frames(self) -> Iterator[TimedFrame]:
        """Yield the frames from the first on; a second call starts again.

        Raises:
            DataError: a frame cannot be read.
        """

    def close(self) -> None:  # noqa: B027 - most sources hold nothing between frames
        """Give back what the source holds."""


def looped(source: FrameSource) -> Iterator[TimedFrame]:
    """Yield a source's frames over and over, with times that go on."""
    start, last = Fraction(0), Fraction(0)
    while True:
        for number, frame in enumerate(source.frames()):
            last = start + frame.time
            yield TimedFrame(frame.name, frame.image, last, begins=number == 0)
        start = last + 1 / source.rate


def require_size(what: str, width: int, height: int) -> None:
    """Raise `DataError` for frames without pixels, or of more than are read."""
    if not 0 < width * height <= MAX_PIXELS:
        raise DataError(f"{what}: has frames of {width}x{height}; expected 1 to {MAX_PIXELS} pixels")


def read_only(image: NDArray[np.uint8]) -> Frame:
    """Return an image that several threads may share, since none can change it."""
    image.setflags(write=False)
    return image
