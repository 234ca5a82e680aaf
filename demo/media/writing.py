"""Open what a person names as an output; it appears under its name only when whole."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError, UsageError
from configs.files import new_file, new_folder
from configs.sizes import size_text
from datasets.samples.images import write_png
from demo.media.frames import FrameSource
from demo.media.pictures import require_picture_name, write_picture
from demo.media.video_out import KINDS, VideoFile


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A frame that is done.

    Attributes:
        name: of its input.
        image: (H, W, 3) RGB or (H, W, 4) RGBA uint8.
        time: when it is shown, in seconds from the first frame.
    """

    name: str
    image: NDArray[np.uint8]
    time: Fraction


class Output(ABC):
    """Takes frames in order.

    Attributes:
        notes: what a user should know of how it was written.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []

    @abstractmethod
    def write(self, result: Result) -> None:
        """Write a frame.

        Raises:
            DataError: it is of another size than the frames before it, where they must be of one.
        """


def check_output(path: Path, source: FrameSource, transparent: bool, inputs: tuple[Path, ...]) -> None:
    """Raise `UsageError` where an output cannot hold what is to be written, or would replace an input."""
    suffix = path.suffix.lower()
    if any(path.exists() and other.exists() and path.samefile(other) for other in inputs):
        raise UsageError(f"{path}: is one of the inputs; choose another output")
    if suffix == "":
        if path.is_file() or (path.is_dir() and any(path.iterdir())):
            raise UsageError(f"{path}: is there already; choose a new folder, or an empty one")
        return
    if source.is_picture:
        require_picture_name("-o", path)
    elif suffix not in KINDS:
        raise UsageError(f"{path}: expected {', '.join(KINDS)}, or a folder's name for PNGs; found {suffix}")
    elif transparent and KINDS[suffix].alpha is None:
        with_alpha = ", ".join(name for name, kind in KINDS.items() if kind.alpha)
        raise UsageError(f"{path}: {suffix} holds no alpha; choose {with_alpha}, or a folder's name for PNGs")


@contextmanager
def open_output(path: Path, source: FrameSource, *, transparent: bool, sound: bool) -> Iterator[Output]:
    """Yield the output of this name; on any exception nothing appears under it.

    Args:
        path: a picture, a video, or, without a suffix, a folder of PNGs; see `check_output`.
        source: what is written; gives times, sound and shape of pixels.
        transparent: whether results come as RGBA.
        sound: whether to take the source's sound along.
    """
    suffix = path.suffix.lower()
    if suffix == "":
        with new_folder(path) as folder:
            yield _Folder(folder)
    elif source.is_picture:
        yield _Picture(path)
    else:
        with new_file(path) as work:
            video = VideoFile(work, KINDS[suffix], source, sound=sound, transparent=transparent)
            try:
                yield _Video(path, video, source)
            except BaseException:
                video.abandon()
                raise
            video.close()
            if work.exists() and not work.stat().st_size:
                work.unlink()  # stopped before the first frame


class _Picture(Output):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def write(self, result: Result) -> None:
        write_picture(self._path, result.image)


class _Folder(Output):
    """PNGs with the names of their inputs: a picture's, or a frame's number."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def write(self, result: Result) -> None:
        write_png(self._folder / f"{result.name}.png", result.image)


class _Video(Output):
    def __init__(self, path: Path, video: VideoFile, source: FrameSource) -> None:
        super().__init__()
        self._path, self._video, self._source = path, video, source
        self.notes = video.notes
        self._size: tuple[int, int] | None = None

    def write(self, result: Result) -> None:
        size = (result.image.shape[0], result.image.shape[1])
        if self._size is None:
            self._size = size
            if self._path.suffix.lower() == ".mp4" and (size[0] % 2 or size[1] % 2):
                self.notes.append(
                    f"{self._path}: H.264 wants even sides: {size_text(size)} gets its last row or column twice"
                )
        if size != self._size:
            raise DataError(
                f"{self._source.what}: {result.name} is {size_text(size)}, the frames before it "
                f"{size_text(self._size)}; a video has one size: write a folder of PNGs (-o with no suffix)"
            )
        self._video.write(result.image, result.time)
