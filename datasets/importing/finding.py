"""Which published set lies in a folder, and which of its files belong together."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError
from datasets.importing.layouts import Layout, kinds, layout_of
from datasets.samples.layout import natural_key
from datasets.samples.litter import entries, walk

_PICTURE_ENDINGS = r"\.(?:png|jpe?g|webp|tiff?|bmp|gif|avif|heic)"
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
    """Return the kind of the set at `root`.

    Raises:
        DataError: none that is known, or it could be several.
    """
    fitting = _fitting(root)
    if len(fitting) == 1:
        return fitting[0]
    known = "".join(f"\n  {kind}: {layout_of(kind).expected}" for kind in kinds())
    if fitting:
        raise DataError(f"{root}: could be {' or '.join(fitting)}; name the kind. Known layouts:{known}")
    raise DataError(f"{root}: {_contents(root)}{_elsewhere(root, kinds())}\nexpected one of these layouts:{known}")


def find_pairs(root: Path, kind: str) -> Found:
    """Find every picture and matte of the set at `root`, by name alone.

    `datasets.samples.litter` and files that are no pictures are passed over.

    Raises:
        DataError: the folder is not laid out as this set is, or cannot be read.
    """
    layout = layout_of(kind)
    parts = _parts(root, layout)
    if not parts:
        others = [other for other in _fitting(root) if other != kind]
        instead = f"; it is laid out as {' or '.join(others)}" if others else _elsewhere(root, [kind])
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
    return [kind for kind in kinds() if _parts(root, layout_of(kind))]


def _parts(root: Path, layout: Layout) -> list[tuple[str, Path, Path | None]]:
    """Return the parts whose folders are there and hold at least one picture that is named as the layout says."""
    found: dict[str, tuple[str, Path, Path | None]] = {}
    for name, pictures, mattes in layout.parts:
        folder, matte_folder = root / pictures, None if mattes is None else root / mattes
        if name in found or not folder.is_dir() or (matte_folder is not None and not matte_folder.is_dir()):
            continue
        if any(layout.picture.fullmatch(below) for below, _ in _files(root, folder)):
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
        pairs += (Pair(id_, path, None) for id_, path in pictures.items())
        return
    mattes = _by_id(root, name, matte_folder, layout.matte, faults)
    pairs += (Pair(id_, pictures[id_], mattes[id_]) for id_ in pictures.keys() & mattes.keys())
    for mine, others, word in ((pictures, mattes, "matte"), (mattes, pictures, "picture")):
        faults += ((id_, f"{_below(root, mine[id_])}: has no {word}") for id_ in mine.keys() - others.keys())


def _by_id(
    root: Path, name: str, folder: Path, pattern: re.Pattern[str], faults: list[tuple[str, str]]
) -> dict[str, Path]:
    found: dict[str, list[Path]] = defaultdict(list)
    for below, path in _files(root, folder):
        if match := pattern.fullmatch(below):
            found["/".join(filter(None, (name, *match.groups())))].append(path)
        elif re.search(_PICTURE_ENDINGS + "$", below, re.IGNORECASE):
            faults.append((_below(root, path), f"{_below(root, path)}: is no part of the layout"))
    for id_, paths in found.items():
        if len(paths) > 1:
            faults.append((id_, f"{' and '.join(sorted(_below(root, path) for path in paths))}: there twice"))
    return {id_: paths[0] for id_, paths in found.items() if len(paths) == 1}


def _files(root: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files below a folder, each with its path below it; of the root itself, only those in it."""
    for _, files in walk(folder):
        yield from ((_below(folder, path), path) for path in files)
        if folder == root:
            return


def _below(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _contents(root: Path) -> str:
    """Describe what lies in a folder, for an error."""
    if not root.is_dir():
        return "it is a file, not a folder" if root.exists() else "there is no such folder"
    visible = entries(root)
    if not visible:
        return "the folder is empty"
    names = [f"{path.name}/" if path.is_dir() else path.name for path in visible]
    rest = len(names) - _SHOWN
    return f"found {', '.join(names[:_SHOWN])}" + (f" and {rest} more" if rest > 0 else "")


def _elsewhere(root: Path, expected: Sequence[str]) -> str:
    """Point at the set when it lies one folder further down, as archives often unpack."""
    if not root.is_dir():
        return ""
    folders = (path for path in entries(root) if path.is_dir())
    inner = [path for path in folders if any(_parts(path, layout) for layout in map(layout_of, expected))]
    return f"; did you mean {inner[0]}?" if len(inner) == 1 else ""


def fault_lines(faults: Sequence[tuple[str, str]]) -> str:
    """List the first few faults, one a line, and count the rest."""
    rest = len(faults) - _LISTED
    lines = [reason for _, reason in faults[:_LISTED]] + ([f"and {rest} more"] if rest > 0 else [])
    return "".join(f"\n  {line}" for line in lines)
