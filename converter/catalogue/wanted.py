"""What a model's file must be, and what is wrong with one that is not."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError
from configs.reading import digest_of, open_regular

_START = 64
_TEXT = frozenset({*range(0x20, 0x7F), *b"\t\n\r"})
_ONNX = b"\x08"
"""How an ONNX begins: with its first field, the version of the format."""
_ARCHIVE, _PICKLE = b"PK", b"\x80"
"""How PyTorch's checkpoints begin: as an archive, or before 2020 as a pickle."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Size and checksum of a file, and who says so. Without a checksum only its kind can be told.

    Attributes:
        onnx: whether it is an ONNX rather than a checkpoint.
        size: in bytes.
        checksum: algorithm and digits, such as `sha256:88d4...`.
        stated_by: who says so.
    """

    onnx: bool
    size: int | None = None
    checksum: str | None = None
    stated_by: str = ""

    def fault(self, path: Path) -> str:
        """Say how a file differs; empty where it does not.

        Raises:
            DataError: it is missing, or no regular file.
        """
        try:
            if self.size is not None and (found := path.stat().st_size) != self.size:
                return f"expected {self.size} bytes ({self.stated_by}), found {found}"
            if self.checksum is None:
                return self._kind_fault(path)
            algorithm, _, expected = self.checksum.partition(":")
            digits = digest_of(path, algorithm)
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror})") from error
        if digits == expected:
            return ""
        return f"{algorithm_title(algorithm)} expected {expected} ({self.stated_by}), found {digits}"

    def _kind_fault(self, path: Path) -> str:
        with open_regular(path) as stream:
            start = stream.read(_START)
        expected = "an ONNX" if self.onnx else "a checkpoint of PyTorch"
        if not start:
            return f"expected {expected}, found an empty file"
        if _TEXT.issuperset(start):
            return f"expected {expected}, found text: {start!r}"
        if not start.startswith((_ONNX,) if self.onnx else (_ARCHIVE, _PICKLE)):
            return f"expected {expected}, found a file that begins with {start[:8]!r}"
        if start.startswith(_ARCHIVE) and not zipfile.is_zipfile(path):
            return f"expected {expected}, found an archive without its end"
        return ""


def algorithm_title(algorithm: str) -> str:
    """Return an algorithm's name as people write it: `SHA-256` of `sha256`."""
    return algorithm.upper().replace("SHA", "SHA-")
