"""`mattekit dataset footage`."""

from pathlib import Path
from typing import Annotated

import typer

from configs.sizes import WRITTEN, size_text
from mattekit.terminal.console import progress_bars, say
from mattekit.terminal.options import size_from


def footage(
    out: Annotated[Path | None, typer.Option(help="The folder to make; by default data/footage.")] = None,
    size: Annotated[str, typer.Option(metavar=WRITTEN, help="Of the frames; even sides.")] = "1280x720",
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="Length of the video.")] = 3.0,
    force: Annotated[bool, typer.Option("--force", help="Replace footage made otherwise.")] = False,
) -> None:
    """Make footage to try `mattekit demo` with: a bundled person moves before a hand-held camera, with a sound.

    Writes source.mp4, plate.png (taken from a place a little to the side), target.png (another place to put the person)
    and ATTRIBUTION.csv. Does nothing where the same footage is there already.

    The demo runs on it: `mattekit demo -i data/footage/source.mp4 --background data/footage/plate.png -o out.mp4`.

    Example:

        mattekit dataset footage
    """
    from configs.places import home
    from datasets.making.sets import DATA_FOLDER
    from datasets.people.pack import open_pack
    from demo.footage.make import make_footage

    folder = out or home() / DATA_FOLDER / "footage"
    with progress_bars() as report:
        record = make_footage(
            folder,
            open_pack(),
            size_from(size, "--size"),
            seconds,
            force=force,
            progress=lambda done, total: report("rendering", done, total),
        )
    say(f"{folder}: {', '.join(record.files)}; {record.frames} frames of {size_text(record.size)}")
