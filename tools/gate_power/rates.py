"""How often the gate is wrong: false alarms on an unchanged model, and power against a drift of known size.

Both are measured by resampling a stored run: its samples (its clips, where frames follow each other) are drawn with
replacement, the run and its baseline alike, and the real gate judges each draw as it would a run.

    unchanged   The baseline is the draw itself. The run is the draw with every score of every variant moved by the
                measured difference of two frameworks on that sample, with a sign drawn per sample: what the same model
                moves by under other kernels.
    drift       One converted variant moves by `factor` times the limit of a check in the mean over the whole run, in
                each judged metric, spread over the samples by a pattern; everything else stays.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from configs.errors import DataError
from configs.schema import GateSection
from datasets.samples.sample import clip_of
from eval.gate.baseline import baseline_from
from eval.gate.run import judge
from eval.gate.verdict import GateReport, limit_of, mean_of
from eval.run.results import TAG_METRIC, Results
from eval.run.scores import ScoreRow
from eval.run.stored import StoredRun
from eval.run.summary import reassemble

Pattern = Mapping[str, Mapping[str, float]]
"""Metric to sample to what the sample's score moves by."""
DriftCheck = Literal["original", "baseline"]
CHECKS: tuple[DriftCheck, ...] = ("original", "baseline")


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of the draws: those that passed, were inconclusive or failed as a whole, and failed in each metric."""

    passed: float
    inconclusive: float
    failed: float
    by_metric: Mapping[str, float]


def false_alarms(
    run: StoredRun, gate: GateSection, noise_of: str, draws: int = 200, samples: int | None = None, seed: int = 1
) -> Rates:
    """Return what the gate makes of an unchanged model.

    Args:
        run: a stored run with its single scores.
        gate: the tolerances.
        noise_of: the variant whose difference from the original is taken for what kernels move.
        draws: how many times the samples are drawn.
        samples: how many (clips) are drawn each time; as many as there are by default.
        seed: of the draws.
    """
    noise = difference_pattern(run, noise_of)
    counts: Counter[str] = Counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    for rows in _draws(run, gate, draws, samples, generator):
        signs = {sample: float(generator.choice((-1.0, 1.0))) for sample in sorted({row.sample for row in rows})}
        again = [_moved(row, noise, signs[row.sample]) for row in rows]
        counts[_judge(run.results, rows, again, gate).verdict] += 1
    return _rates(counts, draws, {})


def power(
    run: StoredRun,
    gate: GateSection,
    check: DriftCheck,
    variant: str,
    pattern: Pattern,
    factor: float = 2.0,
    draws: int = 200,
    samples: int | None = None,
    seed: int = 1,
) -> Rates:
    """Return what one check makes of a variant that moves by `factor` times that check's limit in the mean.

    Arguments as `false_alarms`, and: the check whose limits are meant and whose rows alone are counted; the converted
    variant that moves; the pattern by which its samples move, scaled in each metric to the mean that is asked for.
    """
    kept = {run.results.original, variant}
    own = StoredRun(_only(run.results, kept), tuple(row for row in run.rows if row.variant in kept))
    drift = _scaled(run.results, gate, check, variant, pattern, factor)
    counts: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    for rows in _draws(own, gate, draws, samples, generator):
        again = [_moved(row, drift, 1.0) if row.variant == variant else row for row in rows]
        report = _judge(own.results, rows, again, gate)
        found = [row for row in report.rows if (row.check, row.variant) == (check, variant)]
        failed.update(row.metric for row in found if row.verdict == "fail")
        verdicts = {row.verdict for row in found}
        counts["failed" if "fail" in verdicts else "inconclusive" if "inconclusive" in verdicts else "passed"] += 1
    return _rates(counts, draws, {metric: failed[metric] / draws for metric in drift})


def difference_pattern(run: StoredRun, variant: str) -> Pattern:
    """Return a variant's measured differences from the original, by metric and sample.

    Raises:
        DataError: the run has no such variant beside the original.
    """
    if variant == run.results.original or run.results.variant(variant) is None:
        names = ", ".join(each.name for each in run.results.converted())
        raise DataError(f"expected a converted variant of the run ({names}), found {variant}")
    before = {row.sample: row.scores for row in run.rows if row.variant == run.results.original}
    pattern: dict[str, dict[str, float]] = {}
    for row in run.rows:
        for metric, after in row.scores.items() if row.variant == variant else ():
            score = before[row.sample][metric]
            if score is not None and after is not None:
                pattern.setdefault(metric, {})[row.sample] = after - score
    return pattern


def proportional_pattern(run: StoredRun) -> Pattern:
    """Return the original's own scores: a form that is worse by the same share on every sample."""
    pattern: dict[str, dict[str, float]] = {}
    for row in run.rows:
        if row.variant == run.results.original:
            for metric, score in row.scores.items():
                if score is not None:
                    pattern.setdefault(metric, {})[row.sample] = score
    return pattern


