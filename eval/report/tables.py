"""The tables of a report, each a pure function of results."""

from collections.abc import Mapping

from configs.schema import GateSection
from eval.gate.verdict import limit_of, limits_from_original
from eval.metrics.measures import METRICS, Metric, title_of
from eval.presentation.blocks import Table
from eval.presentation.formatting import NOTHING, code, number, plain, signed, span
from eval.report.wording import wording_of
from eval.run.results import TAG_METRIC, MetricRecord, Results, VariantRecord

PUBLISHED = ("Published original \\*", "Published converted \\*")
_TAG_DRIFT = f"Largest drift of {title_of(TAG_METRIC)}"


def overview_table(results: Results) -> Table:
    """Return every metric for the original and each converted variant, its drift in brackets."""
    converted = results.converted()
    if results.dataset.agreement:
        return _agreement_overview(results)
    header = ["Metric", "Unit", f"Original {code(results.original)}", *(code(v.name) for v in converted)]
    rows = [
        [
            metric.title,
            metric.unit,
            _value(original_record(results, metric.name)),
            *(_value_and_drift(results, variant, metric.name) for variant in converted),
        ]
        for metric in metrics_of(results)
    ]
    ran = [plain(v.ran_in) for v in (results.variant(results.original), *converted) if v is not None]
    rows.append(["Inference precision that ran", "", *ran])
    return Table(header, rows, right=range(2, len(header)), label="Every metric of every variant")


def _agreement_overview(results: Results) -> Table:
    """Return every converted variant's distance from the original, whose own is 0 throughout."""
    converted = results.converted()
    header = ["Metric", "Unit", *(f"{code(v.name)} from {code(results.original)}" for v in converted)]
    rows = [
        [metric.title, metric.unit, *(_value(variant.metrics.get(metric.name)) for variant in converted)]
        for metric in metrics_of(results)
    ]
    rows.append(["Inference precision that ran", "", *(variant.ran_in for variant in converted)])
    return Table(header, rows, right=range(2, len(header)), label="Agreement of every variant with the original")


def variant_table(results: Results, variant: VariantRecord, gate: GateSection | None) -> Table:
    """Return the published-style table of one converted variant; limits where tolerances are given.

    Of a run without ground truth there is but one figure a metric, the distance from the original.
    """
    agreement = results.dataset.agreement
    figures = ["Distance from the original"] if agreement else ["Original", "Converted", "Drift"]
    header = ["Metric", "Unit", "Direction", *figures, "95 % interval", "Limit", "Largest on one sample"]
    header += [] if agreement else PUBLISHED
    rows = []
    for metric in metrics_of(results):
        original, drift = original_record(results, metric.name), results.drift_of(variant.name, metric.name)
        expected = None if original is None else original.mean
        limit = None if expected is None else limit_for(gate, results, variant, metric.name, expected)
        value = _value(variant.metrics.get(metric.name))
        published = number(metric.published_original), number(metric.published_converted)
        rows.append(
            [
                metric.title,
                metric.unit,
                metric.direction,
                *([value] if agreement else [_value(original), value, signed(drift.mean) if drift else NOTHING]),
                span(drift.interval.low, drift.interval.high) if drift and drift.interval else NOTHING,
                number(limit),
                number(drift.max_abs) if drift else NOTHING,
                *(() if agreement else published),
            ]
        )
    return Table(header, rows, right=range(3, len(header)), label="Figures of this variant")


def original_table(results: Results) -> Table:
    """Return the published-style table of a run in which only the original ran."""
    rows = [
        (m.title, m.unit, m.direction, _value(original_record(results, m.name)), number(m.published_original))
        for m in metrics_of(results)
    ]
    header = ("Metric", "Unit", "Direction", "Original", PUBLISHED[0])
    return Table(header, rows, right=(3, 4), label="Figures of the original")


def limit_for(
    gate: GateSection | None, results: Results, variant: VariantRecord, metric: str, expected: float
) -> float | None:
    """Return the drift that a variant of a run is allowed, None where the gate does not judge it."""
    if gate is None:
        return None
    tolerance = limits_from_original(gate, results)[1].get(variant.precision, {}).get(metric)
    return None if tolerance is None else limit_of(tolerance, expected)


def tag_table(results: Results) -> Table:
    """Return the breakdown by tag."""
    agreement = results.dataset.agreement
    published = [] if agreement else list(dict.fromkeys(metric for tag in results.tags for metric in tag.metrics))
    header = ["Tag", "Samples", *(f"{title_of(metric)}, original" for metric in published)]
    rows = [
        [
            code(tag.tag),
            str(tag.samples),
            *(_value(tag.metrics.get(metric)) for metric in published),
            signed(tag.drift),
            code(tag.variant) if tag.variant else NOTHING,
        ]
        for tag in results.tags
    ]
    header += [f"Largest {wording_of(results).drift}, {title_of(TAG_METRIC)}" if agreement else _TAG_DRIFT, "Variant"]
    return Table(header, rows, right=range(1, len(header) - 1), label="Metrics by tag")


def latency_table(results: Results) -> Table:
    """Return the inference times of each variant with the precision that ran."""
    header = ("Variant", "Framework", "Weights", "Precision that ran", "Median, ms", "p90, ms")
    rows = []
    for variant in results.variants:
        latency = variant.latency_ms
        times = (number(latency.median), number(latency.p90)) if latency else (NOTHING, NOTHING)
        weights = plain(variant.weights) if variant.weights else NOTHING
        rows.append((code(variant.name), plain(variant.framework), weights, plain(variant.ran_in), *times))
    return Table(header, rows, right=(4, 5), label="Latency of each variant")


def model_table(results: Results) -> Table:
    """Return the file behind each variant and its hash."""
    rows = [
        (
            code(variant.name),
            code(variant.model_path) if variant.model_path else NOTHING,
            code(variant.model_sha256) if variant.model_sha256 else NOTHING,
        )
        for variant in results.variants
    ]
    return Table(("Variant", "File", "SHA-256"), rows)


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
        "Set": f"{dataset.name}, {dataset.samples} samples",
        "Set's path": dataset.path,
        **({"Plates": dataset.plates} if dataset.plates else {}),
        **({"Figures are": "agreement with the original"} if dataset.agreement else {}),
        "Set's manifest, SHA-256": dataset.manifest_sha256,
        "Sample ids, SHA-256": dataset.samples_sha256,
        **{package: version or "not installed" for package, version in conditions.versions.items()},
    }
    rows = [(plain(name), code(value) if value else NOTHING) for name, value in entries.items()]
    return Table(("Condition", "Value"), rows)


def metrics_of(results: Results) -> list[Metric]:
    """Return the metrics that the run has, in the order of `METRICS`."""
    return [metric for metric in METRICS if any(metric.name in variant.metrics for variant in results.variants)]


def original_record(results: Results, metric: str) -> MetricRecord | None:
    """Return the original's value of a metric, None where it has none."""
    variant = results.variant(results.original)
    return None if variant is None else variant.metrics.get(metric)


def _value(record: MetricRecord | None) -> str:
    return NOTHING if record is None else "undefined" if record.mean is None else number(record.mean)


def _value_and_drift(results: Results, variant: VariantRecord, metric: str) -> str:
    value, drift = _value(variant.metrics.get(metric)), results.drift_of(variant.name, metric)
    return value if drift is None or drift.mean is None else f"{value} ({signed(drift.mean)})"
