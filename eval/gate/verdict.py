"""What a gate says: one row per check, variant and metric, and the report they make.

The interval of a difference decides, not its mean: wholly within the limit passes, wholly beyond it fails, across it
settles nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from configs.schema import GateSection, Tolerance
from configs.text import counted
from eval.metrics.measures import METRIC_NAMES
from eval.run.results import MetricRecord, Results, VariantRecord
from eval.statistics.intervals import Interval

Check = Literal["run", "original", "agreement", "baseline"]
Verdict = Literal["pass", "improved", "fail", "inconclusive", "not compared"]

Kind = TypeVar("Kind")

ALL = "(all)"
"""The variant of a row that is about the whole run."""
FAIL_EXIT = 1
INCONCLUSIVE_EXIT = 5
ROUNDING = 1e-9
"""Share by which a difference may pass its limit: what summing in floating point moves a mean."""
CHECK_TITLES: dict[Check, str] = {
    "run": "the run itself",
    "original": "converted against original",
    "agreement": "agreement with the original",
    "baseline": "this run against the baseline",
}


@dataclass(frozen=True, slots=True)
class GateRow:
    """One judgement.

    Attributes:
        check: which comparison: the run by itself, against its original (`agreement` where the original's own matte
            is the truth), against the baseline.
        variant: the variant, or `(all)`.
        metric: a metric's name, or what else was judged, such as `sample set`.
        verdict: `pass`, `improved` (better by more than the limit), `fail` or `inconclusive`; `not compared` judges
            nothing and says why there is no comparison with a baseline.
        obtained: this variant's value, None where there is none.
        expected: the original's or the baseline's value.
        difference: obtained minus expected.
        limit: the difference allowed.
        reason: why, for every verdict but `pass`; for a pass, by which limits where they are not the usual ones.
        interval: 95 % interval of the difference; None where there is none, and the difference alone was judged.
        samples_needed: about how many samples would settle an inconclusive verdict; None where that is not known.
    """

    check: Check
    variant: str
    metric: str
    verdict: Verdict
    obtained: float | None = None
    expected: float | None = None
    difference: float | None = None
    limit: float | None = None
    reason: str = ""
    interval: Interval | None = None
    samples_needed: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What is judged: one metric of one variant, and how far it is from what is expected.

    Attributes:
        check, variant, metric: as in `GateRow`.
        obtained, expected: the two means.
        interval: 95 % interval of the difference; without one the difference alone is judged.
        samples: how many samples the interval is of.
        largest: the sample that moved most, and by how much; judged where the tolerance has a `largest`.
    """

    check: Check
    variant: str
    metric: str
    obtained: float | None
    expected: float | None
    interval: Interval | None = None
    samples: int = 0
    largest: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What a difference is judged by.

    Attributes:
        tolerance: how far the means may be apart, and in which direction. The limit counts as exact.
        beyond: the verdict when the whole interval is worse than allowed.
        title: which limits these are, for the reason, where they are not the usual ones.
    """

    tolerance: Tolerance
    beyond: Verdict = "fail"
    title: str = ""


@dataclass(frozen=True, slots=True)
class GateReport:
    """All judgements of a run; true when it passed.

    Attributes:
        rows: in the order of checks and variants.
        notes: what a reader should know besides, such as another CPU feature class.
    """

    rows: tuple[GateRow, ...]
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.exit_code == 0

    @property
    def exit_code(self) -> int:
        """0 when everything passed, 1 after any failure, else 5; so it is where nothing was judged."""
        if self.count("fail"):
            return FAIL_EXIT
        return INCONCLUSIVE_EXIT if self.count("inconclusive") or not self.judged else 0

    @property
    def judged(self) -> int:
        """How many judgements there are."""
        return len(self.rows) - self.count("not compared")

    @property
    def uncompared(self) -> str | None:
        """Why the run was compared with no baseline; None where it was, or where that was not asked for."""
        return next((row.reason for row in self.rows if row.verdict == "not compared"), None)

    @property
    def verdict(self) -> Literal["passed", "failed", "inconclusive"]:
        """The report in one word."""
        return "failed" if self.exit_code == FAIL_EXIT else "inconclusive" if self.exit_code else "passed"

    @property
    def agreement(self) -> bool:
        """Whether it judges agreement with the original rather than accuracy."""
        return any(row.check == "agreement" for row in self.rows)

    def count(self, verdict: Verdict) -> int:
        """Return how many rows have this verdict."""
        return sum(row.verdict == verdict for row in self.rows)

    def failures(self) -> tuple[GateRow, ...]:
        """Return the rows that failed or settled nothing."""
        return tuple(row for row in self.rows if row.verdict in ("fail", "inconclusive"))


def failure(check: Check, variant: str, metric: str, reason: str) -> GateRow:
    """Return the row of a failure that has no figures."""
    return GateRow(check, variant, metric, "fail", reason=reason)


def not_compared(metric: str, reason: str) -> GateRow:
    """Return the row that says why a run was compared with no baseline; `metric` names what is missing or differs."""
    return GateRow("baseline", ALL, metric, "not compared", reason=reason)


def limits_from_original(gate: GateSection, results: Results) -> tuple[Check, dict[str, dict[str, Tolerance]]]:
    """Return how a run's variants are compared with its original, and the tolerances of that by precision."""
    return ("agreement", gate.agreement) if results.dataset.agreement else ("original", gate.against_original)


