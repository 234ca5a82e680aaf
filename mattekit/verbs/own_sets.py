"""`mattekit dataset pairs` and `mattekit dataset frames`: sets without ground truth from the user's own footage."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from configs.text import counted
from mattekit.terminal.console import progress_bars, say

if TYPE_CHECKING:
    from datasets.samples.layout import SampleSet


def pairs(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures, each with its plate, at any depth.")],
    out: Annotated[Path, typer.Option(help="The new set's folder.")],
    plate: Annotated[Path | None, typer.Option(help="One plate for all pictures.")] = None,
) -> None:
    """Make a set without ground truth of pictures and their plates, to evaluate agreement with the original.

    Pairs are found by name: x.jpg beside x_plate.png (or _bg, _back, _background); or two folders, sources/ and
    plates/, with the same names in both; a picture called plate is that of its whole folder. Pictures are copied as
    they are. Source and plate must be of one size.

    Example:

        mattekit dataset pairs captured --out data/captured
    """
    from datasets.importing.pairs import make_pairs

    with progress_bars() as report:
        made = make_pairs(folder, out, plate, partial(report, "copying"))
    _say_made(out, made)


def frames(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Videos, each a clip of the set.")],
    out: Annotated[Path, typer.Option(help="The new set's folder.")],
    plate: Annotated[
        list[Path] | None,
        typer.Option(help="The plate of the scene; or one for each video, in their order. None for networks without."),
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Take each N-th frame.")] = 1,
    limit: Annotated[int | None, typer.Option(min=1, help="Take the first N of those, of each video.")] = None,
) -> None:
    """Make a set without ground truth of a video's frames and its plate, to evaluate agreement with the original.

    Frames of a video follow each other, so they are one clip, and the gate's intervals count clips: several videos tell
    more than one long one. Needs PyAV (the extra `demo`).

    Example:

        mattekit dataset frames talk.mp4 --plate empty-room.png --out data/talk --every 5 --limit 100

        mattekit dataset frames talk.mp4 --out data/without-plate
    """
    from datasets.importing.video import make_frames

    with progress_bars() as report:
        total = (limit or 0) * len(videos)
        made = make_frames(
            videos,
            plate or [],
            out,
            every=every,
            limit=limit,
            progress=lambda name, done: report(name, done, total or done),
        )
    _say_made(out, made)


def _say_made(out: Path, made: "SampleSet") -> None:
    samples = counted(len(made.refs), "sample")
    lacking = "ground truth" if made.has_plates else "ground truth and plates, for networks that take none"
    say(f"{out}: {samples} without {lacking}; content SHA-256 {made.manifest_sha256[:16]}")
    say(f"next: mattekit evaluate --dataset {out}")
