"""`mattekit gate`: on stored results alone; imports no framework."""

from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError
from configs.load import load_config
from mattekit.console import output, say
from mattekit.options import CONFIG, ConfigOption


def gate(
    run: Annotated[
        Path | None, typer.Argument(help="A run's folder; by default the configuration's newest one under reports/.")
    ] = None,
    config: ConfigOption = CONFIG,
    baseline: Annotated[Path | None, typer.Option(help="Another baseline than the configured one.")] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Make this run's figures the expected ones; needs --reason.")
    ] = False,
    reason: Annotated[str | None, typer.Option(help="Why the expected figures change; kept in the baseline.")] = None,
) -> None:
    """Judge a run: every converted form against the original, and the run against the committed baseline.

    Writes gate.json, junit.xml, badge.json and report.html into the run's folder. In a GitHub workflow also the job's
    summary, the step's outputs (status, report_path, drift values) and an annotation per failure: docs/ci.md.
    Exit 0 within every limit, 1 beyond one, 5 where the evidence does not allow a verdict (too few samples, another
    CPU class than the baseline's).

    Examples:

        mattekit gate

        mattekit gate reports/default-20260101-120000 --baseline configs/baselines/mine.json

        mattekit gate --update-baseline --reason "OpenVINO 2026.4.1: new kernels"
    """
    from eval.ci_output import annotations
    from eval.gate import run_gate
    from eval.gate import update_baseline as update
    from eval.gate_output import print_gate
    from mattekit.verbs.evaluate import latest_run

    job = load_config(config)
    run_dir = run or latest_run(job)
    if reason is not None and not update_baseline:
        raise UsageError("--reason goes with --update-baseline")
    if update_baseline:
        update(run_dir, job.gate, reason or "", job.evaluate.variants, baseline)
        say(f"{baseline or job.gate.baseline}: now expects the figures of {run_dir}")
        return
    report = run_gate(run_dir, job.gate, job.evaluate.variants, baseline)
    print_gate(report, output)
    for annotation in annotations(report):
        say(annotation)
    raise typer.Exit(report.exit_code)
