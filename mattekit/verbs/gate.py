"""`mattekit gate`: on stored results alone; imports no framework."""

import json
from pathlib import Path
from typing import Annotated

import typer

from configs.errors import ParityError, UsageError
from configs.schema import GateSection
from configs.sizes import WRITTEN
from mattekit.terminal.console import output, progress_bars, say, say_to_workflow
from mattekit.terminal.jobs import changed, latest_run
from mattekit.terminal.modes import answer
from mattekit.terminal.options import CONFIG, ConfigOption, OldShapeOption, chosen_size


def gate(
    run: Annotated[
        Path | None, typer.Argument(help="A run's folder; by default the configuration's newest one under reports/.")
    ] = None,
    config: ConfigOption = CONFIG,
    baseline: Annotated[Path | None, typer.Option(help="Another baseline than the configured one.")] = None,
    require_baseline: Annotated[
        bool | None,
        typer.Option("--require-baseline", help="Be red where the baseline is of another model or set, or not there."),
    ] = None,
    allow_stretch: Annotated[
        bool | None,
        typer.Option("--allow-stretch", help="Let a run pass whose frames had another aspect than the model."),
    ] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Make this run's figures the expected ones.")
    ] = False,
    reason: Annotated[
        str | None,
        typer.Option(help="Why the expected figures change; kept in the baseline. The first one needs none."),
    ] = None,
    self_test: Annotated[
        bool, typer.Option("--self-test", help="Put faults into copies of the run; each must turn the gate red.")
    ] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="With --self-test: plant over a hundred faults, in minutes; the power table.")
    ] = False,
    size: Annotated[
        str | None,
        typer.Option(metavar=WRITTEN, help="With --deep: the forms' size; by default the run's, made small."),
    ] = None,
    input_shape: OldShapeOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Where --self-test writes its table as .json and .md; by default nowhere.")
    ] = None,
) -> None:
    """Judge a run: every converted form against the original, and the run against the baseline, where there is one.

    Writes gate.json, junit.xml, badge.json and report.html into the run's folder. In a GitHub workflow also the job's
    summary, the step's outputs (status, report_path, drift values) and an annotation per failure: docs/ci.md.
    The gate judges the 95 % interval of each difference's mean over the samples. It ends with 0 where every interval
    lies within its limit, with 1 where one lies wholly beyond, and with 5 where one lies across (it says how many
    samples would settle it), where there are too few samples, where a difference is beyond its limit on another CPU
    class than the baseline's, and where frames were stretched to the model's aspect. Where the run's models are still
    there, they must be the files that ran, else it ends with 3.

    Without a baseline, or with one of another model or set, a run is judged against its original alone, and that is
    said. With --require-baseline, or gate.require_baseline in the job, it is red: for CI.

    --self-test --deep converts the run's original at a small size in every precision, plants weights, constants,
    attributes, colours, scales, patches and cells that are wrong, and tells which proof sees each (docs/proof.md).

    --self-test runs broken forms of the run's IR (colours swapped, scale missed, weights off by 1 % ...) on its first
    samples, edits copies of its files, and ends with 1 unless the gate turns red for every fault and for nothing else.

    Examples:

        mattekit gate

        mattekit gate reports/default-20260101-120000 --baseline configs/baselines/mine.json

        mattekit gate --require-baseline

        mattekit gate --update-baseline --reason "OpenVINO 2026.4.1: new kernels"

        mattekit gate --self-test --out reports/self-test

        mattekit gate --self-test --deep --out reports/self-test
    """
    from converter.forms.named import names_to_run
    from eval.gate.baseline import described
    from eval.gate.ci_output import annotations
    from eval.gate.output import GateRecord, print_gate
    from eval.gate.run import update_baseline as update
    from mattekit.stages.stored import gate_run

    options = {
        "--require-baseline": ("gate.require_baseline", require_baseline),
        "--allow-stretch": ("gate.allow_stretch", allow_stretch),
    }
    job = changed(config, options)
    run_dir = run or latest_run(job)
    required = names_to_run(job.evaluate)
    if reason is not None and not update_baseline:
        raise UsageError("--reason goes with --update-baseline")
    if out is not None and not self_test:
        raise UsageError("--out goes with --self-test")
    if deep and not self_test:
        raise UsageError("--deep goes with --self-test")
    if (size or input_shape) and not deep:
        raise UsageError("--size goes with --self-test --deep")
    if self_test and (update_baseline or baseline is not None):
        raise UsageError("--self-test makes a baseline of its own; leave out --update-baseline and --baseline")
    if update_baseline:
        made = update(run_dir, job.gate, reason or "", required, baseline)
        answer(folder=run_dir, baseline=baseline or job.gate.baseline)
        say(f"{baseline or job.gate.baseline}: now expects the figures of {run_dir}: {described(made)}")
        return
    if self_test:
        if not deep:
            raise typer.Exit(_self_test(run_dir, job.gate, out))
        small = chosen_size(size, input_shape)
        raise typer.Exit(_deep_self_test(run_dir, job.gate, small, out))
    report = gate_run(run_dir, job.gate, required, baseline)
    answer(folder=run_dir, gate=GateRecord.from_report(report))
    say(f"judging {'' if run else f'the newest run of {job.name}, '}{report.notes[0]}")
    print_gate(report, output)
    for annotation in annotations(report):
        say_to_workflow(annotation)
    raise typer.Exit(report.exit_code)


def _self_test(run_dir: Path, gate: GateSection, out: Path | None) -> int:
    """Run the self-test, print and write its table, and return the exit code."""
    from configs.files import write_atomically
    from eval.gate.selftest.run import print_self_test, self_test_json, self_test_markdown
    from eval.gate.selftest.run import self_test as run_self_test

    with progress_bars() as report:
        trials = run_self_test(run_dir, gate, report)
    answer(folder=run_dir, trials=json.loads(self_test_json(trials)))
    print_self_test(trials, output)
    if out is not None:
        write_atomically(out / "self-test.json", self_test_json(trials))
        write_atomically(out / "self-test.md", self_test_markdown(trials))
        say(f"self-test: {out / 'self-test.md'}")
    return 0 if all(trial.right for trial in trials) else ParityError.exit_code


def _deep_self_test(run_dir: Path, gate: GateSection, size: tuple[int, int] | None, out: Path | None) -> int:
    """Plant the faults, print and write the table of power, and return the exit code."""
    from configs.files import write_atomically
    from eval.gate.selftest.deep import deep_self_test
    from eval.gate.selftest.power import power_json, power_markdown, power_summary, rows_markdown

    with progress_bars() as report:
        table = deep_self_test(run_dir, gate, size, report)
    answer(folder=run_dir, power=json.loads(power_json(table)))
    say(rows_markdown(table.powers))
    say(f"deep self-test: {power_summary(table)}")
    if out is not None:
        write_atomically(out / "self-test-deep.json", power_json(table))
        write_atomically(out / "self-test-deep.md", power_markdown(table))
        say(f"self-test: {out / 'self-test-deep.md'}")
    return 0 if table.right else ParityError.exit_code
