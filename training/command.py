"""The command line of the training."""

from pathlib import Path
from typing import Annotated

import typer

from configs.errors import MattekitError, UsageError


def train(
    recipe: Annotated[Path, typer.Option(help="The recipe to follow.")] = Path("training/recipe.yaml"),
    out: Annotated[Path, typer.Option(help="The run's folder; an unfinished run there is resumed.")] = Path(
        "training/runs/default"
    ),
    checkpoint: Annotated[Path | None, typer.Option(help="Start a new run from these weights, at --stage.")] = None,
    stage: Annotated[str | None, typer.Option(help="The first stage of a run that starts from --checkpoint.")] = None,
) -> None:
    """Train a checkpoint by a recipe. A run can be killed at any time; the same command continues it."""
    from training.recipe import load_recipe
    from training.train import Start, console
    from training.train import train as run

    try:
        if (checkpoint is None) != (stage is None):
            raise UsageError("--checkpoint and --stage: expected both or neither, found one of them")
        start = None if checkpoint is None or stage is None else Start(checkpoint, stage)
        console.print(f"trained: {run(load_recipe(recipe), out, start)}")
    except MattekitError as error:
        console.print(f"error: {error}")
        raise typer.Exit(error.exit_code) from error
