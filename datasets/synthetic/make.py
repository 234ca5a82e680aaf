"""Write the synthetic set: drawn figures, of any size and number, the same bytes every time."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from configs.errors import UsageError
from datasets.making.sets import Progress, SetPlan, Written, make_set
from datasets.samples.layout import SampleSet
from datasets.samples.manifest import Generator, Manifest, PhotographEntry, SampleEntry, make_manifest
from datasets.synthetic import generate
from datasets.synthetic.photographs import PHOTOGRAPHS
from datasets.synthetic.plan import check_request

GENERATOR_NAME = "mattekit-synthetic"


def synthesize(
    out: Path,
    count: int,
    seed: int,
    size: tuple[int, int],
    *,
    force: bool = False,
    progress: Progress | None = None,
    workers: int | None = None,
) -> SampleSet:
    """Make the synthetic set at `out`, in OMZ's layout with a manifest; do nothing when it is there already, intact.

    Args:
        out: the set's folder; it appears only when whole.
        count: number of samples.
        seed: with the generator's version, count and size it determines every byte.
        size: height and width in pixels.
        force, progress, workers: as `datasets.making.sets.make_set`.

    Raises:
        UsageError: `count`, `seed` or `size` out of range; `out` holds something else, or cannot be written.
        DataError: a photograph that the generator needs is not installed.
    """
    check_request(seed, 0, size)
    if count <= 0:
        raise UsageError(f"synthetic set: the number of samples must be positive, found {count}")
    recipe = Generator(name=GENERATOR_NAME, version=generate.GENERATOR_VERSION, seed=seed, count=count, size=size)
    plan = SetPlan(
        what="synthetic set",
        verb="mattekit dataset synthesize",
        generator=GENERATOR_NAME,
        name=set_name(count, seed, size),
        renders=[partial(generate.synthetic_sample, seed, index, size) for index in range(count)],
        describe=partial(_manifest, recipe),
        same=lambda manifest: manifest.generator == recipe,
    )
    return make_set(out, plan, force=force, progress=progress, workers=workers)


def set_name(count: int, seed: int, size: tuple[int, int]) -> str:
    """Return the name of the set of this recipe, which is also that of its folder below `data/`."""
    height, width = size
    return f"synthetic-{count}x{height}x{width}-seed{seed}-v{generate.GENERATOR_VERSION}"


def _manifest(recipe: Generator, written: Sequence[Written]) -> Manifest:
    return make_manifest(
        set_name(recipe.count, recipe.seed, recipe.size),
        (file for one in written for file in one.files),
        (SampleEntry(id=one.id, tags=one.tags) for one in written),
        photographs=_photographs(),
        generator=recipe,
        exact_composites=True,
    )


def _photographs() -> Iterator[PhotographEntry]:
    """Credit every photograph that the generator may draw on, for backgrounds and for clothes and skin alike."""
    for photograph in PHOTOGRAPHS.values():
        yield PhotographEntry(
            name=photograph.name,
            package=photograph.package,
            file=photograph.file,
            licence=photograph.licence,
            credit=photograph.credit,
        )
