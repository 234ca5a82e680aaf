"""`mattekit dataset footage`."""

from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError
from configs.sizes import WRITTEN, size_text
from mattekit.terminal.console import progress_bars, say
from mattekit.terminal.options import size_from


def footage(
    out: Annotated[Path | None, typer.Option(help="The folder to make; by default data/footage.")] = None,
    size: Annotated[str, typer.Option(metavar=WRITTEN, help="Of the frames; even sides.")] = "1280x720",
    seconds: Annotated[float, typer.Option(min=0.1, max=600, help="Length of the video.")] = 3.0,
    as_set: Annotated[
        Path | None,
        typer.Option(
            "--as-set", metavar="FOLDER", help="Make a set with ground truth of it there instead: one clip of frames."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace footage made otherwise.")] = False,
) -> None:
    """Make footage to try `mattekit demo` with: a bundled person moves before a hand-held camera, with a sound.

    Writes source.mp4, plate.png (taken from a place a little to the side), target.png (another place to put the person)
    and ATTRIBUTION.csv. Does nothing where the same footage is there already.

    The demo runs on it: `mattekit demo -i data/footage/source.mp4 --background data/footage/plate.png -o out.mp4`.

    With --as-set the same frames become a set for `mattekit evaluate`, in OMZ's layout: a clip whose frames follow each
    other, which networks that carry states, and dtSSD, need.

    Examples:

        mattekit dataset footage

        mattekit dataset footage --as-set data/footage-set
    """
    if as_set is not None and out is not None:
        raise UsageError("give --out for a video, or --as-set for a set, not both")
    from configs.places import home
    from datasets.making.sets import DATA_FOLDER
    from datasets.people.pack import open_pack
    from demo.footage.make import make_footage

    if as_set is not None:
        from demo.footage.clip_set import make_clip_set

        frame_size = size_from(size, "--size")
        with progress_bars() as report:
            made = make_clip_set(
                as_set,
                open_pack(),
                frame_size,
                seconds,
                force=force,
                progress=lambda done, total: report("rendering", done, total),
            )
        say(f"{as_set}: a clip of {len(made.refs)} frames of {frame_size[1]}x{frame_size[0]}, with ground truth")
        return
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
