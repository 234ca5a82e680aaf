"""The judgement of a run against its baseline: sample by sample where the baseline holds scores, and class-aware."""

from collections.abc import Iterator
from dataclasses import replace

from configs.schema import GateSection
from eval.gate.applicable import applicable
from eval.gate.baseline import UPDATE_COMMAND, Baseline, BaselineVariant, model_difference, sample_set_difference
from eval.gate.verdict import (
    ALL,
    Difference,
    GateRow,
    Limit,
    compare,
    failure,
    in_order,
    mean_of,
    not_compared,
    unjudged,
)
from eval.metrics.measures import PUBLISHED_METRICS
from eval.presentation.formatting import number
from eval.run.results import Results, VariantRecord
from eval.run.scores import scores_of
from eval.run.stored import Run
from eval.statistics.paired import compare_pairs

COARSENESS = ("f32", "f16", "bf16")
"""Inference precisions, from the one that moves a metric least."""


def baseline_notes(results: Results, baseline: Baseline) -> Iterator[str]:
    """Yield what a reader of the judgement should know: another CPU class, other versions, an old baseline or run.

    Nothing where the two are not compared.
    """
    if mismatch(results, baseline) is not None:
        return
    here, there = results.environment.cpu_class, baseline.cpu_class
    if here != there:
        yield (
            f"this run's CPU class is {here}, the baseline's {there}: differences from the baseline are judged by "
            "gate.other_class; where it states no limit, one beyond the usual limit is inconclusive, not a failure"
        )
    found, expected = results.environment.versions, baseline.versions
    changed = [
        f"{name} {expected.get(name) or 'not installed'} -> {found.get(name) or 'not installed'}"
        for name in sorted({*found, *expected})
        if found.get(name) != expected.get(name)
    ]
    if changed:
        yield f"versions changed since the baseline: {', '.join(changed)}"
    if baseline.model is None or results.model is None:
        whose = "the baseline, of an earlier version," if baseline.model is None else "the run, of an earlier version,"
        yield f"{whose} does not say which model it is of, so that both are taken to be of one"
    if not baseline.scores:
        yield (
            "the baseline holds no scores of single samples, so differences from it are judged by their means alone; "
            f"renew it: {UPDATE_COMMAND}"
        )


def mismatch(results: Results, baseline: Baseline) -> tuple[str, str] | None:
    """Return what keeps a run and a baseline from being compared, and how they differ; None where they compare."""
    if (model := model_difference(baseline.model, results.model)) is not None:
        return "model", f"the baseline is of another model ({model}){_scores(results, baseline)}"
    expected, found = baseline.dataset, results.dataset
    if expected.truth != found.truth:
        kinds = {"ground truth": "accuracy (against ground truth)", "original": "agreement (with the original)"}
        return (
            "truth",
            f"the baseline is of another kind of figures: {kinds[expected.truth]}, the run's are {kinds[found.truth]}",
        )
    if (samples := sample_set_difference(expected, found)) is not None:
        return "sample set", f"the baseline is of another set: {expected.name}, the run is of {found.name} ({samples})"
    return None


def _scores(results: Results, baseline: Baseline) -> str:
    """Return what the original of another model scores on the same samples, beside what the baseline's does."""
    expected, found = baseline.variants.get(baseline.original), results.variant(results.original)
    same = baseline.dataset.truth == results.dataset.truth == "ground truth"
    if expected is None or found is None or not same or sample_set_difference(baseline.dataset, results.dataset):
        return ""
    moved = [
        f"{metric} {number(before)} -> {number(after)}"
        for metric, before in in_order(expected.metrics)
        if metric in PUBLISHED_METRICS and (after := mean_of(found.metrics.get(metric))) is not None
    ]
    return f", and on the same samples its original scores {', '.join(moved)}" if moved else ""


