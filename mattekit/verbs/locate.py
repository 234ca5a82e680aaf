"""`mattekit locate`."""

from pathlib import Path
from typing import Annotated

import typer

from configs.schema import InferencePrecision
from mattekit.terminal.console import progress_bars, say
from mattekit.terminal.jobs import changed, new_run
from mattekit.terminal.modes import answer
from mattekit.terminal.options import CONFIG, ConfigOption


def locate(
    model_a: Annotated[Path, typer.Argument(help="An .onnx, an IR's .xml, a checkpoint, or a converted folder.")],
    model_b: Annotated[Path, typer.Argument(help="The form to compare it with.")],
    sample: Annotated[str, typer.Option(help="The sample's id, such as people/0003.")],
    config: ConfigOption = CONFIG,
    dataset: Annotated[
        str | None, typer.Option(metavar="people|synthetic|DIR|URL", help="A bundled set, or a set in OMZ's layout.")
    ] = None,
    precision_a: Annotated[InferencePrecision, typer.Option(help="Inference precision of A, an IR.")] = "f32",
    precision_b: Annotated[InferencePrecision, typer.Option(help="Inference precision of B, an IR.")] = "f32",
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0, help="Largest difference, as a share of a tensor's largest value; for f32 by default 1e-4."
        ),
    ] = None,
    until_parted: Annotated[bool, typer.Option("--until-parted", help="Stop at the first tensor that parts.")] = False,
    out: Annotated[Path | None, typer.Option(help="The folder to write; by default a new one under reports/.")] = None,
) -> None:
    """Find the first inner tensor, in topological order, that two forms of a network compute differently.

    Tensors are matched by name, which every form of one export keeps, and read a few at a time. Writes located.json,
    growth.png (the error along the graph) and, where the forms part, reproduction/: the part of each graph around the
    node, its inputs, both outputs and a script. Ends with 0 where the forms agree, with 1 where they part.

    Examples:

        mattekit locate models/mine/model.onnx models/mine/fp32/model.xml --sample people/0003

        mattekit locate models/mine models/mine/exported.onnx --sample people/0003

        mattekit locate mine/fp32/model.xml mine/fp32/model.xml --precision-b bf16 --sample people/0003
    """
    from configs.errors import ParityError
    from eval.locate.run import locate as run
    from eval.locate.text import describe

    job = changed(config, {"--dataset": ("dataset.path", dataset)})
    folder = out or new_run("locate")
    with progress_bars() as report:
        located = run(
            model_a,
            model_b,
            sample,
            job,
            folder,
            precisions=(precision_a, precision_b),
            tolerance=tolerance,
            until_parted=until_parted,
            report=report,
        )
    answer(folder=folder, located=located)
    for line in describe(located):
        say(line)
    say(f"written: {folder}")
    if located.first is not None:
        raise typer.Exit(ParityError.exit_code)
