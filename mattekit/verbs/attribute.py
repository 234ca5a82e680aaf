"""`mattekit attribute`."""

from pathlib import Path
from typing import Annotated

import typer

from configs.load import load_config
from mattekit.terminal.console import progress_bars, say
from mattekit.terminal.jobs import latest_run
from mattekit.terminal.modes import answer
from mattekit.terminal.options import CONFIG, ConfigOption


def attribute(
    run: Annotated[
        Path | None, typer.Argument(help="A run's folder; by default the configuration's newest one under reports/.")
    ] = None,
    config: ConfigOption = CONFIG,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N of the run's samples.")] = None,
) -> None:
    """Say which hop of the conversion added how much of a run's drift: graph, precisions, resize.

    Runs every form of the run's models, from torch over onnx to each IR, on the run's samples again, and compares each
    with the original and with the form before it. A form that this machine cannot run gets a row with the reason. Ends
    with 3 where models or samples are not those of the run. Writes attribution.json and attribution.md into the run's
    folder, and shows them in its report.md and report.html.

    Examples:

        mattekit attribute

        mattekit attribute reports/default-20260101-120000 --limit 8
    """
    from eval.attribution.text import attribution_page
    from mattekit.stages.attribution import attribute_run

    run_dir = run or latest_run(load_config(config))
    with progress_bars() as report:
        attribution = attribute_run(run_dir, limit=limit, report=report)
    answer(folder=run_dir, attribution=attribution)
    say(attribution_page(attribution))
    say(f"written: {run_dir / 'attribution.md'}")
