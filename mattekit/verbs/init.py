"""`mattekit init`."""

from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError
from configs.load import JOB_FILE
from mattekit.terminal.console import say, say_warning


def init(
    checkpoint: Annotated[
        Path | None, typer.Option(help="Your model: a checkpoint of PyTorch, or safetensors.")
    ] = None,
    onnx: Annotated[Path | None, typer.Option(help="Your model: a ready ONNX.")] = None,
    architecture: Annotated[
        str | None, typer.Option(help="Its family, such as background-matting-v2; by default told from the file.")
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            metavar="people|synthetic|DIR|URL", help="What it is evaluated on; by default what fits its aspect."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The job's file.")] = JOB_FILE,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a job for your own model: mattekit.yaml, which every verb reads in this folder.

    The model is opened: a file that is none, or of no known family, is refused at once; family, backbone and the size
    of a fixed ONNX are filled in. Without a model the job is of the bundled checkpoint. Every key is explained in the
    file; what it leaves out, limits for every precision among it, takes its default.

    Examples:

        mattekit init --checkpoint mine.pth

        mattekit init --onnx mine.onnx --dataset footage/set

        mattekit init
    """
    from mattekit.stages.new_job import write_job

    if checkpoint is not None and onnx is not None:
        raise UsageError("give --checkpoint or --onnx, not both")
    job = write_job(out, checkpoint=checkpoint, onnx=onnx, architecture=architecture, dataset=dataset, force=force)
    say(f"{out}: {job.about}")
    for warning in job.warnings:
        say_warning(warning)
    option = "" if out == JOB_FILE else f" --config {out}"
    say(f"next: mattekit convert{option}, then mattekit evaluate{option}, then mattekit gate{option}")
