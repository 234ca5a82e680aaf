"""`mattekit dataset import` and `mattekit dataset build`: sets that the user has downloaded."""

from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError
from configs.load import load_config
from configs.schema import MAX_SIDE
from configs.text import counted
from datasets.importing.layouts import Layout, ReadyLayout, kinds, layout_of
from mattekit.terminal.console import progress_bars, say
from mattekit.terminal.options import ConfigOption

AUTO, OMZ = "auto", "omz"


def import_set(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="|".join((AUTO, *kinds(), OMZ)),
            help="Which set; auto recognises it by its files, omz is OMZ's own layout.",
        ),
    ],
    folder: Annotated[Path, typer.Argument(help="The set's folder, as it unpacks.")],
    out: Annotated[Path, typer.Option(help="The new folder.")],
    limit: Annotated[
        int | None, typer.Option(min=1, help="How many pictures, drawn by the seed; by default all.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other pictures.")] = 0,
    max_side: Annotated[
        int | None, typer.Option(min=16, help="Longest side in pixels; larger pictures are shrunk. By default 2048.")
    ] = None,
    skip_damaged: Annotated[
        bool, typer.Option("--skip-damaged", help="Leave out what is damaged or lacks its matte, and list it.")
    ] = False,
    sequential: Annotated[
        bool, typer.Option("--sequential", help="Of omz and omz_pha: frames of a clip follow each other in time.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; by default one per CPU.")] = None,
) -> None:
    """Import a published set: foregrounds for `dataset compose`, or (omz, omz_pha, rvm) a set that is ready.

    Writes RGBA PNGs and foregrounds.json (sources, hashes, rights, what was skipped). Where a set has no foreground
    colours of its own they are estimated, and marked so; that needs `make install-import`. The same set and options
    give the same files. Does nothing where all of them are already there.

    Examples:

        mattekit dataset import aisegment matting_human_half --limit 120 --seed 1 --out data/people

        mattekit dataset import omz HumanMattingClips120 --out data/clips
    """
    from datasets.importing.finding import recognise

    kind = recognise(folder) if kind == AUTO else kind
    layout = None if kind == OMZ else layout_of(kind)
    if not isinstance(layout, Layout):
        if max_side is not None:
            raise UsageError(f"--max-side: a set of the kind {kind} is copied as it is")
        _import_ready(folder, out, layout, limit, seed, skip_damaged, sequential, workers)
        return
    if sequential:
        raise UsageError("--sequential: only for sets with composites; others know whether their frames follow on")
    from datasets.importing.foregrounds import import_foregrounds
    from datasets.importing.record import Settings

    settings = Settings(
        kind=kind,
        limit=limit,
        seed=seed,
        max_side=max_side or MAX_SIDE,
        skip_damaged=skip_damaged,
    )
    with progress_bars() as report:
        record = import_foregrounds(folder, out, settings, workers=workers, progress=report)
    for skipped in record.skipped:
        say(f"skipped {skipped.id}: {skipped.reason}")
    say(f"{out}: {record.summary}")


def build(
    config: ConfigOption,
    foregrounds: Annotated[Path, typer.Option(help="Folder of the published set that foregrounds come from.")],
) -> None:
    """Make the set of a configuration's recipe: import foregrounds, fetch backgrounds, compose.

    A step whose whole result is already there is not done again.

    Example:

        mattekit dataset build --config configs/humanmatting-openimages.yaml --foregrounds matting_human_half
    """
    from datasets.compose.recipe import build_set

    section = load_config(config).dataset
    with progress_bars() as report:
        imported, fetched, composed = build_set(section, foregrounds, report)
    for skipped in imported.skipped:
        say(f"skipped {skipped.id}: {skipped.reason}")
    for failed in fetched.failed:
        say(f"replaced {failed.id}: {failed.reason}")
    say(
        f"{section.path}: {counted(len(composed.refs), 'sample')}, content SHA-256 {composed.manifest_sha256[:16]}; "
        f"from {imported.summary}, and {counted(len(fetched.images), 'photograph')}"
    )


def _import_ready(
    folder: Path,
    out: Path,
    layout: ReadyLayout | None,
    limit: int | None,
    seed: int,
    skip_damaged: bool,
    sequential: bool,
    workers: int | None,
) -> None:
    from datasets.importing.ready import import_ready

    with progress_bars() as report:
        made = import_ready(
            folder,
            out,
            layout=layout,
            limit=limit,
            seed=seed,
            skip_damaged=skip_damaged,
            sequential=sequential,
            workers=workers,
            progress=report,
        )
    skipped = made.manifest.skipped if made.manifest else ()
    for sample in skipped:
        say(f"skipped {sample.id}: {sample.reason}")
    samples = counted(len(made.refs), "sample")
    say(f"{out}: {samples}, {len(skipped)} skipped, content SHA-256 {made.manifest_sha256[:16]}")
