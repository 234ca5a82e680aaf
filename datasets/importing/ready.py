"""Import a set that is in OMZ's layout already: checked frame by frame, copied, and given a manifest."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from configs.errors import DataError, UsageError
from configs.files import new_folder, sha256_of
from configs.folders import find_made
from datasets.importing.foregrounds import damaged, require_apart
from datasets.making.drawing import drawn
from datasets.making.parallel import cpus, in_parallel
from datasets.making.sets import damage
from datasets.samples.composite import composite
from datasets.samples.layout import SampleRef, SampleSet, load_sample, natural_key, open_set, scan_layout
from datasets.samples.manifest import (
    MANIFEST_NAME,
    FileEntry,
    Manifest,
    SampleEntry,
    SkippedEntry,
    file_entry,
    make_manifest,
)
from datasets.samples.verify import verify_set

Progress = Callable[[str, int, int], None]


def import_ready(
    root: Path,
    out: Path,
    *,
    limit: int | None = None,
    seed: int = 0,
    skip_damaged: bool = False,
    sequential: bool = False,
    workers: int | None = None,
    progress: Progress = lambda what, done, total: None,
) -> SampleSet:
    """Copy the set at `root` to `out`, byte by byte, with a manifest; do nothing where that is there already, intact.

    Args:
        root: the set's folder, in OMZ's layout, without a manifest.
        out: the new folder; it appears only when whole, and sound as `datasets.samples.verify` sees it.
        limit: how many samples, drawn by `seed`; None: all.
        skip_damaged: leave out samples that lack a counterpart or cannot be read, and say so in the manifest.
        sequential: the frames of a clip follow each other in time; held only if none is left out.
        workers: processes; None: one per CPU, 1: in this process.
        progress: called with (what is being done, done, total).

    Raises:
        DataError: another layout; damaged samples that are not to be skipped; nothing is left; the result is not sound.
        UsageError: the set has a manifest already; `out` holds something else, or lies in `root`.
    """
    require_apart(root, out)
    if (root / MANIFEST_NAME).exists():
        raise UsageError(f"{root}: has a manifest already, so there is nothing to import; use the set as it is")
    scan = scan_layout(root)
    if scan.misplaced or not scan.refs or (scan.problems and not skip_damaged):
        raise DataError("\n".join(scan.misplaced or scan.problems))
    refs = list(scan.refs) if limit is None else drawn(scan.refs, seed, limit)
    if limit is not None and len(refs) < limit:
        raise DataError(f"{root}: holds {len(refs)} whole samples, fewer than --limit {limit}")
    foreign = "holds something that is no imported set; choose another folder with --out"
    fault = partial(_fault, root, out, refs, {id_ for id_, _ in scan.incomplete}, sequential)
    if find_made(out, Manifest.read_if_there, foreign=foreign, holds=Manifest.holds, fault=fault):
        return open_set(out)
    entries: list[tuple[SampleRef, tuple[FileEntry, ...], bool]] = []
    faults = list(scan.incomplete)
    with new_folder(out) as work:
        with in_parallel(partial(_copy, root, work), refs, min(workers or cpus(), len(refs)), "import") as results:
            for result in results:
                if len(result) == 3:
                    entries.append(result)
                else:
                    faults.append(result)
                progress("importing", len(entries) + len(faults) - len(scan.incomplete), len(refs))
        if faults and not skip_damaged:
            raise damaged(root, sorted(faults))
        if not entries:
            raise DataError(f"{root}: no sample could be imported")
        skipped = sorted(faults, key=lambda fault: natural_key(fault[0]))
        manifest = make_manifest(
            root.resolve().name,
            (file for _, files, _ in entries for file in files),
            (SampleEntry(id=ref.id) for ref, _, _ in entries),
            sequential=sequential and limit is None and not skipped,
            exact_composites=all(exact for _, _, exact in entries),
            skipped=[SkippedEntry(id=id_, reason=reason) for id_, reason in skipped],
        )
        manifest.write(work)
        verdict = verify_set(work, lambda done, total: progress("verifying", done, total))
        if not verdict:
            raise DataError(str(verdict).replace(str(work), str(root)))
    return open_set(out)


def _copy(root: Path, work: Path, ref: SampleRef) -> tuple[SampleRef, tuple[FileEntry, ...], bool] | tuple[str, str]:
    """Copy a sample and return its files and whether its composite is exact, or (id, what is wrong with it)."""
    try:
        sample = load_sample(ref)
    except DataError as error:
        return ref.id, str(error).replace(f"{root}/", "")
    copies = [work / path.relative_to(root) for path in ref.files]
    for path, copy in zip(ref.files, copies, strict=True):
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    exact = bool((composite(sample.foreground, sample.alpha, sample.background) == sample.source).all())
    return ref, tuple(file_entry(work, copy) for copy in copies), exact


def _fault(
    root: Path, out: Path, refs: list[SampleRef], incomplete: set[str], sequential: bool, manifest: Manifest
) -> str:
    """Return why the set at `out` does not hold these very samples; raise `DataError` where it was and was changed."""
    remedy = "remove it, or choose another folder with --out"
    ids = {sample.id for sample in manifest.samples} | {skipped.id for skipped in manifest.skipped}
    same = ids == {ref.id for ref in refs} | incomplete and not (manifest.sequential and not sequential)
    if not same or not all(_is(root / file.path, file.sha256) for file in manifest.files):
        return f"{out}: holds another set (see {MANIFEST_NAME}); {remedy}"
    if changes := damage(out, manifest):
        raise DataError(f"{out}: the set was changed since it was made ({changes}); {remedy}")
    return ""


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