def _scaled(
    results: Results, gate: GateSection, check: DriftCheck, variant: str, pattern: Pattern, factor: float
) -> Pattern:
    """Return the pattern, scaled in each metric that the check judges to a mean of `factor` times its limit."""
    form, original = results.variant(variant), results.variant(results.original)
    assert form is not None
    assert original is not None
    section = gate.against_original if check == "original" else gate.against_baseline
    tolerances = section.get(form.precision, {})
    scaled = {}
    for metric, tolerance in tolerances.items():
        expected = mean_of((original if check == "original" else form).metrics.get(metric))
        moves = pattern.get(metric, {})
        mean = sum(moves.values()) / len(moves) if moves else 0.0
        if expected is None or mean == 0:
            continue
        wanted = factor * limit_of(tolerance, expected)
        scaled[metric] = {sample: move * wanted / mean for sample, move in moves.items()}
    return scaled


def _draws(
    run: StoredRun, gate: GateSection, draws: int, samples: int | None, generator: np.random.Generator
) -> Iterator[list[ScoreRow]]:
    """Yield the rows of each draw, with the judged metrics; a sample drawn again is a sample of its own, renamed."""
    sections = (*gate.against_original.values(), *gate.against_baseline.values())
    judged = {metric for section in sections for metric in section}
    by_unit: dict[str, list[ScoreRow]] = {}
    for row in run.rows:
        unit = clip_of(row.sample) if run.results.dataset.consecutive else row.sample
        scores = {metric: score for metric, score in row.scores.items() if metric in {*judged, TAG_METRIC}}
        by_unit.setdefault(unit, []).append(replace(row, scores=scores, tags=(), latency_ms=None))
    units = list(by_unit)
    for _ in range(draws):
        chosen = generator.integers(0, len(units), samples or len(units))
        yield [
            replace(row, sample=f"{number:05d}|{row.sample}")
            for number, unit in enumerate(chosen)
            for row in by_unit[units[unit]]
        ]


def _moved(row: ScoreRow, pattern: Pattern, sign: float) -> ScoreRow:
    source = row.sample.partition("|")[2]
    scores = {
        metric: None if score is None else score + sign * pattern.get(metric, {}).get(source, 0.0)
        for metric, score in row.scores.items()
    }
    return replace(row, scores=scores)


def _judge(like: Results, before: Sequence[ScoreRow], after: Sequence[ScoreRow], gate: GateSection) -> GateReport:
    expected = reassemble(like, before)
    baseline = baseline_from(expected, "a draw", expected.created, None, before)
    return judge(reassemble(like, after), baseline, gate, scores=after)


def _only(results: Results, names: set[str]) -> Results:
    variants = tuple(variant for variant in results.variants if variant.name in names)
    drift = tuple(record for record in results.drift if record.variant in names)
    return results.model_copy(update={"variants": variants, "drift": drift})


def _rates(counts: Counter[str], draws: int, by_metric: Mapping[str, float]) -> Rates:
    return Rates(counts["passed"] / draws, counts["inconclusive"] / draws, counts["failed"] / draws, by_metric)
