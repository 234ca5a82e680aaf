"""Eight samples in as many clips, and what a gate's report says of them, for the tests of the gate."""

from collections.abc import Callable

from eval.gate.verdict import GateReport, GateRow
from eval.run.stored import Run

WHEN = "2025-01-02T00:00:00+00:00"
MakeMoved = Callable[..., Run]
IDS = tuple(f"c{number}/0001" for number in range(8))
UP_AND_DOWN = (0.3, -0.3, 0.3, -0.3, 0.3, -0.3, 0.3, -0.3)
"""Moves the mean by nothing, every sample by 0.3, and the interval across 0.1."""
EVERY = ("torch", "ir-fp32@f32", "ir-fp16@default")


def verdicts(report: GateReport, verdict: str) -> list[tuple[str, str, str]]:
    return [(row.check, row.variant, row.metric) for row in report.rows if row.verdict == verdict]


def only_failure(report: GateReport) -> GateRow:
    (row,) = report.failures()
    return row


def of(report: GateReport, check: str, variant: str = "ir-fp32@f32", metric: str = "alpha_mad") -> GateRow:
    [row] = [row for row in report.rows if (row.check, row.variant, row.metric) == (check, variant, metric)]
    return row
