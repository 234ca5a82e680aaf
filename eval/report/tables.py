"""The tables of a report, each a pure function of results."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from configs.limits import Direction
from configs.schema import GateSection
from configs.text import counted
from eval.gate.verdict import limit_of, limits_from_original
from eval.metrics.measures import METRICS, Metric, title_of
from eval.presentation.blocks import Table
from eval.presentation.formatting import NOTHING, code, column, dimensions, plain
from eval.report.wording import wording_of
from eval.run.results import TAG_METRIC, DriftRecord, MetricRecord, Results, VariantRecord

DRIFT_DIGITS = 3
HASH_DIGITS = 16
SHOWN_SIZES = 3
PUBLISHED = ("Published original \\*", "Published converted \\*")
_TAG_DRIFT = f"Largest drift of {title_of(TAG_METRIC)}"


def overview_table(results: Results) -> Table:
    """Return every metric for the original and each converted variant, its drift in brackets."""
    converted = results.converted()
    if results.dataset.agreement:
        return _agreement_overview(results)
    metrics = metrics_of(results)
    header = ["Metric", "Unit", f"Original {code(results.original)}", *(code(v.name) for v in converted)]
    columns = [
        [metric.title for metric in metrics],
        [metric.unit for metric in metrics],
        _values(original_record(results, metric.name) for metric in metrics),
        *(_values_and_drifts(results, variant, metrics) for variant in converted),
    ]
    rows = _rows(columns)
    ran = [plain(v.ran_in) for v in (results.variant(results.original), *converted) if v is not None]
    rows.append(["Inference precision that ran", "", *ran])
    return Table(header, rows, right=range(2, len(header)), label="Every metric of every variant")


def _agreement_overview(results: Results) -> Table:
    """Return every converted variant's distance from the original, whose own is 0 throughout."""
    converted, metrics = results.converted(), metrics_of(results)
    header = ["Metric", "Unit", *(f"{code(v.name)} from {code(results.original)}" for v in converted)]
    columns = [
        [metric.title for metric in metrics],
        [metric.unit for metric in metrics],
        *(_values(variant.metrics.get(metric.name) for metric in metrics) for variant in converted),
    ]
    rows = _rows(columns)
    rows.append(["Inference precision that ran", "", *(plain(variant.ran_in) for variant in converted)])
    return Table(header, rows, right=range(2, len(header)), label="Agreement of every variant with the original")


def variant_table(results: Results, variant: VariantRecord, gate: GateSection | None) -> Table:
    """Return the table of one converted variant; limits where tolerances are given.

    Of a run without ground truth there is but one figure a metric, the distance from the original.
    """
    metrics, agreement = metrics_of(results), results.dataset.agreement
    drifts = [results.drift_of(variant.name, metric.name) for metric in metrics]
    values = _values(variant.metrics.get(metric.name) for metric in metrics)
    figures = {"Distance from the original": values}
    if not agreement:
        figures = {
            "Original": _values(original_record(results, metric.name) for metric in metrics),
            "Converted": values,
            "Drift": column([None if drift is None else drift.mean for drift in drifts], DRIFT_DIGITS, sign=True),
        }
    columns: dict[str, list[str]] = {
        "Metric": [metric.title for metric in metrics],
        "Unit": [metric.unit for metric in metrics],
        **figures,
        "95 % interval": _intervals(drifts),
        "Limit": _limits([limit_on(gate, results, variant, metric.name) for metric in metrics]),
        "Largest on one sample": column([None if drift is None else drift.max_abs for drift in drifts], DRIFT_DIGITS),
    }
    return Table(list(columns), _rows(columns.values()), right=range(2, len(columns)), label="Figures of this variant")


def published_table(results: Results) -> Table:
    """Return the published figures beside those of this run's original."""
    metrics = [metric for metric in metrics_of(results) if metric.published_original is not None]
    columns: dict[str, list[str]] = {
        "Metric": [metric.title for metric in metrics],
        "Unit": [metric.unit for metric in metrics],
        "Direction": [metric.direction for metric in metrics],
        PUBLISHED[0]: column([metric.published_original for metric in metrics]),
        PUBLISHED[1]: column([metric.published_converted for metric in metrics]),
        "Original of this run": _values(original_record(results, metric.name) for metric in metrics),
    }
    return Table(list(columns), _rows(columns.values()), right=(3, 4, 5), label="Published figures")


