"""Make the bundled people as a set on disk: those of the pack, then their copies.

Composites are exact over the shipped backgrounds. Samples in low light then get the noise of a sensor, composite and
plate each its own. With the hand-held plate the same people stand before the same backgrounds, and
`datasets.samples.plate` takes the plate and casts their shadow.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from configs.errors import UsageError
from configs.schema import Plate
from datasets.making.sets import Progress, SetPlan, Written, make_set
from datasets.people.copies import Copy, copied_entry, copied_person
from datasets.people.pack import Pack, PackSample
from datasets.people.person import capture_of, people_sample
from datasets.samples.layout import SampleSet
from datasets.samples.manifest import (
    Composition,
    CreditEntry,
    Generator,
    Manifest,
    OriginEntry,
    Role,
    SampleEntry,
    make_manifest,
)
from datasets.samples.sample import Sample

GENERATOR_NAME = "mattekit-people"
LICENCE, AUTHOR = "MIT", "the mattekit authors"
"""Of the pack's own pixels; the photographs used in some of them keep their own."""


@dataclass(frozen=True, slots=True)
class Person:
    """One sample of a set: its entry, and what composes it, given a plate and a seed; picklable."""

    entry: PackSample
    compose: Callable[[Plate, int], Sample]


def make_people(
    out: Path,
    pack: Pack,
    count: int,
    *,
    copies: Sequence[Copy] = (),
    plate: Plate = "exact",
    seed: int = 1,
    force: bool = False,
    progress: Progress | None = None,
    workers: int | None = None,
) -> SampleSet:
    """Make the set of the first `count` people, in OMZ's layout with a manifest; nothing when it is there.

    Args:
        out: the set's folder; it appears only when whole.
        pack: where the pixels come from.
        count: number of samples, from the first; the copies come after all that are in the pack.
        copies: of which people, and how.
        plate, seed: as `datasets.people.person.people_sample`.
        force, progress, workers: as `datasets.making.sets.make_set`.

    Raises:
        UsageError: `count` or `seed` out of range; `out` holds something else, or cannot be written.
        DataError: a file of the pack is missing or changed, or decodes to other pixels.
    """
    people = first_people(pack, count, copies)
    samples = [person.entry for person in people]
    if seed < 0:
        raise UsageError(f"seed: expected 0 or more, found {seed}")
    expected = _manifest(pack, samples, plate, seed, ())
    plan = SetPlan(
        what="set of the bundled people",
        verb="mattekit dataset people",
        generator=GENERATOR_NAME,
        name=expected.name,
        renders=[partial(person.compose, plate, seed) for person in people],
        describe=partial(_manifest, pack, samples, plate, seed),
        same=lambda manifest: _without_files(manifest) == _without_files(expected),
    )
    return make_set(out, plan, force=force, progress=progress, workers=workers)


def first_people(pack: Pack, count: int, copies: Sequence[Copy] = ()) -> tuple[Person, ...]:
    """Return the first `count` of the pack's samples, in its order, and then of their copies.

    Raises:
        UsageError: `count` is not positive, or there are fewer.
        DataError: a copy is of a sample that the pack does not have.
    """
    most = len(pack.record.samples) + len(copies)
    if not 0 < count <= most:
        of_them = f" ({len(copies)} of them copies)" if copies else ""
        raise UsageError(
            f"dataset.count: there are {most} bundled people{of_them}, found {count}; choose 1 to {most}, or "
            "`path: synthetic`, which draws any number"
        )
    people = [Person(sample, partial(people_sample, pack, sample)) for sample in pack.record.samples]
    people += [Person(copied_entry(pack, copy), partial(copied_person, pack, copy)) for copy in copies]
    return tuple(people[:count])


def set_name(pack: Pack, count: int, plate: Plate, seed: int) -> str:
    """Return the name of the set of this recipe, which is also that of its folder below `data/`."""
    return f"people-{count}-{plate}-seed{seed}-v{pack.record.version}"


def _manifest(
    pack: Pack, samples: Sequence[PackSample], plate: Plate, seed: int, written: Sequence[Written]
) -> Manifest:
    """Describe the set; without anything written, all but its files."""
    record = pack.record
    used = {name for sample in samples for name in sample.photographs}
    return make_manifest(
        set_name(pack, len(samples), plate, seed),
        (file for one in written for file in one.files),
        (SampleEntry(id=sample.id, tags=_tags(pack, sample, plate, seed), noise=sample.noise) for sample in samples),
        photographs=(photograph for photograph in record.photographs if photograph.name in used),
        generator=Generator(
            name=GENERATOR_NAME, version=record.version, seed=seed, count=len(samples), size=record.size
        ),
        composition=Composition(
            per_foreground=1,
            plate=plate,
            origins=tuple(_origin(pack, sample) for sample in samples),
            credits=tuple(_credits(pack, samples)),
        ),
        exact_composites=plate == "exact",
    )


def _tags(pack: Pack, sample: PackSample, plate: Plate, seed: int) -> tuple[str, ...]:
    if plate == "exact":
        return sample.tags
    return (*sample.tags, *capture_of(sample, pack.record.size, seed)[0].tags)


def _origin(pack: Pack, sample: PackSample) -> OriginEntry:
    files = pack.record.files
    return OriginEntry(
        id=sample.id,
        foreground=sample.foreground,
        foreground_sha256=files[sample.foreground].sha256,
        background=sample.background,
        background_sha256=files[sample.background].sha256,
    )


def _credits(pack: Pack, samples: Sequence[PackSample]) -> Iterator[CreditEntry]:
    """Credit every picture in use, sorted by role, then file: to the toolkit, and to the sample's photographs.

    The pack does not record which photographs went into clothes and which into the background, so both pictures of a
    sample credit all of its photographs. A copy's pictures are its original's.
    """
    pictures: dict[tuple[Role, str], PackSample] = {}
    for sample in samples:
        pictures.setdefault(("background", sample.background), sample)
        pictures.setdefault(("foreground", sample.foreground), sample)
    known = {photograph.name: photograph for photograph in pack.record.photographs}
    for (role, file), sample in sorted(pictures.items(), key=lambda picture: picture[0]):
        photographs = [known[name] for name in sample.photographs]
        yield CreditEntry(
            role=role,
            file=file,
            licence="; ".join(dict.fromkeys([LICENCE, *(photograph.licence for photograph in photographs)])),
            author="; ".join(dict.fromkeys([AUTHOR, *(photograph.credit for photograph in photographs)])),
            title="; ".join([f"{role} of {sample.id}", *(f"photograph {name}" for name in sample.photographs)]),
        )


def _without_files(manifest: Manifest) -> dict[str, object]:
    return manifest.model_dump(exclude={"files", "content_sha256"})
