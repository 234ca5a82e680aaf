"""The judgement of a run: pure, from a run, a baseline and tolerances to rows."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from configs.errors import UsageError
from configs.limits import LIMIT_KEYS
from configs.schema import GateSection, Tolerance
from eval.gate.applicable import applicable
from eval.gate.baseline import Baseline
from eval.gate.judge_baseline import baseline_notes, baseline_rows
from eval.gate.response import response_rows
from eval.gate.verdict import (
    ALL,
    Difference,
    GateReport,
    GateRow,
    Limit,
    compare,
    failure,
    in_order,
    limits_from_original,
    mean_of,
    not_compared,
    unjudged,
)
from eval.metrics.measures import METRIC_NAMES
from eval.run.results import Results
from eval.run.stored import Run
from eval.run.stretch import stretch_note
from eval.statistics.intervals import MINIMUM_UNITS, count_units


def judge(run: Run, baseline: Baseline, gate: GateSection, required_variants: Sequence[str] = ()) -> GateReport:
    """Judge a run by itself, every converted variant against the original, and every variant against the baseline.

    Args:
        run: the run.
        baseline: what is expected of it; where it holds no scores of single samples, a difference from it is judged by
            its mean alone.
        gate: the tolerances.
        required_variants: variants that must have run, besides those of the baseline.

    Raises:
        UsageError: the tolerances name a metric that does not exist.
    """
    _require_known_metrics(gate)
    rows = [*_alone(run, gate, required_variants), *baseline_rows(run, baseline, gate)]
    return _report(run.results, gate, rows, baseline_notes(run.results, baseline))


def judge_original(
    run: Run, gate: GateSection, required_variants: Sequence[str] = (), no_baseline: str | None = None
) -> GateReport:
    """Judge a run without a baseline: did all run, and does every converted variant stay near the original?

    Arguments and errors as `judge`; `no_baseline` says why there is none, where one might be expected.
    """
    _require_known_metrics(gate)
    rows = _alone(run, gate, required_variants)
    if no_baseline is not None:
        rows.append(not_compared("baseline", no_baseline))
    return _report(run.results, gate, rows)


def without_baseline(report: GateReport, results: Results) -> GateReport:
    """Return the part of a judgement by `judge` that `judge_original` makes: no baseline, no required variants."""
    names = {ALL, *(variant.name for variant in results.variants)}
    return GateReport(tuple(row for row in report.rows if row.check != "baseline" and row.variant in names))


def _alone(run: Run, gate: GateSection, required_variants: Sequence[str]) -> list[GateRow]:
    return [*_run_rows(run, gate, required_variants), *response_rows(run), *_original_rows(run.results, gate)]


def _report(results: Results, gate: GateSection, rows: Sequence[GateRow], notes: Iterable[str] = ()) -> GateReport:
    """Put rows and notes together; says how many rows no interval stood behind, and applies `gate.inconclusive`."""
    dataset = results.dataset
    stretched = stretch_note(results) if gate.allow_stretch else None
    noted = [
        note for note in (dataset.agreement_note, dataset.foreground_note, dataset.coverage_note, stretched) if note
    ]
    noted += notes
    if all(row.verdict == "not compared" for row in rows):
        reason = (
            f"nothing was judged: only {results.original} ran, and there is no converted form to compare with it; "
            "evaluate a form as well, such as --variants torch,ir-fp16@f32"
        )
        rows = [GateRow("run", ALL, "judgements", "inconclusive", reason=reason), *rows]
    bare = sum(row.difference is not None and row.interval is None for row in rows)
    if bare:
        noted.append(
            f"{bare} of {len(rows)} judgements rest on the mean alone, without an interval: that takes at least "
            f"{MINIMUM_UNITS} scored samples (of as many clips, where frames follow each other)"
        )
    if gate.inconclusive == "fail":
        rows = [
            replace(row, verdict="fail", reason=f"{row.reason} (gate.inconclusive: fail)")
            if row.verdict == "inconclusive"
            else row
            for row in rows
        ]
    return GateReport(tuple(rows), tuple(noted))


def _run_rows(run: Run, gate: GateSection, required_variants: Iterable[str]) -> Iterator[GateRow]:
    for name in required_variants:
        if run.results.variant(name) is None:
            yield failure("run", name, ALL, "required by the configuration (evaluate.variants), but it did not run")
    variants = run.results.variants
    # Earlier versions wrote no hashes of all files, and a run that lost them looks like one of theirs.
    nameless = [variant.name for variant in variants if not variant.files]
    if nameless:
        reason = f"the run does not say by their hashes which files ran as {', '.join(nameless)}; evaluate again"
        yield GateRow("run", ALL, "models", "inconclusive", reason=reason)
    if not gate.allow_stretch and (note := stretch_note(run.results)):
        reason = f"{note}; convert for the set's aspect, or accept it with --allow-stretch or gate.allow_stretch: true"
        yield GateRow("run", ALL, "aspect", "inconclusive", reason=reason)
    by_clip = run.results.dataset.consecutive
    units = count_units(run.table.index.unique("sample"), by_clip)
    if units < gate.minimum_samples:
        what = "clips, whose frames depend on each other," if by_clip else "samples"
        reason = f"{units} {what} are fewer than the {gate.minimum_samples} that gate.minimum_samples asks for"
        yield GateRow("run", ALL, "sample count", "inconclusive", reason=reason, samples_needed=gate.minimum_samples)


def _original_rows(results: Results, gate: GateSection) -> Iterator[GateRow]:
    original = results.variant(results.original)
    check, limits = limits_from_original(gate, results)
    known = applicable(results)
    for variant in results.converted():
        stated = limits.get(variant.precision, {})
        tolerances = {metric: tolerance for metric, tolerance in stated.items() if metric in known}
        if not tolerances:
            yield unjudged(check, variant)
            continue
        for metric, tolerance in in_order(tolerances):
            found = Difference(
                check,
                variant.name,
                metric,
                mean_of(variant.metrics.get(metric)),
                mean_of(None if original is None else original.metrics.get(metric)),
            )
            drift = results.drift_of(variant.name, metric)
            if drift is not None:
                found = replace(found, interval=drift.interval, samples=drift.samples, largest=drift.largest)
            yield compare(found, Limit(tolerance))


def _require_known_metrics(gate: GateSection) -> None:
    for key in LIMIT_KEYS:
        section: dict[str, dict[str, Tolerance]] = getattr(gate, key)
        for precision, tolerances in section.items():
            for name in tolerances:
                if name not in METRIC_NAMES:
                    nearest = difflib.get_close_matches(name, METRIC_NAMES, n=1, cutoff=0.0)[0]
                    raise UsageError(
                        f"gate.{key}.{precision}.{name}: there is no such metric; did you mean `{nearest}`? "
                        f"(known: {', '.join(METRIC_NAMES)})"
                    )