def baseline_rows(run: Run, baseline: Baseline, gate: GateSection) -> Iterator[GateRow]:
    """Yield the judgement of every variant of a run against the baseline, or one row that says why they do not compare.

    That row is a failure with `gate.require_baseline`; else it judges nothing.
    """
    results = run.results
    differing = mismatch(results, baseline)
    if differing is not None:
        what, difference = differing
        if gate.require_baseline:
            reason = (
                f"{difference}, and gate.require_baseline asks for one that fits; if that is meant: {UPDATE_COMMAND}"
            )
            yield failure("baseline", ALL, what, reason)
        else:
            yield not_compared(what, f"{difference}, so the run is judged against its original alone")
        return
    for name in baseline.variants:
        if results.variant(name) is None:
            yield failure("baseline", name, ALL, "in the baseline, but it did not run")
    if results.original != baseline.original:
        reason = f"the original is {results.original} here and {baseline.original} in the baseline"
        yield failure("baseline", results.original, "original", reason)
    for variant in results.variants:
        yield from _variant(variant, run, baseline, gate)


def _variant(variant: VariantRecord, run: Run, baseline: Baseline, gate: GateSection) -> Iterator[GateRow]:
    expected = baseline.variants.get(variant.name)
    if expected is None:
        reason = f"not in the baseline, so nothing is expected of it; add it: {UPDATE_COMMAND}"
        yield failure("baseline", variant.name, ALL, reason)
        return
    limits = _limits(variant, expected, run.results.environment.cpu_class, baseline, gate)
    if isinstance(limits, GateRow):
        yield limits
        return
    before, after = baseline.scores_of(variant.name), scores_of(run.table, variant.name)
    pairs = compare_pairs(before, after, baseline.dataset.consecutive)
    # What the baseline has is judged, whatever the network is said to give.
    known = {*applicable(run.results), *expected.metrics}
    for metric, limit in in_order({metric: limit for metric, limit in limits.items() if metric in known}):
        found = Difference(
            "baseline", variant.name, metric, mean_of(variant.metrics.get(metric)), expected.metrics.get(metric)
        )
        if pair := pairs.get(metric):
            if pair.odd:
                reason = "defined for other samples than in the baseline: the means are not comparable"
                yield failure("baseline", variant.name, metric, reason)
                continue
            found = replace(found, interval=pair.interval, samples=pair.samples, largest=pair.largest)
        yield compare(found, limit)
    for metric in expected.metrics:
        if metric not in limits and mean_of(variant.metrics.get(metric)) is None:
            yield failure("baseline", variant.name, metric, "in the baseline, but missing or undefined in this run")


def _limits(
    variant: VariantRecord, expected: BaselineVariant, cpu_class: str, baseline: Baseline, gate: GateSection
) -> dict[str, Limit] | GateRow:
    """Return metric to limit, or the one row that says why the variant cannot be judged."""
    usual = gate.against_baseline.get(variant.precision, {})
    ran = f"ran in {variant.ran_in}, in the baseline in {expected.ran_in}"
    same_precision = variant.ran_in == expected.ran_in
    here, there = (" and ".join(one.executed_on) for one in (variant, expected))
    if here and there and here != there:
        reason = f"executed on {here}, in the baseline on {there}; a baseline is of one device: {UPDATE_COMMAND}"
        return GateRow("baseline", variant.name, "device", "inconclusive", reason=reason)
    if cpu_class == baseline.cpu_class:
        if not same_precision:
            return failure("baseline", variant.name, "precision", ran)
        return {name: Limit(own) for name, own in usual.items()} or unjudged("baseline", variant)
    coarser = max(variant.precision, expected.precision, key=_coarseness)
    wide = gate.other_class.get(coarser, {})
    classes = f"this CPU is {cpu_class}, the baseline's {baseline.cpu_class}"
    stated = f"by the limits of gate.other_class.{coarser}: {classes}"
    if not same_precision:
        if not wide:
            reason = f"{ran}; {classes}, and there is no gate.other_class.{coarser}"
            return GateRow("baseline", variant.name, "precision", "inconclusive", reason=reason)
        return {name: Limit(own, "fail", f"{stated}; {ran}") for name, own in wide.items()}
    limits = {
        name: Limit(own, "inconclusive", f"by the limits of the baseline's class: {classes}")
        for name, own in usual.items()
    }
    limits |= {name: Limit(own, "fail", stated) for name, own in wide.items()}
    return limits or unjudged("baseline", variant)


def _coarseness(precision: str) -> int:
    return COARSENESS.index(precision) if precision in COARSENESS else len(COARSENESS)
