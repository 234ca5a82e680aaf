"""`mattekit locate`."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from configs.load import load_config, override
from mattekit.terminal.console import progress_bars, say
from mattekit.terminal.options import CONFIG, ConfigOption


class PrecisionOption(StrEnum):
    """The inference precisions that an IR can be asked for."""

    f32 = "f32"
    bf16 = "bf16"
    f16 = "f16"
    default = "default"


def locate(
    model_a: Annotated[Path, typer.Argument(help="An .onnx, an IR's .xml, a checkpoint, or a converted folder.")],
    model_b: Annotated[Path, typer.Argument(help="The form to compare it with.")],
    sample: Annotated[str, typer.Option(help="The sample's id, such as people/0003.")],
    config: ConfigOption = CONFIG,
    dataset: Annotated[
        str | None, typer.Option(metavar="people|synthetic|DIR", help="A bundled set, or a set in OMZ's layout.")
    ] = None,
    precision_a: Annotated[PrecisionOption, typer.Option(help="Inference precision of A, an IR.")] = (
        PrecisionOption.f32
    ),
    precision_b: Annotated[PrecisionOption, typer.Option(help="Inference precision of B, an IR.")] = (
        PrecisionOption.f32
    ),
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0, help="Largest difference, as a share of a tensor's largest value; for f32 by default 1e-4."
        ),
    ] = None,
    until_parted: Annotated[bool, typer.Option("--until-parted", help="Stop at the first tensor that parts.")] = False,
    out: Annotated[Path | None, typer.Option(help="The folder to write; by default a new one under reports/.")] = None,
) -> None:
    """Find the first inner tensor, in topological order, where two forms of a network part.

    Tensors are matched by name, which every form of one export keeps, and read a few at a time. Writes located.json,
    growth.png (the error along the graph) and, where they part, reproduction/: the part of each graph around the node,
    its inputs, both outputs and a script. Exit 0 where the forms agree, 1 where they part.

    Examples:

        mattekit locate models/mine/model.onnx models/mine/fp32/model.xml --sample people/0003

        mattekit locate models/mine models/mine/exported.onnx --sample people/0003

        mattekit locate mine/fp32/model.xml mine/fp32/model.xml --precision-b bf16 --sample people/0003
    """
    from configs.errors import ParityError
    from eval.locate.run import locate as run
    from eval.locate.text import describe

    job = override(load_config(config), {"dataset.path": dataset})
    folder = out or Path("reports") / f"locate-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    with progress_bars() as report:
        located = run(
            model_a,
            model_b,
            sample,
            job,
            folder,
            precisions=(precision_a.value, precision_b.value),
            tolerance=tolerance,
            until_parted=until_parted,
            report=report,
        )
    for line in describe(located):
        say(line)
    say(f"written: {folder}")
    if located.first is not None:
        raise typer.Exit(ParityError.exit_code)
