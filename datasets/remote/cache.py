"""Files on this disk that were fetched from elsewhere: bounded, the least recently used removed first.

    <folder>/<2 digits>/<62 digits>.png     a whole file, named by the SHA-256 of what it is of
    <folder>/<2 digits>/.<62 digits>.png.part   what has come of one

Any number of processes and threads of a machine may use one folder. Who reads a file holds a shared lock on it, who
fetches or removes one an exclusive lock: nothing is fetched twice at once, and nothing is removed that is being read.
"""

import fcntl
import hashlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from configs import places
from configs.errors import DataError, UsageError

LIMIT_VARIABLE = "MATTEKIT_CACHE_SIZE"
LIMIT = 10 * 10**9
"""Most bytes that are kept, where nothing else is said."""
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_LOOK_AGAIN = 1 / 64
"""Share of the limit after which the folder is counted again, since other processes add to it as well."""
_KEPT = 0.9
"""Share of the limit that is left when files are removed, so that not every further one removes another."""
_FORSAKEN = 24 * 3600.0
"""Seconds after which what has come of a file that nobody fetches any more may be removed."""
_ATTEMPTS = 3


def cache_folder() -> Path:
    """Return where files are kept: `sets` in the toolkit's cache.

    Raises:
        UsageError: the user has no home for it.
    """
    return places.cache_folder() / "sets"


def cache_limit() -> int:
    """Return how many bytes are kept at most: `MATTEKIT_CACHE_SIZE`, such as `50 GB`, else 10 GB.

    Raises:
        UsageError: the variable holds something else.
    """
    text = os.environ.get(LIMIT_VARIABLE, "")
    if not text.strip():
        return LIMIT
    match = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*([KMGT]?i?B?)\s*", text, re.IGNORECASE)
    factor = None if match is None else _UNITS.get(match[2].upper())
    if match is None or factor is None or not float(match[1]):
        raise UsageError(f"{LIMIT_VARIABLE}: expected a size such as 50 GB or 500 MB, found {text!r}")
    return int(float(match[1]) * factor)


@dataclass
class _Count:
    """Bytes in a folder: when it was counted last, and what this process has added since."""

    counted: int | None = None
    added: int = 0


class Cache:
    """The files in a folder, at most `limit` bytes of them beside those that are being read."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit
        self._count = _Count()
        self._lock = threading.Lock()

    @contextmanager
    def held(
        self, key: str, suffix: str, fetch: Callable[[BinaryIO], None], intact: Callable[[Path], bool]
    ) -> Iterator[Path]:
        """Yield a file that stays for the time of the block.

        Args:
            key: names what it is of, and which version.
            suffix: the ending of its name.
            fetch: appends what is missing to what has come of it, and returns only when it is whole.
            intact: tells whether a file that lies here is what it should be; one that is not is fetched anew.

        Raises:
            DataError: as `fetch`, or the file is damaged again and again.
            UsageError: the folder cannot be written.
        """
        digest = hashlib.sha256(key.encode()).hexdigest()
        path = self.folder / digest[:2] / f"{digest[2:]}{suffix}"
        stream = self._opened(path, fetch, intact)
        try:
            yield path
        finally:
            stream.close()  # and the lock with it

    def _opened(self, path: Path, fetch: Callable[[BinaryIO], None], intact: Callable[[Path], bool]) -> BinaryIO:
        """Return a file, open and locked against removal."""
        damaged = 0
        while damaged < _ATTEMPTS:
            stream = self._found(path) or self._made(path, fetch)
            if stream is None:
                continue
            try:
                if stream.writable() or intact(path):  # what has just been made was looked at
                    with suppress(OSError):
                        os.utime(path)
                    return stream
                damaged += 1
                path.unlink(missing_ok=True)
            except BaseException:
                stream.close()
                raise
            stream.close()
        raise DataError(
            f"{path}: damaged each time that it was written; check the disk, or name another folder by "
            f"{places.CACHE_VARIABLE}"
        )

    def _found(self, path: Path) -> BinaryIO | None:
        """Return a file that is there, open and locked; None where there is none, or it was just removed."""
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(path, error) from error
        return _locked(stream, path)

    def _made(self, path: Path, fetch: Callable[[BinaryIO], None]) -> BinaryIO | None:
        """Fetch a file and return it, open and locked; None where another has fetched it meanwhile."""
        part = path.with_name(f".{path.name}.part")
        try:
            part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            stream = part.open("ab")
        except OSError as error:
            raise _unusable(part, error) from error
        try:
            fcntl.flock(stream, fcntl.LOCK_EX)
            if not _is_at(stream, part):
                stream.close()
                return None
            if path.exists():
                part.unlink(missing_ok=True)
                stream.close()
                return None
            fetch(stream)
            stream.flush()
            size = stream.tell()
            part.replace(path)
        except BaseException as error:
            with suppress(OSError):
                if not stream.closed and not stream.tell() and _is_at(stream, part):
                    part.unlink()
            stream.close()
            if isinstance(error, OSError):
                raise _unusable(part, error) from error
            raise
        if _locked(stream, path) is not None:
            self._added(size)  # while it is held, so that no limit is too small for it
            return stream
        return None

    def _added(self, size: int) -> None:
        with self._lock:
            count = self._count
            count.added += size
            full = count.counted is not None and count.counted + count.added > self.limit
            if count.counted is not None and not full and count.added < self.limit * _LOOK_AGAIN:
                return
            count.counted, count.added = self._tidied(), 0

    def _tidied(self) -> int:
        """Remove what was used least recently until the rest is well within the limit; return its bytes."""
        files: list[tuple[float, int, Path]] = []
        for place in (entry.path for entry in _scan(self.folder) if entry.is_dir(follow_symlinks=False)):
            for entry in _scan(place):
                with suppress(OSError):  # removed meanwhile
                    status = entry.stat(follow_symlinks=False)
                    files.append((status.st_mtime, status.st_size, Path(entry.path)))
        total = sum(size for _, size, _ in files)
        if total <= self.limit:
            return total
        now = time.time()
        for used, size, path in sorted(files):
            if total <= self.limit * _KEPT:
                break
            if (not path.name.endswith(".part") or now - used > _FORSAKEN) and _removed(path):
                total -= size
        return total


def _locked(stream: BinaryIO, path: Path) -> BinaryIO | None:
    """Return an open file, locked against removal; None, and closed, where it was removed before that."""
    try:
        fcntl.flock(stream, fcntl.LOCK_SH)
        if _is_at(stream, path):
            return stream
    except BaseException:
        stream.close()
        raise
    stream.close()
    return None


def _removed(path: Path) -> bool:
    """Remove a file unless somebody holds it; tell whether it is gone."""
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _is_at(stream: BinaryIO, path: Path) -> bool:
    """Tell whether an open file is still what a name leads to."""
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _scan(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def _unusable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{path}: the cache cannot be written ({error.strerror}); name another folder by {places.CACHE_VARIABLE}, or a "
        f"smaller size by {LIMIT_VARIABLE}"
    )
