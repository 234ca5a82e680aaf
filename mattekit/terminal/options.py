"""Options that several verbs share, and how their texts are read."""

import re
from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError, shortened
from configs.load import DEFAULT_CONFIG, JOB_FILE, job_file
from configs.places import found
from configs.schema import MAX_PIXELS
from mattekit.terminal.console import say_aside


def _job(context: typer.Context, given: Path) -> Path:
    """Return the job's file, and say which it is unless it is the toolkit's own."""
    source = context.get_parameter_source("config")
    path = job_file() if source is None or source.name == "DEFAULT" else given
    if not context.resilient_parsing and found(path).absolute() != DEFAULT_CONFIG:
        say_aside(f"job: {path}")
    return path


ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        callback=_job,
        help=f"The job's YAML file; by default {JOB_FILE} of this folder, else the toolkit's own job. `mattekit init` "
        "writes one.",
        show_default=False,
    ),
]
CONFIG = JOB_FILE
DeviceOption = Annotated[
    str | None,
    typer.Option(
        metavar="DEVICE",
        help="Where IRs run that name no device: CPU, GPU, NPU, AUTO, HETERO:GPU,CPU or another of OpenVINO's.",
    ),
]
HEIGHT_WIDTH, WIDTH_HEIGHT = "HEIGHTxWIDTH", "WIDTHxHEIGHT"


def size_from(text: str, option: str, order: str) -> tuple[int, int]:
    """Return height and width of a size such as `720x1280`, which is written in `order`.

    Raises:
        UsageError: the text is something else.
    """
    match = re.fullmatch(r"0*([1-9][0-9]*)x0*([1-9][0-9]*)", text.strip())
    if match is None:
        raise UsageError(f"{option}: expected {order} such as 720x1280, found {shortened(repr(text))}")
    # Compared by their digits first: a number of thousands of them cannot even be read.
    if max(map(len, match.groups())) > len(str(MAX_PIXELS)) or int(match[1]) * int(match[2]) > MAX_PIXELS:
        raise UsageError(f"{option}: expected at most {MAX_PIXELS} pixels, found {shortened(text)}")
    first, second = int(match[1]), int(match[2])
    return (first, second) if order == HEIGHT_WIDTH else (second, first)


def variants_from(text: str | None) -> tuple[str, ...] | None:
    """Read a comma-separated list of variants, some of whose devices have commas in them; None stays None."""
    from converter.forms.variant import variant_names

    return None if text is None else variant_names(text)


def names_from(text: str | None) -> tuple[str, ...] | None:
    """Read a comma-separated list; None stays None."""
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())
