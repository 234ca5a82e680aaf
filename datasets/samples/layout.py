"""Sets on disk, in OMZ's layout: found and checked as a whole at once, decoded one sample at a time.

    <root>/com/<clip>/<frame>.png   composite, RGB (or .jpg, .jpeg)
    <root>/bgr/<clip>/<frame>.png   background plate, RGB (or .jpg, .jpeg); a set without any bgr/ has no plates
    <root>/fgr/<clip>/<frame>.png   foreground colours and alpha, RGBA; a set without any fgr/ has no ground truth
    <root>/manifest.json            optional: hashes, tags, licences

`datasets.samples.litter` is passed over, links are followed; anything else below these folders must be a frame. The
root may hold other files as well; nothing reads them. The files of a frame belong together by name, however its
accents are coded.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from configs.reading import inside
from configs.sizes import size_text
from configs.urls import was_url
from datasets.samples.elsewhere import elsewhere, set_elsewhere
from datasets.samples.foreign import frames_hint
from datasets.samples.frames import files_of, frames
from datasets.samples.images import array_sha256, picture_bytes, pixels_sha256, read_rgb, read_rgba
from datasets.samples.manifest import MANIFEST_NAME, Manifest, content_sha256
from datasets.samples.names import listing as listing
from datasets.samples.names import natural_key, readable, same_name
from datasets.samples.refs import ROLES as ROLES
from datasets.samples.refs import SampleRef as SampleRef
from datasets.samples.sample import Pair, Sample

_REMEDY = "make the set again, or see `mattekit dataset verify`"
EXPECTED = "expected com/, bgr/ and fgr/ with <clip>/<frame>.png in each"


@dataclass(frozen=True)
class SampleSet:
    """A set in OMZ's layout whose files are all in place.

    Attributes:
        name: the manifest's name, else the folder's.
        refs: sorted by clip, then frame; numbers in names count as numbers (`frame9` before `frame10`).
        manifest: None for a set that came without.
    """

    name: str
    root: Path
    refs: tuple[SampleRef, ...]
    manifest: Manifest | None = None

    @property
    def has_truth(self) -> bool:
        """Whether its samples have ground truth; without it a set serves for agreement with the original alone."""
        return self.refs[0].foreground is not None

    @property
    def has_plates(self) -> bool:
        """Whether its samples have background plates; without them a set serves for networks that take none."""
        return self.refs[0].background is not None

    @property
    def sequential(self) -> bool:
        """Whether frames of a clip follow each other in time.

        Only a manifest can say so: a metric over time has no meaning for stills.
        """
        return self.manifest is not None and self.manifest.sequential

    @property
    def estimated_foregrounds(self) -> frozenset[str]:
        """Ids of the samples whose foreground colours the manifest marks as estimated."""
        composition = None if self.manifest is None else self.manifest.composition
        origins = () if composition is None else composition.origins
        return frozenset(origin.id for origin in origins if origin.foreground_estimated)

    @cached_property
    def manifest_sha256(self) -> str:
        """The set's identity: `content_sha256` of its pixels, from the manifest or else computed from every file."""
        if self.manifest is not None:
            return self.manifest.content_sha256
        return self.first_sha256(len(self.refs))

    def first_sha256(self, count: int) -> str:
        """Return `content_sha256` of the first `count` samples' images, computed from their files.

        Raises:
            DataError: a file is not readable.
        """
        return content_sha256(image for ref in self.refs[:count] for image in self.files_sha256(ref))

    def files_sha256(self, ref: SampleRef) -> tuple[tuple[str, str], ...]:
        """Return path below the root and pixel hash of every image of a sample, as its files are now."""
        with ref.at_hand() as here:
            return tuple(zip(self._below(ref), map(pixels_sha256, here.files), strict=True))

    def decoded_sha256(self, ref: SampleRef, sample: Pair) -> list[tuple[str, str]]:
        """Return path below the root and hash of every image of a decoded sample, as `content_sha256` takes them."""
        hashes = [array_sha256(image) for image in sample.images.values()]
        if isinstance(sample, Sample):
            hashes.append(array_sha256(sample.foreground, sample.alpha))
        return list(zip(self._below(ref), hashes, strict=True))

    def _below(self, ref: SampleRef) -> list[str]:
        return [path.relative_to(self.root).as_posix() for path in ref.files]


