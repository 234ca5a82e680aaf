"""What a folder holds besides what was put there: left by file managers, archivers and network drives."""

import os
from collections.abc import Iterator
from pathlib import Path

from configs.errors import DataError

_LITTER = frozenset(
    {
        "__macosx",
        "icon\r",
        "thumbs.db",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "desktop.ini",
        "$recycle.bin",
        "recycler",
        "system volume information",
        "lost+found",
        "@eadir",
        "#recycle",
        "@recycle",
        "@recently-snapshot",
    }
)
"""Names of files and folders, in lower case. Hidden ones, such as `.DS_Store` and `._name`, need no entry."""


def is_litter(name: str) -> bool:
    """Return whether a file or folder of this name is passed over by every reader of folders."""
    return name.startswith(".") or name.lower() in _LITTER


def walk(folder: Path, *, follow_links: bool = False) -> Iterator[tuple[Path, list[Path]]]:
    """Yield `folder` and each folder below it with its files, in order of names, without litter.

    Raises:
        DataError: a folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror})") from error

    for place, folders, names in os.walk(folder, onerror=refuse, followlinks=follow_links):
        folders[:] = sorted(name for name in folders if not is_litter(name))
        yield Path(place), [Path(place) / name for name in sorted(names) if not is_litter(name)]
