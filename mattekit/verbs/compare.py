"""`mattekit compare`: two stored runs side by side; imports no framework."""

from pathlib import Path
from typing import Annotated

import typer

from mattekit.terminal.console import say
from mattekit.terminal.modes import answer


def compare(
    run_a: Annotated[Path, typer.Argument(help="The first run's folder.")],
    run_b: Annotated[Path, typer.Argument(help="The second run's folder; differences are this one minus the first.")],
    out: Annotated[
        Path | None, typer.Option(help="Where the text is written; by default compare.md in the second run's folder.")
    ] = None,
) -> None:
    """Compare two runs: metrics with 95 % intervals over the samples they share, latency, and what else changed.

    Versions, machine, models and configuration are listed where they differ. Samples that only one run has are left
    out, with a warning; runs without a common sample cannot be compared (exit 3). The verb does not judge: it ends with
    0 whatever the difference.

    Examples:

        mattekit compare reports/default-20260101-120000 reports/default-20260201-120000

        mattekit compare reports/example reports/mine --out compare.md
    """
    from configs.files import write_atomically
    from eval.compare.runs import compare_folders
    from eval.compare.text import comparison_markdown
    from mattekit.stages.run_folder import COMPARISON_FILE

    comparison = compare_folders(run_a, run_b)
    text = comparison_markdown(comparison)
    target = out or run_b / COMPARISON_FILE
    answer(comparison=comparison.content())
    say(text)
    write_atomically(target, text)
    say(f"comparison: {target}")
