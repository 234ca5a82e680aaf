"""What a gate says: one row per check, variant and metric, and the report they make."""

import math
from dataclasses import dataclass
from typing import Literal

from configs.schema import Tolerance

Check = Literal["run", "original", "baseline"]
Verdict = Literal["pass", "improved", "fail", "inconclusive"]

FAIL_EXIT = 1
INCONCLUSIVE_EXIT = 5
ROUNDING = 1e-9
"""Share by which a difference may pass its limit: what summing in floating point moves a mean."""
CHECK_TITLES: dict[Check, str] = {
    "run": "the run itself",
    "original": "converted against original",
    "baseline": "this run against the baseline",
}


@dataclass(frozen=True, slots=True)
class GateRow:
    """One judgement.

    Attributes:
        check: which comparison: the run by itself, against its original, against the baseline.
        variant: the variant, or `(all)`.
        metric: a metric's name, or what else was judged, such as `sample set`.
        verdict: `pass`, `improved` (better by more than the limit), `fail` or `inconclusive`.
        obtained: this variant's value, None where there is none.
        expected: the original's or the baseline's value.
        difference: obtained minus expected.
        limit: the difference allowed.
        reason: why, for every verdict but `pass`.
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
        """0 when everything passed, 1 after any failure (or when nothing was judged), else 5."""
        if not self.rows or self.count("fail"):
            return FAIL_EXIT
        return INCONCLUSIVE_EXIT if self.count("inconclusive") else 0

    @property
    def verdict(self) -> Literal["passed", "failed", "inconclusive"]:
        """The report in one word."""
        return "failed" if self.exit_code == FAIL_EXIT else "inconclusive" if self.exit_code else "passed"

    def count(self, verdict: Verdict) -> int:
        """Return how many rows have this verdict."""
        return sum(row.verdict == verdict for row in self.rows)

    def failures(self) -> tuple[GateRow, ...]:
        """Return the rows that failed or settled nothing."""
        return tuple(row for row in self.rows if row.verdict in ("fail", "inconclusive"))


def limit_of(tolerance: Tolerance, expected: float) -> float:
    """Return the difference a tolerance allows: the larger of the absolute one and the share of `expected`."""
    return max(tolerance.absolute, tolerance.relative * abs(expected))


def compare(
    check: Check,
    variant: str,
    metric: str,
    obtained: float | None,
    expected: float | None,
    tolerance: Tolerance,
    beyond: Verdict = "fail",
    beyond_reason: str = "",
) -> GateRow:
    """Judge one value; `beyond` is the verdict when it is worse than allowed, with what to add to the reason.

    A value that is missing, undefined or not finite fails, whatever `beyond` says.
    """
    obtained_fault, expected_fault = _fault(obtained), _fault(expected)
    if obtained is None or expected is None or obtained_fault or expected_fault:
        whose, fault = ("this run's", obtained_fault) if obtained_fault else ("the expected", expected_fault)
        return GateRow(
            check,
            variant,
            metric,
            "fail",
            obtained=None if obtained_fault else obtained,
            expected=None if expected_fault else expected,
            reason=f"{whose} value is {fault}",
        )
    difference = obtained - expected
    limit = limit_of(tolerance, expected)
    reach = limit + ROUNDING * max(1.0, abs(expected))
    worse = {"increase": difference > reach, "decrease": difference < -reach, "both": abs(difference) > reach}
    verdict: Verdict = "pass"
    reason = ""
    if worse[tolerance.direction]:
        verdict = beyond
        reason = f"moved by {difference:+.4g}, more than the {limit:.4g} allowed{beyond_reason}"
    elif abs(difference) > reach:
        verdict = "improved"
        reason = f"better by {abs(difference):.4g}, more than the limit {limit:.4g}: consider updating the baseline"
        if check != "baseline":
            reason = f"better than the original by {abs(difference):.4g}, more than the limit {limit:.4g}"
    return GateRow(check, variant, metric, verdict, obtained, expected, difference, limit, reason)


def _fault(value: float | None) -> str:
    """Return what keeps a value from being judged, empty for a finite number."""
    if value is None:
        return "missing or undefined"
    return "" if math.isfinite(value) else f"{value}, not a finite number"
