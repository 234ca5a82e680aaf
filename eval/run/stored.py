"""A run: what ran, the table of scores, and the figures that follow from it; in memory and in a folder."""

from pathlib import Path
from typing import Any

import pandas as pd

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from configs.places import Origin
from eval.run.evidence import require_evidence
from eval.run.figures import with_figures
from eval.run.places import seen_from_here
from eval.run.results import PER_SAMPLE_FILE, SBOM_FILE, Results, samples_sha256
from eval.run.scores import read_scores, write_scores
from eval.statistics.intervals import METHOD, same


class Run:
    """A run whose figures are those of its table.

    Attributes:
        table: the scores (`eval.run.scores`).
        results: what ran, with every figure derived from `table`.

    Args:
        facts: what ran; figures in it are not believed.
        table: the scores.

    Raises:
        DataError: the scores are not those of the run's variants and samples.
    """

    def __init__(self, facts: Results, table: pd.DataFrame) -> None:
        self.table = table
        self.results = with_figures(facts, table)


def run_like(like: Results, table: pd.DataFrame) -> Run:
    """Return the run that an evaluation which scored these samples would have been, all else as in `like`."""
    ids = list(table.index.unique("sample"))
    dataset = like.dataset.model_copy(
        update={
            "samples": len(ids),
            "samples_sha256": samples_sha256(ids),
            "pixels_sha256": like.dataset.pixels_sha256 if len(ids) == like.dataset.samples else None,
            "estimated_foregrounds": min(like.dataset.estimated_foregrounds, len(ids)),
            "coverage": like.dataset.coverage if len(ids) == like.dataset.samples else None,
        }
    )
    return Run(like.model_copy(update={"dataset": dataset, "worst": (), "rerun": ()}), table)


def read_run(run_dir: Path) -> Run:
    """Read a run's folder; the figures written in `results.json` must be those that follow from `per_sample.csv`.

    Intervals made by another method than today's cannot follow from them: they are not compared but made anew, as all
    figures are. Paths are those of the working folder, wherever the run was made.

    Raises:
        UsageError: it is a file.
        DataError: a file is missing or corrupt, the two are not of one run, or the scores cannot be those of the forms
            that they stand under; the message names the figure or the form.
    """
    if run_dir.is_file():
        hint = f", {run_dir.absolute().parent}" if run_dir.name in Results.names() else ""
        raise UsageError(f"{run_dir}: a file; expected a run's folder{hint}")
    stored, table = Results.read(run_dir), read_scores(run_dir)
    try:
        run = Run(stored, table)
        _require_same("", _figures(stored), _figures(run.results), stored.interval_method == METHOD)
    except DataError as error:
        raise DataError(
            f"{run_dir}: {Results.FILE} and {PER_SAMPLE_FILE} are not of one run ({error}); one of them was changed, "
            "so run `mattekit evaluate` again"
        ) from error
    try:
        require_evidence(run.results, run.table)
    except DataError as error:
        raise DataError(f"{run_dir}: {error}") from error
    _require_sbom(run_dir, stored)
    here = seen_from_here(run.results, run_dir)
    if here.variants != run.results.variants:
        return Run(here, table)  # the hashes of its scores are bound to the files' paths
    run.results = here
    return run


def write_run(run_dir: Path, run: Run) -> None:
    """Write results, with the working folder that their paths are of, and scores; make the folder where it is missing.

    Raises:
        DataError: a value is not finite.
        UsageError: the folder cannot be written.
    """
    write_scores(run_dir / PER_SAMPLE_FILE, run.table)
    run.results.model_copy(update={"origin": Origin.here(run_dir)}).write(run_dir)


def _require_sbom(run_dir: Path, results: Results) -> None:
    """Raise `DataError` where a run's bill of materials is another than it names; that it is gone is no fault."""
    path = run_dir / SBOM_FILE
    if results.sbom_sha256 and path.exists() and (found := sha256_of(path)) != results.sbom_sha256:
        raise DataError(
            f"{path}: not the run's bill of materials (SHA-256 {found[:12]}, {Results.FILE} names "
            f"{results.sbom_sha256[:12]}); put it back, remove it, or run `mattekit evaluate` again"
        )


def _figures(results: Results) -> dict[str, Any]:
    """Return every figure of a run by what it is of."""
    variants = {
        f"variant {variant.name}": {
            **{metric: record.model_dump() for metric, record in variant.metrics.items()},
            "latency_ms": None if variant.latency_ms is None else variant.latency_ms.model_dump(),
            **({"scores_sha256": variant.scores_sha256} if variant.files else {}),
        }
        for variant in results.variants
    }
    drift = {f"drift of {each.variant}, {each.metric}": each.model_dump() for each in results.drift}
    tags = {f"tag {each.tag}": each.model_dump() for each in results.tags}
    worst = {f"worst sample {each.sample}": each.model_dump(include={"original", "drift"}) for each in results.worst}
    return {**variants, **drift, **tags, **worst}


def _require_same(name: str, stored: Any, derived: Any, intervals: bool) -> None:
    """Raise `DataError` where a stored figure is not the derived one, but for rounding; `intervals`: of those too."""
    if isinstance(stored, dict) and isinstance(derived, dict):
        for key in dict.fromkeys([*derived, *stored]):
            written = stored.get(key)
            earlier = key == "metrics" and not written  # results of earlier versions lack those of tags
            if not earlier and (intervals or key != "interval"):
                _require_same(f"{name}, {key}" if name else key, written, derived.get(key), intervals)
    elif not (same(stored, derived) if isinstance(stored, float) and isinstance(derived, float) else stored == derived):
        raise DataError(f"{name}: {Results.FILE} has {stored}, the scores give {derived}")
