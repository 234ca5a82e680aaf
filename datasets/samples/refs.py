"""Where a sample lies: its files by their roles, on this disk or in a store."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from configs.errors import DataError

ROLES = {"com": "composite", "bgr": "background", "fgr": "foreground"}
"""The folders of a whole set; com/ alone is in every set."""

Stamp = tuple[int, str]
"""Length of a file in bytes, and when it was changed, or its version in a store."""


class Source(Protocol):
    """Where the files of one sample are brought from."""

    def held(self, files: Sequence[Path], sha256: Sequence[str] | None) -> AbstractContextManager[tuple[Path, ...]]:
        """Yield those files as they are on this disk for the time of the block; errors in it name `files`."""

    def stamps(self) -> tuple[Stamp, ...]:
        """Return length and version of each file."""


@dataclass(frozen=True, slots=True)
class SampleRef:
    """Where one sample lies, not yet decoded.

    Attributes:
        id: `<clip>/<frame>`, the frame without its suffix.
        background: None in a set without plates.
        foreground: None in a set without ground truth.
        sha256: what the manifest says of `files`, in their order; None without a manifest.
        store: brings the files where they are not on this disk; None where they are.
    """

    id: str
    source: Path
    background: Path | None
    foreground: Path | None
    tags: tuple[str, ...] = ()
    sha256: tuple[str, ...] | None = None
    store: Source | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """Source and, where they are there, background and foreground."""
        return tuple(self.by_role.values())

    @property
    def by_role(self) -> dict[str, Path]:
        """The files by the folder that they lie in, `com`, `bgr` or `fgr`."""
        files = zip(ROLES, (self.source, self.background, self.foreground), strict=True)
        return {role: path for role, path in files if path is not None}

    def stamps(self) -> tuple[Stamp, ...]:
        """Return what tells that a file was changed, for each, without reading it.

        Raises:
            DataError: one is missing.
        """
        return tuple(map(_stamp, self.files)) if self.store is None else self.store.stamps()

    @contextmanager
    def at_hand(self) -> Iterator["SampleRef"]:
        """Yield the sample with its files on this disk, where they stay for the time of the block.

        Raises:
            DataError: one cannot be fetched, or is not what the manifest says.
        """
        if self.store is None:
            yield self
            return
        with self.store.held(self.files, self.sha256) as files:
            here = dict(zip(self.by_role, files, strict=True))
            yield replace(self, source=here["com"], background=here.get("bgr"), foreground=here.get("fgr"), store=None)


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    return status.st_size, str(status.st_mtime_ns)
