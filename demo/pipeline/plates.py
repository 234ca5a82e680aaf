"""The plate of every frame. The one place of the demo that knows how plates are checked, aligned and estimated."""

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import get_args

from configs.errors import DataError, UsageError
from configs.schema import Align
from datasets.plates.checks import check_plate
from datasets.plates.still import still_plate
from datasets.plates.tracking import PlateTracker
from demo.matting.matter import Frame
from demo.media.frames import FrameSource, read_only
from demo.media.pictures import read_picture
from demo.media.video_in import VideoSource

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


def prepared_plates(
    source: FrameSource, background: Path | None, align: Align, match: bool, takes: bool, say: Callable[[str], None]
) -> Plates:
    """Return the plates of a run, what is wrong with the given one said.

    Args:
        background: the plate's picture; where there is none, a video's is estimated.
        align, match: as `Plates`.
        takes: whether the network takes a plate at all.
        say: is called with each line that a user should read.

    Raises:
        DataError: the plate cannot be read, or is missing and cannot be estimated.
    """
    if not takes:
        if background is not None:
            say(f"{background}: the network takes no plate; it is passed over")
        return Plates(None, align, match)
    plate = _estimated(source, say) if background is None else read_picture(background)
    if background is not None and source.count is not None:
        [first, *_] = islice(source.frames(), 1)
        for line in findings(first.image, plate):
            say(line)
    return Plates(plate, align, match)


def _estimated(source: FrameSource, say: Callable[[str], None]) -> Frame:
    if not isinstance(source, VideoSource):
        raise DataError(f"{source.what}: the network takes a plate, the scene without the person; give --background")
    step = max(1, (source.count or 1) // STILL_FRAMES)
    plate = estimated_plate(frame.image for frame in islice(source.frames(), 0, step * STILL_FRAMES, step))
    say(f"no --background: the plate is estimated, as the median of up to {STILL_FRAMES} frames of {source.what}")
    return plate
