"""What the plots and the table of samples of `report.html` draw from: plain numbers, ready to be written as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from configs.schema import GateSection
from eval.metrics.measures import Metric
from eval.report.content import Content
from eval.report.history import PastRun, same_samples
from eval.report.tables import limit_for, metrics_of, original_record
from eval.run.results import DriftRecord, MetricRecord, Results, VariantRecord
from eval.run.scores import ScoreRow

DIGITS = 5
MOST_SAMPLES = 2000
"""How many samples the page lists; of more, those that moved most."""

Scores = Mapping[str, Mapping[str, ScoreRow]]
"""Variant name to sample id to its row."""


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A line of the table of samples: one metric of one sample, the original's value and the variants' drifts."""

    sample: str
    tags: str
    original: float | None
    drifts: Sequence[float | None]
    largest: float | None


def plot_data(content: Content) -> dict[str, Any]:
    """Return everything that the page's script needs."""
    results, gate = content.run.results, None if content.judgement is None else content.judgement.gate
    metrics = metrics_of(results)
    scores = _by_variant(content.run.rows)
    return {
        "original": results.original,
        "metrics": [{"name": m.name, "title": m.title, "unit": m.unit} for m in metrics],
        "variants": [
            {
                "name": v.name,
                "label": f"{v.name} (ran in {v.precision})",
                "latency": None if v.latency_ms is None else [_short(v.latency_ms.median), _short(v.latency_ms.p90)],
            }
            for v in results.variants
        ],
        "drift": {m.name: {v.name: _drift(results, gate, v, m.name) for v in results.converted()} for m in metrics},
        "tags": {m.name: _tag_drift(scores, results, m.name) for m in metrics},
        "samples": _samples(scores, results, metrics),
        "history": [_past(run, results, metrics) for run in (*content.history.runs, PastRun(content.name, results))],
    }


def sample_lines(content: Content) -> list[SampleLine]:
    """Return the lines of the table of samples for its first metric; the page's script changes the metric."""
    results = content.run.results
    scores, metrics = _by_variant(content.run.rows), metrics_of(results)
    if not metrics:
        return []
    metric = metrics[0].name
    lines = []
    for sample in _shown_samples(scores, results, metric):
        own = scores[results.original][sample]
        drifts = [_sample_drift(scores, results.original, v.name, sample, metric) for v in results.converted()]
        largest = _largest_drift(scores, results, sample, metric)
        lines.append(SampleLine(sample, " ".join(own.tags), own.scores.get(metric), drifts, largest))
    return lines


def _by_variant(rows: Iterable[ScoreRow]) -> dict[str, dict[str, ScoreRow]]:
    """Return the rows by variant and sample."""
    found: dict[str, dict[str, ScoreRow]] = {}
    for row in rows:
        found.setdefault(row.variant, {})[row.sample] = row
    return found


def _shown_samples(scores: Scores, results: Results, metric: str) -> list[str]:
    """Return the ids that the page lists, the sample that moved most first; of equals in the set's order."""
    order = list(scores.get(results.original, {}))
    return sorted(order, key=lambda sample: -(_largest_drift(scores, results, sample, metric) or 0.0))[:MOST_SAMPLES]


def _largest_drift(scores: Scores, results: Results, sample: str, metric: str) -> float | None:
    """Return the largest absolute drift of any converted variant on a sample, None where there is none."""
    drifts = [_sample_drift(scores, results.original, v.name, sample, metric) for v in results.converted()]
    return max((abs(drift) for drift in drifts if drift is not None), default=None)


def _sample_drift(scores: Scores, original: str, variant: str, sample: str, metric: str) -> float | None:
    """Return how far a variant's score is from the original's on one sample, None where either is undefined."""
    expected, obtained = scores.get(original, {}).get(sample), scores.get(variant, {}).get(sample)
    if expected is None or obtained is None:
        return None
    before, after = expected.scores.get(metric), obtained.scores.get(metric)
    return None if before is None or after is None else after - before


def _drift(results: Results, gate: GateSection | None, variant: VariantRecord, metric: str) -> dict[str, Any]:
    drift, record = results.drift_of(variant.name, metric), original_record(results, metric)
    expected = None if record is None else record.mean
    limit = None if expected is None else limit_for(gate, variant, metric, expected)
    return {"mean": None if drift is None else _short(drift.mean), "limit": _short(limit), **_ends(drift)}


def _ends(record: DriftRecord | MetricRecord | None) -> dict[str, float | None]:
    interval = None if record is None else record.interval
    if interval is None:
        return {"low": None, "high": None}
    return {"low": _short(interval.low), "high": _short(interval.high)}


def _tag_drift(scores: Scores, results: Results, metric: str) -> dict[str, dict[str, float | None]]:
    """Return variant to tag to mean drift over the samples with that tag."""
    tags = [record.tag for record in results.tags]
    found: dict[str, dict[str, float | None]] = {}
    for variant in results.converted():
        found[variant.name] = {}
        for tag in tags:
            drifts = [
                drift
                for sample, row in scores.get(variant.name, {}).items()
                if tag in row.tags
                and (drift := _sample_drift(scores, results.original, variant.name, sample, metric)) is not None
            ]
            found[variant.name][tag] = _short(sum(drifts) / len(drifts)) if drifts else None
    return found


def _samples(scores: Scores, results: Results, metrics: Sequence[Metric]) -> dict[str, Any]:
    ids = _shown_samples(scores, results, metrics[0].name) if metrics else []
    original = scores.get(results.original, {})
    return {
        "ids": ids,
        "original": {m.name: [_short(original[sample].scores.get(m.name)) for sample in ids] for m in metrics},
        "drift": {
            m.name: {
                v.name: [_short(_sample_drift(scores, results.original, v.name, sample, m.name)) for sample in ids]
                for v in results.converted()
            }
            for m in metrics
        },
    }


def _past(run: PastRun, current: Results, metrics: Sequence[Metric]) -> dict[str, Any]:
    past = run.results
    return {
        "name": run.name,
        "created": past.created,
        "set": f"{past.dataset.name}, {past.dataset.samples} samples",
        "cpu": past.environment.cpu_class,
        "same": same_samples(past, current),
        "values": {
            m.name: {
                v.name: {"mean": _short(v.metrics[m.name].mean), **_ends(v.metrics[m.name])}
                for v in past.variants
                if m.name in v.metrics
            }
            for m in metrics
        },
        "drift": {
            m.name: {d.variant: {"mean": _short(d.mean), **_ends(d)} for d in past.drift if d.metric == m.name}
            for m in metrics
        },
    }


def _short(value: float | None) -> float | None:
    """Return the value with as many digits as the page shows, so that the page stays small."""
    return None if value is None else float(f"{value:.{DIGITS}g}")