def unjudged(check: Check, variant: VariantRecord) -> GateRow:
    """Return the row of a variant whose precision has no tolerances."""
    key = f"gate.{'agreement' if check == 'agreement' else f'against_{check}'}.{variant.precision}"
    return failure(check, variant.name, ALL, f"ran in {variant.ran_in}, which has no tolerances: add `{key}`")


def mean_of(record: MetricRecord | None) -> float | None:
    """Return the mean, None where there is no record or none in it."""
    return None if record is None else record.mean


def in_order(by_metric: Mapping[str, Kind]) -> list[tuple[str, Kind]]:
    """Return a mapping's entries in the order of `METRICS`."""
    return [(name, by_metric[name]) for name in METRIC_NAMES if name in by_metric]


def limit_of(tolerance: Tolerance, expected: float) -> float:
    """Return the difference a tolerance allows: the larger of the absolute one and the share of `expected`."""
    return max(tolerance.absolute, tolerance.relative * abs(expected))


def compare(found: Difference, limit: Limit) -> GateRow:
    """Judge one value by the interval of its difference from the expected one.

    A value that is missing, undefined or not finite fails, whatever `limit.beyond` says.
    """
    check, obtained, expected = found.check, found.obtained, found.expected
    obtained_fault, expected_fault = _fault(obtained), _fault(expected)
    if obtained is None or expected is None or obtained_fault or expected_fault:
        whose, fault = ("this run's", obtained_fault) if obtained_fault else ("the expected", expected_fault)
        return replace(
            failure(check, found.variant, found.metric, f"{whose} value is {fault}"),
            obtained=None if obtained_fault else obtained,
            expected=None if expected_fault else expected,
        )
    tolerance, title, interval = limit.tolerance, limit.title, found.interval
    difference = obtained - expected
    allowed = limit_of(tolerance, expected)
    reach = allowed + ROUNDING * max(1.0, abs(expected))
    low, high = (difference, difference) if interval is None else (interval.low, interval.high)
    allowed_low = -math.inf if tolerance.direction == "increase" else -reach
    allowed_high = math.inf if tolerance.direction == "decrease" else reach
    verdict: Verdict = "pass"
    reason, needed = title, None
    if low > allowed_high or high < allowed_low:
        verdict = limit.beyond
        reason = f"moved by {difference:+.4g}{_of(interval)}, more than the {allowed:.4g} allowed{_also(title)}"
    elif low < allowed_low or high > allowed_high:
        verdict = "inconclusive"
        needed = samples_to_settle(difference, (low, high), (allowed_low, allowed_high), found.samples)
        settled = "no number of samples is likely to settle it" if needed is None else f"about {needed} would settle it"
        reason = (
            f"moved by {difference:+.4g}{_of(interval)}, and that interval lies across the limit {allowed:.4g}: "
            f"{counted(found.samples, 'sample')} cannot tell, {settled}{_also(title)}"
        )
    elif low > reach or high < -reach:
        verdict = "improved"
        reason = f"better by {abs(difference):.4g}, more than the limit {allowed:.4g}: consider updating the baseline"
        if check != "baseline":
            reason = f"better than the original by {abs(difference):.4g}, more than the limit {allowed:.4g}"
    largest = found.largest
    if tolerance.largest is not None and largest is not None and largest[1] > tolerance.largest + ROUNDING:
        moved = f"sample {largest[0]} moved by {largest[1]:.4g}, more than the {tolerance.largest:.4g} allowed on one"
        reason = f"{moved}{_also(reason)}"
        verdict, needed = limit.beyond, None
    return GateRow(
        check,
        found.variant,
        found.metric,
        verdict,
        obtained,
        expected,
        difference,
        allowed,
        reason,
        interval,
        samples_needed=needed,
    )


def samples_to_settle(
    difference: float, interval: tuple[float, float], allowed: tuple[float, float], samples: int
) -> int | None:
    """Return about how many samples would bring the interval to one side of every limit that it lies across.

    Intervals narrow with the root of the number of samples; the mean is taken to stay. None where it lies on a limit.

    Args:
        difference: the mean.
        interval: its two ends.
        allowed: the least and the greatest difference allowed; infinite where there is no such limit.
        samples: how many gave this interval.
    """
    needed = samples + 1
    for limit in allowed:
        if not interval[0] < limit < interval[1]:
            continue
        reach = interval[1] - difference if difference <= limit else difference - interval[0]
        distance = abs(limit - difference)
        if distance < reach * 1e-3:
            return None
        needed = max(needed, math.ceil(samples * (reach / distance) ** 2))
    return needed


def _of(interval: Interval | None) -> str:
    return "" if interval is None else f" (95 % interval {interval.low:+.4g} to {interval.high:+.4g})"


def _also(limits: str) -> str:
    return f"; {limits}" if limits else ""


def _fault(value: float | None) -> str:
    """Return what keeps a value from being judged, empty for a finite number."""
    if value is None:
        return "missing or undefined"
    return "" if math.isfinite(value) else f"{value}, not a finite number"
