"""Options that several verbs share, and how their texts are read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError, shortened
from configs.load import DEFAULT_CONFIG, JOB_FILE, job_file
from configs.places import found
from configs.schema import Config, NamedModel
from configs.section import MAX_PIXELS
from configs.sizes import WRITTEN, Size, size_of_text, size_text
from mattekit.terminal.console import say_aside, say_warning


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
OldShapeOption = Annotated[
    str | None, typer.Option("--input-shape", metavar="HEIGHTxWIDTH", hidden=True, help="Of old: height first.")
]

EnvironmentsOption = Annotated[
    Path | None,
    typer.Option(help="Where environments are kept; by default environments/ in the cache (~/.cache/mattekit)."),
]
FindLinksOption = Annotated[
    Path | None, typer.Option("--find-links", metavar="DIR", help="A folder of wheels, besides pip's index.")
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


ModelOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=PATH[@[DEVICE.]PRECISION]",
        help="An IR or ONNX of anybody's that runs too, under this name; f32 by default. Repeatable.",
    ),
]
ContractOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=KEY=VALUE,...|FILE",
        help="How a --model takes images, such as colour=BGR,range=0..255; by default it is proved.",
    ),
]


def models_from(
    given: Sequence[str] | None, contracts: Sequence[str] | None, config: Config
) -> dict[str, NamedModel] | None:
    """Return the configured models with those of --model and --contract; None where neither is given.

    Raises:
        UsageError: an option is not `NAME=...`, names a model twice, or a contract belongs to no model.
    """
    if not given and not contracts:
        return None
    paths = _by_name(given, "--model", "NAME=PATH.xml")
    texts = _by_name(contracts, "--contract", "NAME=colour=BGR,range=0..255")
    models = {**config.evaluate.models, **{name: NamedModel(path=path) for name, path in paths.items()}}
    for name, text in texts.items():
        if name not in models:
            known = f"the models are {', '.join(models)}" if models else "there is no --model"
            raise UsageError(f"--contract: {shortened(name)} is no model's name; {known}")
        models[name] = models[name].replaced(contract=text)
    return models


def _by_name(given: Sequence[str] | None, option: str, example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given or ():
        name, _, value = (part.strip() for part in text.partition("="))
        if not (name and value):
            raise UsageError(f"{option}: expected {example}, found {shortened(repr(text))}")
        if name in found:
            raise UsageError(f"{option}: {shortened(name)} is named twice; give every model a name of its own")
        found[name] = value
    return found
