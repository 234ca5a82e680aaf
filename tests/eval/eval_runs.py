"""Invented scores with obvious means, for the tests of results, gate and report."""

from collections.abc import Callable, Iterable, Mapping

from datasets.samples.coverage import Coverage, CoverageMeter
from datasets.samples.sample import Sample
from eval.metrics.constant import ALPHA_CONSTANT
from eval.run.scores import ScoreRow, metrics_of
from eval.run.stored import Run, run_like

MakeRun = Callable[..., Run]

IDS = ("a/0001", "a/0002", "b/0001", "b/0002")
METRIC_BASE = {"alpha_mad": 4.0, "alpha_mse": 1.0, "alpha_grad": 2.0, "foreground_mse": 3.0}


def make_rows(shift: dict[str, float] | None = None, ids: tuple[str, ...] = IDS) -> list[ScoreRow]:
    """Return rows of torch (base + sample number), ir-fp32@f32 and ir-fp16@default; `shift` moves a variant's scores.

    The first sample has no foreground, so its Foreground MSE is undefined.
    """
    rows = []
    for variant in ("torch", "ir-fp32@f32", "ir-fp16@default"):
        for number, sample in enumerate(ids):
            scores: dict[str, float | None] = {
                name: base + number + (shift or {}).get(variant, 0.0) for name, base in METRIC_BASE.items()
            }
            if number == 0:
                scores["foreground_mse"] = None
            tags = ("motion-blur",) if sample.startswith("a/") else ()
            best: dict[str, float | None] = {ALPHA_CONSTANT: 500.0}
            rows.append(ScoreRow(sample, variant, scores, latency_ms=10.0 * (number + 1), tags=tags, constants=best))
    return rows


def with_facts(run: Run, **facts: object) -> Run:
    """Return the run with other facts, such as `created`, beside the same scores."""
    return Run(run.results.model_copy(update=facts), run.table)


def measured(samples: Iterable[Sample]) -> Coverage:
    """Return the coverage of samples in the frame of the first."""
    samples = list(samples)
    meter = CoverageMeter(samples[0].size)
    for sample in samples:
        meter.add(sample)
    return meter.coverage()


def with_coverage(run: Run, samples: Iterable[Sample]) -> Run:
    """Return the run as if its samples had shown what these show."""
    coverage = measured(samples).model_copy(update={"samples": run.results.dataset.samples})
    return with_facts(run, dataset=run.results.dataset.model_copy(update={"coverage": coverage}))


def shifted(run: Run, moves: Mapping[str, Mapping[str, float]]) -> Run:
    """Return the run with every score of a variant on a sample moved; `moves` is variant to sample to how far."""
    by = [moves.get(variant, {}).get(sample, 0.0) for variant, sample in run.table.index]
    metrics = metrics_of(run.table)
    return run_like(run.results, run.table.assign(**run.table[metrics].add(by, axis="index")))
