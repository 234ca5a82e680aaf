"""What the page takes, so that no visitor exhausts memory or disk; and the checks of it."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from configs.errors import DataError
from configs.sizes import Size, size_text
from datasets.plates.pictures import size_of
from datasets.samples.images import image_size
from demo.media.frames import FrameSource
from demo.media.pictures import is_picture

MEGABYTE = 1 << 20
_HEAD = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the page.

    Attributes:
        upload: bytes of one file.
        pixels: of a picture.
        frame_pixels: of a video's frame, of which several are in memory at once.
        frames: of a video.
        waiting: jobs that wait while one runs; a further one is refused.
        visitors: pages open at once that keep files.
    """

    upload: int = 200 * MEGABYTE
    pixels: int = 25_000_000
    frame_pixels: int = 3840 * 2160
    frames: int = 1800
    waiting: int = 16
    visitors: int = 32

    def require_upload(self, name: str, size: int | None = None) -> None:
        """Raise `DataError` for a file that is too large; a size of None is of one that the browser refused."""
        if size is None or size > self.upload:
            found = "" if size is None else f", found {-(-size // MEGABYTE)} MB"
            raise DataError(
                f"{name}: too large for the page; expected at most {self.upload // MEGABYTE} MB (--max-upload){found}"
            )

    def require_picture(self, path: Path) -> None:
        """Raise `DataError` for a picture of too many pixels, by its header alone, before it is decoded.

        Raises:
            DataError: also where the header is no picture's.
        """
        if is_picture(path) and path.suffix.lower() != ".webp":
            self.require_pixels(str(path), image_size(path), self.pixels)

    def require_source(self, source: FrameSource) -> None:
        """Raise `DataError` for a video of too many frames, or of too many pixels."""
        if source.count is not None and source.count > self.frames:
            raise DataError(
                f"{source.what}: has {source.count} frames; the page takes at most {self.frames} (--max-frames): cut "
                "it, or run `mattekit demo`, which has no limit"
            )
        for frame in islice(source.frames(), 1):
            self.require_pixels(source.what, size_of(frame.image), self.frame_pixels)

    def require_pixels(self, what: str, size: Size, most: int) -> None:
        """Raise `DataError` for a picture or a frame of too many pixels."""
        if size[0] * size[1] > most:
            raise DataError(
                f"{what}: is {size_text(size)}; the page takes at most {most} pixels: scale it down, or run "
                "`mattekit matte` or `mattekit demo`"
            )


def require_no_playlist(path: Path) -> None:
    """Raise `DataError` for text given as a video: FFmpeg would open the files and addresses that a playlist names."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if not is_picture(path) and b"\0" not in head:
        raise DataError(f"{path}: is text; expected a picture or a video")
