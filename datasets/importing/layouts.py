"""How the published sets lie on disk, how to tell them apart, and which of their files belong together.

A set is one or more parts, each a folder of pictures and, where these do not carry their alpha, a folder of mattes.
A file's name below its folder gives its id; picture and matte of one id belong together.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError
from configs.schema import Kind
from datasets.samples.layout import is_litter, natural_key

_PICTURE_ENDINGS = r"\.(?:png|jpe?g|webp|tiff?|bmp|gif|avif|heic)"
_SHOWN = 8
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Layout:
    """What is known of a published set.

    Attributes:
        title: its name.
        expected: its layout in words, for errors.
        parts: name (which begins the ids), folder of pictures, folder of mattes or None; relative to the set's root.
            Of several parts with one name the first that is there counts.
        picture: pattern of a picture's path below its folder; its groups, joined by `/`, are the id.
        matte: likewise for a matte.
        matte_is_rgba: whether the matte is the alpha channel of an RGBA PNG, whose colours are of no use.
        true_colours: whether the pictures hold the foreground's own colours, rather than a photograph's.
        sequential: whether a folder's pictures are frames that follow each other in time.
        source: where it is published.
        rights: what its authors say of its licence.
    """

    title: str
    expected: str
    parts: tuple[tuple[str, str, str | None], ...]
    picture: re.Pattern[str]
    matte: re.Pattern[str]
    source: str
    rights: str
    matte_is_rgba: bool = False
    true_colours: bool = False
    sequential: bool = False


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_FLAT = _pattern(r"([^/]+)\.(?:png|jpe?g)")
_FRAMES = _pattern(r"([^/]+)/([^/]+)\.(?:png|jpe?g)")

LAYOUTS: dict[Kind, Layout] = {
    "aisegment": Layout(
        title="AISegment matting_human_datasets",
        expected="clip_img/<group>/clip_<8 digits>/<name>.jpg and matting/<group>/matting_<8 digits>/<name>.png",
        parts=(("", "clip_img", "matting"),),
        picture=_pattern(r"([^/]+)/clip_(\d{8})/([^/]+)\.jpe?g"),
        matte=_pattern(r"([^/]+)/matting_(\d{8})/([^/]+)\.png"),
        matte_is_rgba=True,
        source="https://github.com/aisegmentcn/matting_human_datasets",
        rights="unclear: photographs collected from Flickr, Baidu and Taobao",
    ),
    "photomatte85": Layout(
        title="PhotoMatte85",
        expected="<name>.png, RGBA, in the folder itself",
        parts=(("", ".", None),),
        picture=_pattern(r"([^/]+)\.png"),
        matte=_FLAT,
        true_colours=True,
        source="https://grail.cs.washington.edu/projects/background-matting-v2/",
        rights="unclear: see the terms where it is downloaded",
    ),
    "videomatte240k": Layout(
        title="VideoMatte240K",
        expected="train/ and test/, or one of them, with fgr/<clip>/<frame>.jpg and pha/<clip>/<frame>.jpg",
        parts=(("train", "train/fgr", "train/pha"), ("test", "test/fgr", "test/pha"), ("", "fgr", "pha")),
        picture=_FRAMES,
        matte=_FRAMES,
        true_colours=True,
        sequential=True,
        source="https://grail.cs.washington.edu/projects/background-matting-v2/",
        rights="unclear: see the terms where it is downloaded",
    ),
    "aim500": Layout(
        title="AIM-500",
        expected="original/<name>.jpg and mask/<name>.png",
        parts=(("", "original", "mask"),),
        picture=_FLAT,
        matte=_FLAT,
        source="https://github.com/JizhiziLi/AIM",
        rights="see the release agreement of the set",
    ),
    "p3m": Layout(
        title="P3M-10k, P3M-500-P or P3M-500-NP",
        expected=(
            "original_image/<name>.jpg or blurred_image/<name>.jpg, and mask/<name>.png, in the folder itself, or in "
            "P3M-500-P/, P3M-500-NP/ (both perhaps below validation/) and train/"
        ),
        parts=tuple(
            (name, f"{folder}/{pictures}", f"{folder}/mask")
            for name, folder in (
                ("", "."),
                ("P3M-500-P", "P3M-500-P"),
                ("P3M-500-NP", "P3M-500-NP"),
                ("P3M-500-P", "validation/P3M-500-P"),
                ("P3M-500-NP", "validation/P3M-500-NP"),
                ("train", "train"),
            )
            for pictures in ("original_image", "blurred_image")
        ),
        picture=_FLAT,
        matte=_FLAT,
        source="https://github.com/JizhiziLi/P3M",
        rights="see the release agreement of the set, which its authors label MIT License",
    ),
    "ppm100": Layout(
        title="PPM-100",
        expected="image/<name>.jpg and matte/<name>.png (or .jpg)",
        parts=(("", "image", "matte"),),
        picture=_FLAT,
        matte=_FLAT,
        source="https://github.com/ZHKKKe/PPM",
        rights="photographs: Creative Commons, from Flickr, credits not in the set; mattes: CC BY-NC-SA 4.0",
    ),
}


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


def recognise(root: Path) -> Kind:
    """Tell which set lies at `root`.

    Raises:
        DataError: none that is known, or it could be several.
    """
    kinds = _kinds(root)
    if len(kinds) == 1:
        return kinds[0]
    known = "".join(f"\n  {kind}: {layout.expected}" for kind, layout in LAYOUTS.items())
    if kinds:
        raise DataError(f"{root}: could be {' or '.join(kinds)}; name the kind. Known layouts:{known}")
    raise DataError(f"{root}: {_holds(root)}{_elsewhere(root, LAYOUTS)}\nexpected one of these layouts:{known}")


def find_pairs(root: Path, kind: Kind) -> Found:
    """Find every picture and matte of the set at `root`, by name alone.

    Hidden files, those that file managers and archivers leave, and files that are no pictures are passed over.

    Raises:
        DataError: the folder is not laid out as this set is, or cannot be read.
    """
    layout = LAYOUTS[kind]
    parts = _parts(root, layout)
    if not parts:
        others = [other for other in _kinds(root) if other != kind]
        instead = f"; it is laid out as {' or '.join(others)}" if others else _elsewhere(root, {kind: layout})
        raise DataError(
            f"{root}: not recognised as {layout.title}: expected {layout.expected}; {_holds(root)}{instead}"
        )
    pairs: list[Pair] = []
    faults: list[tuple[str, str]] = []
    for name, pictures, mattes in parts:
        _pair_up(root, name, pictures, mattes, layout, pairs, faults)
    return Found(
        tuple(sorted(pairs, key=lambda pair: natural_key(pair.id))),
        tuple(sorted(faults, key=lambda fault: natural_key(fault[0]))),
    )


def _kinds(root: Path) -> list[Kind]:
    return [kind for kind, layout in LAYOUTS.items() if _parts(root, layout)]


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
    """Yield what is no litter below a folder, with its path below it; of the root itself, only what lies there."""

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror})") from error

    for place, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        folders[:] = [] if folder == root else sorted(name for name in folders if not is_litter(name))
        for name in sorted(names):
            if not is_litter(name):
                path = Path(place) / name
                yield path.relative_to(folder).as_posix(), path


def _below(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _holds(root: Path) -> str:
    """Say what lies in a folder, for an error."""
    if not root.is_dir():
        return "it is a file, not a folder" if root.exists() else "there is no such folder"
    visible = sorted((path for path in root.iterdir() if not is_litter(path.name)), key=lambda path: path.name)
    if not visible:
        return "the folder is empty"
    names = [f"{path.name}/" if path.is_dir() else path.name for path in visible]
    rest = len(names) - _SHOWN
    return f"found {', '.join(names[:_SHOWN])}" + (f" and {rest} more" if rest > 0 else "")


def _elsewhere(root: Path, layouts: dict[Kind, Layout]) -> str:
    """Point at the set when it lies one folder further down, as archives often unpack."""
    if not root.is_dir():
        return ""
    folders = (path for path in sorted(root.iterdir()) if path.is_dir() and not is_litter(path.name))
    inner = [path for path in folders if any(_parts(path, layout) for layout in layouts.values())]
    return f"; did you mean {inner[0]}?" if len(inner) == 1 else ""


def in_words(faults: Sequence[tuple[str, str]]) -> str:
    """List the first few faults, each on a line of its own, and count the rest."""
    rest = len(faults) - _LISTED
    lines = [reason for _, reason in faults[:_LISTED]] + ([f"and {rest} more"] if rest > 0 else [])
    return "".join(f"\n  {line}" for line in lines)
