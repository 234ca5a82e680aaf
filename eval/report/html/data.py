"""What the plots and the table of samples of `report.html` draw from: plain numbers, ready to be written as JSON."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from configs.schema import GateSection
from configs.text import counted
from eval.metrics.measures import Metric
from eval.presentation.formatting import SIGNIFICANT, column, minus
from eval.report.charts import NEAR
from eval.report.content import Content
from eval.report.history import PastRun, same_samples
from eval.report.tables import DRIFT_DIGITS, limit_on, metrics_of
from eval.run.results import DriftRecord, MetricRecord, Results, VariantRecord
from eval.run.scores import scores_of
from eval.run.stored import Run

DIGITS = 5
MOST_SAMPLES = 2000
"""How many samples the page lists; of more, those that moved most."""


@dataclass(frozen=True, slots=True)
class SampleLine:
    """A line of the table of samples: one metric of one sample.

    Attributes:
        sample, tags: the sample, and its tags.
        cells: (value, text) of the original's score, of every variant's drift and of the largest of these.
    """

    sample: str
    tags: str
    cells: Sequence[tuple[float | None, str]]


def plot_data(content: Content) -> dict[str, Any]:
    """Return everything that the page's script needs."""
    results, gate = content.run.results, None if content.judgement is None else content.judgement.gate
    metrics = metrics_of(results)
    return {
        "original": results.original,
        "near": NEAR,
        "word": "Distance" if results.dataset.agreement else "Drift",
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
        "tags": {m.name: _tag_drift(content.run, m.name) for m in metrics},
        "samples": _samples(content.run, metrics),
        "history": [_past(run, results, metrics) for run in (*content.history.runs, PastRun(content.name, results))],
    }


def sample_lines(content: Content) -> list[SampleLine]:
    """Return the lines of the table of samples for its first metric; the page's script changes the metric."""
    run, metric = content.run, metrics_of(content.run.results)[0].name
    own, drifts = run.table.loc[run.results.original], _drifts(run, metric)
    ids = _shown_samples(run, metric)
    columns = [_column(own.loc[ids, metric])]
    columns += [_column(drifts.loc[ids, variant], sign=True) for variant in drifts]
    if len(drifts.columns):
        columns.append(_column(drifts.loc[ids].abs().max(axis="columns"), DRIFT_DIGITS))
    cells = zip(*columns, strict=True)
    return [
        SampleLine(sample, " ".join(own.at[sample, "tags"]), own_cells)
        for sample, own_cells in zip(ids, cells, strict=True)
    ]


def _column(
    scores: "pd.Series[float]", digits: int = SIGNIFICANT, *, sign: bool = False
) -> list[tuple[float | None, str]]:
    values = [_defined(score) for score in scores]
    texts = column(values, DRIFT_DIGITS if sign else digits, sign=sign)
    return [(value, minus(text)) for value, text in zip(values, texts, strict=True)]


def _drifts(run: Run, metric: str) -> pd.DataFrame:
    """Return how far each converted variant (a column) is from the original on each sample; NaN where undefined."""
    original = scores_of(run.table, run.results.original)[metric]
    drifts = {v.name: scores_of(run.table, v.name)[metric] - original for v in run.results.converted()}
    return pd.DataFrame(drifts, index=original.index)


def _shown_samples(run: Run, metric: str) -> list[str]:
    """Return the ids that the page lists, the sample that moved most first; of equals in the set's order."""
    largest = _drifts(run, metric).abs().max(axis="columns").fillna(0.0)
    return list(largest.sort_values(ascending=False, kind="stable").index[:MOST_SAMPLES])


def _defined(score: float) -> float | None:
    return None if math.isnan(score) else float(score)


def _drift(results: Results, gate: GateSection | None, variant: VariantRecord, metric: str) -> dict[str, Any]:
    drift, limit = results.drift_of(variant.name, metric), limit_on(gate, results, variant, metric)
    allowed = {} if limit is None else {"least": _short(limit.low), "most": _short(limit.high)}
    return {"mean": None if drift is None else _short(drift.mean), "allowed": allowed, **_ends(drift)}


def _ends(record: DriftRecord | MetricRecord | None) -> dict[str, float | None]:
    interval = None if record is None else record.interval
    if interval is None:
        return {"low": None, "high": None}
    return {"low": _short(interval.low), "high": _short(interval.high)}


def _tag_drift(run: Run, metric: str) -> dict[str, dict[str, float | None]]:
    """Return variant to tag to mean drift over the samples with that tag."""
    tags = run.table.loc[run.results.original, "tags"].map(set).explode().rename("tag")
    means = _drifts(run, metric).join(tags).groupby("tag").mean()
    return {variant: {tag: _short(value) for tag, value in column.items()} for variant, column in means.items()}


def _samples(run: Run, metrics: Sequence[Metric]) -> dict[str, Any]:
    ids = _shown_samples(run, metrics[0].name)
    original = scores_of(run.table, run.results.original)
    drifts = {m.name: _drifts(run, m.name).loc[ids] for m in metrics}
    return {
        "ids": ids,
        "original": {m.name: [_short(score) for score in original.loc[ids, m.name]] for m in metrics},
        "drift": {
            metric: {variant: [_short(drift) for drift in column] for variant, column in own.items()}
            for metric, own in drifts.items()
        },
    }


def _past(run: PastRun, current: Results, metrics: Sequence[Metric]) -> dict[str, Any]:
    past = run.results
    return {
        "name": run.name,
        "created": past.created,
        "set": f"{past.dataset.name}, {counted(past.dataset.samples, 'sample')}",
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
    return None if value is None or math.isnan(value) else float(f"{value:.{DIGITS}g}")
