"""Which samples accuracy_checker finds in a set: the rules of its converter `background_matting_sequential`.

It takes what matches `com/**/*<ending>`, not below links to folders, cuts each name at its first ending, and pairs
files of the very same name. A frame without its counterparts is passed over in silence, so a set is held against these
rules before a configuration for it is written.
"""

from collections.abc import Mapping
from pathlib import Path

from configs.errors import DataError
from configs.text import counted
from datasets.samples.layout import ROLES, SampleRef, SampleSet, listing

Endings = Mapping[str, str]
"""Folder of a role, such as `com`, to the ending of every file in it."""


def checker_names(root: Path, endings: Endings) -> list[tuple[str, ...]]:
    """Return what accuracy_checker pairs in a set, in its order: paths below the root, by the roles of `ROLES`."""
    ending = endings["com"]
    clips = {path.parent.name for path in (root / "com").glob(f"**/*{ending}")}
    pairs = []
    for clip in sorted(clips):
        for image in sorted((root / "com" / clip).glob(f"*{ending}")):
            base = image.name.split(ending)[0]
            names = tuple(f"{role}/{clip}/{base}{endings[role]}" for role in ROLES)
            if all((root / name).exists() for name in names):
                pairs.append(names)
    return pairs


def checker_endings(sample_set: SampleSet, count: int) -> Endings:
    """Return the endings under which accuracy_checker finds the first `count` samples of a set, and no others.

    Raises:
        DataError: it has no ground truth, or accuracy_checker would find other samples in it; says which, and why.
    """
    root = sample_set.root
    if not sample_set.has_truth:
        raise DataError(
            f"{root}: has no ground truth (no fgr/), and accuracy_checker scores against nothing else; `mattekit "
            "evaluate` measures such a set's agreement with the original"
        )
    if any(ref.background is None for ref in sample_set.refs):
        raise DataError(f"{root}: has no plates (no bgr/), which accuracy_checker's converter pairs every frame with")
    endings = {role: _ending(root, role, sample_set.refs) for role in ROLES}
    found = checker_names(root, endings)
    wanted = [_names(root, ref) for ref in sample_set.refs]
    there = set(found)
    lost = [ref for ref, names in zip(sample_set.refs, wanted, strict=True) if names not in there]
    if lost:
        raise DataError(
            f"{root}: accuracy_checker would pass over {counted(len(lost), 'sample')}, "
            f"{listing(ref.id for ref in lost)}: {_reason(root, lost[0], endings)}"
        )
    if more := sorted(names[0] for names in there.difference(wanted)):
        raise DataError(
            f"{root}: accuracy_checker would also take {listing(more)}, which mattekit passes over; remove them"
        )
    if set(found[:count]) != set(wanted[:count]):
        raise DataError(
            f"{root}: accuracy_checker takes others for the first {counted(count, 'sample')}: it sorts names as texts "
            "(frame10 before frame9); take all of the set, or number its frames with leading zeros"
        )
    return endings


def _names(root: Path, ref: SampleRef) -> tuple[str, ...]:
    return tuple(path.relative_to(root).as_posix() for path in ref.files)


def _ending(root: Path, role: str, refs: tuple[SampleRef, ...]) -> str:
    place = list(ROLES).index(role)
    endings = sorted({ref.files[place].suffix for ref in refs})
    if len(endings) > 1:
        raise DataError(
            f"{root / role}: accuracy_checker takes files of one ending alone, found {', '.join(endings)}; save all as "
            ".png"
        )
    return endings[0]


def _reason(root: Path, ref: SampleRef, endings: Endings) -> str:
    if (root / "com" / ref.source.parent.name).is_symlink():
        return f"{ref.source.parent} is a link, and it looks into real folders alone; copy the folder"
    names = _names(root, ref)
    if any(endings["com"] in Path(name).stem for name in names):
        return f"{ref.source.name} has {endings['com']} in the middle of its name; rename it"
    return "the accents in the names of its files are coded differently; rename them alike"
