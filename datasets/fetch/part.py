"""What has come of a file, and whether a later attempt may go on from there.

Going on is safe only where the server itself says that the file is still the same: by its strong ETag, sent back as
If-Range. Without one the file is begun anew.
"""

import re
from email.message import Message
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import ValidationError

from configs.files import write_atomically
from configs.reading import read_bytes
from configs.records import Frozen

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_LONGEST_RECORD = 1 << 16


class RangeError(Exception):
    """An answer is not the rest of the file that was asked for; what has come is of no use any more."""


class _Origin(Frozen):
    """Whence a part is: its URL, the tag of the file there, and how long that is."""

    version: Literal[1] = 1
    url: str
    etag: str
    total: int


class Part:
    """The part of a file, `.<name>.part` beside it; a kept one has its origin in `.<name>.part.json`.

    Attributes:
        path: of the part.
        length: bytes that have come.
        total: bytes of the whole file; None where the server has not said.
    """

    def __init__(self, final: Path, url: str, keep: bool) -> None:
        """Find what an earlier attempt left, if it is to be kept and is of the same URL.

        Raises:
            DataError: it is no regular file.
        """
        self.path = final.with_name(f".{final.name}.part")
        self.length = 0
        self.total: int | None = None
        self._record = self.path.with_name(f"{self.path.name}.json")
        self._url, self._keep = url, keep
        self._origin: _Origin | None = None
        self._recorded = False
        self._stream: BinaryIO | None = None
        if keep:
            self._find()

    def _find(self) -> None:
        try:
            origin = _Origin.model_validate_json(read_bytes(self._record, _LONGEST_RECORD))
            length = self.path.stat().st_size
        except (FileNotFoundError, ValidationError):
            return
        if origin.url == self._url and length <= origin.total:
            self._origin, self._recorded, self.length, self.total = origin, True, length, origin.total

    @property
    def whole(self) -> bool:
        """Whether nothing is left to be asked for, as after an end between the last byte and the final name."""
        return self.total is not None and self.length == self.total

    @property
    def headers(self) -> dict[str, str]:
        """Of the request for what is missing."""
        if self._origin is None or not self.length:
            return {}
        return {"Range": f"bytes={self.length}-", "If-Range": self._origin.etag}

    def begin(self, headers: Message, announced: int | None) -> None:
        """Start anew with an answer that is the whole file; `announced` is its length, where the server has said."""
        self.length, self.total = 0, announced
        self._recorded = False
        tag, self._origin = _etag(headers), None
        if self._keep and tag is not None and announced is not None:
            self._origin = _Origin(url=self._url, etag=tag, total=announced)

    def go_on(self, headers: Message, announced: int | None) -> None:
        """Take an answer for the rest of the file.

        Raises:
            RangeError: it is another part than was asked for, or of another file.
        """
        assert self._origin is not None
        found = headers.get("Content-Range", "")
        match = _RANGE.fullmatch(found.strip())
        expected = f"bytes {self.length}-{self._origin.total - 1}/{self._origin.total}"
        if match is None or match[0] != expected:
            raise RangeError(f"Content-Range: expected {expected}, found {found or 'none'}")
        if announced not in (None, self._origin.total - self.length):
            raise RangeError(f"Content-Length: expected {self._origin.total - self.length}, found {announced}")
        tag = _etag(headers)
        if tag is not None and tag != self._origin.etag:
            raise RangeError(f"the file has changed meanwhile ({self._origin.etag} is now {tag})")

    def write(self, chunk: bytes) -> None:
        """Append bytes."""
        if self._stream is None:
            self._stream = self.path.open("ab" if self.length else "wb")
            if self._origin is not None and not self._recorded:
                write_atomically(self._record, self._origin.model_dump_json())
                self._recorded = True
            elif self._origin is None:
                self._record.unlink(missing_ok=True)
        self._stream.write(chunk)
        self._stream.flush()  # a kill costs no more than the chunk
        self.length += len(chunk)

    def close(self) -> None:
        """Put what has come into the file."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    @property
    def resumable(self) -> bool:
        """Whether a later attempt may go on with what has come."""
        return self._origin is not None and self.length > 0

    def finish(self, final: Path) -> None:
        """Give the whole file its name."""
        self.path.replace(final)
        self.discard()

    def discard(self) -> None:
        """Remove what has come."""
        self.close()
        self.path.unlink(missing_ok=True)
        self._record.unlink(missing_ok=True)
        self._origin, self.length, self.total = None, 0, None


def _etag(headers: Message) -> str | None:
    """Return the tag that an answer gives its file; None for a weak one, which does not vouch for every byte."""
    tag = str(headers.get("ETag", "")).strip()
    return tag if tag.startswith('"') else None
