"""Import a set that has composites and plates already: checked frame by frame, copied, and given a manifest."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from configs.errors import DataError, UsageError
from configs.files import new_folder, sha256_of
from configs.folders import find_made
from configs.sizes import size_text
from datasets.importing.foregrounds import damaged, require_apart
from datasets.importing.frames import FoundFrames, Frame, find_frames
from datasets.importing.layouts import ReadyLayout
from datasets.making.drawing import drawn
from datasets.making.parallel import cpus, in_parallel
from datasets.making.sets import damage
from datasets.samples.composite import composite
from datasets.samples.images import array_sha256, read_alpha, read_rgb, write_png
from datasets.samples.layout import ROLES, SampleSet, load_sample, open_set, scan_layout
from datasets.samples.manifest import (
    MANIFEST_NAME,
    FileEntry,
    Manifest,
    SampleEntry,
    SkippedEntry,
    file_entry,
    make_manifest,
)
from datasets.samples.names import natural_key
from datasets.samples.sample import Sample
from datasets.samples.verify import verify_set

Progress = Callable[[str, int, int], None]


def import_ready(
    root: Path,
    out: Path,
    *,
    layout: ReadyLayout | None = None,
    limit: int | None = None,
    seed: int = 0,
    skip_damaged: bool = False,
    sequential: bool = False,
    workers: int | None = None,
    progress: Progress = lambda what, done, total: None,
) -> SampleSet:
    """Copy the set at `root` to `out`, byte by byte, with a manifest; do nothing where that is there already, intact.

    Of a set in another layout, foreground and matte become one RGBA PNG.

    Args:
        root: the set's folder, without a manifest.
        out: the new folder; it appears only when whole, and sound as `datasets.samples.verify` sees it.
        layout: how the set lies on disk; None: in OMZ's layout.
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
    found = _find(root, layout, skip_damaged)
    frames = list(found.frames) if limit is None else drawn(found.frames, seed, limit)
    if limit is not None and len(frames) < limit:
        raise DataError(f"{root}: holds {len(frames)} whole samples, fewer than --limit {limit}")
    sequential = sequential or (layout is not None and layout.sequential)
    foreign = "holds something that is no imported set; choose another folder with --out"
    fault = partial(_fault, out, frames, {id_ for id_, _ in found.faults}, sequential)
    if find_made(out, Manifest.read_if_there, foreign=foreign, holds=Manifest.holds, fault=fault):
        return open_set(out)
    entries: list[tuple[str, tuple[FileEntry, ...], bool]] = []
    faults = list(found.faults)
    with new_folder(out) as work:
        with in_parallel(partial(_copy, root, work), frames, min(workers or cpus(), len(frames)), "import") as results:
            for result in results:
                if len(result) == 3:
                    entries.append(result)
                else:
                    faults.append(result)
                progress("importing", len(entries) + len(faults) - len(found.faults), len(frames))
        if faults and not skip_damaged:
            raise damaged(root, sorted(faults))
        if not entries:
            raise DataError(f"{root}: no sample could be imported")
        skipped = sorted(faults, key=lambda fault: natural_key(fault[0]))
        manifest = make_manifest(
            root.resolve().name,
            (file for _, files, _ in entries for file in files),
            (SampleEntry(id=id_) for id_, _, _ in entries),
            sequential=sequential and limit is None and not skipped,
            exact_composites=all(exact for _, _, exact in entries),
            skipped=[SkippedEntry(id=id_, reason=reason) for id_, reason in skipped],
        )
        manifest.write(work)
        verdict = verify_set(work, lambda done, total: progress("verifying", done, total))
        if not verdict:
            raise DataError(str(verdict).replace(str(work), str(root)))
    return open_set(out)


