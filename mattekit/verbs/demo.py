"""`mattekit demo`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from configs.errors import UsageError
from configs.sizes import WRITTEN
from mattekit.terminal.console import output, progress_bars, say
from mattekit.terminal.options import CONFIG, ConfigOption, size_from
from mattekit.terminal.stopping import INTERRUPTED, stopping
from mattekit.verbs.matte import Align, Match, ModelOption, VariantOption

if TYPE_CHECKING:
    from demo.media.frames import FrameSource
    from demo.pipeline.timing import RunTimes
    from demo.pipeline.window import Window


def demo(
    source: Annotated[
        str, typer.Option("--input", "-i", metavar="IMAGE|FOLDER|VIDEO|CAMERA", help="A camera goes by its number: 0.")
    ],
    background: Annotated[
        Path | None,
        typer.Option(
            "--background",
            "--bgr",
            help="The plate; of a video from a tripod it can be estimated, and a network such as MODNet takes none.",
        ),
    ] = None,
    model: ModelOption = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target-bgr",
            "--target_bgr",
            metavar="IMAGE|VIDEO|#RRGGBB|blur:K|transparent",
            help="What the person is laid over; a green field by default.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="A .mp4, .webm, .mov (ProRes 4444), animated .webp, a folder of PNGs; or a picture."
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "--output_limit", "-limit", min=0, help="Frames to take; 0 for all.")
    ] = 0,
    show: Annotated[
        bool | None,
        typer.Option("--show/--no-show", " /--no_show", help="Show results; by default where there are windows."),
    ] = None,
    beside: Annotated[
        bool,
        typer.Option(
            "--show-with-original-frame", "--show_with_original_frame", help="Put each frame beside its result."
        ),
    ] = False,
    loop: Annotated[bool, typer.Option("--loop", help="Start again when the input ends.")] = False,
    output_resolution: Annotated[
        str | None,
        typer.Option("--output-resolution", "--output_resolution", metavar=WRITTEN, help="What results must fit into."),
    ] = None,
    device: Annotated[str, typer.Option("--device", "-d", help="Where an IR runs, in OpenVINO's words.")] = "CPU",
    nireq: Annotated[
        int | None, typer.Option("--nireq", "-nireq", "--num_infer_requests", min=1, help="Inferences at once.")
    ] = None,
    nstreams: Annotated[
        str | None, typer.Option("--nstreams", "-nstreams", "--num_streams", help="OpenVINO's streams: 2, or CPU:2.")
    ] = None,
    nthreads: Annotated[
        int | None, typer.Option("--nthreads", "-nthreads", "--num_threads", min=1, help="OpenVINO's threads.")
    ] = None,
    blur: Annotated[int, typer.Option("--blur-bgr", "--blur_bgr", min=0, hidden=True)] = 0,
    variant: VariantOption = None,
    align: Align = "auto",
    match_plate: Match = False,
    sound: Annotated[bool, typer.Option(help="Take the video's sound along.")] = True,
    config: ConfigOption = CONFIG,
) -> None:
    """Matte a picture, a folder, a video or a camera, and lay the person over something else.

    Decoding, plate, inference of several frames, compositing and encoding run at once. Frames may be of any size: they
    are fitted into the network's with their aspect kept, and results have the input's size, times and sound. Ctrl-C
    ends a run in order: the output is whole, of the frames so far.

    The options are those of Open Model Zoo's background_subtraction_demo, its spellings included.

    Examples:

        mattekit demo -i talk.mp4 --background plate.png --target-bgr office.jpg -o out.mp4

        mattekit demo -i talk.mp4 --background plate.png --target-bgr transparent -o cut.mov

        mattekit demo -i photos --background plate.jpg --target-bgr blur:25 -o out --limit 10
    """
    from configs.load import load_config
    from converter.runners.devices import throughput
    from demo.composing.targets import GREEN
    from demo.matting.matter import Matter
    from demo.media.reading import open_source
    from demo.media.writing import check_output
    from demo.pipeline.plates import align_named, prepared_plates
    from demo.pipeline.run import DemoOptions, run_demo
    from demo.pipeline.targets import open_target
    from demo.pipeline.window import Window, why_no_window
    from mattekit.terminal.models import open_chosen

    if blur and target is not None:
        raise UsageError("--blur_bgr blurs the scene itself; leave out --target-bgr, or give --target-bgr blur:K alone")
    over = target or (f"blur:{blur}" if blur else GREEN)
    options = DemoOptions(
        out=out,
        limit=limit or None,
        loop=loop,
        beside=beside,
        largest=None if output_resolution is None else size_from(output_resolution, "--output-resolution"),
        requests=nireq,
        sound=sound,
    )
    how = align_named(align)
    shown = show or (show is None and out is None and why_no_window() is None)
    opened = open_source(source)
    with open_target(over) as laid:
        if out is not None:
            check_output(
                out, opened, laid.transparent, tuple(Path(name) for name in (source, background, over) if name)
            )
        elif not shown:
            say("nothing is written or shown, only timed: name a file with -o")
        if loop and not limit and out is not None:
            say("--loop without --limit: runs until Ctrl-C")
        window = Window() if shown else None
        with Matter(open_chosen(model, variant, device, load_config(config), throughput(nstreams, nthreads))) as matter:
            plates = prepared_plates(opened, background, how, match_plate, matter.takes_plate, say)
            if matter.runner.contract.output("foreground") is None:
                say("the network gives no foreground colours: the source's are used, old background in edges and all")
            total = options.limit or (None if loop else opened.count)
            with progress_bars() as report, _closing(opened, window):
                done = run_demo(
                    opened,
                    matter,
                    plates,
                    laid,
                    options,
                    window=window,
                    report=lambda frames: report("frames", frames, total or frames),
                    around=stopping,
                )
    for line in done.notes:
        say(line)
    if done.times is not None:
        _print(done.times)
    if done.stopped:
        frames = done.times.frames if done.times else 0
        say(f"stopped after {frames} frames" + (f"; {out} holds them" if out is not None and frames else ""))
        raise typer.Exit(INTERRUPTED)
    if out is not None:
        say(f"written: {out}")


@contextmanager
def _closing(source: "FrameSource", window: "Window | None") -> Iterator[None]:
    try:
        yield
    finally:
        source.close()
        if window is not None:
            window.close()


def _print(times: "RunTimes") -> None:
    """Print what a run took, as Open Model Zoo's demos do, and where each stage waited."""
    from rich.console import Console
    from rich.table import Table

    table = Table("stage", "mean, ms", "p90, ms", "waiting for frames", "for the next stage")
    for column in table.columns[1:]:
        column.justify = "right"
    for row in times.stages:
        table.add_row(row.name, f"{row.mean_ms:.1f}", f"{row.p90_ms:.1f}", f"{row.starved:.0%}", f"{row.blocked:.0%}")
    (Console(highlight=False) if output.is_terminal else output).print(table)
    say(f"FPS: {times.fps:.1f}   latency: {times.latency_ms:.1f} ms   {times.frames} frames in {times.seconds:.1f} s")
