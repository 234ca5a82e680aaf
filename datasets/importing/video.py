"""A set without ground truth from videos and the plate of their scene: frames taken out, each video a clip."""

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError, UsageError
from datasets.importing.without_truth import new_set
from datasets.samples.layout import SampleSet, open_set
from datasets.samples.names import name_fault, readable, same_name

if TYPE_CHECKING:
    import av

INSTALL = "pip install --constraint constraints.txt --editable '.[demo]'"
_BT709, _BT601, _UNSPECIFIED, _HD_LINES = 1, 5, 2, 720
_SWSCALE = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
"""H.273's number of a matrix to swscale's."""


def make_frames(
    videos: Sequence[Path],
    plates: Sequence[Path],
    out: Path,
    *,
    every: int = 1,
    limit: int | None = None,
    progress: Callable[[str, int], None] = lambda *_: None,
) -> SampleSet:
    """Make a set without ground truth at `out`: every `every`-th frame of each video, with the video's plate, if any.

    A video is a clip of its file's name, and its frames follow each other in time: intervals count clips, not frames.

    Args:
        videos: any container and codec that FFmpeg decodes.
        plates: one picture for all videos, or one for each; none for a set without plates.
        out: the new folder; it appears only when whole.
        every: 1 takes all frames.
        limit: the first so many of those, of each video; None: all.
        progress: called with (video's name, frames taken from it).

    Raises:
        DataError: a file is missing or unreadable, or a plate is of another size than its video.
        UsageError: PyAV is not installed, two videos have one name, plates and videos do not fit, or `out` is not
            empty.
    """
    if find_spec("av") is None:
        raise UsageError(f"frames of videos need PyAV, which is not installed; run: {INSTALL}")
    if len(plates) not in (0, 1, len(videos)):
        raise UsageError(f"--plate: expected one plate for all, or one for each of {len(videos)} videos: {len(plates)}")
    clips = [same_name(video.stem) for video in videos]
    if twice := next((clip for clip in clips if clips.count(clip) > 1), None):
        raise UsageError(f"two videos are called {twice}; a video is a clip of its name: rename one, or make two sets")
    for video in videos:
        if fault := name_fault(video.stem):
            raise DataError(f"{readable(video)}: {fault}")
    given: Sequence[Path | None] = plates or (None,)
    own_plates = list(given) * (len(videos) if len(given) == 1 else 1)
    with new_set(out, sequential=True) as writer:
        for video, clip, plate in zip(videos, clips, own_plates, strict=True):
            taken = islice(read_frames(video), 0, None if limit is None else limit * every, every)
            for done, (number, frame) in enumerate(taken, start=1):
                writer.add(f"{clip}/{number:06d}", frame, plate)
                progress(video.name, done)
    return open_set(out)


def read_frames(video: Path) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield the number, from 0, and the picture of each frame of a video, (H, W, 3) uint8 RGB, turned upright.

    Raises:
        DataError: it is missing, is no video, or not one frame can be decoded.
    """
    import av

    if not video.is_file():
        raise DataError(f"{readable(video)}: no such video")
    number = -1
    try:
        with av.open(video) as container:
            if not container.streams.video:
                raise DataError(f"{readable(video)}: has no pictures in it; expected a video")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for number, frame in enumerate(container.decode(stream)):
                # The rotation is counter-clockwise, as is rot90's.
                upright = np.rot90(_rgb(frame), round(frame.rotation / 90) % 4)
                yield number, np.ascontiguousarray(upright)
    except av.FFmpegError as error:
        raise DataError(
            f"{readable(video)}: FFmpeg cannot read it ({error.strerror}); is it a video, and is it whole?"
        ) from error
    if number < 0:
        raise DataError(f"{readable(video)}: not one frame can be decoded; is it whole?")


def _rgb(frame: "av.VideoFrame") -> NDArray[np.uint8]:
    """Convert a frame by the matrix that it names; one that names none by BT.709 from 720 lines on, else by BT.601."""
    unnamed = _BT709 if frame.height >= _HD_LINES else _BT601
    matrix = unnamed if frame.colorspace == _UNSPECIFIED else frame.colorspace
    return np.asarray(
        frame.reformat(format="rgb24", src_colorspace=_SWSCALE.get(matrix, _BT601)).to_ndarray(), np.uint8
    )
