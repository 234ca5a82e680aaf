"""Files of a published set by their paths, and what is wrong with one that does not belong to it."""

from collections.abc import Iterator
from pathlib import Path

from datasets.samples.foreign import PICTURES, frames_hint, is_video
from datasets.samples.litter import walk
from datasets.samples.names import name_fault, readable


def files_of(folder: Path, *, deep: bool = True) -> Iterator[tuple[str, Path]]:
    """Yield the files below a folder, each with its path below it; unless `deep`, only those in it."""
    for _, files in walk(folder):
        yield from ((path_below(folder, path), path) for path in files)
        if not deep:
            return


def path_below(root: Path, path: Path) -> str:
    """Return a file's path below the root, with `/`."""
    return path.relative_to(root).as_posix()


def fault_of_name(root: Path, path: Path) -> tuple[str, str] | None:
    """Return (path, what is wrong) for a file of the set whose name no record can hold; None for any other."""
    below = path_below(root, path)
    fault = name_fault(below)
    return (readable(below), f"{readable(below)}: {fault}") if fault else None


def stray(root: Path, path: Path) -> tuple[str, str] | None:
    """Return (path, what is wrong) for a picture or video that fits nothing in the layout; None for other files."""
    below = readable(path_below(root, path))
    if is_video(path):
        return below, f"{below}: is no part of the layout{frames_hint([path])}"
    if path.suffix.lower() in PICTURES:
        return below, f"{below}: is no part of the layout"
    return None
