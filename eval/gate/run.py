"""The gate: may this run's models ship? Reads stored results only; no model runs and no runtime is imported."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from configs.errors import ParityError
from configs.schema import GateSection
from eval.gate.baseline import Baseline, baseline_from, baseline_if_there, read_baseline, write_baseline
from eval.gate.ci_output import write_badge
from eval.gate.judge import judge, judge_original
from eval.gate.output import GateRecord, write_junit
from eval.gate.verdict import GateReport
from eval.metrics.measures import PUBLISHED_METRICS
from eval.run.results import Results
from eval.run.stored import StoredRun, read_run, require_rows

JUNIT_FILE = "junit.xml"
BADGE_FILE = "badge.json"


def judge_run(
    run_dir: Path, gate: GateSection, required_variants: Sequence[str] = (), baseline_path: Path | None = None
) -> GateReport:
    """Read a stored run and judge it; write nothing. Arguments and errors as `judge_stored`."""
    return judge_stored(read_run(run_dir), run_dir, gate, required_variants, baseline_path)


def judge_stored(
    run: StoredRun,
    run_dir: Path,
    gate: GateSection,
    required_variants: Sequence[str] = (),
    baseline_path: Path | None = None,
) -> GateReport:
    """Judge a run against its original and against the baseline.

    Args:
        run: what was read of it.
        run_dir: where it was read, for errors.
        gate: tolerances, and the baseline's path.
        required_variants: variants that must have run, besides those of the baseline.
        baseline_path: another baseline than the configured one.

    Raises:
        DataError: the baseline is missing or corrupt, or it holds scores of single samples and the run has none.
        UsageError: the tolerances name an unknown metric.
    """
    baseline = read_baseline(baseline_path or gate.baseline)
    if baseline.scores:
        require_rows(run, run_dir, "the baseline is compared sample by sample")
    return judge(run.results, baseline, gate, required_variants, run.rows)


def clear_verdict(run_dir: Path) -> None:
    """Remove the verdict that a run's folder holds, so that it does not outlive a judgement that ends in an error."""
    for stale in (GateRecord.FILE, JUNIT_FILE, BADGE_FILE):
        (run_dir / stale).unlink(missing_ok=True)


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
        run_dir: folder that holds `results.json`.
        gate: tolerances, and the baseline's path.
        reason: why the expected figures change; kept in the baseline.
        required_variants: variants that must have run.
        baseline_path: another baseline than the configured one.
        created: the time to record, now by default.

    Raises:
        UsageError: the reason is empty, or the baseline cannot be written.
        DataError: the results, or the baseline to replace, are corrupt.
        ParityError: the run is not fit: it is incomplete, a converted form drifts from the original by more than its
            tolerance, or one of the published metrics is undefined.
    """
    path = baseline_path or gate.baseline
    run = read_run(run_dir)
    require_rows(run, run_dir, "a baseline holds them")
    previous = baseline_if_there(path)
    _require_fit(run.results, gate, required_variants, path)
    when = (created or datetime.now(UTC)).isoformat(timespec="seconds")
    baseline = baseline_from(run.results, reason, when, previous, run.rows)
    write_baseline(path, baseline)
    return baseline


def _require_fit(results: Results, gate: GateSection, required_variants: Sequence[str], path: Path) -> None:
    problems = [
        f"{row.variant}, {row.metric}: {row.reason}"
        for row in judge_original(results, gate, required_variants).failures()
    ]
    for variant in results.variants:
        for metric in PUBLISHED_METRICS:
            record = variant.metrics.get(metric)
            if record is None or record.mean is None:
                problems.append(f"{variant.name}, {metric}: missing or undefined")
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise ParityError(f"{path}: not updated, because this run is not fit to be expected again:\n{listed}")
