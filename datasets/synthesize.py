"""Write the synthetic set: rendered in parallel, the same bytes every time, whole or not at all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configs.errors import DataError, UsageError
from configs.files import new_folder, sha256_of
from configs.schema import DatasetSection
from datasets.images import write_png
from datasets.layout import ROLES, SampleSet, listing, open_set
from datasets.manifest import (
    FileEntry,
    Generator,
    Manifest,
    PhotographEntry,
    SampleEntry,
    file_entry,
    make_manifest,
    read_manifest,
    write_manifest,
)
from datasets.parallel import cpus, in_parallel
from datasets.synthetic import generate
from datasets.synthetic.photographs import PHOTOGRAPHS
from datasets.synthetic.plan import check_request

GENERATOR_NAME = "mattekit-synthetic"
DATA_FOLDER = Path("data")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Job:
    """One sample to render into the set at `root`."""

    root: Path
    seed: int
    index: int
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Written:
    sample: SampleEntry
    files: tuple[FileEntry, ...]


def default_set_path(dataset: DatasetSection) -> Path:
    """Return where the synthetic set of a configuration is kept: one folder per recipe, below `data/`."""
    return DATA_FOLDER / _recipe_name(_recipe(dataset.count, dataset.seed, dataset.size))


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
        force: replace a synthetic set that is there, whatever its recipe or state. Never replaces anything else.
        progress: called with (samples done, samples in all).
        workers: processes to render with; None: one per CPU, 1: in this process.

    Raises:
        UsageError: `count`, `seed` or `size` out of range; `out` holds something else, or cannot be written.
        DataError: a photograph that the generator needs is not installed.
    """
    check_request(seed, 0, size)
    if count <= 0:
        raise UsageError(f"synthetic set: the number of samples must be positive, found {count}")
    recipe = _recipe(count, seed, size)
    if _already_there(out, recipe, force):
        return open_set(out)
    with new_folder(out) as work:
        jobs = [_Job(work, seed, index, size) for index in range(count)]
        written = _write_all(jobs, min(workers or cpus(), count), progress)
        write_manifest(work, _manifest(recipe, written))
    return open_set(out)


def _recipe(count: int, seed: int, size: tuple[int, int]) -> Generator:
    return Generator(name=GENERATOR_NAME, version=generate.GENERATOR_VERSION, seed=seed, count=count, size=size)


def _recipe_name(recipe: Generator) -> str:
    height, width = recipe.size
    return f"synthetic-{recipe.count}x{height}x{width}-seed{recipe.seed}-v{recipe.version}"


def _already_there(out: Path, recipe: Generator, force: bool) -> bool:
    """Tell whether `out` is this very set, intact; refuse when it holds what must not be replaced.

    Raises:
        UsageError: `out` holds another set or a damaged one and `force` is not given, or something that is no
            synthetic set.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    foreign = f"{out}: holds something that is not a synthetic set; choose another folder with --out"
    try:
        manifest = read_manifest(out) if out.is_dir() else None
    except DataError as error:
        raise UsageError(f"{foreign}\n{error}") from error
    if manifest is None or manifest.generator is None or manifest.generator.name != GENERATOR_NAME:
        raise UsageError(foreign)
    remedy = "use --force to make it again, or choose another folder with --out"
    if manifest.generator != recipe:
        if force:
            return False
        raise UsageError(
            f"{out}: holds another synthetic set, {_recipe_name(manifest.generator)}, where {_recipe_name(recipe)} "
            f"is to go; {remedy}"
        )
    if damaged := damage(out, manifest):
        if force:
            return False
        raise UsageError(f"{out}: the set was changed since it was made ({damaged}); {remedy}")
    return not force


def damage(root: Path, manifest: Manifest) -> str:
    """Say which files no longer are what the manifest says; empty when all are."""
    missing = [file.path for file in manifest.files if not (root / file.path).is_file()]
    if missing:
        return f"missing: {listing(missing)}"
    changed = [file.path for file in manifest.files if sha256_of(root / file.path) != file.sha256]
    if changed:
        return f"changed: {listing(changed)}"
    try:
        open_set(root)
    except DataError as error:
        return str(error)
    return ""


def _write_all(jobs: list[_Job], workers: int, progress: Progress | None) -> list[_Written]:
    written: list[_Written] = []
    with in_parallel(_write_sample, jobs, workers, "synthetic set") as results:
        for result in results:
            written.append(result)
            if progress is not None:
                progress(len(written), len(jobs))
    return written


def _write_sample(job: _Job) -> _Written:
    """Render one sample and write its three files."""
    sample = generate.synthetic_sample(job.seed, job.index, job.size)
    paths = {role: job.root / role / f"{sample.id}.png" for role in ROLES}
    write_png(paths["com"], sample.source)
    write_png(paths["bgr"], sample.background)
    write_png(paths["fgr"], np.dstack((sample.foreground, sample.alpha)))
    files = tuple(file_entry(job.root, path) for path in paths.values())
    return _Written(SampleEntry(id=sample.id, tags=sample.tags), files)


def _manifest(recipe: Generator, written: list[_Written]) -> Manifest:
    return make_manifest(
        _recipe_name(recipe),
        (file for one in written for file in one.files),
        (one.sample for one in written),
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
