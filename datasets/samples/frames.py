"""Which files below com/, bgr/ and fgr/ are frames, by their places and names, and what is wrong with the others."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from datasets.samples.foreign import frames_hint
from datasets.samples.litter import entries
from datasets.samples.names import listing, name_fault, natural_key, readable, same_name

_PICTURES = frozenset({".png", ".jpg", ".jpeg"})
SUFFIXES = {"com": _PICTURES, "bgr": _PICTURES, "fgr": frozenset({".png"})}


def files_of(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Yield what lies in a folder of a role, and whether it is a file at a frame's place, `<clip>/<frame>`."""
    for clip in entries(folder):
        if clip.is_dir():
            yield from ((file, file.is_file()) for file in entries(clip))
        else:
            yield clip, False


def frames(folder: Path, files: Iterable[tuple[Path, bool]], role: str, problems: list[str]) -> dict[str, list[Path]]:
    """Return the frames of a role's folder by id in one spelling, adding what is wrong with others to `problems`.

    Args:
        folder: of the role.
        files: what it holds, as `files_of` gives it.
        role: the role.
        problems: gets a message for each kind of fault.
    """
    found: dict[str, list[Path]] = defaultdict(list)
    strays: list[Path] = []
    for file, placed in files:
        if not placed or file.suffix.lower() not in SUFFIXES[role]:
            strays.append(file)
        elif fault := name_fault(f"{file.parent.name}/{file.name}"):
            problems.append(f"{readable(file)}: {fault}")
        else:
            found[same_name(f"{file.parent.name}/{file.stem}")].append(file)
    if strays:
        endings = " or ".join(sorted(SUFFIXES[role]))
        problems.append(
            f"{folder}: out of place: {listing(map(readable, _in_order(strays)))}; "
            f"expected only {folder.name}/<clip>/<frame> with the ending {endings}{frames_hint(strays)}"
        )
    if twice := [" and ".join(map(str, _in_order(paths))) for paths in found.values() if len(paths) > 1]:
        problems.append(f"{folder}: the same frame twice: {listing(sorted(twice))}; keep one of each")
    return found


def _in_order(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: natural_key(path.as_posix()))
