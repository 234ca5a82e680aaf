"""The plate of every frame. The one place of the demo that knows how plates are checked, aligned and estimated."""

from collections.abc import Iterable
from typing import get_args

from configs.errors import UsageError
from configs.schema import Align
from datasets.plates.checks import check_plate
from datasets.plates.still import still_plate
from datasets.plates.tracking import PlateTracker
from demo.matting.matter import Frame
from demo.media.frames import read_only

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
    """Gives each frame its plate, of the frame's size; frames come in order.

    Args:
        plate: (H, W, 3) uint8 RGB of any size; None for a network without one.
        align, match: as `datasets.plates.tracking.PlateTracker`.
    """

    def __init__(self, plate: Frame | None, align: Align, match: bool) -> None:
        self._tracker = None if plate is None else PlateTracker(plate, align, match)
        self._frames = 0

    @property
    def notes(self) -> list[str]:
        """What was done and what went wrong so far, one line each."""
        if self._tracker is None:
            return []
        aligned = self._tracker.aligned_frames
        of = "" if self._frames == 1 else f" in {aligned} of {self._frames} frames"
        return [*self._tracker.lines, *([f"the plate was aligned{of}"] if aligned else [])]

    def plate_for(self, image: Frame) -> Frame | None:
        """Return the plate of the next frame."""
        self._frames += 1
        return None if self._tracker is None else read_only(self._tracker.plate_for(image))


def findings(source: Frame, plate: Frame) -> tuple[str, ...]:
    """Say in a line each what is wrong with a plate, and what to do about it."""
    return check_plate(source, plate).lines


def estimated_plate(frames: Iterable[Frame]) -> Frame:
    """Return the plate of a video whose camera stands still, of frames spread over it.

    Raises:
        DataError: it cannot be told: see `datasets.plates.still.still_plate`.
    """
    return read_only(still_plate(tuple(frames)))
