"""Open what a person names as an input: a picture, a folder of pictures, a video, or a camera by its number."""

from pathlib import Path

from configs.errors import DataError
from demo.media.camera import CameraSource
from demo.media.frames import FrameSource
from demo.media.pictures import FolderSource, PictureSource, is_picture
from demo.media.video_in import VideoSource


def open_source(text: str) -> FrameSource:
    """Open an input.

    Raises:
        DataError: there is no such thing, or it cannot be read.
        UsageError: it is a video, and PyAV is not installed.
    """
    path = Path(text)
    if text.isdecimal() and not path.exists():
        return CameraSource(int(text))
    if path.is_dir():
        return FolderSource(path)
    if is_picture(path):
        if not path.is_file():
            raise DataError(f"{path}: no such picture")
        return PictureSource(path)
    return VideoSource(path)