def original_table(results: Results) -> Table:
    """Return the table of a run in which only the original ran."""
    metrics = metrics_of(results)
    columns: dict[str, list[str]] = {
        "Metric": [metric.title for metric in metrics],
        "Unit": [metric.unit for metric in metrics],
        "Direction": [metric.direction for metric in metrics],
        "Original": _values(original_record(results, metric.name) for metric in metrics),
    }
    return Table(list(columns), _rows(columns.values()), right=(3,), label="Figures of the original")


@dataclass(frozen=True, slots=True)
class DriftLimit:
    """How far a drift may go: `size` in the direction that is bad, or in both."""

    size: float
    direction: Direction

    @property
    def low(self) -> float | None:
        """The least drift allowed; None where there is no such limit."""
        return None if self.direction == "increase" else -self.size

    @property
    def high(self) -> float | None:
        """The greatest drift allowed; None where there is no such limit."""
        return None if self.direction == "decrease" else self.size

    def taken(self, drift: float) -> float:
        """Return how much of the limit a drift takes: nothing where it goes the other way, which is allowed."""
        allowed = (self.direction == "increase" and drift < 0) or (self.direction == "decrease" and drift > 0)
        return 0.0 if allowed else abs(drift)


def limit_on(gate: GateSection | None, results: Results, variant: VariantRecord, metric: str) -> DriftLimit | None:
    """Return the limit of a variant's drift from the original, None where the gate does not judge it."""
    original = original_record(results, metric)
    if gate is None or original is None or original.mean is None:
        return None
    tolerance = limits_from_original(gate, results)[1].get(variant.precision, {}).get(metric)
    return None if tolerance is None else DriftLimit(limit_of(tolerance, original.mean), tolerance.direction)


def tag_table(results: Results) -> Table:
    """Return the breakdown by tag."""
    agreement = results.dataset.agreement
    published = [] if agreement else list(dict.fromkeys(metric for tag in results.tags for metric in tag.metrics))
    header = ["Tag", "Samples", *(f"{title_of(metric)}, original" for metric in published)]
    columns = [
        [code(tag.tag) for tag in results.tags],
        [str(tag.samples) for tag in results.tags],
        *(_values(tag.metrics.get(metric) for tag in results.tags) for metric in published),
        column([tag.drift for tag in results.tags], DRIFT_DIGITS, sign=True),
        [code(tag.variant) if tag.variant else NOTHING for tag in results.tags],
    ]
    header += [f"Largest {wording_of(results).drift}, {title_of(TAG_METRIC)}" if agreement else _TAG_DRIFT, "Variant"]
    return Table(header, _rows(columns), right=range(1, len(header) - 1), label="Metrics by tag")


def latency_table(results: Results) -> Table:
    """Return the inference times of each variant with the precision and the device that ran."""
    variants = results.variants
    original = results.variant(results.original)
    base = None if original is None or original.latency_ms is None else original.latency_ms.median
    times = [variant.latency_ms for variant in variants]
    columns = {
        "Variant": [code(variant.name) for variant in variants],
        "Framework": [plain(variant.framework) for variant in variants],
        "Weights": [plain(variant.weights) if variant.weights else NOTHING for variant in variants],
        "Precision that ran": [plain(variant.ran_in) for variant in variants],
        "Device": [plain(device_of(variant)) for variant in variants],
        "Median, ms": column([None if time is None else time.median for time in times]),
        "p90, ms": column([None if time is None else time.p90 for time in times]),
        "Times as fast": [f"{base / time.median:.2f}" if base and time and time.median else NOTHING for time in times],
    }
    return Table(list(columns), _rows(columns.values()), right=(5, 6, 7), label="Latency of each variant")


def device_of(variant: VariantRecord) -> str:
    """Return where a variant ran, as far as the run says; else where it was asked to."""
    return ", ".join(variant.executed_on) or variant.device


