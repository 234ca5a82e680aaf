"""A video as an input, through PyAV: any container and codec that FFmpeg decodes, turned upright, with its times."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from configs.errors import DataError
from demo.media.colour import hdr_transfer, rgb_of
from demo.media.frames import DEFAULT_RATE, FrameSource, TimedFrame, read_only, require_size
from demo.media.library import reading_errors, require_pyav


class VideoSource(FrameSource):
    """The first video stream of a file.

    Raises:
        DataError: it is missing, is no video, or has frames of too many pixels.
        UsageError: PyAV is not installed.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        if not path.is_file():
            raise DataError(f"{path}: no such picture, folder or video")
        require_pyav(str(path))
        self.what, self._path = str(path), path
        import av

        with reading_errors(path), av.open(path) as container:
            if not container.streams.video:
                raise DataError(f"{path}: has no pictures in it; expected a video")
            stream = container.streams.video[0]
            context = stream.codec_context
            require_size(str(path), context.width, context.height)
            told = stream.average_rate or stream.guessed_rate
            self.rate = Fraction(told) if told and 0 < told <= 1000 else DEFAULT_RATE
            self.count = stream.frames or _estimated(stream.duration, stream.time_base, self.rate)
            self._announced = stream.frames
            self.sound = path if container.streams.audio else None
            self._stored_aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
            if transfer := hdr_transfer(context):
                self.notes.append(f"{path}: is HDR ({transfer}); it is matted and written without tone mapping")

    def frames(self) -> Iterator[TimedFrame]:
        """Yield the frames in the order in which they are shown, each turned as the file says."""
        import av

        first: Fraction | None = None
        previous = Fraction(-1)
        number = 0
        with reading_errors(self._path), av.open(self._path) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                require_size(self.what, frame.width, frame.height)
                told = frame.pts * frame.time_base if frame.pts is not None and frame.time_base else None
                # The rotation is counter-clockwise, as is rot90's.
                turns = round(frame.rotation / 90) % 4
                if first is None:
                    self.start = first = told or Fraction(0)
                    self.pixel_aspect = 1 / self._stored_aspect if turns % 2 else self._stored_aspect
                time = number / self.rate if told is None else told - first
                if time <= previous:  # as broken files have it; a player could not show it either
                    time = previous + 1 / (self.rate * 1000)
                previous = time
                upright = np.rot90(rgb_of(frame), turns)
                yield TimedFrame(f"{number:06}", read_only(np.ascontiguousarray(upright)), time)
                number += 1
        if number == 0:
            raise DataError(f"{self.what}: not one frame can be decoded; is it whole?")
        if number < self._announced:
            self.notes.append(f"{self.what}: says it has {self._announced} frames, but only {number} can be decoded")


def _estimated(duration: int | None, time_base: Fraction | None, rate: Fraction) -> int | None:
    return round(duration * time_base * rate) if duration and time_base else None
