"""A set without ground truth from a folder of a user's own pictures: each with its plate, found by name."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from configs.errors import DataError
from datasets.importing.foregrounds import require_apart
from datasets.importing.paths import fault_of_name, files_of, path_below
from datasets.importing.without_truth import new_set
from datasets.samples.foreign import PICTURES, is_video
from datasets.samples.layout import SampleSet, listing, open_set
from datasets.samples.names import natural_key, readable, same_name

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
SOURCE_FOLDERS = frozenset({"source", "sources", "src", "com", "img", "image", "images", "input", "inputs"})
PLATE_FOLDERS = frozenset({"plate", "plates", "bgr", "bg", "back", "background", "backgrounds"})
_PLATE_NAME = re.compile(r"(?:(.*)[-_. ])?(?:plate|bgr?|back|background)", re.IGNORECASE)
_SOURCE_NAME = re.compile(r"(.*)[-_. ](?:source|src|com|img|image)", re.IGNORECASE)
EXPECTED = (
    "expected x.jpg beside x_plate.png (or _bg, _back, _background), folders sources/ and plates/ with the same names "
    "in both, or one plate for all: --plate PICTURE, or a picture called plate"
)


@dataclass(frozen=True, slots=True)
class FoundPair:
    """A source and its plate; `id` is `<clip>/<frame>`."""

    id: str
    source: Path
    plate: Path


def find_pairs(folder: Path, plate: Path | None = None) -> tuple[FoundPair, ...]:
    """Find the sources below a folder, each with its plate, by name alone; in natural order of ids.

    Args:
        folder: of pictures, at any depth. A folder below it becomes the clip, which is the folder's own name otherwise.
        plate: of every source; without it each has its own by name, or that of its folder.

    Raises:
        DataError: a source without plate, a plate without source, a video, a picture of a kind that is not read, a name
            that no set can hold, or nothing at all. Names the first five of each kind.
    """
    if not folder.is_dir():
        raise DataError(f"{readable(folder)}: no such folder; {EXPECTED}")
    sources, plates = _sorted_out(folder, plate)
    found: list[FoundPair] = []
    lacking: list[str] = []
    twice: list[str] = []
    used: set[Path] = set()
    for (place, name), paths in sources.items():
        if len(paths) > 1:
            twice.append(" and ".join(path_below(folder, path) for path in paths))
            continue
        own = plate or next(iter(plates.get((place, name)) or plates.get((place, "")) or ()), None)
        if own is None:
            lacking.append(path_below(folder, paths[0]))
            continue
        used.add(own)
        clip = "-".join(PurePosixPath(place).parts) or folder.resolve().name
        found.append(FoundPair(f"{clip}/{name}", paths[0], own))
    unused = [] if plate else [path for paths in plates.values() for path in paths if path not in used]
    problems = [
        f"{folder}: {what}: {listing(sorted(names, key=natural_key))}"
        for what, names in (
            ("no plate for", lacking),
            ("the same name twice", twice),
            ("a plate without its source, or one of several", [path_below(folder, path) for path in unused]),
        )
        if names
    ]
    if not problems and not found:
        problems = [f"{folder}: holds no pictures"]
    if problems:
        raise DataError("\n".join([*problems, EXPECTED]))
    return tuple(sorted(found, key=lambda pair: natural_key(pair.id)))


def make_pairs(
    folder: Path, out: Path, plate: Path | None = None, progress: Callable[[int, int], None] = lambda *_: None
) -> SampleSet:
    """Make a set without ground truth at `out` of the pairs that `find_pairs` finds.

    PNG and JPEG are copied byte by byte, WebP becomes PNG.

    Args:
        folder, plate: as for `find_pairs`.
        out: the new folder; it appears only when whole.
        progress: called with (pairs done, pairs in all).

    Raises:
        DataError: as `find_pairs`; or a picture is not readable, or of another size than its plate.
        UsageError: `out` is not empty, or lies in `folder`.
    """
    require_apart(folder, out)
    pairs = find_pairs(folder, plate)
    with new_set(out) as writer:
        for done, pair in enumerate(pairs, start=1):
            writer.add(pair.id, pair.source, pair.plate)
            progress(done, len(pairs))
    return open_set(out)


Named = dict[tuple[str, str], list[Path]]
"""Folder and name that source and plate share (a plate's is empty where it is its folder's) to files."""


def _sorted_out(folder: Path, plate: Path | None) -> tuple[Named, Named]:
    """Return the sources and the plates below a folder; one that is `plate` is neither."""
    files: list[Path] = []
    problems: list[str] = []
    for _, path in files_of(folder):
        if is_video(path):
            problems.append(f"{readable(path)}: a video; `mattekit dataset frames` makes a set of its frames")
        elif path.suffix.lower() in PICTURES - SUFFIXES:
            problems.append(f"{readable(path)}: expected a picture as PNG, JPEG or WebP")
        elif path.suffix.lower() in SUFFIXES and (plate is None or not path.samefile(plate)):
            files.append(path)
            problems += [fault[1]] if (fault := fault_of_name(folder, path)) else []
    if problems:
        raise DataError(listing(problems))
    apart = _apart(folder, files)
    sources: Named = defaultdict(list)
    plates: Named = defaultdict(list)
    for path in files:
        pure = PurePosixPath(path_below(folder, path))
        parent, stem = pure.parent.as_posix().removeprefix("."), pure.stem
        if apart:
            top, _, rest = parent.partition("/")
            named = sources if top.lower() in SOURCE_FOLDERS else plates
            named[rest, same_name(_stripped(stem))].append(path)
        elif plate is None and (match := _PLATE_NAME.fullmatch(stem)):
            plates[parent, same_name(match[1] or "")].append(path)
        else:
            sources[parent, same_name(_stripped(stem))].append(path)
    if apart and len(plates) == 1:
        only = next(iter(plates.values()))
        plates = {(place, ""): only for place, _ in sources}
    return sources, plates


def _apart(folder: Path, files: list[Path]) -> bool:
    """Return whether sources and plates lie in two folders of their own."""
    tops = {path.relative_to(folder).parts[0].lower() for path in files if path.parent != folder}
    mixed = any(path.parent == folder for path in files) or tops - SOURCE_FOLDERS - PLATE_FOLDERS
    return not mixed and bool(tops & SOURCE_FOLDERS) and bool(tops & PLATE_FOLDERS)


def _stripped(stem: str) -> str:
    """Return the name that a source and its plate share."""
    match = _SOURCE_NAME.fullmatch(stem) or _PLATE_NAME.fullmatch(stem)
    return (match[1] if match else None) or stem
