"""The files of a sample in a store: fetched into the cache when the sample is decoded, block by block, and checked."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from configs.errors import DataError
from configs.reading import MAX_PICTURE_BYTES, digest_of
from datasets.fetch.patience import AttemptFailedError
from datasets.remote.cache import Cache, cache_folder, cache_limit
from datasets.remote.client import Client, RemoteObject, client
from datasets.remote.path import RemotePath
from datasets.samples.refs import Stamp

BLOCK = 1 << 23
"""Most bytes of one request. A longer object comes in several, and a broken one goes on at the last whole block."""


@dataclass(frozen=True, slots=True)
class RemoteFiles:
    """The files of one sample, as the listing of its set named them; small, so that it travels between processes.

    Attributes:
        root: of the set.
        objects: in the order of the sample's files.
    """

    root: RemotePath
    objects: tuple[RemoteObject, ...]

    def stamps(self) -> tuple[Stamp, ...]:
        """Return length and version of each file, as the listing named them."""
        return tuple((each.size, each.version) for each in self.objects)

    @contextmanager
    def held(self, files: Sequence[Path], sha256: Sequence[str] | None) -> Iterator[tuple[Path, ...]]:
        """Yield the files as they lie in the cache, where they stay for the time of the block.

        Args:
            files: their places in the store, by which errors name them.
            sha256: what each must have, in their order; None where nobody says.

        Raises:
            DataError: an object cannot be fetched, is longer than a picture may be, or is not what it should be.
            UsageError: the cache cannot be written.
        """
        asked = client(self.root)
        with ExitStack() as stack:
            hashes: Sequence[str | None] = sha256 or [None] * len(self.objects)
            paths = tuple(
                stack.enter_context(held(asked, each, expected))
                for each, expected in zip(self.objects, hashes, strict=True)
            )
            try:
                yield paths
            except DataError as error:
                text = str(error)
                for path, file in zip(paths, files, strict=True):
                    text = text.replace(str(path), str(file))
                raise DataError(text) from error


@contextmanager
def held(asked: Client, wanted: RemoteObject, sha256: str | None, largest: int = MAX_PICTURE_BYTES) -> Iterator[Path]:
    """Yield an object's file in the cache, where it stays for the time of the block.

    Raises:
        DataError: it cannot be fetched, is longer than `largest`, or is not what it should be.
        UsageError: the cache cannot be written.
    """
    if wanted.size > largest:
        raise DataError(f"{wanted.path}: has {wanted.size} bytes; at most {largest} are read: check that it is meant")

    def fetch(stream: BinaryIO) -> None:
        _fetch(asked, wanted, sha256, stream)

    def intact(path: Path) -> bool:
        return path.stat().st_size == wanted.size and sha256 in (None, digest_of(path))

    key = f"{wanted.path}\n{wanted.size}\n{wanted.version}"
    with _cache(cache_folder(), cache_limit(), os.getpid()).held(key, wanted.path.suffix, fetch, intact) as path:
        yield path


@lru_cache(maxsize=4)
def _cache(folder: Path, limit: int, process: int) -> Cache:
    return Cache(folder, limit)


def _fetch(asked: Client, wanted: RemoteObject, sha256: str | None, stream: BinaryIO) -> None:
    """Append what is missing of an object to what has come of it, and check the whole."""

    def attempt() -> None:
        if stream.tell() > wanted.size:
            _begin_anew(stream)
        for start in range(stream.tell(), wanted.size, BLOCK):
            stream.write(asked.read(wanted.path, start, min(start + BLOCK, wanted.size)))
            stream.flush()
        if sha256 is not None:
            found = _digest(stream)
            if found != sha256:
                _begin_anew(stream)
                raise AttemptFailedError(f"has SHA-256 {found}, the manifest says {sha256}; upload the set again")
        elif wanted.size > BLOCK and (now := asked.find(wanted.path)) != wanted:
            # Its blocks may be of two versions.
            _begin_anew(stream)
            gone = "is gone" if now is None else "has changed"
            raise AttemptFailedError(f"{gone} since its set was listed; give the command again", final=True)

    asked.again(wanted.path, attempt)


def _begin_anew(stream: BinaryIO) -> None:
    stream.truncate(0)
    stream.seek(0)


def _digest(stream: BinaryIO) -> str:
    with Path(stream.name).open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()