@dataclass(frozen=True, slots=True)
class Scan:
    """What a folder holds: the frames that are whole, and a message for every breach of the layout.

    Attributes:
        incomplete: ids of the frames that lack a counterpart, each with what it lacks; also in `problems`.
        misplaced: the other `problems`.
    """

    refs: tuple[SampleRef, ...]
    problems: tuple[str, ...]
    incomplete: tuple[tuple[str, str], ...] = ()
    misplaced: tuple[str, ...] = ()


def open_set(root: Path) -> SampleSet:
    """Find every sample of the set at `root`, without decoding any.

    Raises:
        DataError: the folder, com/, a counterpart or a file of the manifest is missing; a frame is there twice, a file
            is out of place, or there is no sample at all. Names the first five of each kind.
    """
    scan = scan_layout(root)
    if scan.problems:
        raise DataError("\n".join(scan.problems))
    manifest = Manifest.read_if_there(root)
    refs = scan.refs if manifest is None else described(root, scan.refs, manifest)
    return SampleSet(manifest.name if manifest else root.resolve().name, root, refs, manifest)


def load_sample(ref: SampleRef) -> Sample:
    """Decode a sample with its ground truth.

    Raises:
        DataError: it has none; or as `load_pair`.
    """
    sample = load_pair(ref)
    if not isinstance(sample, Sample):
        raise DataError(f"{ref.source}: has no ground truth (no fgr/ in its set), and this needs one: give another set")
    return sample


def load_pair(ref: SampleRef) -> Pair:
    """Decode what a network is given of a sample: a `Sample` where it has ground truth, else a `Pair`.

    Raises:
        DataError: a file is unreadable, breaks a rule of `datasets.samples.images`, differs from what the manifest says
            of it, differs in size from its counterparts, or cannot be fetched.
    """
    with ref.at_hand() as here:
        return _decoded(here)


def _decoded(ref: SampleRef) -> Pair:
    source = read_rgb(ref.source, _verified(ref, ref.source))
    background = None if ref.background is None else read_rgb(ref.background, _verified(ref, ref.background))
    _require_one_size(ref, ref.background, source, background)
    if ref.foreground is None:
        return Pair(ref.id, source, background, tags=ref.tags)
    foreground, alpha = read_rgba(ref.foreground, _verified(ref, ref.foreground))
    _require_one_size(ref, ref.foreground, source, foreground)
    return Sample(ref.id, source, background, alpha, foreground, tags=ref.tags)


def _verified(ref: SampleRef, path: Path) -> bytes:
    """Read a file of a sample, once for its hash and its pixels; its bytes are those that the manifest states."""
    data = picture_bytes(path)
    expected = dict(zip(ref.files, ref.sha256 or (), strict=False)).get(path)
    if expected is not None and (found := hashlib.sha256(data).hexdigest()) != expected:
        raise DataError(f"{path}: has SHA-256 {found}, the manifest says {expected}; {_REMEDY}")
    return data


def _require_one_size(
    ref: SampleRef, path: Path | None, source: NDArray[np.uint8], image: NDArray[np.uint8] | None
) -> None:
    if image is not None and image.shape[:2] != source.shape[:2]:
        raise DataError(
            f"{path}: is {size_text(image.shape)}, but {ref.source} is "
            f"{size_text(source.shape)}; the images of a sample must have one size"
        )


def iterate(sample_set: SampleSet, limit: int | None = None) -> Iterator[Sample]:
    """Decode the first `limit` samples (None: all) with their ground truth, in order, each when it is asked for."""
    return map(load_sample, first_refs(sample_set, limit))


def iterate_pairs(sample_set: SampleSet, limit: int | None = None) -> Iterator[Pair]:
    """Decode the first `limit` samples (None: all) as `load_pair` does, in order, each when it is asked for."""
    return map(load_pair, first_refs(sample_set, limit))


def first_refs(sample_set: SampleSet, limit: int | None) -> tuple[SampleRef, ...]:
    """Return the first `limit` samples of a set, not yet decoded; None: all."""
    if limit is not None and limit <= 0:
        raise ValueError(f"limit must be positive, not {limit}")
    return sample_set.refs[:limit]


def scan_layout(root: Path) -> Scan:
    """Look at every name in the set's folders and pair the frames; never raises."""
    try:
        return _scan(root)
    except DataError as error:
        return Scan((), (str(error),))
    except OSError as error:  # such as a name that is too long
        return Scan((), (f"{readable(root)}: cannot be read ({error.strerror})",))


