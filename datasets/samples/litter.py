"""The one way into folders of pictures: every linked folder followed, and nothing that others left behind.

Litter is what file managers, archivers, network drives and office programs leave in a folder beside what was put there.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from configs.errors import DataError
from datasets.samples.names import readable

_LITTER = frozenset(
    {
        "__macosx",
        "icon\r",
        "network trash folder",
        "temporary items",
        "thevolumesettingsfolder",
        "thumbs.db",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "zbthumbnail.info",
        "picasa.ini",
        "desktop.ini",
        "$recycle.bin",
        "recycler",
        "recycled",
        "system volume information",
        "lost+found",
        "@eadir",
        "@tmp",
        "@sharebin",
        "@recycle",
        "@recently-snapshot",
        "#recycle",
        "#snapshot",
        "__pycache__",
    }
)
"""Names of files and folders, in lower case. Hidden ones, such as `.DS_Store` and `._name`, need no entry."""
_LITTER_STARTS = (".", "~$", "synofile_thumb", "synophoto_thumb", "thumbs.db:", "desktop.ini:")
"""What names of litter begin with, in lower case."""


Identity = tuple[int, int]
"""Device and number of a folder."""


def is_litter(name: str) -> bool:
    """Return whether a file or folder of this name is passed over by every reader of folders."""
    folded = name.lower()
    return folded.startswith(_LITTER_STARTS) or folded in _LITTER


def entries(folder: Path) -> list[Path]:
    """Return what lies in a folder, in order of names, without litter.

    Raises:
        DataError: the folder cannot be read.
    """
    try:
        return sorted(path for path in folder.iterdir() if not is_litter(path.name))
    except OSError as error:
        raise DataError(f"{readable(folder)}: cannot be read ({error.strerror})") from error


def walk(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Yield `folder` and each folder below it, linked ones included, with its files; in order of names, without litter.

    A link to nothing is yielded as a file, so that whoever reads it says so.

    Raises:
        DataError: a folder cannot be read, or a link leads back to a folder that it lies in.
    """
    pending: list[tuple[Path, tuple[Identity, ...]]] = [(folder, ())]
    while pending:
        place, above = pending.pop()
        identity = _identity(place, above)
        folders: list[Path] = []
        files: list[Path] = []
        for path in entries(place):
            (folders if _is_folder(path) else files).append(path)
        yield place, files
        pending += ((inner, (*above, identity)) for inner in reversed(folders))


def _identity(folder: Path, above: tuple[Identity, ...]) -> Identity:
    """Return what tells a folder from others; raise `DataError` where it is one of those that it lies in."""
    try:
        status = folder.stat()
    except OSError as error:
        raise DataError(f"{readable(folder)}: cannot be read ({error.strerror})") from error
    identity = status.st_dev, status.st_ino
    if identity in above:
        raise DataError(
            f"{readable(folder)}: a link back to {readable(os.path.realpath(folder))}, in which it lies, so that the "
            "folder would have no end; remove the link"
        )
    return identity


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:  # among others a link to itself
        return False
