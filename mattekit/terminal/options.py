"""Options that several verbs share, and how their texts are read."""

from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError, shortened
from configs.load import DEFAULT_CONFIG
from configs.schema import MAX_PIXELS
from configs.sizes import WRITTEN, Size, size_of_text, size_text
from mattekit.terminal.console import say_warning

ConfigOption = Annotated[Path, typer.Option("--config", help="The job's YAML file; every key is in configs/schema.py.")]
CONFIG = DEFAULT_CONFIG
DeviceOption = Annotated[
    str | None,
    typer.Option(
        metavar="DEVICE",
        help="Where IRs run that name no device: CPU, GPU, NPU, AUTO, HETERO:GPU,CPU or another of OpenVINO's.",
    ),
]
OldShapeOption = Annotated[
    str | None, typer.Option("--input-shape", metavar="HEIGHTxWIDTH", hidden=True, help="Of old: height first.")
]


def size_from(text: str, option: str) -> Size:
    """Return height and width of a size such as `1280x720`.

    Raises:
        UsageError: the text is something else.
    """
    size = size_of_text(text)
    if size is None:
        raise UsageError(f"{option}: expected {WRITTEN} such as 1280x720, found {shortened(repr(text))}")
    if size[0] * size[1] > MAX_PIXELS:
        raise UsageError(f"{option}: expected at most {MAX_PIXELS} pixels, found {shortened(text)}")
    return size


def chosen_size(size: str | None, input_shape: str | None) -> Size | None:
    """Return what `--size` says, or the old `--input-shape`, whose height came first, with a warning; None of neither.

    Raises:
        UsageError: both are given, or the text is no size.
    """
    if input_shape is None:
        return None if size is None else size_from(size, "--size")
    if size is not None:
        raise UsageError("give --size alone; --input-shape is its old form")
    width, height = size_from(input_shape, "--input-shape")  # the other way round
    say_warning(f"--input-shape takes the height first; write --size {size_text((height, width))}")
    return height, width


def variants_from(text: str | None) -> tuple[str, ...] | None:
    """Read a comma-separated list of variants, some of whose devices have commas in them; None stays None."""
    from converter.forms.variant import variant_names

    return None if text is None else variant_names(text)


def names_from(text: str | None) -> tuple[str, ...] | None:
    """Read a comma-separated list; None stays None."""
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())