def _scan(root: Path) -> Scan:
    if not root.is_dir():
        what = "not a folder" if root.exists() else "no such folder"
        if was_url(root):
            return Scan((), (f"{root}: a set in a store serves for evaluating alone; copy it to this disk for this",))
        return Scan((), (f"{readable(root)}: {what}; {EXPECTED}{frames_hint([root])}",))
    if (name := readable(root.resolve())) != str(root.resolve()):
        return Scan((), (f"{name}: the path is not UTF-8, so no result can name the set; rename its folders",))
    missing = [role for role in ROLES if not (root / role).is_dir()]
    hint = set_elsewhere(root, ["com"]) if "com" in missing else "".join(elsewhere(root, role) for role in missing)
    if "com" in missing or hint:
        names = " and ".join(f"`{role}`" for role in missing)
        return Scan((), (f"{root}: has no folder {names}; {EXPECTED}{hint}",))
    problems: list[str] = []
    roles = [role for role in ROLES if role not in missing]
    return paired(root, {role: frames(root / role, files_of(root / role), role, problems) for role in roles}, problems)


def paired(root: Path, by_role: Mapping[str, Mapping[str, Sequence[Path]]], problems: list[str]) -> Scan:
    """Put together the frames of each role that a set has, as `datasets.samples.frames.frames` gave them."""
    known = set().union(*by_role.values())
    misplaced = tuple(problems)
    for role, found in by_role.items():
        if lacking := sorted(known - found.keys(), key=natural_key):
            missing = f"no {ROLES[role]} for {listing(lacking)}; expected {root / role / lacking[0]}.png"
            problems.append(f"{root / role}: {missing}")
    if not known and not problems:
        problems.append(f"{root}: holds no samples; {EXPECTED}")
    whole = sorted(known.intersection(*by_role.values()), key=natural_key)
    refs = (_ref({role: found[id_][0] for role, found in by_role.items()}) for id_ in whole)
    incomplete = (
        (id_, " and ".join(f"no {ROLES[role]}" for role, found in by_role.items() if id_ not in found))
        for id_ in sorted(known.difference(whole), key=natural_key)
    )
    return Scan(tuple(refs), tuple(problems), tuple(incomplete), misplaced)


def _ref(files: Mapping[str, Path]) -> SampleRef:
    source = files["com"]
    return SampleRef(f"{source.parent.name}/{source.stem}", source, files.get("bgr"), files.get("fgr"))


def spelled_as(refs: Iterable[SampleRef], manifest: Manifest) -> tuple[SampleRef, ...]:
    """Return refs with their ids as the manifest spells them, where it has them."""
    spelled = {same_name(sample.id): sample.id for sample in manifest.samples}
    return tuple(replace(ref, id=spelled.get(same_name(ref.id), ref.id)) for ref in refs)


def files_by_name(root: Path, refs: Iterable[SampleRef]) -> dict[str, Path]:
    """Return the files of refs by their `same_name` below the root."""
    return {same_name(path.relative_to(root).as_posix()): path for ref in refs for path in ref.files}


def described(root: Path, refs: tuple[SampleRef, ...], manifest: Manifest) -> tuple[SampleRef, ...]:
    """Check that the manifest lists exactly these files, and add its tags and hashes to each sample."""
    path = root / MANIFEST_NAME
    for file in manifest.files:
        inside(root, file.path)
    refs = spelled_as(refs, manifest)
    hashes = {same_name(file.path): file.sha256 for file in manifest.files}
    tags = {sample.id: sample.tags for sample in manifest.samples}
    found = files_by_name(root, refs).keys()
    for lacking, where in (
        (hashes.keys() - found, "not in the folder"),
        (found - hashes.keys(), "not in the manifest"),
    ):
        if lacking:
            raise DataError(f"{path}: {where}: {listing(sorted(lacking, key=natural_key))}; {_REMEDY}")
    if differing := tags.keys() ^ {ref.id for ref in refs}:
        names = listing(sorted(differing, key=natural_key))
        raise DataError(f"{path}: `samples` and the files disagree about {names}; {_REMEDY}")
    return tuple(
        replace(ref, tags=tags[ref.id], sha256=tuple(hashes[name] for name in files_by_name(root, [ref])))
        for ref in refs
    )
