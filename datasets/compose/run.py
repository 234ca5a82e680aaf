"""Compose a set from a folder of foregrounds and one of backgrounds: the same bytes every time, whole or not at all.

Each foreground is a clip, and each of its backgrounds a frame, named after the files (`/` becomes `-`). The backgrounds
are shuffled by the seed and then used in turn, so that all are used about equally often. What is random about a sample
depends on the seed and the two names alone, and is the same for both plates. Licence and author of every picture used
go into the manifest and ATTRIBUTION.csv, as far as `datasets.compose.credits` finds them.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError, UsageError
from configs.files import new_folder, write_atomically
from configs.folders import find_made
from configs.schema import CutSides, Plate
from configs.section import MAX_PIXELS
from configs.sizes import size_text
from datasets.compose.credits import find_credits
from datasets.compose.inputs import SKIP_HINT, Input, find_inputs
from datasets.compose.placing import Cutout, Size, cover, cut_out, place_foreground
from datasets.importing.record import estimated_sha256s
from datasets.making.randomness import named_generator
from datasets.making.sets import Progress, damage, made_by
from datasets.samples.composite import composite
from datasets.samples.credits import attribution
from datasets.samples.images import read_rgb, read_rgba, write_png
from datasets.samples.layout import ROLES, SampleSet, open_set
from datasets.samples.manifest import (
    ATTRIBUTION_NAME,
    Composition,
    CreditEntry,
    FileEntry,
    Generator,
    Manifest,
    OriginEntry,
    SampleEntry,
    SkippedEntry,
    file_entry,
    make_manifest,
)
from datasets.samples.plate import captured, draw_capture, shaded

GENERATOR_NAME = "mattekit-compose"
GENERATOR_VERSION = 2
"""Raised whenever the same inputs and seed give other bytes than before."""


def compose_set(
    foregrounds: Path,
    backgrounds: Path,
    out: Path,
    *,
    size: Size,
    per_foreground: int,
    seed: int,
    plate: Plate = "exact",
    cut_sides: CutSides = "hide",
    skip_damaged: bool = False,
    progress: Progress | None = None,
) -> SampleSet:
    """Make a set at `out`, in OMZ's layout with a manifest; do nothing when it is there already, intact.

    See `datasets.compose.placing` for placing and `datasets.samples.plate` for the hand-held plate. Composites are
    exact over the true background; with the hand-held plate that background is in no file.

    Args:
        foregrounds: folder of RGBA pictures, PNG or WebP, at any depth, linked folders included. Files that are no
            pictures, and `datasets.samples.litter`, are passed over. Where `foregrounds.json` marks colours as
            estimated, the manifest marks the samples.
        backgrounds: folder of RGB pictures, PNG, JPEG or WebP, likewise.
        out: the set's folder; it appears only when whole.
        size: height and width in pixels.
        per_foreground: different backgrounds for each foreground.
        seed: 0 or more.
        plate: `exact`, the true background, or `handheld`.
        cut_sides: whether foregrounds whose picture cut off both sides are placed so that no cut shows, or whole.
        skip_damaged: leave out pictures that cannot be used, and list them in the manifest; the set is otherwise the
            one of the folders without them.
        progress: called with (samples done, samples in all).

    Raises:
        UsageError: a number out of range; `out` holds something else, lies in an input folder, or cannot be written.
        DataError: a folder is missing or holds no pictures, too few backgrounds or a picture of another format; two
            files give one name; a picture cannot be read, or a foreground's alpha is 0 or 255 everywhere, and none is
            to be left out; a file that credits pictures is corrupt.
    """
    if min(size) <= 0 or size[0] * size[1] > MAX_PIXELS:
        raise UsageError(f"size: expected positive sides and at most {MAX_PIXELS} pixels, found {size_text(size)}")
    if per_foreground <= 0 or seed < 0:
        raise UsageError(f"expected per_foreground above 0 and seed 0 or more, found {per_foreground} and {seed}")
    people, skipped_people = find_inputs(foregrounds, "foreground", out, skip_damaged=skip_damaged)
    places, skipped_places = find_inputs(backgrounds, "background", out, skip_damaged=skip_damaged)
    skipped = *skipped_people, *skipped_places
    if per_foreground > len(places):
        raise DataError(
            f"{backgrounds}: holds {len(places)} backgrounds, but each foreground is to have {per_foreground} "
            "different ones; add some, or choose a smaller --per-foreground"
        )
    pairs = list(_dealt(people, places, per_foreground, seed))
    recipe = Generator(name=GENERATOR_NAME, version=GENERATOR_VERSION, seed=seed, count=len(pairs), size=size)
    composition = Composition(
        per_foreground=per_foreground,
        plate=plate,
        cut_sides=cut_sides,
        origins=_origins(pairs, estimated_sha256s(foregrounds)),
        credits=_credits(pairs, foregrounds, backgrounds),
    )
    foreign = "holds something that is not a composed set; choose another folder with --out"
    fault = partial(_fault, out, recipe, composition, skipped)
    if find_made(out, partial(made_by, GENERATOR_NAME), foreign=foreign, holds=Manifest.holds, fault=fault):
        return open_set(out)
    with new_folder(out) as work:
        files: list[FileEntry] = []
        samples: list[SampleEntry] = []
        cutout: tuple[Input, Cutout] | None = None
        for person, place in pairs:
            if cutout is None or cutout[0] is not person:
                cutout = person, _cut_out(person)
            sample, written = _write_sample(work, cutout[1], person, place, recipe, composition)
            samples.append(sample)
            files += written
            if progress is not None:
                progress(len(samples), len(pairs))
        write_atomically(work / ATTRIBUTION_NAME, attribution(composition.credits))
        _manifest(recipe, composition, files, samples, skipped).write(work)
    return open_set(out)


def _dealt(people: list[Input], places: list[Input], each: int, seed: int) -> Iterator[tuple[Input, Input]]:
    deck = named_generator(seed, "deck").permutation(len(places))
    for index, person in enumerate(people):
        for turn in range(each):
            yield person, places[int(deck[(index * each + turn) % len(places)])]


def _origins(pairs: list[tuple[Input, Input]], estimated: frozenset[str]) -> tuple[OriginEntry, ...]:
    origins = (
        OriginEntry(
            id=f"{person.name}/{place.name}",
            foreground=person.below,
            foreground_sha256=person.sha256,
            foreground_estimated=person.sha256 in estimated,
            background=place.below,
            background_sha256=place.sha256,
        )
        for person, place in pairs
    )
    return tuple(sorted(origins, key=lambda origin: origin.id))


def _credits(pairs: list[tuple[Input, Input]], foregrounds: Path, backgrounds: Path) -> tuple[CreditEntry, ...]:
    """Credit the pictures that are used, each once, sorted by role, then file."""
    places = find_credits(backgrounds, "background", {place.below: place.sha256 for _, place in pairs})
    people = find_credits(foregrounds, "foreground", {person.below: person.sha256 for person, _ in pairs})
    return *places, *people


def _fault(
    out: Path, recipe: Generator, composition: Composition, skipped: tuple[SkippedEntry, ...], manifest: Manifest
) -> str:
    """Return why the set at `out` is not this very one; raise `DataError` where it was and was changed."""
    remedy = "remove it, or choose another folder with --out"
    if (manifest.generator, manifest.composition, manifest.skipped) != (recipe, composition, skipped):
        return f"{out}: holds a set composed otherwise, {manifest.name}; {remedy}"
    if changes := damage(out, manifest):
        raise DataError(f"{out}: the set was changed since it was made ({changes}); {remedy}")
    return ""


def _write_sample(
    root: Path, cutout: Cutout, person: Input, place: Input, recipe: Generator, composition: Composition
) -> tuple[SampleEntry, list[FileEntry]]:
    names = person.below, place.below
    rng = named_generator(recipe.seed, "place", *names)
    placed = place_foreground(str(person.path), cutout, recipe.size, rng, composition.cut_sides)
    background = cover(_background(place), recipe.size, rng)
    seen = background
    tags = placed.tags
    if composition.plate == "handheld":
        rng = named_generator(recipe.seed, "plate", *names)
        capture = draw_capture(rng, recipe.size)
        background, seen = shaded(background, placed.alpha, capture), captured(background, capture, rng)
        tags += capture.tags
    id_ = f"{person.name}/{place.name}"
    images = {
        "com": composite(placed.colours, placed.alpha, background),
        "bgr": seen,
        "fgr": np.dstack((placed.colours, placed.alpha)),
    }
    paths = [root / role / f"{id_}.png" for role in ROLES]
    for role, path in zip(ROLES, paths, strict=True):
        write_png(path, images[role])
    return SampleEntry(id=id_, tags=tags), [file_entry(root, path) for path in paths]


def _cut_out(person: Input) -> Cutout:
    try:
        return cut_out(str(person.path), *read_rgba(person.path))
    except DataError as error:
        raise DataError(f"{error}, {SKIP_HINT}") from error


def _background(place: Input) -> NDArray[np.uint8]:
    try:
        return read_rgb(place.path)
    except DataError as error:
        raise DataError(f"{error}, {SKIP_HINT}") from error


def _manifest(
    recipe: Generator,
    composition: Composition,
    files: list[FileEntry],
    samples: list[SampleEntry],
    skipped: tuple[SkippedEntry, ...],
) -> Manifest:
    height, width = recipe.size
    return make_manifest(
        f"composed-{recipe.count}x{height}x{width}-{composition.plate}-seed{recipe.seed}-v{recipe.version}",
        files,
        samples,
        generator=recipe,
        composition=composition,
        exact_composites=composition.plate == "exact",
        skipped=skipped,
    )
