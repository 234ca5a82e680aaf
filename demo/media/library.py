"""PyAV, which reads and writes videos, is an extra: where it is missing, say how to install it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from configs.errors import DataError, UsageError

INSTALL = "pip install --constraint constraints.txt --editable '.[demo]'"


def require_pyav(what: str) -> None:
    """Raise `UsageError` with the line that installs PyAV, unless it is there.

    Args:
        what: is read or written with it.
    """
    if find_spec("av") is None:
        raise UsageError(f"{what}: videos need PyAV, which is not installed; run: {INSTALL}")


@contextmanager
def reading_errors(path: Path) -> Iterator[None]:
    """Turn what FFmpeg says of a broken file into one line."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        raise DataError(f"{path}: FFmpeg cannot read it ({error.strerror}); is it a video, and is it whole?") from error


@contextmanager
def writing_errors(path: Path) -> Iterator[None]:
    """Turn what FFmpeg says of a file that it cannot write into one line."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        raise UsageError(f"{path.parent}: a video cannot be written there ({error.strerror})") from error
