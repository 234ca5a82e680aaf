"""The gate: may this run's models ship? Reads stored results only; no model runs and no runtime is imported."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from configs.errors import InconclusiveError, ParityError, UsageError
from configs.files import require_no_folder
from configs.places import found, is_there
from configs.schema import GateSection
from eval.gate.applicable import applicable
from eval.gate.baseline import UPDATE_COMMAND, Baseline, baseline_from
from eval.gate.ci_output import write_badge
from eval.gate.judge import judge, judge_original
from eval.gate.output import BADGE_FILE, JUNIT_FILE, GateRecord, write_junit
from eval.gate.verdict import GateReport, mean_of
from eval.metrics.measures import PUBLISHED_METRICS
from eval.run.identity import run_models
from eval.run.stored import Run, read_run


def judge_run(
    run_dir: Path, gate: GateSection, required_variants: Sequence[str] = (), baseline_path: Path | None = None
) -> GateReport:
    """Read a stored run and judge it; write nothing. Arguments and errors as `judge_stored`."""
    return judge_stored(run_dir, read_run(run_dir), gate, required_variants, baseline_path)


def judge_stored(
    run_dir: Path,
    run: Run,
    gate: GateSection,
    required_variants: Sequence[str] = (),
    baseline_path: Path | None = None,
) -> GateReport:
    """Judge a run against its original and against the baseline.

    The report's first note says which run it is and what became of its models.

    Args:
        run_dir: the run's folder.
        run: what was read of it.
        gate: tolerances, and the baseline's path.
        required_variants: variants that must have run, besides those of the baseline.
        baseline_path: another baseline than the configured one.

    Raises:
        DataError: the baseline is missing where it is required or given as an argument, or corrupt; or the run's models
            are there and not what they were.
        UsageError: the tolerances name an unknown metric, or a baseline is required and none is named.
    """
    models = run_models(run.results, str(run_dir))
    expected = _expected(gate, baseline_path)
    if isinstance(expected, Baseline):
        report = judge(run, expected, gate, required_variants)
    else:
        report = judge_original(run, gate, required_variants, expected)
    return replace(report, notes=(f"{run_dir}: {models}", *report.notes))


def _expected(gate: GateSection, baseline_path: Path | None) -> Baseline | str:
    """Return the baseline, or why there is none."""
    path = baseline_path or gate.baseline
    if path is None:
        if gate.require_baseline:
            raise UsageError("gate.require_baseline: no baseline is named; set gate.baseline, or give --baseline")
        return f"none is named; make one: {UPDATE_COMMAND} --baseline FILE, and name it as gate.baseline"
    if baseline_path is None and not gate.require_baseline and not is_there(found(path)):
        return f"{path} is not there yet; make it of a run you trust: {UPDATE_COMMAND}"
    return Baseline.read(found(path))


def clear_verdict(run_dir: Path) -> None:
    """Remove the verdict that a run's folder holds, so that it does not outlive a judgement that ends in an error.

    Raises:
        UsageError: it cannot be removed.
    """
    if not run_dir.is_dir():
        return
    stale = [run_dir / name for name in sorted(GateRecord.names())]
    require_no_folder(iter(stale))
    try:
        for path in stale:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{error.filename}: an earlier verdict, cannot be removed ({error.strerror})") from error


def write_verdict(run_dir: Path, report: GateReport) -> None:
    """Write `gate.json`, `junit.xml` and `badge.json` into a run's folder.

    Raises:
        UsageError: the folder cannot be written.
    """
    GateRecord.from_report(report).write(run_dir)
    write_junit(run_dir / JUNIT_FILE, report)
    write_badge(run_dir / BADGE_FILE, report)


def update_baseline(
    run_dir: Path,
    gate: GateSection,
    reason: str,
    required_variants: Sequence[str] = (),
    baseline_path: Path | None = None,
    created: datetime | None = None,
) -> Baseline:
    """Make a stored run's figures the expected ones; those they replace go into the baseline's history.

    Args:
        run_dir: folder that holds `results.json` and `per_sample.csv`.
        gate: tolerances, and the baseline's path.
        reason: why the expected figures change; kept in the baseline. The first one needs none.
        required_variants: variants that must have run.
        baseline_path: another baseline than the configured one.
        created: the time to record, now by default.

    Raises:
        UsageError: the reason is empty, or the baseline is not named or cannot be written.
        DataError: the run, or the baseline to replace, is corrupt, or the run's models are not what they were.
        ParityError: the run is not fit: it is incomplete, a converted form drifts from the original by more than its
            tolerance, or one of the published metrics is undefined.
        InconclusiveError: nothing speaks against the run, but it does not settle that it is fit, as with too few
            samples.
    """
    path = baseline_path or gate.baseline
    if path is None:
        raise UsageError(
            "--update-baseline: gate.baseline names no file; give --baseline FILE, and name it as gate.baseline"
        )
    run = read_run(run_dir)
    previous = Baseline.read(expected) if (expected := found(path)).exists() else None
    run_models(run.results, str(run_dir))
    _require_fit(run, gate, required_variants, path)
    if previous is None:
        reason = reason.strip() or "the first baseline"
    when = (created or datetime.now(UTC)).isoformat(timespec="seconds")
    baseline = baseline_from(run, reason, when, previous)
    baseline.write(path)
    return baseline


def _require_fit(run: Run, gate: GateSection, required_variants: Sequence[str], path: Path) -> None:
    report = judge_original(run, gate, required_variants)
    known = applicable(run.results)
    undefined = [
        f"{variant.name}, {metric}: missing or undefined"
        for variant in run.results.variants
        for metric in PUBLISHED_METRICS
        if metric in known and mean_of(variant.metrics.get(metric)) is None
    ]
    problems = [*(f"{row.variant}, {row.metric}: {row.reason}" for row in report.failures()), *undefined]
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        kind = ParityError if undefined or report.count("fail") else InconclusiveError
        raise kind(f"{path}: not updated, because this run is not fit to be expected again:\n{listed}")
