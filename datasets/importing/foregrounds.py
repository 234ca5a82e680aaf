"""Import a published set as a folder of RGBA foregrounds with a record: whole or not at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from configs.errors import DataError, UsageError
from configs.files import new_folder, sha256_of
from configs.folders import find_made
from configs.reading import inside
from datasets.importing.estimate import require_estimator
from datasets.importing.finding import Pair, fault_lines, find_pairs
from datasets.importing.layouts import Layout, foregrounds_layout
from datasets.importing.pixels import read_foreground
from datasets.importing.record import Foreground, ForegroundSet, Settings, Skipped, SourceFile
from datasets.making.drawing import drawn
from datasets.making.parallel import cpus, in_parallel
from datasets.samples.images import write_png
from datasets.samples.litter import walk
from datasets.samples.names import natural_key

ENOUGH_FAULTS = 5
"""So many damaged pictures end an import that skips none."""

Progress = Callable[[str, int, int], None]


def import_foregrounds(
    root: Path,
    out: Path,
    settings: Settings,
    *,
    workers: int | None = None,
    progress: Progress = lambda what, done, total: None,
) -> ForegroundSet:
    """Make a folder of foregrounds, `<id>.png`, of the set at `root`; do nothing where `out` is that already, intact.

    With a limit, pictures are drawn by the seed among those that have a matte, and a damaged one is not replaced.

    Args:
        root: the set's folder, as it unpacks.
        out: the new folder; it appears only when whole.
        settings: what is asked for.
        workers: processes; None: one per CPU, 1: in this process.
        progress: called with (what is being done, done, total).

    Raises:
        DataError: the set is not recognised; files are damaged, unreadable or without a counterpart and none are to be
            skipped; or nothing is left.
        UsageError: `out` holds something else, or lies in `root`; or the estimator that is needed is not installed.
    """
    layout = foregrounds_layout(settings.kind)
    require_apart(root, out)
    found = find_pairs(root, settings.kind)
    if found.faults and not settings.skip_damaged:
        raise damaged(root, found.faults)
    pairs = found.pairs if settings.limit is None else drawn(found.pairs, settings.seed, settings.limit)
    if settings.limit is not None and len(pairs) < settings.limit:
        raise DataError(f"{root}: holds {len(found.pairs)} pictures with a matte, fewer than --limit {settings.limit}")
    estimator: dict[str, str] = {}
    if not layout.true_colours:
        progress("loading the estimator (compiles at first use)", 0, 1)
        estimator = require_estimator()
        progress("loading the estimator (compiles at first use)", 1, 1)
    wanted = {pair.id for pair in pairs} | {id_ for id_, _ in found.faults}
    foreign = "holds something that is not an import; choose another folder with --out"
    fault = partial(_fault, root, out, settings, wanted, estimator, progress)
    made: ForegroundSet | None = find_made(
        out, ForegroundSet.read_if_there, foreign=foreign, holds=ForegroundSet.holds, fault=fault
    )
    if made is not None:
        return made
    with new_folder(out) as work:
        images, faults = _import_all(root, work, settings, pairs, workers, progress)
        skipped = sorted((*found.faults, *faults), key=lambda fault: natural_key(fault[0]))
        if not images:
            raise DataError(f"{root}: no picture could be imported:{fault_lines(skipped)}")
        record = ForegroundSet(
            settings=settings,
            source=layout.source,
            rights=layout.rights,
            colours="true" if layout.true_colours else "estimated",
            estimator=estimator,
            sequential=layout.sequential and settings.limit is None and not skipped,
            images=tuple(sorted(images, key=lambda image: natural_key(image.id))),
            skipped=tuple(Skipped(id=id_, reason=reason) for id_, reason in skipped),
        )
        record.write(work)
    return record


def require_apart(root: Path, out: Path) -> None:
    """Refuse an output folder in the set's own, linked ones included, where it would become part of the set.

    Raises:
        UsageError: `out` is `root` or lies in it.
        DataError: a folder of the set cannot be read.
    """
    for place, _ in walk(root) if root.is_dir() else ():
        if out.resolve().is_relative_to(place.resolve()):
            raise UsageError(f"{out}: lies in the set's own folder {place}; choose another folder with --out")


def damaged(root: Path, faults: Sequence[tuple[str, str]], stopped: bool = False) -> DataError:
    """Return the error for faults, (id, what is wrong), that are not to be skipped; `stopped`: there may be more."""
    return DataError(
        f"{root}: {'at least ' if stopped else ''}{len(faults)} damaged:{fault_lines(faults)}\n"
        "restore them, or leave them out with --skip-damaged, which lists them"
    )


@dataclass(frozen=True, slots=True)
class _Context:
    """What every job of an import shares."""

    root: Path
    work: Path
    layout: Layout
    max_side: int


def _import_all(
    root: Path,
    work: Path,
    settings: Settings,
    pairs: Sequence[Pair],
    workers: int | None,
    progress: Progress,
) -> tuple[list[Foreground], list[tuple[str, str]]]:
    images: list[Foreground] = []
    faults: list[tuple[str, str]] = []
    job = partial(_import_one, _Context(root, work, foregrounds_layout(settings.kind), settings.max_side))
    with in_parallel(job, pairs, min(workers or cpus(), len(pairs)) or 1, "import") as results:
        for result in results:
            if isinstance(result, Foreground):
                images.append(result)
            else:
                faults.append(result)
            done = len(images) + len(faults)
            progress("importing", done, len(pairs))
            if not settings.skip_damaged and len(faults) >= ENOUGH_FAULTS:
                break
    if faults and not settings.skip_damaged:
        raise damaged(root, sorted(faults), stopped=done < len(pairs))
    return images, faults


def _import_one(context: _Context, pair: Pair) -> Foreground | tuple[str, str]:
    """Write one foreground and return its entry, or (id, what is wrong with it)."""
    try:
        pixels = read_foreground(pair, context.layout, context.max_side)
        sources = tuple(
            SourceFile(path=path.relative_to(context.root).as_posix(), sha256=sha256_of(path)) for path in pair.files
        )
    except DataError as error:
        return pair.id, str(error).replace(f"{context.root}/", "")
    path = context.work / f"{pair.id}.png"
    write_png(path, pixels)
    return Foreground(
        id=pair.id,
        sha256=sha256_of(path),
        bytes=path.stat().st_size,
        height=pixels.shape[0],
        width=pixels.shape[1],
        sources=sources,
    )


def _fault(
    root: Path,
    out: Path,
    settings: Settings,
    wanted: set[str],
    estimator: dict[str, str],
    progress: Progress,
    record: ForegroundSet,
) -> str:
    """Return why the folder `out` is not this very import; raise `DataError` where it is and was changed."""
    remedy = "remove it, or choose another folder with --out"
    ids = {image.id for image in record.images} | {skipped.id for skipped in record.skipped}
    if record.settings != settings or record.estimator != estimator or ids != wanted:
        return f"{out}: holds another import (see {ForegroundSet.FILE}); {remedy}"
    for done, image in enumerate(record.images):
        progress("checking what is there", done, len(record.images))
        path = inside(out, image.file)
        if not path.is_file() or sha256_of(path) != image.sha256:
            raise DataError(f"{path}: was changed since it was imported; remove the folder {out} to import again")
        for source in image.sources:
            if sha256_of(root / source.path) != source.sha256:
                return f"{root / source.path}: is not the file that was imported into {out}; {remedy}"
    progress("checking what is there", len(record.images), len(record.images))
    return ""
