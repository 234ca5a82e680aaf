"""Faults of a stored run's data, put into a copy of it: what a gate must fail, or refuse to judge at all."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from eval.run.results import PER_SAMPLE_FILE, Results
from eval.run.stored import read_run, run_like, write_run

Inject = Callable[[Path], None]


def drop_sample(folder: Path) -> None:
    """Leave the last sample out of the whole run, as an evaluation that passed over it would have."""
    run = read_run(folder)
    samples = run.table.index.get_level_values("sample")
    write_run(folder, run_like(run.results, run.table[samples != samples[-1]]))


def drop_score(folder: Path) -> None:
    """Leave one sample of the last variant out of the single scores."""
    file = folder / PER_SAMPLE_FILE
    file.write_text("".join(file.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")


def drop_from_mean(folder: Path) -> None:
    """Let every mean of the last variant say that it is over one sample less than the run has."""
    results = Results.read(folder)
    last = results.variants[-1]
    metrics = {
        name: record.model_copy(update={"samples": record.samples - 1}) if record.samples > 1 else record
        for name, record in last.metrics.items()
    }
    variants = (*results.variants[:-1], last.model_copy(update={"metrics": metrics}))
    results.model_copy(update={"variants": variants}).write(folder)


def forge_drift(folder: Path) -> None:
    """Write another drift of the last variant than its scores have."""
    results = Results.read(folder)
    *others, last = results.drift
    forged = last.model_copy(update={"mean": 0.0 if last.mean else 1.0})
    results.model_copy(update={"drift": (*others, forged)}).write(folder)


def stale_set(folder: Path) -> None:
    """Give the run the manifest of other images under the same ids."""
    results = Results.read(folder)
    before = results.dataset.manifest_sha256 or ""
    other = "1" * 64 if before != "1" * 64 else "2" * 64
    dataset = results.dataset.model_copy(update={"manifest_sha256": other})
    results.model_copy(update={"dataset": dataset}).write(folder)


def nan_in_results(folder: Path) -> None:
    """Put a NaN in the place of the first mean of `results.json`."""
    file = folder / Results.FILE
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
    "one dropped sample: a variant's means leave it out": ("refused", drop_from_mean),
    "one dropped sample: its row of one variant is gone": ("refused", drop_score),
    "forged drift: results.json has another than the scores": ("refused", forge_drift),
    "stale set: other images under the same ids": ("failed", stale_set),
    "a NaN in results.json": ("refused", nan_in_results),
    "a NaN in per_sample.csv": ("refused", nan_in_scores),
}