def _find(root: Path, layout: ReadyLayout | None, skip_damaged: bool) -> FoundFrames:
    """Find the frames of a set; raise `DataError` where none is whole, or something is wrong that is not skipped."""
    if layout is None:
        scan = scan_layout(root)
        if scan.misplaced or not scan.refs or (scan.problems and not skip_damaged):
            raise DataError("\n".join(scan.misplaced or scan.problems))
        if scan.refs[0].foreground is None:
            raise DataError(f"{root}: has no fgr/, so no ground truth; use the set as it is, or see docs/agreement.md")
        return FoundFrames(tuple(map(Frame, scan.refs)), scan.incomplete)
    found = find_frames(root, layout)
    if found.faults and (not skip_damaged or not found.frames):
        raise damaged(root, found.faults)
    return found


def _copy(root: Path, work: Path, frame: Frame) -> tuple[str, tuple[FileEntry, ...], bool] | tuple[str, str]:
    """Copy a sample and return its id, files and whether its composite is exact, or (id, what is wrong with it)."""
    try:
        sample = _load(frame)
    except DataError as error:
        return frame.id, str(error).replace(f"{root}/", "")
    copies = [work / path for path in _paths(frame)]
    for path, copy in zip(frame.ref.files, copies, strict=True):
        copy.parent.mkdir(parents=True, exist_ok=True)
        if frame.matte is not None and path == frame.ref.foreground:
            write_png(copy, np.dstack((sample.foreground, sample.alpha)))
        else:
            shutil.copyfile(path, copy)
    exact = bool((composite(sample.foreground, sample.alpha, sample.plate) == sample.source).all())
    return frame.id, tuple(file_entry(work, copy) for copy in copies), exact


def _paths(frame: Frame) -> tuple[str, ...]:
    """Return where a frame's three files go, below the set's root; of one in OMZ's layout where they are."""
    if frame.matte is None:
        return tuple("/".join(path.parts[-3:]) for path in frame.ref.files)
    assert frame.ref.background is not None, "such a set has plates"
    endings = frame.ref.source.suffix, frame.ref.background.suffix, ".png"
    return tuple(f"{role}/{frame.id}{ending.lower()}" for role, ending in zip(ROLES, endings, strict=True))


def _load(frame: Frame) -> Sample:
    """Decode a frame, and require one size of its files."""
    if frame.matte is None:
        return load_sample(frame.ref)
    source, background, foreground = (read_rgb(path) for path in frame.ref.files)
    alpha = read_alpha(frame.matte)
    for path, image in zip((*frame.ref.files, frame.matte), (source, background, foreground, alpha), strict=True):
        if image.shape[:2] != source.shape[:2]:
            raise DataError(
                f"{path}: is {size_text(image.shape)}, but {frame.ref.source} is "
                f"{size_text(source.shape)}; the images of a sample must have one size"
            )
    return Sample(frame.id, source, background, alpha, foreground)


def _fault(out: Path, frames: list[Frame], damaged_ids: set[str], sequential: bool, manifest: Manifest) -> str:
    """Return why the set at `out` does not hold these very samples; raise `DataError` where it was and was changed."""
    remedy = "remove it, or choose another folder with --out"
    ids = {sample.id for sample in manifest.samples} | {skipped.id for skipped in manifest.skipped}
    same = ids == {frame.id for frame in frames} | damaged_ids and not (manifest.sequential and not sequential)
    sources = {
        path: (frame, file) for frame in frames for path, file in zip(_paths(frame), frame.ref.files, strict=True)
    }
    if not same or not all(file.path in sources and _is(*sources[file.path], file) for file in manifest.files):
        return f"{out}: holds another set (see {MANIFEST_NAME}); {remedy}"
    if changes := damage(out, manifest):
        raise DataError(f"{out}: the set was changed since it was made ({changes}); {remedy}")
    return ""


def _is(frame: Frame, path: Path, entry: FileEntry) -> bool:
    """Return whether a manifest's file was made of a frame's."""
    if frame.matte is not None and path == frame.ref.foreground:
        sample = _load(frame)
        return array_sha256(np.dstack((sample.foreground, sample.alpha))) == entry.pixels_sha256
    return path.is_file() and sha256_of(path) == entry.sha256
