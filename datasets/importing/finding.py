"""Which published set lies in a folder, and which of its files belong together."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError
from datasets.importing.frames import fits
from datasets.importing.layouts import Layout, ReadyLayout, foregrounds_layout, kinds, layout_of
from datasets.importing.paths import fault_of_name, files_of, path_below, stray
from datasets.samples.foreign import frames_hint
from datasets.samples.layout import ROLES
from datasets.samples.litter import entries
from datasets.samples.names import natural_key, readable, same_name

_SHOWN = 8
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture and its matte; None where the picture carries its alpha itself."""

    id: str
    picture: Path
    matte: Path | None

    @property
    def files(self) -> tuple[Path, ...]:
        """Both, or the picture alone."""
        return (self.picture,) if self.matte is None else (self.picture, self.matte)


@dataclass(frozen=True, slots=True)
class Found:
    """What a set's folders hold: pairs by id in natural order, and (id or path, what is wrong) for everything else."""

    pairs: tuple[Pair, ...]
    faults: tuple[tuple[str, str], ...]


def recognise(root: Path) -> str:
    """Return the kind of the set at `root`; where composites lie beside foregrounds, the one that has both.

    Raises:
        DataError: none that is known, or it could be several.
    """
    fitting = _fitting(root)
    if len(fitting) == 1:
        return fitting[0]
    known = "".join(f"\n  {kind}: {layout_of(kind).expected}" for kind in kinds())
    if fitting:
        raise DataError(f"{root}: could be {' or '.join(fitting)}; name the kind. Known layouts:{known}")
    in_omz = all((root / role).is_dir() for role in ROLES)
    hint = "; it is laid out as omz" if in_omz else _elsewhere(root, kinds()) or _videos(root)
    raise DataError(f"{readable(root)}: {_contents(root)}{hint}\nexpected one of these layouts:{known}")


def find_pairs(root: Path, kind: str) -> Found:
    """Find every picture and matte of the set at `root`, by name alone.

    `datasets.samples.litter` and files that are no pictures are passed over.

    Raises:
        DataError: the folder is not laid out as this set is, or cannot be read.
    """
    layout = foregrounds_layout(kind)
    parts = _parts(root, layout)
    if not parts:
        others = [other for other in _fitting(root) if other != kind]
        instead = f"; it is laid out as {' or '.join(others)}" if others else _elsewhere(root, [kind]) or _videos(root)
        raise DataError(
            f"{root}: not recognised as {layout.title}: expected {layout.expected}; {_contents(root)}{instead}"
        )
    pairs: list[Pair] = []
    faults: list[tuple[str, str]] = []
    for name, pictures, mattes in parts:
        _pair_up(root, name, pictures, mattes, layout, pairs, faults)
    return Found(
        tuple(sorted(pairs, key=lambda pair: natural_key(pair.id))),
        tuple(sorted(faults, key=lambda fault: natural_key(fault[0]))),
    )


def _fitting(root: Path) -> list[str]:
    fitting = [kind for kind in kinds() if _fits(root, layout_of(kind))]
    return [kind for kind in fitting if isinstance(layout_of(kind), ReadyLayout)] or fitting


def _fits(root: Path, layout: Layout | ReadyLayout) -> bool:
    return fits(root, layout) if isinstance(layout, ReadyLayout) else bool(_parts(root, layout))


def _parts(root: Path, layout: Layout) -> list[tuple[str, Path, Path | None]]:
    """Return the parts whose folders are there and hold at least one picture that is named as the layout says."""
    found: dict[str, tuple[str, Path, Path | None]] = {}
    for name, pictures, mattes in layout.parts:
        folder, matte_folder = root / pictures, None if mattes is None else root / mattes
        if name in found or not folder.is_dir() or (matte_folder is not None and not matte_folder.is_dir()):
            continue
        if any(layout.picture.fullmatch(below) for below, _ in files_of(folder, deep=folder != root)):
            found[name] = name, folder, matte_folder
    return list(found.values())


def _pair_up(
    root: Path,
    name: str,
    picture_folder: Path,
    matte_folder: Path | None,
    layout: Layout,
    pairs: list[Pair],
    faults: list[tuple[str, str]],
) -> None:
    pictures = _by_id(root, name, picture_folder, layout.picture, faults)
    if matte_folder is None:
        pairs += (Pair(id_, path, None) for id_, path in pictures.values())
        return
    mattes = _by_id(root, name, matte_folder, layout.matte, faults)
    pairs += (Pair(*pictures[key], mattes[key][1]) for key in pictures.keys() & mattes.keys())
    for mine, others, word in ((pictures, mattes, "matte"), (mattes, pictures, "picture")):
        for key in mine.keys() - others.keys():
            id_, path = mine[key]
            faults.append((id_, f"{path_below(root, path)}: has no {word}"))


def _by_id(
    root: Path, name: str, folder: Path, pattern: re.Pattern[str], faults: list[tuple[str, str]]
) -> dict[str, tuple[str, Path]]:
    """Return id and file by the id's `same_name`."""
    found: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    for below, path in files_of(folder, deep=folder != root):
        match = pattern.fullmatch(below)
        fault = stray(root, path) if match is None else fault_of_name(root, path)
        if fault is not None:
            faults.append(fault)
        elif match is not None:
            id_ = "/".join(filter(None, (name, *match.groups())))
            found[same_name(id_)].append((id_, path))
    for files in found.values():
        if len(files) > 1:
            paths = sorted(path_below(root, path) for _, path in files)
            faults.append((files[0][0], f"{' and '.join(paths)}: there twice"))
    return {key: files[0] for key, files in found.items() if len(files) == 1}


def _contents(root: Path) -> str:
    """Describe what lies in a folder, for an error."""
    if not root.is_dir():
        return "it is a file, not a folder" if root.exists() else "there is no such folder"
    visible = entries(root)
    if not visible:
        return "the folder is empty"
    names = [readable(f"{path.name}/" if path.is_dir() else path.name) for path in visible]
    rest = len(names) - _SHOWN
    return f"found {', '.join(names[:_SHOWN])}" + (f" and {rest} more" if rest > 0 else "")


def _elsewhere(root: Path, expected: Sequence[str]) -> str:
    """Point at the set when it lies one folder further down, as archives often unpack."""
    if not root.is_dir():
        return ""
    folders = (path for path in entries(root) if path.is_dir())
    inner = [path for path in folders if any(_fits(path, layout) for layout in map(layout_of, expected))]
    return f"; did you mean {readable(inner[0])}?" if len(inner) == 1 else ""


def _videos(root: Path) -> str:
    """Say what to do where a folder, or the path itself, is of videos."""
    return frames_hint(path for _, path in files_of(root)) if root.is_dir() else frames_hint([root])


def fault_lines(faults: Sequence[tuple[str, str]]) -> str:
    """List the first few faults, one a line, and count the rest."""
    rest = len(faults) - _LISTED
    lines = [reason for _, reason in faults[:_LISTED]] + ([f"and {rest} more"] if rest > 0 else [])
    return "".join(f"\n  {line}" for line in lines)
