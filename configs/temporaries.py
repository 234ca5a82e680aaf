"""Temporary files and folders: their names tell who made them, so that those of processes that were killed are removed.

.mattekit-<machine>-<pid>-<start>-<token>          being made, or to be removed
.mattekit-<machine>-<pid>-<start>-<token>.ready    a folder of whole files that were about to move beside it
.mattekit-<machine>-<pid>-<start>-<token>.old      a folder that holds the folder about to be replaced
"""

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from configs.processes import fate, machine, started

READY, OLD = ".ready", ".old"
FORSAKEN = 7 * 24 * 3600.0
"""Seconds after which what another machine made, and nothing has touched since, is removed as well."""
_PREFIX = ".mattekit-"
_NAME = re.compile(r"\.mattekit-([0-9a-f]{8})-(\d{1,10})-(\d{1,20})-[0-9a-f]{12}(?:\.ready|\.old)?")
_swept: set[Path] = set()


def temporary_in(folder: Path) -> Path:
    """Return a fresh name in a folder, for plain `open` or `mkdir`, which give the usual permissions."""
    pid = os.getpid()
    return folder / f"{_PREFIX}{machine()}-{pid}-{started(pid)}-{secrets.token_hex(6)}"


def is_temporary(name: str) -> bool:
    """Tell whether a name is one that `temporary_in` gives."""
    return _NAME.fullmatch(name) is not None


def sweep_once(folder: Path) -> None:
    """Call `sweep` on a folder that this process has not swept yet; never on what is being made."""
    if folder not in _swept and not any(is_temporary(part) for part in folder.parts):
        _swept.add(folder)
        sweep(folder)


def sweep(folder: Path) -> None:
    """Remove what processes that are gone left in a folder; a replacement that they had begun is ended or undone.

    What cannot be read or removed is left.
    """
    with contextlib.suppress(OSError):
        for path in [Path(entry.path) for entry in os.scandir(folder) if entry.name.startswith(_PREFIX)]:
            with contextlib.suppress(OSError):
                if _is_left(path):
                    _remove(path)


def remove(path: Path) -> None:
    """Remove a temporary file or folder as far as possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def move_into(folder: Path, work: Path) -> None:
    """Move every file below `work` to the same place below `folder`, and remove `work`.

    Raises:
        OSError: one cannot be moved.
    """
    for path in sorted(files_below(work)):
        target = folder / path.relative_to(work)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    remove(work)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield everything below a folder that is no folder; links are not followed."""
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        yield from (Path(place) / name for name in (*names, *links))


def _is_left(path: Path) -> bool:
    found = _NAME.fullmatch(path.name)
    if found is None:
        return False
    if hasattr(os, "getuid") and path.lstat().st_uid != os.getuid():
        return False  # in a folder that several users share
    host, pid, begun = found.groups()
    known = fate(int(pid), begun) if host == machine() else "unknown"
    if known != "unknown":
        return known == "gone"
    newest = max((entry.lstat().st_mtime for entry in (path, *path.rglob("*"))), default=0.0)
    return time.time() - newest > FORSAKEN


def _remove(path: Path) -> None:
    if path.suffix == READY and path.is_dir():
        move_into(path.parent, path)
        return
    if path.suffix == OLD and path.is_dir():
        for old in path.iterdir():
            if not (path.parent / old.name).exists():
                old.rename(path.parent / old.name)
    remove(path)
