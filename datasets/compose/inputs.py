"""The pictures that a set is composed from: found below a folder, named, hashed, and left out where damaged."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from datasets.compose.placing import cut_out
from datasets.importing.finding import fault_lines
from datasets.samples.foreign import PICTURES, VIDEOS, frames_hint, is_video
from datasets.samples.images import read_rgb, read_rgba
from datasets.samples.litter import walk
from datasets.samples.manifest import Role, SkippedEntry
from datasets.samples.names import name_fault, natural_key, readable, same_name

ENDINGS: dict[Role, frozenset[str]] = {
    "foreground": frozenset({".png", ".webp"}),
    "background": frozenset({".png", ".jpg", ".jpeg", ".webp"}),
}
SKIP_HINT = "or leave out what is damaged with --skip-damaged, which lists it"


@dataclass(frozen=True, slots=True)
class Input:
    """An input file, its path below its folder, and the name it gives to a clip or a frame."""

    path: Path
    below: str
    name: str
    sha256: str


def find_inputs(
    folder: Path, role: Role, out: Path, *, skip_damaged: bool = False
) -> tuple[list[Input], tuple[SkippedEntry, ...]]:
    """Return the pictures below a folder, in natural order, and those that are left out, with reasons.

    Args:
        folder: linked folders in it are followed; litter, and files that are neither pictures nor videos, passed over.
        role: what the pictures are for.
        out: where the composed set is to lie.
        skip_damaged: leave out what cannot be used; each picture is read for that. Else names alone are looked at.

    Raises:
        UsageError: `out` lies in a folder whose pictures go in.
        DataError: there is no such folder, it holds no pictures, or one that cannot be used and is not to be left out.
    """
    what = f"{role}s"
    if not folder.is_dir():
        found = "not a folder" if folder.exists() else "no such folder"
        raise DataError(f"{readable(folder)}: {found}; expected {what}{frames_hint([folder])}")
    pictures: dict[str, Input] = {}
    skipped: list[SkippedEntry] = []
    for path in _files(folder, out):
        below = path.relative_to(folder).as_posix()
        name = _name(below)
        # Folded, because some file systems ignore case.
        key = same_name(name).casefold()
        fault = _fault_of_name(path, below, name, role)
        if not fault and key in pictures:
            fault = f"{pictures[key].path} and {path}: both give the name {name}; rename one of them"
        if not fault and skip_damaged:
            fault = _damage(path, role)
        if not fault:
            pictures[key] = Input(path, below, name, sha256_of(path))
        elif skip_damaged:
            reason = readable(fault).replace(f"{readable(folder)}/", "")
            skipped.append(SkippedEntry(id=f"{role}/{readable(below)}", reason=reason))
        else:
            raise DataError(f"{fault}, {SKIP_HINT}")
    if not pictures:
        left_out = fault_lines([(each.id, each.reason) for each in skipped])
        endings = " or ".join(sorted(ENDINGS[role]))
        raise DataError(f"{readable(folder)}: holds no {what}; expected files with the ending {endings}{left_out}")
    return list(pictures.values()), tuple(skipped)


def _files(folder: Path, out: Path) -> Iterator[Path]:
    """Yield the pictures and videos below a folder in natural order, by their endings."""
    found: list[Path] = []
    for place, files in walk(folder):
        if out.resolve().is_relative_to(place.resolve()):
            raise UsageError(f"{out}: lies in {place}, whose pictures go in; choose another folder with --out")
        found += (path for path in files if path.suffix.lower() in PICTURES | VIDEOS)
    return iter(sorted(found, key=lambda path: natural_key(path.relative_to(folder).as_posix())))


def _fault_of_name(path: Path, below: str, name: str, role: Role) -> str:
    if fault := name_fault(below) or name_fault(f"{name}.png"):
        return f"{readable(path)}: {fault}"
    if is_video(path):
        return f"{path}: expected pictures of {role}s{frames_hint([path])}"
    if path.suffix.lower() not in ENDINGS[role]:
        endings = " or ".join(sorted(ENDINGS[role]))
        return f"{path}: expected {role}s with the ending {endings}; convert it, or move it away"
    return ""


def _damage(path: Path, role: Role) -> str:
    """Return why a picture cannot be used; empty where it can."""
    try:
        if role == "background":
            read_rgb(path)
        else:
            cut_out(str(path), *read_rgba(path))
    except DataError as error:
        return str(error)
    return ""


def _name(below: str) -> str:
    return below.rpartition(".")[0].replace("/", "-")
