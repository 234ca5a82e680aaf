"""A job in one environment, and how far its scores are from those in another: the gate's limits of a baseline."""

from collections.abc import Iterator
from pathlib import Path

from configs.schema import Config, GateSection
from configs.text import counted
from converter.forms.variant import TORCH, Variant, parse_variants
from eval.gate.baseline import baseline_from
from eval.gate.judge_baseline import baseline_rows
from eval.gate.verdict import ALL, GateRow
from eval.run.results import VariantRecord
from eval.run.scores import scores_of
from eval.run.stored import Run, read_run
from eval.statistics.intervals import count_units
from eval.versions.client import Worker
from eval.versions.commands import Convert, Evaluate, Report
from eval.versions.pins import Pin


def run_in(
    pin: Pin,
    environment: Path | None,
    config: Config,
    folder: Path,
    rerun: str,
    report: Report,
    convert_into: Path | None = None,
) -> tuple[Run, Config]:
    """Evaluate a job where this version runs; return the run, and the job as it was run.

    Args:
        pin: the package and its version.
        environment: its folder; None for the environment that runs here.
        config: the job.
        folder: where results and scores are written.
        rerun: the command that repeats it.
        report: called with (what is being done, done, total).
        convert_into: a folder to be made, into which this version first converts the job's original anew.

    Raises:
        MattekitError: as `eval.pipeline.evaluate.evaluate`, and `converter.convert.convert`.
        DataError: the release cannot run it.
    """

    def report_version(work: str, done: int, total: int) -> None:
        report(f"{work}, {pin}", done, total)

    with Worker(pin, environment, report_version) as worker:
        job = config if convert_into is None else worker.do(Convert(config, convert_into))
        worker.do(Evaluate(job, folder, (rerun,)))
    return read_run(folder), job


def judged(reference: Run, run: Run, gate: GateSection) -> tuple[GateRow, ...]:
    """Judge a run by the limits of `gate.against_baseline`, as if the reference were its baseline.

    A run that moved within the limits, on fewer samples than `gate.minimum_samples`, is inconclusive besides.
    """
    baseline = baseline_from(reference, "another version", reference.results.created, None)
    rows = tuple(baseline_rows(run, baseline, gate))
    units = count_units(run.table.index.unique("sample"), run.results.dataset.consecutive)
    if units < gate.minimum_samples and moved_variants(reference, run):
        reason = (
            f"{counted(units, 'sample')} are fewer than the {gate.minimum_samples} that gate.minimum_samples asks for"
        )
        rows += (GateRow("run", ALL, "sample count", "inconclusive", reason=reason),)
    return rows


def moved_variants(reference: Run, run: Run) -> tuple[VariantRecord, ...]:
    """Return the variants of which any score of any sample is another than in the reference, in whatever digit."""
    return tuple(
        variant
        for variant in run.results.variants
        if not scores_of(reference.table, variant.name).equals(scores_of(run.table, variant.name))
    )


def own_variants(package: str, config: Config) -> tuple[str, ...]:
    """Return the job's variants of the converted model that a package runs, in their order."""
    variants = parse_variants(config.evaluate.variants, config.evaluate.device)
    return tuple(variant.name for variant in variants if _package_of(variant) == package)


def _package_of(variant: Variant) -> str:
    return "openvino" if variant.is_ir else "torch" if variant.hop == TORCH else "onnxruntime"


def moves(reference: Run, run: Run, metric: str) -> Iterator[tuple[str, float]]:
    """Yield variant and mean difference of one metric, the run's minus the reference's, where both have it."""
    for variant in run.results.variants:
        before, after = (scores_of(one.table, variant.name)[metric].mean() for one in (reference, run))
        if before == before and after == after:  # a mean of nothing is NaN
            yield variant.name, float(after - before)


def largest_move(reference: Run, run: Run, variant: str) -> tuple[float, str]:
    """Return by how much a variant's Alpha MAD moved on the sample where it moved most, and that sample.

    Where Alpha MAD did not move at all, it is the metric of those that did, in the order of `METRICS`.
    """
    before, after = (scores_of(one.table, variant) for one in (reference, run))
    change = (after - before).abs()
    for metric in change:
        if change[metric].max() > 0:
            return float(change[metric].max()), str(change[metric].idxmax())
    return 0.0, str(change.index[0])
