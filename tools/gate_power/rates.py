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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from configs.errors import DataError
from configs.schema import GateSection
from datasets.samples.sample import clip_of
from eval.gate.baseline import baseline_from
from eval.gate.judge import judge
from eval.gate.verdict import GateReport, limit_of, mean_of
from eval.metrics.constant import CONSTANT_NAMES
from eval.run.results import TAG_METRIC, Results
from eval.run.scores import LATENCY, metrics_of, scores_of
from eval.run.stored import Run, run_like
from eval.statistics.intervals import mean

DriftCheck = Literal["original", "baseline"]
CHECKS: tuple[DriftCheck, ...] = ("original", "baseline")


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of the draws: those that passed, were inconclusive or failed as a whole; failed, and passed, by metric."""

    passed: float
    inconclusive: float
    failed: float
    by_metric: Mapping[str, float]
    passed_by_metric: Mapping[str, float]


def false_alarms(
    run: Run, gate: GateSection, noise_of: str, draws: int = 200, samples: int | None = None, seed: int = 1
) -> Rates:
    """Return what the gate makes of an unchanged model.

    Args:
        run: a stored run.
        gate: the tolerances.
        noise_of: the variant whose difference from the original is taken for what kernels move.
        draws: how many times the samples are drawn.
        samples: how many (clips) are drawn each time; as many as there are by default.
        seed: of the draws.
    """
    noise = difference_pattern(run, noise_of)
    counts: Counter[str] = Counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    for table in _draws(run, gate, draws, samples, generator):
        signs = pd.Series({sample: generator.choice((-1.0, 1.0)) for sample in sorted(table.index.unique("sample"))})
        moves = _moves(table, noise).mul(signs, axis="index", level="sample")
        counts[_judge(run.results, table, moves, gate).verdict] += 1
    return _rates(counts, draws, {}, {})


def power(
    run: Run,
    gate: GateSection,
    check: DriftCheck,
    variant: str,
    pattern: pd.DataFrame,
    factor: float = 2.0,
    draws: int = 200,
    samples: int | None = None,
    seed: int = 1,
) -> Rates:
    """Return what one check makes of a variant that moves by `factor` times that check's limit in the mean.

    Arguments as `false_alarms`, and: the check whose limits are meant and whose rows alone are counted; the converted
    variant that moves; the pattern by which its samples move, scaled in each metric to the mean that is asked for.
    """
    kept = [run.results.original, variant]
    only = tuple(each for each in run.results.variants if each.name in kept)
    facts = run.results.model_copy(update={"variants": only, "worst": ()})
    own = Run(facts, run.table[run.table.index.isin(kept, level="variant")])
    drift = _scaled(run.results, gate, check, variant, pattern, factor)
    counts: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    generator = np.random.Generator(np.random.PCG64(seed))
    for table in _draws(own, gate, draws, samples, generator):
        moves = _moves(table, drift)
        moves[table.index.get_level_values("variant") != variant] = 0.0
        report = _judge(own.results, table, moves, gate)
        found = [row for row in report.rows if (row.check, row.variant) == (check, variant)]
        failed.update(row.metric for row in found if row.verdict == "fail")
        passed.update(row.metric for row in found if row.verdict in ("pass", "improved"))
        verdicts = {row.verdict for row in found}
        counts["failed" if "fail" in verdicts else "inconclusive" if "inconclusive" in verdicts else "passed"] += 1
    by_metric, green = ({metric: own[metric] / draws for metric in drift} for own in (failed, passed))
    return _rates(counts, draws, by_metric, green)


def difference_pattern(run: Run, variant: str) -> pd.DataFrame:
    """Return a variant's measured differences from the original: a row per sample, a column per metric.

    Raises:
        DataError: the run has no such variant beside the original.
    """
    if variant not in (names := [each.name for each in run.results.converted()]):
        raise DataError(f"expected a converted variant of the run ({', '.join(names)}), found {variant}")
    return scores_of(run.table, variant) - scores_of(run.table, run.results.original)


def by_means_alone(gate: GateSection) -> GateSection:
    """Return the tolerances without the limits of single samples."""
    sections = {
        key: {
            precision: {metric: own.model_copy(update={"largest": None}) for metric, own in tolerances.items()}
            for precision, tolerances in getattr(gate, key).items()
        }
        for key in ("against_original", "against_baseline", "other_class")
    }
    return gate.model_copy(update=sections)


def proportional_pattern(run: Run) -> pd.DataFrame:
    """Return the original's own scores: a form that is worse by the same share on every sample."""
    return scores_of(run.table, run.results.original)


def _scaled(
    results: Results, gate: GateSection, check: DriftCheck, variant: str, pattern: pd.DataFrame, factor: float
) -> pd.DataFrame:
    """Return the pattern, scaled in each metric that the check judges to a mean of `factor` times its limit."""
    form, original = results.variant(variant), results.variant(results.original)
    assert form is not None
    assert original is not None
    section = gate.against_original if check == "original" else gate.against_baseline
    tolerances = section.get(form.precision, {})
    scaled = pd.DataFrame(index=pattern.index)
    for metric, tolerance in tolerances.items():
        expected = mean_of((original if check == "original" else form).metrics.get(metric))
        moved = mean(pattern[metric]) if metric in pattern else None
        if expected is not None and moved:
            scaled[metric] = pattern[metric] * (factor * limit_of(tolerance, expected)) / moved
    return scaled


def _draws(
    run: Run, gate: GateSection, draws: int, samples: int | None, generator: np.random.Generator
) -> Iterator[pd.DataFrame]:
    """Yield the table of each draw, with the judged metrics; a sample drawn again is a sample of its own, renamed."""
    sections = (*gate.against_original.values(), *gate.against_baseline.values())
    judged = {metric for section in sections for metric in section}
    kept = [metric for metric in metrics_of(run.table) if metric in {*judged, TAG_METRIC}]
    constants = [name for name in CONSTANT_NAMES if name in run.table]
    table = run.table[[*kept, "tags", LATENCY, *constants]].assign(tags=[()] * len(run.table))
    ids = table.index.get_level_values("sample")
    units = [own for _, own in table.groupby(ids.map(clip_of) if run.results.dataset.consecutive else ids, sort=False)]
    for _ in range(draws):
        chosen = generator.integers(0, len(units), samples or len(units))
        yield pd.concat(
            [
                units[unit].rename(index=lambda sample, number=number: f"{number:05d}|{sample}", level="sample")
                for number, unit in enumerate(chosen)
            ]
        )


def _moves(table: pd.DataFrame, pattern: pd.DataFrame) -> pd.DataFrame:
    """Return what every score of a draw moves by: its sample's part of the pattern, nought where that has none."""
    sources = table.index.get_level_values("sample").str.partition("|").get_level_values(2)
    return pattern.reindex(index=sources, columns=metrics_of(table)).fillna(0.0).set_axis(table.index)


def _judge(like: Results, before: pd.DataFrame, moves: pd.DataFrame, gate: GateSection) -> GateReport:
    after = before.assign(**{metric: before[metric] + moves[metric] for metric in moves})
    baseline = baseline_from(run_like(like, before), "a draw", like.created, None)
    return judge(run_like(like, after), baseline, gate)


def _rates(counts: Counter[str], draws: int, failed: Mapping[str, float], passed: Mapping[str, float]) -> Rates:
    return Rates(counts["passed"] / draws, counts["inconclusive"] / draws, counts["failed"] / draws, failed, passed)