def model_table(results: Results) -> Table:
    """Return the file behind each variant and its hash."""
    rows = [
        (
            code(variant.name),
            code(variant.model_path) if variant.model_path else NOTHING,
            code(variant.model_sha256[:HASH_DIGITS]) if variant.model_sha256 else NOTHING,
        )
        for variant in results.variants
    ]
    return Table(("Variant", "File", f"SHA-256, first {HASH_DIGITS} digits"), rows)


def condition_table(results: Results) -> Table:
    """Return what the run ran on: machine, set and versions."""
    conditions, dataset = results.environment, results.dataset
    entries: Mapping[str, str | None] = {
        "Created": results.created,
        "Toolkit revision": conditions.git_commit or "not a git checkout",
        "CPU": conditions.cpu_name,
        "CPU feature class": conditions.cpu_class,
        "System": conditions.os,
        "Python": conditions.python,
        "Set": f"{dataset.name}, {counted(dataset.samples, 'sample')}{of_sizes(dataset.sizes)}",
        **({"Model's input": dimensions(results.model.input_size)} if results.model else {}),
        "Set's path": dataset.path,
        **({"Plates": dataset.plates} if dataset.plates else {}),
        **({"Figures are": "agreement with the original"} if dataset.agreement else {}),
        "Set's manifest, SHA-256": dataset.manifest_sha256,
        "Sample ids, SHA-256": dataset.samples_sha256,
        **{package: version or "not installed" for package, version in conditions.versions.items()},
    }
    rows = [(plain(name), code(value) if value else NOTHING) for name, value in entries.items()]
    return Table(("Condition", "Value"), rows)


def of_sizes(sizes: Sequence[tuple[int, int]]) -> str:
    """Return the sizes of samples, as in ` of 1280x720`; empty where they are not known."""
    if not sizes:
        return ""
    shown = ", ".join(map(dimensions, sizes[:SHOWN_SIZES]))
    return f" of {shown}{f' and {len(sizes) - SHOWN_SIZES} more sizes' if len(sizes) > SHOWN_SIZES else ''}"


def metrics_of(results: Results) -> list[Metric]:
    """Return the metrics that the run has, in the order of `METRICS`."""
    return [metric for metric in METRICS if any(metric.name in variant.metrics for variant in results.variants)]


def original_record(results: Results, metric: str) -> MetricRecord | None:
    """Return the original's value of a metric, None where it has none."""
    variant = results.variant(results.original)
    return None if variant is None else variant.metrics.get(metric)


def _values(records: Iterable[MetricRecord | None]) -> list[str]:
    """Return a column of metric values."""
    records = list(records)
    texts = column([None if record is None else record.mean for record in records])
    return [
        "undefined" if record is not None and record.mean is None else text
        for record, text in zip(records, texts, strict=True)
    ]


def _values_and_drifts(results: Results, variant: VariantRecord, metrics: Sequence[Metric]) -> list[str]:
    """Return a column of metric values with their drifts in brackets."""
    found = [results.drift_of(variant.name, metric.name) for metric in metrics]
    means = [None if drift is None else drift.mean for drift in found]
    values = _values(variant.metrics.get(metric.name) for metric in metrics)
    drifts = column(means, DRIFT_DIGITS, sign=True)
    return [
        value if mean is None else f"{value} ({drift})"
        for value, mean, drift in zip(values, means, drifts, strict=True)
    ]


def _intervals(drifts: Sequence[DriftRecord | None]) -> list[str]:
    """Return a column of intervals, low and high end with the same decimals."""
    intervals = [None if drift is None else drift.interval for drift in drifts]
    ends = column([end for each in intervals if each for end in (each.low, each.high)], DRIFT_DIGITS, sign=True)
    left = iter(ends)
    return [NOTHING if each is None else f"{next(left)} to {next(left)}" for each in intervals]


def _limits(limits: Sequence[DriftLimit | None]) -> list[str]:
    """Return a column of limits, each with the side that it holds for."""
    signs = {"increase": "\u2264 +", "decrease": "\u2265 \u2212", "both": "\u00b1"}
    texts = column([None if limit is None else limit.size for limit in limits], DRIFT_DIGITS)
    return [
        text if limit is None else f"{signs[limit.direction]}{text}" for limit, text in zip(limits, texts, strict=True)
    ]


def _rows(columns: Iterable[Sequence[str]]) -> list[list[str]]:
    return [list(row) for row in zip(*columns, strict=True)]
