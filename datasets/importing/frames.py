"""Sets with composites and plates, in layouts of their own: which files make up each frame."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError
from datasets.importing.layouts import ReadyLayout
from datasets.importing.paths import fault_of_name, files_of, path_below, stray
from datasets.samples.layout import SampleRef
from datasets.samples.names import natural_key, same_name


@dataclass(frozen=True, slots=True)
class Frame:
    """A sample on disk whose matte may lie in a file of its own; None where the foreground carries it."""

    ref: SampleRef
    matte: Path | None = None

    @property
    def id(self) -> str:
        """`<clip>/<frame>`."""
        return self.ref.id


@dataclass(frozen=True, slots=True)
class FoundFrames:
    """The frames that are whole, in natural order, and (id or path, what is wrong) for everything else."""

    frames: tuple[Frame, ...]
    faults: tuple[tuple[str, str], ...]


def fits(root: Path, layout: ReadyLayout) -> bool:
    """Return whether a folder holds at least one file of each role.

    Raises:
        DataError: a folder cannot be read.
    """
    missing = set(layout.roles.values())
    for below, _ in files_of(root) if root.is_dir() else ():
        missing -= {pattern for pattern in missing if pattern.fullmatch(below)}
        if not missing:
            return True
    return False


def find_frames(root: Path, layout: ReadyLayout) -> FoundFrames:
    """Find the files of every frame of the set at `root`, by name alone.

    Raises:
        DataError: the folder is not laid out as this set is, or cannot be read.
    """
    if not fits(root, layout):
        raise DataError(f"{root}: not recognised as {layout.title}: expected {layout.expected}")
    found: dict[str, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    faults: list[tuple[str, str]] = []
    for below, path in files_of(root):
        role = next((role for role, pattern in layout.roles.items() if pattern.fullmatch(below)), None)
        fault = stray(root, path) if role is None else fault_of_name(root, path)
        if fault is not None:
            faults.append(fault)
        elif role is not None:
            found[same_name(_id(layout, role, below))][role].append(path)
    frames: list[Frame] = []
    for id_, files in found.items():
        lacking = [word for word in layout.roles if word not in files]
        twice = [paths for paths in files.values() if len(paths) > 1]
        if lacking:
            faults.append((id_, f"{id_}: has no {' and no '.join(lacking)}"))
        elif twice:
            faults.append((id_, f"{' and '.join(path_below(root, path) for path in twice[0])}: there twice"))
        else:
            source, background, foreground, matte = (files[role][0] for role in layout.roles)
            spelled = _id(layout, "composite", path_below(root, source))
            frames.append(Frame(SampleRef(spelled, source, background, foreground), matte))
    return FoundFrames(
        tuple(sorted(frames, key=lambda frame: natural_key(frame.id))),
        tuple(sorted(faults, key=lambda fault: natural_key(fault[0]))),
    )


def _id(layout: ReadyLayout, role: str, below: str) -> str:
    """Return `<clip>/<frame>`; a folder above the clips becomes part of their names."""
    match = layout.roles[role].fullmatch(below)
    assert match is not None
    *clip, frame = filter(None, match.groups())
    return f"{'-'.join(clip)}/{frame}"
