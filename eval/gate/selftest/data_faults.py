"""Faults of a stored run's data, put into a copy of it: what a gate must fail, or refuse to judge at all."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from eval.run.results import RESULTS_FILE, Results, read_results, write_results
from eval.run.scores import PER_SAMPLE_FILE, read_per_sample, write_per_sample
from eval.run.stored import StoredRun, read_run, write_run
from eval.run.summary import reassemble

Inject = Callable[[Path], None]


def drop_sample(folder: Path) -> None:
    """Leave the last sample out of the whole run, as an evaluation that passed over it would have."""
    run = read_run(folder)
    rows = tuple(row for row in run.rows if row.sample != run.rows[-1].sample)
    write_run(folder, StoredRun(reassemble(run.results, rows), rows))


def drop_score(folder: Path) -> None:
    """Leave one sample of the last variant out of the single scores."""
    file = folder / PER_SAMPLE_FILE
    write_per_sample(file, read_per_sample(file)[:-1])


def drop_from_mean(folder: Path) -> None:
    """Let every mean of the last variant say that it is over one sample less than the run has."""
    results = read_results(folder)
    last = results.variants[-1]
    metrics = {
        name: record.model_copy(update={"samples": record.samples - 1}) if record.samples > 1 else record
        for name, record in last.metrics.items()
    }
    variants = (*results.variants[:-1], last.model_copy(update={"metrics": metrics}))
    _write(folder, results.model_copy(update={"variants": variants}))


def stale_set(folder: Path) -> None:
    """Give the run the manifest of other images under the same ids."""
    results = read_results(folder)
    before = results.dataset.manifest_sha256 or ""
    other = "1" * 64 if before != "1" * 64 else "2" * 64
    _write(
        folder, results.model_copy(update={"dataset": results.dataset.model_copy(update={"manifest_sha256": other})})
    )


def nan_in_results(folder: Path) -> None:
    """Put a NaN in the place of the first mean of `results.json`."""
    file = folder / RESULTS_FILE
    before, found, after = file.read_text(encoding="utf-8").partition('"mean": ')
    assert found
    file.write_text(f"{before}{found}NaN{after[after.index(',') :]}", encoding="utf-8")


def nan_in_scores(folder: Path) -> None:
    """Put a NaN in the place of the first score of `per_sample.csv`."""
    file = folder / PER_SAMPLE_FILE
    header, first, *rest = file.read_text(encoding="utf-8").splitlines(keepends=True)
    cells = first.split(",")
    cells[3] = "nan"
    file.write_text("".join([header, ",".join(cells), *rest]), encoding="utf-8")


DATA_FAULTS: Mapping[str, tuple[Literal["failed", "refused"], Inject]] = {
    "one dropped sample: the run passed over it": ("failed", drop_sample),
    "one dropped sample: a variant's means leave it out": ("failed", drop_from_mean),
    "one dropped sample: its row of one variant is gone": ("refused", drop_score),
    "stale set: other images under the same ids": ("failed", stale_set),
    "a NaN in results.json": ("refused", nan_in_results),
    "a NaN in per_sample.csv": ("refused", nan_in_scores),
}


def _write(folder: Path, results: Results) -> None:
    write_results(folder / RESULTS_FILE, results)
