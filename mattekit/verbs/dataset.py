"""`mattekit dataset`: making, fetching, composing, checking and showing sets; `real_sets` has more of its verbs."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from configs.errors import DataError, UsageError
from configs.schema import PEOPLE, SYNTHETIC, CutSides, DatasetSection, OnFailure, PhotographSource, Plate, Split
from configs.sizes import WRITTEN
from configs.text import counted
from mattekit.terminal.console import progress_bars, say
from mattekit.terminal.jobs import changed
from mattekit.terminal.modes import answer
from mattekit.terminal.options import CONFIG, ConfigOption, size_from


def people(
    config: ConfigOption = CONFIG,
    count: Annotated[int | None, typer.Option(min=1, help="How many of the people, from the first on.")] = None,
    plate: Annotated[Plate | None, typer.Option(help="exact, or taken by a hand-held camera.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed gives other noise and plates.")] = None,
    out: Annotated[Path | None, typer.Option(help="The set's folder; by default one under data/.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a set of the people made otherwise.")] = False,
) -> None:
    """Make the bundled set of rendered people, which `evaluate` uses by default.

    The same options give the same bytes. Writes com/, bgr/ and fgr/ with a manifest of hashes, tags and credits. Does
    nothing where the whole set is already there. For other sizes and numbers see `synthesize`.

    Examples:

        mattekit dataset people

        mattekit dataset people --plate handheld --seed 2 --out data/handheld
    """
    options = {
        "--count": ("dataset.count", count),
        "--plate": ("dataset.plate", plate),
        "--seed": ("dataset.seed", seed),
    }
    _make_bundled(changed(config, options, {"dataset.path": PEOPLE}).dataset, out, force)


def synthesize(
    config: ConfigOption = CONFIG,
    count: Annotated[int | None, typer.Option(min=1, help="Number of samples.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed gives other people and backgrounds.")] = None,
    size: Annotated[str | None, typer.Option(metavar=WRITTEN, help="Size of the pictures.")] = None,
    out: Annotated[Path | None, typer.Option(help="The set's folder; by default one under data/.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a synthetic set made otherwise.")] = False,
) -> None:
    """Make a set of drawn figures, any number and size of them, with exact alpha over photographs and rooms.

    The same seed gives the same bytes. Writes com/, bgr/ and fgr/ with a manifest of hashes, licences and credits. Does
    nothing where the whole set is already there. For rendered people see `people`.

    Examples:

        mattekit dataset synthesize

        mattekit dataset synthesize --count 8 --seed 5 --size 640x360 --out data/small
    """
    options = {
        "--count": ("dataset.count", count),
        "--seed": ("dataset.seed", seed),
        "--size": ("dataset.size", None if size is None else size_from(size, "--size")),
    }
    _make_bundled(changed(config, options, {"dataset.path": SYNTHETIC, "dataset.plate": "exact"}).dataset, out, force)


def _make_bundled(section: DatasetSection, out: Path | None, force: bool) -> None:
    from datasets.bundled.sets import default_set_path, make_bundled

    folder = out or default_set_path(section)
    with progress_bars() as report:
        progress = partial(report, f"making the {section.path} set")
        made = make_bundled(section, folder, force=force, progress=progress)
    say(f"{folder}: {counted(len(made.refs), 'sample')}, content SHA-256 {made.manifest_sha256[:16]}")


def compose(
    foregrounds: Annotated[Path, typer.Option(help="Folder of RGBA pictures (PNG or WebP), at any depth.")],
    backgrounds: Annotated[Path, typer.Option(help="Folder of RGB pictures (PNG, JPEG or WebP), at any depth.")],
    out: Annotated[Path, typer.Option(help="The set's folder.")],
    size: Annotated[str, typer.Option(metavar=WRITTEN, help="Size of the composites.")] = "1280x720",
    per_foreground: Annotated[int, typer.Option(min=1, help="Backgrounds for each foreground.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives other pairs, places and plates.")] = 0,
    plate: Annotated[Plate, typer.Option(help="exact, or taken by a hand-held camera.")] = "exact",
    cut_sides: Annotated[
        CutSides,
        typer.Option(
            help="Place portraits cut off at both sides so that no cut shows, or whole with the cuts in view."
        ),
    ] = "hide",
    skip_damaged: Annotated[
        bool, typer.Option("--skip-damaged", help="Leave out pictures that cannot be used, and list them.")
    ] = False,
) -> None:
    """Compose foregrounds over backgrounds into a set in OMZ's layout.

    Foregrounds are scaled to 60 to 95 % of the frame's height; a side that the picture cut off stays on that edge of
    the frame. A foreground cut off at the left and the right is scaled so that its part above the cuts has that height,
    and the rest leaves the frame below. Backgrounds are cut to cover the frame. Licences and authors that the folders
    name go into manifest.json and ATTRIBUTION.csv.

    The same inputs and seed give the same bytes. Does nothing where the whole set is already there.

    Example:

        mattekit dataset compose --foregrounds people --backgrounds places --out data/composed --per-foreground 5
    """
    from datasets.compose.run import compose_set

    with progress_bars() as report:
        made = compose_set(
            foregrounds,
            backgrounds,
            out,
            size=size_from(size, "--size"),
            per_foreground=per_foreground,
            seed=seed,
            plate=plate,
            cut_sides=cut_sides,
            skip_damaged=skip_damaged,
            progress=partial(report, "composing"),
        )
    for skipped in made.manifest.skipped if made.manifest else ():
        say(f"skipped {skipped.id}: {skipped.reason}")
    say(f"{out}: {counted(len(made.refs), 'sample')}, content SHA-256 {made.manifest_sha256[:16]}")


def fetch(
    source: Annotated[PhotographSource, typer.Argument(help="Where from.")],
    out: Annotated[Path, typer.Option(help="The folder for the photographs.")],
    count: Annotated[int | None, typer.Option(min=1, help="Number of photographs, drawn by the seed.")] = None,
    ids: Annotated[Path | None, typer.Option(help="A file with the ids instead, one per line.")] = None,
    split: Annotated[Split, typer.Option(help="Which part of Open Images.")] = "validation",
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other photographs.")] = 1,
    table: Annotated[
        str | None,
        typer.Option(metavar="FILE|URL", help="The split's images-with-rotation.csv; by default the public one."),
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="A mirror with <split>/<id>.jpg; by default the bucket.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Downloads at once.")] = 8,
    on_failure: Annotated[
        OnFailure | None,
        typer.Option(
            help="Where a photograph cannot be fetched: draw another, or fail. By default replace, with --ids fail."
        ),
    ] = None,
) -> None:
    """Fetch photographs for backgrounds by id, each with its licence and author.

    The same table and seed give the same photographs. Writes <id>.jpg, backgrounds.json (URLs, hashes, sizes, licences)
    and ATTRIBUTION.csv. To continue an interrupted run, give the same command again. Photographs of an earlier run that
    are not chosen are removed.

    Examples:

        mattekit dataset fetch openimages --count 500 --seed 1 --out data/openimages

        mattekit dataset fetch openimages --ids ids.txt --split train --table train.csv --out data/openimages
    """
    from datasets.fetch.openimages import BASE_URL, Request, fetch_openimages, read_ids

    with progress_bars() as report:
        fetched = fetch_openimages(
            out,
            Request(
                split=split,
                seed=seed,
                count=count,
                ids=None if ids is None else read_ids(ids, split),
                table=table,
                base_url=base_url or BASE_URL,
                on_failure=on_failure or ("replace" if ids is None else "fail"),
                workers=workers,
            ),
            progress=report,
        )
    for failed in fetched.failed:
        say(f"replaced {failed.id}: {failed.reason}")
    replaced = counted(len(fetched.failed), "id")
    say(f"{out}: {counted(len(fetched.images), 'photograph')} from {source}, {replaced} replaced")


def verify(
    folder: Annotated[Path, typer.Argument(help="A set in OMZ's layout: com/, bgr/ and, for ground truth, fgr/.")],
    require_licences: Annotated[
        bool, typer.Option("--require-licences", help="An unknown licence is an error, not a warning.")
    ] = False,
) -> None:
    """Check a set: hashes, counterparts, sizes, bit depth, alpha, licences, and that composites match their parts.

    Of a set without ground truth it checks what is there, and says what such a set is for.

    Examples:

        mattekit dataset verify data/HumanMattingClips120

        mattekit dataset verify data/composed --require-licences
    """
    from datasets.samples.verify import verify_set

    with progress_bars() as report:
        verdict = verify_set(folder, partial(report, "verifying"), require_licences=require_licences)
    answer(folder=folder, verdict=verdict)
    say(str(verdict))
    if not verdict:
        raise DataError(f"{folder}: the set has errors; see above")


def show(
    folder: Annotated[Path, typer.Argument(help="A set in OMZ's layout: com/, bgr/ and, for ground truth, fgr/.")],
    out: Annotated[Path | None, typer.Option(help="The PNG; by default contact-sheet.png in the set.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many samples, evenly chosen.")] = 8,
) -> None:
    """Draw a contact sheet of a set: source, background, alpha and foreground of some samples.

    Of a set without ground truth, source and background alone.

    Example:

        mattekit dataset show path/to/set --limit 12 --out sheet.png
    """
    from datasets.samples.contact_sheet import set_contact_sheet
    from datasets.samples.images import write_png
    from datasets.samples.layout import open_set
    from datasets.samples.manifest import CONTACT_SHEET_NAME

    path = out or folder / CONTACT_SHEET_NAME
    if path.suffix.lower() != ".png":
        raise UsageError(f"--out: expected a name ending in .png, found {path}")
    sample_set = open_set(folder)
    with progress_bars() as report:
        sheet = set_contact_sheet(sample_set, limit, partial(report, "drawing"))
    write_png(path, sheet)
    kind = "" if sample_set.has_truth else ", which have no ground truth"
    say(f"{path}: {min(limit, len(sample_set.refs))} of {counted(len(sample_set.refs), 'sample')}{kind}")
