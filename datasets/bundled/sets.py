"""The sets that a configuration can name instead of a folder: `people` and `synthetic`, made at first use."""

from pathlib import Path

from configs.errors import UsageError
from configs.places import home
from configs.schema import BUNDLED, PEOPLE, DatasetSection
from configs.sizes import size_text
from datasets.making.sets import DATA_FOLDER, Progress
from datasets.people import make
from datasets.people.copies import COPIES
from datasets.people.pack import Pack, open_pack
from datasets.samples.layout import SampleSet
from datasets.samples.sample import Sample
from datasets.synthetic import generate
from datasets.synthetic.make import set_name, synthesize
from datasets.synthetic.photographs import PHOTOGRAPHS


def default_set_path(dataset: DatasetSection) -> Path:
    """Return where the bundled set of a configuration is kept: one folder per recipe, below `data/` of the home.

    Raises:
        UsageError: the configuration names a folder.
        DataError: the pack of the bundled people has no sound record.
    """
    _require_bundled(dataset)
    if dataset.path == PEOPLE:
        return home() / DATA_FOLDER / make.set_name(open_pack(), dataset.count, dataset.plate, dataset.seed)
    return home() / DATA_FOLDER / set_name(dataset.count, dataset.seed, dataset.size)


def make_bundled(
    dataset: DatasetSection,
    out: Path | None = None,
    *,
    force: bool = False,
    progress: Progress | None = None,
    workers: int | None = None,
) -> SampleSet:
    """Make the bundled set of a configuration; do nothing when it is there already, intact.

    Args:
        dataset: the recipe.
        out: the set's folder; None: `default_set_path`.
        force, progress, workers: as `datasets.making.sets.make_set`.

    Raises:
        UsageError: the recipe cannot be made; `out` holds something else, or cannot be written.
        DataError: a file that the set is made from is missing or changed.
    """
    _require_bundled(dataset)
    out = out or default_set_path(dataset)
    if dataset.path == PEOPLE:
        return make.make_people(
            out,
            _people(dataset),
            dataset.count,
            copies=COPIES,
            plate=dataset.plate,
            seed=dataset.seed,
            force=force,
            progress=progress,
            workers=workers,
        )
    return synthesize(out, dataset.count, dataset.seed, dataset.size, force=force, progress=progress, workers=workers)


def bundled_samples(dataset: DatasetSection, size: tuple[int, int], count: int) -> list[Sample]:
    """Return the first `count` samples of the bundled set, or all where there are fewer, without writing any.

    Those of `synthetic` are drawn at `size`, height and width; those of `people` have their own.
    """
    _require_bundled(dataset)
    if dataset.path == PEOPLE:
        people = make.first_people(_people(dataset), dataset.count, COPIES)
        return [person.compose(dataset.plate, dataset.seed) for person in people[:count]]
    return [generate.synthetic_sample(dataset.seed, index, size) for index in range(min(count, dataset.count))]


def bundled_licences(dataset: DatasetSection) -> tuple[str, ...]:
    """Return the licences (SPDX) of all that a bundled set is made of, sorted: the toolkit's, and its photographs'.

    Raises:
        UsageError: the configuration names a folder.
        DataError: the pack of the bundled people has no sound record.
    """
    _require_bundled(dataset)
    photographs = open_pack().record.photographs if dataset.path == PEOPLE else PHOTOGRAPHS.values()
    return tuple(sorted({make.LICENCE, *(photograph.licence for photograph in photographs)}))


def _people(dataset: DatasetSection) -> Pack:
    """Return the pack, if it can make what the configuration asks for."""
    pack = open_pack()
    if dataset.size != pack.record.size:
        found, expected = (size_text(size) for size in (dataset.size, pack.record.size))
        raise UsageError(
            f"dataset.size: the bundled people are {expected}, found {found}; they are never resized: "
            f"leave the size out, or choose `path: synthetic`, which draws any size"
        )
    return pack


def _require_bundled(dataset: DatasetSection) -> None:
    if dataset.path not in BUNDLED:
        raise UsageError(f"dataset.path: expected {' or '.join(BUNDLED)}, found the folder {dataset.path}")
