"""How much a checkpoint may hold: as a file, unpacked, and as values that its tensors stand for."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from configs.errors import DataError

MOST_BYTES = 1 << 31
"""Most bytes that a checkpoint unpacks to: 2 GiB."""


def require_bearable_archive(path: Path) -> None:
    """Raise `DataError` where a file, or what it unpacks to, is longer than any checkpoint that is read."""
    total = path.stat().st_size
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                total = max(total, sum(member.file_size for member in archive.infolist()))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return  # torch says what is wrong with it
    if total > MOST_BYTES:
        raise DataError(f"{path}: holds {total} bytes; at most {MOST_BYTES} of a checkpoint are read")


def require_bearable_tensors(tensors: Mapping[str, Tensor], origin: str) -> None:
    """Raise `DataError` where tensors stand for more than any checkpoint that is read.

    A tensor that stands for more values than are stored, as `expand` makes one, counts with all of them.
    """
    total = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    if total > MOST_BYTES:
        raise DataError(f"{origin}: stands for {total} bytes of values; at most {MOST_BYTES} of a checkpoint are read")
