"""Draw the losses of a training run: `python -m training.plot training/runs/default/losses.csv losses.png`."""

import csv
import io
from pathlib import Path
from typing import Annotated

import typer

from configs.errors import DataError
from configs.files import write_atomically


def draw_losses(losses: Path, out: Path) -> None:
    """Draw `losses.csv` of `training.train` as a PNG: the loss over iterations, the stages side by side.

    Raises:
        DataError: the file is missing, empty or not such a table.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    stages = _read(losses)
    figure = Figure(figsize=(9, 3.6), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    before = 0
    for stage, rows in stages.items():
        iterations = [before + iteration for iteration, _ in rows]
        axes.plot(iterations, [loss for _, loss in rows], linewidth=1.2, label=stage)
        before = iterations[-1]
        axes.axvline(before, color="0.8", linewidth=0.8, zorder=0)
    axes.set_yscale("log")
    axes.set_xlabel("iterations")
    axes.set_ylabel("loss")
    axes.grid(axis="y", which="both", color="0.93")
    axes.legend(frameon=False, ncols=3)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    write_atomically(out, picture.getvalue())


def _read(losses: Path) -> dict[str, list[tuple[int, float]]]:
    stages: dict[str, list[tuple[int, float]]] = {}
    try:
        with losses.open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                stages.setdefault(row["stage"], []).append((int(row["iteration"]), float(row["loss"])))
    except (OSError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{losses}: expected the losses.csv of a training run, found {error}") from error
    if not stages:
        raise DataError(f"{losses}: expected the losses.csv of a training run, found no rows")
    return stages


def main(
    losses: Annotated[Path, typer.Argument(help="losses.csv of a run's folder.")],
    out: Annotated[Path, typer.Argument(help="The picture to write, a PNG.")],
) -> None:
    """Draw the losses of a training run."""
    draw_losses(losses, out)


if __name__ == "__main__":
    typer.run(main)
