"""The files of each visitor, in one temporary folder that goes with the page: uploads, and the newest result."""

import re
import secrets
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from configs.temporaries import remove, sweep, temporary_in
from demo.page.desk import BusyError, Stop

_UNFIT = re.compile(r"[^\w .()+-]")
_LONGEST_NAME = 100


class Visitor:
    """One visitor's folder.

    Attributes:
        token: names the visitor in addresses; not to be guessed.
        folder: of the visitor's files.
        stop: asks the visitor's jobs to end.
        job: the newest, which may still write into the folder.
    """

    def __init__(self, root: Path) -> None:
        self.token = secrets.token_urlsafe(16)
        self.folder = root / self.token
        self.folder.mkdir(mode=0o700)
        self.stop = Stop()
        self.job: Future[Any] | None = None
        self._made = 0

    def place(self, role: str, name: str) -> Path:
        """Return where to put an upload under its own name; what had the role before is removed."""
        folder = self.folder / role
        remove(folder)
        folder.mkdir()
        plain = _UNFIT.sub("_", Path(name.replace("\\", "/")).name).strip(" .") or "unnamed"
        return folder / plain[-_LONGEST_NAME:]

    def results(self, kind: str) -> Path:
        """Return a new folder for a job's results; those of the job before of that kind are removed."""
        for old in self.folder.glob(f"{kind}-*"):
            remove(old)
        self._made += 1
        folder = self.folder / f"{kind}-{self._made}"
        folder.mkdir()
        return folder

    def address(self, path: Path) -> str:
        """Return the page's address of a result."""
        return f"/results/{self.token}/{path.relative_to(self.folder).as_posix()}"


class Store:
    """All visitors' folders below one.

    Args:
        root: an empty folder.
        visitors: how many may keep files at once.
    """

    def __init__(self, root: Path, visitors: int) -> None:
        self._root, self._most = root, visitors
        self._visitors: dict[str, Visitor] = {}
        self._lock = threading.Lock()

    def open(self) -> Visitor:
        """Return a new visitor.

        Raises:
            BusyError: there are too many.
        """
        with self._lock:
            if len(self._visitors) >= self._most:
                raise BusyError(f"busy: {self._most} pages are open; close one, or try again in a moment")
            visitor = Visitor(self._root)
            self._visitors[visitor.token] = visitor
        return visitor

    def close(self, visitor: Visitor) -> None:
        """End a visitor's job, and remove the files once it has ended."""
        visitor.stop.ask()
        with self._lock:
            self._visitors.pop(visitor.token, None)
        if visitor.job is None:
            remove(visitor.folder)
        else:
            visitor.job.cancel()
            visitor.job.add_done_callback(lambda _: remove(visitor.folder))

    def result(self, token: str, folder: str, name: str) -> Path | None:
        """Return the file of a result; None where there is none."""
        visitor = self._visitors.get(token)
        if visitor is None or "/" in folder + name or ".." in (folder, name) or not re.fullmatch(r"\w+-\d+", folder):
            return None
        path = visitor.folder / folder / name
        return path if path.is_file() and not path.is_symlink() else None


@contextmanager
def stored(visitors: int) -> Iterator[Store]:
    """Yield a store in the system's folder for temporary files; what earlier pages that were killed left is removed."""
    place = Path(tempfile.gettempdir())
    sweep(place)
    root = temporary_in(place)
    root.mkdir(mode=0o700)
    try:
        yield Store(root, visitors)
    finally:
        remove(root)
