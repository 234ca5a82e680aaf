"""The plate of every frame. The one place of the demo that knows how plates are checked and aligned."""

from collections.abc import Iterable
from typing import Literal, get_args

import numpy as np

from configs.errors import DataError, UsageError
from demo.composing.targets import cover
from demo.matting.matter import Frame
from demo.media.frames import read_only

Align = Literal["auto", "off", "always"]
ALIGN: tuple[Align, ...] = get_args(Align)
STILL_FRAMES = 25
"""Frames of which a missing plate is estimated."""


def align_named(text: str) -> Align:
    """Return the way of aligning that this names.

    Raises:
        UsageError: it is none.
    """
    for align in ALIGN:
        if text == align:
            return align
    raise UsageError(f"--align: expected {', '.join(ALIGN)}, found {text!r}")


class Plates:
    """Gives each frame its plate, of the frame's size.

    Args:
        plate: (H, W, 3) uint8 RGB of any size; None for a network without one.
        align: whether to bring it to the frame's place: where it measurably helps, never, or always.
        match: whether to even exposure and colour.

    Attributes:
        notes: what was found and done, complete after the last frame.
    """

    def __init__(self, plate: Frame | None, align: Align, match: bool) -> None:
        self.notes: list[str] = []
        self._plate = plate
        self._made: Frame | None = None

    def plate_for(self, image: Frame) -> Frame | None:
        """Return the plate of the next frame."""
        if self._plate is None:
            return None
        if self._made is None or self._made.shape != image.shape:
            self._made = read_only(cover(self._plate, (image.shape[0], image.shape[1])))
        return self._made


def findings(source: Frame, plate: Frame) -> tuple[str, ...]:
    """Say in a line each what is wrong with a plate, and what to do about it."""
    if source.shape == plate.shape and (source == plate).all():
        return ("the plate is the same picture as the source; take one of the scene without the person",)
    return ()


def estimated_plate(frames: Iterable[Frame]) -> Frame:
    """Return the plate of a video whose camera stands still: the median of its frames over time.

    Raises:
        DataError: there are fewer than three frames.
    """
    pictures = list(frames)
    if len(pictures) < 3:
        raise DataError("a plate cannot be estimated from fewer than three frames; give one with --background")
    return read_only(np.median(np.stack(pictures), axis=0).astype(np.uint8))
