"""A picture, or a folder of them, as an input."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError, UsageError
from datasets.samples.images import read_rgb, read_webp, write_png, write_webp
from datasets.samples.litter import is_litter
from demo.matting.matter import Frame
from demo.media.frames import FrameSource, TimedFrame, read_only

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
WRITTEN = (".png", ".webp")
_QUALITY = 92


def is_picture(path: Path) -> bool:
    """Tell by its name whether a file is a picture that can be read."""
    return path.suffix.lower() in SUFFIXES


def read_picture(path: Path) -> Frame:
    """Read a picture as (H, W, 3) uint8 RGB, upright.

    Raises:
        DataError: it is unreadable, or not opaque.
    """
    if path.suffix.lower() != ".webp":
        return read_only(read_rgb(path))
    image = read_webp(path)
    if image.shape[2] == 4 and (image[..., 3] != 255).any():
        raise DataError(f"{path}: has transparent pixels; expected an opaque picture")
    return read_only(image[..., :3].copy())


def require_picture_name(option: str, path: Path) -> None:
    """Raise `UsageError` for a name under which no picture can be written."""
    if path.suffix.lower() not in WRITTEN:
        raise UsageError(f"{option} {path}: a picture is written as {' or '.join(WRITTEN)}, found {path.suffix!r}")


def write_picture(path: Path, image: NDArray[np.uint8]) -> None:
    """Write (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA uint8 as PNG, or as WebP with lossless alpha."""
    if path.suffix.lower() == ".webp":
        write_webp(path, image if image.ndim == 3 else np.dstack([image] * 3), _QUALITY)
    else:
        write_png(path, image)


class PictureSource(FrameSource):
    """One picture."""

    is_picture = True
    count = 1

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.what, self._path = str(path), path

    def frames(self) -> Iterator[TimedFrame]:
        """Yield the picture."""
        yield TimedFrame(self._path.stem, read_picture(self._path), Fraction(0))


class FolderSource(FrameSource):
    """The pictures of a folder, by name; hidden files and what is no picture are passed over.

    Raises:
        DataError: there is none, or two are told apart by their suffix alone.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        files = sorted(path for path in folder.iterdir() if path.is_file() and not is_litter(path.name))
        self._paths = [path for path in files if is_picture(path)]
        if not self._paths:
            raise DataError(f"{folder}: holds no picture ({', '.join(SUFFIXES)})")
        stems = [path.stem for path in self._paths]
        if twice := next((stem for stem in stems if stems.count(stem) > 1), None):
            raise DataError(f"{folder}: holds two pictures named {twice}; their results would have one name")
        if passed := [path.name for path in files if not is_picture(path)]:
            more = f" and {len(passed) - 3} more" if len(passed) > 3 else ""
            self.notes.append(f"{folder}: passed over what is no picture: {', '.join(passed[:3])}{more}")
        self.what, self.count = str(folder), len(self._paths)

    def frames(self) -> Iterator[TimedFrame]:
        """Yield the pictures."""
        for index, path in enumerate(self._paths):
            yield TimedFrame(path.stem, read_picture(path), index / self.rate)
