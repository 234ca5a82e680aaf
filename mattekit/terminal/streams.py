"""Standard output and error as a shell may hand them over: closed, full, without a reader, or for ASCII alone.

A reader that goes, as in `mattekit gate | head -1`, changes nothing: the command does its work, and ends with its own
code. Output that cannot be written otherwise, as on a full disk, is an error.
"""

import io
import os
import sys
from typing import Any, TextIO

from configs.errors import UsageError


class _Outlet(io.FileIO):
    """A stream's descriptor; writes nothing more once that has failed."""

    def __init__(self, descriptor: int, name: str, required: bool) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._name, self._required, self._gone = name, required, False

    def write(self, data: Any, /) -> int:
        length = memoryview(data).nbytes
        if self._gone:
            return length
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            self._gone = True
        except OSError as error:
            self._gone = True
            if self._required:
                raise UsageError(f"{self._name}: cannot be written ({error.strerror})") from error
        return length


def guard_streams() -> None:
    """Let `sys.stdout` and `sys.stderr` stand whatever the shell made of them; replaced streams are left alone."""
    _fill_closed()
    if sys.stdout is sys.__stdout__:
        sys.stdout = _guarded(sys.__stdout__, 1, "standard output", required=True)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _guarded(sys.__stderr__, 2, "standard error", required=False)


def _fill_closed() -> None:
    """Give closed descriptors to the null device, so that no file is opened in their place and written into."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free one, which is this


def _guarded(stream: TextIO | None, descriptor: int, name: str, *, required: bool) -> TextIO:
    if stream is not None:
        stream.flush()
    outlet = _Outlet(descriptor if stream is None else stream.fileno(), name, required)
    encoding = "utf-8" if stream is None else stream.encoding
    return io.TextIOWrapper(
        io.BufferedWriter(outlet), encoding, errors="backslashreplace", line_buffering=not required or outlet.isatty()
    )
