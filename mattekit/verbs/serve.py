"""`mattekit serve`."""

from pathlib import Path
from typing import Annotated

import typer

from mattekit.terminal.console import say
from mattekit.terminal.options import CONFIG, ConfigOption, DeviceOption


def serve(
    models: Annotated[
        Path | None,
        typer.Argument(
            help="A converted model's folder, a folder of such folders, an IR, an .onnx or a checkpoint; the "
            "configuration's by default."
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Where to listen; another than this machine's own opens the page to others.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 8080,
    device: DeviceOption = None,
    max_upload: Annotated[int, typer.Option("--max-upload", min=1, max=4096, help="MB of one file.")] = 200,
    max_frames: Annotated[int, typer.Option("--max-frames", min=1, help="Of a video.")] = 1800,
    waiting: Annotated[int, typer.Option(min=1, max=1000, help="Jobs that may wait; a further one is refused.")] = 16,
    config: ConfigOption = CONFIG,
) -> None:
    """Serve a local page: drop a picture or a video and its plate, see the person cut out.

    Shows composite, alpha and foreground beside the source, sets variants against each other, and says what is wrong
    with a plate. Nothing leaves the machine. Programs post pictures to /matte. Needs the extra `serve`.

    Examples:

        mattekit serve

        mattekit serve models --port 0
    """
    from configs.load import load_config
    from demo.page.library import require_nicegui
    from mattekit.terminal.models import chosen_model

    require_nicegui()
    from demo.page.choices import choices_of
    from demo.page.limits import MEGABYTE, Limits
    from demo.page.server import serve as serve_page

    place = chosen_model(models, load_config(config))
    where = device or "CPU"
    limits = Limits(upload=max_upload * MEGABYTE, frames=max_frames, waiting=waiting)
    serve_page(choices_of(place, where), where, host, port, limits, say)
