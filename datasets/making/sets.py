"""Make a set whose samples are computed: in parallel, the same bytes every time, whole or not at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from configs.errors import DataError
from configs.files import new_folder, sha256_of, write_atomically
from configs.folders import find_made
from configs.reading import inside
from datasets.making.parallel import cpus, in_parallel
from datasets.samples.credits import attribution, attribution_damage
from datasets.samples.images import write_png
from datasets.samples.layout import ROLES, SampleSet, files_by_name, listing, open_set, scan_layout
from datasets.samples.manifest import ATTRIBUTION_NAME, FileEntry, Manifest, file_entry
from datasets.samples.names import same_name
from datasets.samples.sample import Sample

DATA_FOLDER = Path("data")
"""Where sets lie that are made at first use, below `configs.places.home`."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Written:
    """A sample that lies on disk: its id, its tags and its three files."""

    id: str
    tags: tuple[str, ...]
    files: tuple[FileEntry, ...]


@dataclass(frozen=True, slots=True)
class SetPlan:
    """A set to be made.

    Attributes:
        what: the kind of set, for messages, such as `synthetic set`.
        verb: the command that makes this kind, such as `mattekit dataset synthesize`.
        generator: the generator's name in the manifests of this kind.
        name: this set's, which contains its recipe.
        renders: one call for each sample; picklable, because other processes make them.
        describe: returns the manifest of the samples written.
        same: whether a manifest is of this very set, leaving its files aside.
    """

    what: str
    verb: str
    generator: str
    name: str
    renders: Sequence[Callable[[], Sample]]
    describe: Callable[[Sequence[Written]], Manifest]
    same: Callable[[Manifest], bool]


def make_set(
    out: Path, plan: SetPlan, *, force: bool = False, progress: Progress | None = None, workers: int | None = None
) -> SampleSet:
    """Make a set at `out`, in OMZ's layout with a manifest; do nothing when it is there already, intact.

    Args:
        out: the set's folder; it appears only when whole.
        plan: what is made.
        force: replace a set of this kind that is there, whatever its recipe or state. Never replaces anything else.
        progress: called with (samples done, samples in all).
        workers: processes to render with; None: one per CPU, 1: in this process.

    Raises:
        UsageError: `out` holds something else, or cannot be written.
        DataError: `out` holds this set, and it was changed.
    """
    foreign = f"holds something that is not a {plan.what}; choose another folder with --out"
    fault = None if force else partial(_fault, out, plan)
    if find_made(out, partial(made_by, plan.generator), foreign=foreign, holds=Manifest.holds, fault=fault):
        return open_set(out)
    with new_folder(out, replace=force) as work:
        written = _write_all(work, plan, min(workers or cpus(), len(plan.renders)), progress)
        manifest = plan.describe(written)
        if manifest.composition is not None:
            write_atomically(work / ATTRIBUTION_NAME, attribution(manifest.composition.credits))
        manifest.write(work)
    return open_set(out)


def damage(root: Path, manifest: Manifest) -> str:
    """Return which files differ from the manifest, ATTRIBUTION.csv included; empty when none does."""
    there = files_by_name(root, scan_layout(root).refs)
    try:
        paths = {file.path: there.get(same_name(file.path), inside(root, file.path)) for file in manifest.files}
    except DataError as error:
        return str(error)
    missing = [name for name, path in paths.items() if not path.is_file()]
    if missing:
        return f"missing: {listing(missing)}"
    changed = [file.path for file in manifest.files if sha256_of(paths[file.path]) != file.sha256]
    if changed:
        return f"changed: {listing(changed)}"
    try:
        open_set(root)
    except DataError as error:
        return str(error)
    return "" if manifest.composition is None else attribution_damage(root, manifest.composition.credits)


def made_by(generator: str, folder: Path) -> Manifest | None:
    """Return the manifest of the set in `folder`; None where it is not of this generator."""
    manifest = Manifest.read_if_there(folder)
    return manifest if manifest and manifest.generator and manifest.generator.name == generator else None


def _fault(out: Path, plan: SetPlan, manifest: Manifest) -> str:
    """Return why the set at `out` is not this very one; raise `DataError` where it is and was changed."""
    remedy = f"use --force of `{plan.verb}` to make it again, or choose another folder with --out"
    if not plan.same(manifest):
        return f"{out}: holds another {plan.what}, {manifest.name}, where {plan.name} is to go; {remedy}"
    if changes := damage(out, manifest):
        raise DataError(f"{out}: the set was changed since it was made ({changes}); {remedy}")
    return ""


def _write_all(root: Path, plan: SetPlan, workers: int, progress: Progress | None) -> list[Written]:
    written: list[Written] = []
    with in_parallel(partial(_write_sample, root), plan.renders, workers, plan.what) as results:
        for result in results:
            written.append(result)
            if progress is not None:
                progress(len(written), len(plan.renders))
    return written


def _write_sample(root: Path, render: Callable[[], Sample]) -> Written:
    """Render one sample and write its three files."""
    sample = render()
    paths = {role: root / role / f"{sample.id}.png" for role in ROLES}
    write_png(paths["com"], sample.source)
    write_png(paths["bgr"], sample.plate)
    write_png(paths["fgr"], np.dstack((sample.foreground, sample.alpha)))
    return Written(sample.id, sample.tags, tuple(file_entry(root, path) for path in paths.values()))
