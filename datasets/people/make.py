"""Compose the bundled people: in memory sample by sample, or as a set on disk.

Composites are exact over the shipped backgrounds. Samples in low light then get the noise of a sensor, composite and
plate each its own. With the hand-held plate the same people stand before the same backgrounds, and
`datasets.samples.plate` takes the plate and casts their shadow. What is random depends on the seed and the
sample's id alone.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from configs.errors import UsageError
from configs.schema import Plate
from datasets.making.randomness import named_generator
from datasets.making.sets import Progress, SetPlan, Written, make_set
from datasets.people.pack import Pack, PackSample, load_background, load_foreground
from datasets.samples.composite import composite
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
from datasets.samples.plate import captured, draw_capture, noisy, shaded
from datasets.samples.sample import Sample

GENERATOR_NAME = "mattekit-people"
LICENCE, AUTHOR = "MIT", "the mattekit authors"
"""Of the pack's own pixels; the photographs used in some of them keep their own."""


def people_sample(pack: Pack, sample: PackSample, plate: Plate, seed: int) -> Sample:
    """Compose one sample of the pack.

    Args:
        pack: the pack.
        sample: one of its samples.
        plate: `exact`, the true background, or `handheld`.
        seed: 0 or more; draws the noise, and all that is hand-held about the plate.
    """
    foreground, alpha = load_foreground(pack, sample)
    background = load_background(pack, sample)
    seen, tags = background, sample.tags
    if plate == "handheld":
        rng = named_generator(seed, "plate", sample.id)
        capture = draw_capture(rng, pack.record.size)
        background, seen = shaded(background, alpha, capture), captured(background, capture, rng)
        tags = (*tags, *capture.tags)
    source = composite(foreground, alpha, background)
    if sample.noise:
        source = noisy(source, sample.noise, named_generator(seed, "noise of the source", sample.id))
        seen = noisy(seen, sample.noise, named_generator(seed, "noise of the plate", sample.id))
    return Sample(sample.id, source, seen, alpha, foreground, tags)


def make_people(
    out: Path,
    pack: Pack,
    count: int,
    *,
    plate: Plate = "exact",
    seed: int = 1,
    force: bool = False,
    progress: Progress | None = None,
    workers: int | None = None,
) -> SampleSet:
    """Make the set of the pack's first `count` people, in OMZ's layout with a manifest; nothing when it is there.

    Args:
        out: the set's folder; it appears only when whole.
        pack: where the pixels come from.
        count: number of samples, from the first.
        plate, seed: as `people_sample`.
        force, progress, workers: as `datasets.making.sets.make_set`.

    Raises:
        UsageError: `count` or `seed` out of range; `out` holds something else, or cannot be written.
        DataError: a file of the pack is missing or changed, or decodes to other pixels.
    """
    samples = first_samples(pack, count)
    if seed < 0:
        raise UsageError(f"seed: expected 0 or more, found {seed}")
    expected = _manifest(pack, samples, plate, seed, ())
    plan = SetPlan(
        what="set of the bundled people",
        verb="mattekit dataset people",
        generator=GENERATOR_NAME,
        name=expected.name,
        renders=[partial(people_sample, pack, sample, plate, seed) for sample in samples],
        describe=partial(_manifest, pack, samples, plate, seed),
        same=lambda manifest: _without_files(manifest) == _without_files(expected),
    )
    return make_set(out, plan, force=force, progress=progress, workers=workers)


def first_samples(pack: Pack, count: int) -> tuple[PackSample, ...]:
    """Return the pack's first `count` samples.

    Raises:
        UsageError: `count` is not positive, or the pack has fewer.
    """
    if not 0 < count <= len(pack.record.samples):
        raise UsageError(
            f"dataset.count: there are {len(pack.record.samples)} bundled people, found {count}; choose 1 to "
            f"{len(pack.record.samples)}, or `path: synthetic`, which draws any number"
        )
    return pack.record.samples[:count]


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
    return (*sample.tags, *draw_capture(named_generator(seed, "plate", sample.id), pack.record.size).tags)


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
    sample credit all of its photographs.
    """
    pictures: list[tuple[Role, str, PackSample]] = [
        *(("background", sample.background, sample) for sample in samples),
        *(("foreground", sample.foreground, sample) for sample in samples),
    ]
    known = {photograph.name: photograph for photograph in pack.record.photographs}
    for role, file, sample in sorted(pictures, key=lambda picture: picture[:2]):
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
