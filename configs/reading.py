"""Opening files for reading: regular files alone, within limits, and inside the folder of the record that names them.

A pipe, a socket or a device in the place of a file is refused at once; reading it would wait, or never end.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator

from configs.errors import DataError

MAX_RECORD_BYTES = 1 << 26
"""Longest record, table or configuration that is read: 64 MiB."""
MAX_LISTING_BYTES = 1 << 31
"""Longest of those that have an entry for every sample, a set's manifest and a run's scores: 2 GiB."""
MAX_PICTURE_BYTES = 1 << 29
"""Longest picture that is read: 512 MiB, which the largest one has without compression."""

_PART = 1 << 20
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def _inner(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\0" in path or pure.as_posix() != path or path == ".":
        raise ValueError("expected a plain path below the record's folder, with `/`")
    return path


def _plain(path: str) -> str:
    if "\\" in path:
        raise ValueError("expected a plain path below the record's folder, with `/`")
    return _inner(path)


InnerPath = Annotated[str, AfterValidator(_inner)]
"""A path below a folder, with `/`, that cannot lead out of it by its name; parts may have any name that people give."""
PlainPath = Annotated[str, AfterValidator(_plain)]
"""An `InnerPath` without backslashes, so that it means the same everywhere."""


@contextmanager
def open_regular(path: Path) -> Iterator[BufferedReader]:
    """Open a regular file, or a link to one, for reading bytes.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it is something else than a file, or cannot be read.
    """
    try:
        # Without O_NONBLOCK the open of a pipe waits for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError:
        raise
    except OSError as error:  # a socket cannot be opened at all
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise DataError(f"{str(path)!r}: no name that a file can have ({error})") from error
    if found := _other_kind(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _of_other_kind(path, found)
    with os.fdopen(descriptor, "rb") as stream:
        try:
            yield stream
        except OSError as error:
            if error.filename is not None:
                raise
            raise _unreadable(path, error) from error


def read_bytes(path: Path, largest: int = MAX_RECORD_BYTES) -> bytes:
    """Return a file's bytes, of which there may be `largest`.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it is something else than a file, is longer, or cannot be read.
    """
    parts: list[bytes] = []
    left = largest + 1
    with open_regular(path) as stream:
        # In parts, because reading at most n bytes allocates n at once; and to no length that the file states, which
        # is 0 for those of /proc.
        while left and (part := stream.read(min(left, _PART))):
            parts.append(part)
            left -= len(part)
    if not left:
        raise DataError(f"{path}: is longer than the {largest} bytes that are read; check that it is the file meant")
    return b"".join(parts)


def read_text(path: Path, largest: int = MAX_RECORD_BYTES) -> str:
    """Return a file's text in UTF-8, with its line ends as they are.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: as `read_bytes`, or it is not UTF-8.
    """
    data = read_bytes(path, largest)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not text in UTF-8 ({error}); save it as UTF-8") from error


def digest_of(path: Path, algorithm: str = "sha256") -> str:
    """Return the digest of a file's bytes by one of hashlib's algorithms, as lower-case hex.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it is something else than a file, or cannot be read.
    """
    with open_regular(path) as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def require_regular(path: Path) -> None:
    """Raise `DataError` unless `path` is a file that can be opened; for libraries that open files by their name."""
    try:
        with open_regular(path):
            pass
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error


def inside(folder: Path, name: str) -> Path:
    """Return the file that a record in `folder` names.

    Raises:
        DataError: the name, or a link on the way, leads out of the folder.
    """
    path = folder / name
    try:
        leads_out = not followed(path).is_relative_to(folder.resolve())
    except (OSError, ValueError) as error:
        raise DataError(f"{str(path)!r}: cannot be followed ({error})") from error
    if leads_out:
        raise DataError(f"{path}: leads out of {folder}; a record names files inside its own folder alone")
    return path


def followed(path: Path) -> Path:
    """Return the absolute path of what a path comes to once all links are followed, whether it is there or not.

    Raises:
        OSError: links lead in a circle.
        ValueError: it holds a null character.
    """
    try:
        target = path.resolve()
        circle = any(part.is_symlink() for part in (target, *target.parents))  # all that Python 3.13 shows of one
    except RuntimeError:  # of earlier Pythons
        circle = True
    if circle:
        raise OSError(errno.ELOOP, "links lead in a circle", str(path))
    return target


def _other_kind(mode: int) -> str:
    """Return what a thing is that is not a regular file; empty for a regular file."""
    if stat.S_ISREG(mode):
        return ""
    return next((kind for matches, kind in _KINDS if matches(mode)), "something else")


def _unreadable(path: Path, error: OSError) -> DataError:
    try:
        found = _other_kind(path.stat().st_mode)
    except OSError:
        found = ""
    if found:
        return _of_other_kind(path, found)
    return DataError(f"{path}: cannot be read ({error.strerror})")


def _of_other_kind(path: Path, found: str) -> DataError:
    return DataError(f"{path}: expected a file, found {found}; put the file in its place")
