"""The judgement of a run: pure, from results, baseline and tolerances to rows."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from configs.errors import UsageError
from configs.schema import GateSection, Tolerance
from eval.baseline import UPDATE_COMMAND, Baseline, sample_set_difference
from eval.metrics import METRIC_NAMES
from eval.results import MetricRecord, Results, VariantRecord
from eval.verdict import Check, GateReport, GateRow, Verdict, compare

ALL = "(all)"


def judge(results: Results, baseline: Baseline, gate: GateSection, required_variants: Sequence[str] = ()) -> GateReport:
    """Judge a run by itself, every converted variant against the original, and every variant against the baseline.

    Args:
        results: the run.
        baseline: what is expected of it.
        gate: the tolerances.
        required_variants: variants that must have run, besides those of the baseline.

    Raises:
        UsageError: the tolerances name a metric that does not exist.
    """
    alone = judge_original(results, gate, required_variants)
    notes = list(alone.notes)
    if results.environment.cpu_class != baseline.cpu_class:
        notes.append(
            f"this run's CPU class is {results.environment.cpu_class}, the baseline's {baseline.cpu_class}: "
            "a difference from the baseline beyond its limit is inconclusive, not a failure"
        )
    rows = [*alone.rows, *_baseline_rows(results, baseline, gate)]
    return GateReport(tuple(rows), tuple(notes))


def judge_original(results: Results, gate: GateSection, required_variants: Sequence[str] = ()) -> GateReport:
    """Judge a run without a baseline: is it whole, and does every converted variant stay near the original?

    Arguments and errors as `judge`.
    """
    _require_known_metrics(gate)
    note = results.dataset.foreground_note
    rows = *_run_rows(results, gate, required_variants), *_original_rows(results, gate)
    return GateReport(rows, () if note is None else (note,))


def _run_rows(results: Results, gate: GateSection, required_variants: Iterable[str]) -> Iterator[GateRow]:
    for name in required_variants:
        if results.variant(name) is None:
            yield _failure("run", name, ALL, "required by the configuration (evaluate.variants), but it did not run")
    samples = results.dataset.samples
    for variant in results.variants:
        for metric, record in variant.metrics.items():
            scored = record.samples + record.undefined
            if scored != samples:
                yield _failure("run", variant.name, metric, f"covers {scored} samples of {samples}")
    if samples < gate.minimum_samples:
        reason = f"{samples} samples are fewer than the {gate.minimum_samples} that gate.minimum_samples asks for"
        yield GateRow("run", ALL, "sample count", "inconclusive", reason=reason)


def _original_rows(results: Results, gate: GateSection) -> Iterator[GateRow]:
    original = results.variant(results.original)
    if original is None:
        yield _failure("original", results.original, ALL, "the original is not in the run")
        return
    for variant in results.converted():
        tolerances = gate.against_original.get(variant.precision)
        if not tolerances:
            yield _unjudged("original", variant)
            continue
        for metric, tolerance in _in_order(tolerances):
            obtained, expected = variant.metrics.get(metric), original.metrics.get(metric)
            if obtained and expected and obtained.undefined != expected.undefined:
                reason = (
                    f"undefined for {obtained.undefined} samples, for {expected.undefined} with the original: "
                    "the means are over different samples"
                )
                yield _failure("original", variant.name, metric, reason)
                continue
            yield compare("original", variant.name, metric, _mean(obtained), _mean(expected), tolerance)


def _baseline_rows(results: Results, baseline: Baseline, gate: GateSection) -> Iterator[GateRow]:
    for name in baseline.variants:
        if results.variant(name) is None:
            yield _failure("baseline", name, ALL, "in the baseline, but it did not run")
    if results.original != baseline.original:
        reason = f"the original is {results.original} here and {baseline.original} in the baseline"
        yield _failure("baseline", results.original, "original", reason)
    difference = sample_set_difference(baseline.dataset, results.dataset)
    if difference is not None:
        reason = f"{difference}: not comparable; evaluate the baseline's set, or make a new baseline: {UPDATE_COMMAND}"
        yield _failure("baseline", ALL, "sample set", reason)
        return
    for variant in results.variants:
        yield from _variant_against_baseline(variant, results.environment.cpu_class, baseline, gate)


def _variant_against_baseline(
    variant: VariantRecord, cpu_class: str, baseline: Baseline, gate: GateSection
) -> Iterator[GateRow]:
    expected = baseline.variants.get(variant.name)
    if expected is None:
        reason = f"not in the baseline, so nothing is expected of it; add it: {UPDATE_COMMAND}"
        yield _failure("baseline", variant.name, ALL, reason)
        return
    same_class = cpu_class == baseline.cpu_class
    beyond: Verdict = "fail" if same_class else "inconclusive"
    beyond_reason = "" if same_class else f"; this CPU is {cpu_class}, the baseline's {baseline.cpu_class}"
    if (variant.precision, variant.rest_precision) != (expected.precision, expected.rest_precision):
        reason = f"ran in {variant.ran_in}, in the baseline in {expected.ran_in}{beyond_reason}"
        yield GateRow("baseline", variant.name, "precision", beyond, reason=reason)
        return
    tolerances = gate.against_baseline.get(variant.precision)
    if not tolerances:
        yield _unjudged("baseline", variant)
        return
    for metric, tolerance in _in_order(tolerances):
        obtained, wanted = _mean(variant.metrics.get(metric)), expected.metrics.get(metric)
        yield compare("baseline", variant.name, metric, obtained, wanted, tolerance, beyond, beyond_reason)
    for metric in expected.metrics:
        if metric not in tolerances and _mean(variant.metrics.get(metric)) is None:
            yield _failure("baseline", variant.name, metric, "in the baseline, but missing or undefined in this run")


def _unjudged(check: Check, variant: VariantRecord) -> GateRow:
    key = f"gate.against_{check}.{variant.precision}"
    return _failure(check, variant.name, ALL, f"ran in {variant.ran_in}, which has no tolerances: add `{key}`")


def _failure(check: Check, variant: str, metric: str, reason: str) -> GateRow:
    return GateRow(check, variant, metric, "fail", reason=reason)


def _mean(record: MetricRecord | None) -> float | None:
    return None if record is None else record.mean


def _in_order(tolerances: Mapping[str, Tolerance]) -> list[tuple[str, Tolerance]]:
    return [(name, tolerances[name]) for name in METRIC_NAMES if name in tolerances]


def _require_known_metrics(gate: GateSection) -> None:
    for key, section in (("against_original", gate.against_original), ("against_baseline", gate.against_baseline)):
        for precision, tolerances in section.items():
            for name in tolerances:
                if name not in METRIC_NAMES:
                    nearest = difflib.get_close_matches(name, METRIC_NAMES, n=1, cutoff=0.0)[0]
                    raise UsageError(
                        f"gate.{key}.{precision}.{name}: there is no such metric; did you mean `{nearest}`? "
                        f"(known: {', '.join(METRIC_NAMES)})"
                    )
