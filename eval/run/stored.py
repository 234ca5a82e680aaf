"""A run as it lies on disk: its results and the single scores behind them, checked against each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError
from eval.run.results import RESULTS_FILE, Results, read_results, samples_sha256, write_results
from eval.run.scores import PER_SAMPLE_FILE, ScoreRow, read_per_sample, require_mean, write_per_sample


@dataclass(frozen=True, slots=True)
class StoredRun:
    """Results, and one row of scores per sample and variant; no rows where the run's folder has no such file."""

    results: Results
    rows: tuple[ScoreRow, ...]


def read_run(run_dir: Path) -> StoredRun:
    """Read a run's folder; a missing `per_sample.csv` is left to who needs it (`require_rows`).

    Raises:
        DataError: a file is corrupt, or the two are not of one run.
    """
    results = read_results(run_dir)
    rows = tuple(read_per_sample(run_dir)) if (run_dir / PER_SAMPLE_FILE).exists() else ()
    if rows:
        _require_one_run(run_dir, results, rows)
    return StoredRun(results, rows)


def write_run(run_dir: Path, run: StoredRun) -> None:
    """Write results and single scores into a folder, which is made where it is missing.

    Raises:
        DataError: a value is not finite, or there are no rows.
        UsageError: the folder cannot be written.
    """
    write_results(run_dir / RESULTS_FILE, run.results)
    write_per_sample(run_dir / PER_SAMPLE_FILE, run.rows)


def require_rows(run: StoredRun, run_dir: Path, why: str) -> None:
    """Raise `DataError` where the run has no scores of single samples; `why` says what needs them."""
    if not run.rows:
        raise DataError(f"{run_dir / PER_SAMPLE_FILE}: missing or empty, and {why}; run `mattekit evaluate` again")


def _require_one_run(run_dir: Path, results: Results, rows: Sequence[ScoreRow]) -> None:
    try:
        by_variant: dict[str, list[ScoreRow]] = {variant.name: [] for variant in results.variants}
        for row in rows:
            if row.variant not in by_variant:
                raise ValueError(f"scores of variant {row.variant}, of which there are no results")
            by_variant[row.variant].append(row)
        for variant in results.variants:
            own = by_variant[variant.name]
            if not own or samples_sha256(row.sample for row in own) != results.dataset.samples_sha256:
                raise ValueError(f"variant {variant.name}: scores of {len(own)} samples, which are not those evaluated")
            for metric, record in variant.metrics.items():
                require_mean(f"variant {variant.name}, {metric}", record.mean, [row.scores.get(metric) for row in own])
    except (ValueError, DataError) as error:
        raise DataError(
            f"{run_dir}: {RESULTS_FILE} and {PER_SAMPLE_FILE} are not of one run ({error}); one of them was changed, "
            "so run `mattekit evaluate` again"
        ) from error
