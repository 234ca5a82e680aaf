"""One value judged: directions, limits and intervals, and how many samples would settle it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.schema import Tolerance
from eval.gate.verdict import Difference, GateReport, GateRow, Limit, compare, samples_to_settle
from eval.statistics.intervals import Interval, mean_intervals


def difference(obtained: float | None, expected: float | None = 10.0, **more: Any) -> Difference:
    return Difference("original", "onnx", "alpha_mad", obtained, expected, **more)


@pytest.mark.parametrize(
    ("direction", "obtained", "verdict"),
    [
        ("increase", 10.5, "pass"),
        ("increase", 10.5 + 1e-10, "pass"),
        ("increase", 10.5 + 1e-7, "fail"),
        ("increase", 10.6, "fail"),
        ("increase", 9.4, "improved"),
        ("decrease", 9.5, "pass"),
        ("decrease", 9.4, "fail"),
        ("decrease", 10.6, "improved"),
        ("both", 10.6, "fail"),
        ("both", 9.4, "fail"),
        ("both", 9.5, "pass"),
        ("both", float("nan"), "fail"),
        ("increase", float("-inf"), "fail"),
        ("increase", None, "fail"),
    ],
)
def test_directions(direction: str, obtained: float | None, verdict: str) -> None:
    tolerance = Tolerance.model_validate({"absolute": 0.1, "relative": 0.05, "direction": direction})
    row = compare(difference(obtained), Limit(tolerance))
    assert row.verdict == verdict
    assert bool(row.reason) == (verdict != "pass")


def test_nan_expected_fails_even_where_beyond_is_inconclusive() -> None:
    row = compare(difference(1.0, float("nan")), Limit(Tolerance(absolute=9.0), "inconclusive"))
    assert (row.verdict, row.expected) == ("fail", None)


@pytest.mark.parametrize(
    ("direction", "low", "high", "verdict"),
    [
        ("increase", -0.05, 0.09, "pass"),
        ("increase", -9.0, 0.09, "pass"),
        ("increase", 0.02, 0.11, "inconclusive"),
        ("increase", -9.0, 0.11, "inconclusive"),
        ("increase", 0.11, 0.2, "fail"),
        ("increase", -0.4, -0.11, "improved"),
        ("increase", -0.4, -0.09, "pass"),
        ("decrease", -0.09, 9.0, "pass"),
        ("decrease", -0.11, 0.0, "inconclusive"),
        ("decrease", -0.2, -0.11, "fail"),
        ("decrease", 0.11, 0.2, "improved"),
        ("both", -0.09, 0.09, "pass"),
        ("both", -0.11, 0.0, "inconclusive"),
        ("both", -0.2, 0.2, "inconclusive"),
        ("both", -0.2, -0.11, "fail"),
        ("both", 0.11, 0.2, "fail"),
    ],
)
def test_the_interval_decides(direction: str, low: float, high: float, verdict: str) -> None:
    tolerance = Tolerance.model_validate({"absolute": 0.1, "direction": direction})
    mean = 10 + (low + high) / 2
    row = compare(difference(mean, interval=Interval(low=low, high=high), samples=8), Limit(tolerance))
    assert row.verdict == verdict
    assert (row.samples_needed is not None) == (verdict == "inconclusive" and mean != 10 + 0.1)
    assert bool(row.reason) == (verdict != "pass")


def test_a_limit_relative_to_the_expected_value_counts_where_it_is_larger() -> None:
    interval = Interval(low=0.1, high=0.4)
    for tolerance, verdict in [({"relative": 0.05}, "pass"), ({"relative": 0.03}, "inconclusive"), ({}, "fail")]:
        limits = Tolerance.model_validate({"absolute": 0.05, **tolerance})
        assert compare(difference(10.25, interval=interval, samples=8), Limit(limits)).verdict == verdict


@pytest.mark.parametrize(
    ("difference", "interval", "allowed", "needed"),
    [
        (0.05, (0.0, 0.15), (-np.inf, 0.1), 32),  # half as wide with four times as many: 0.05 + 0.05
        (0.05, (-0.3, 0.15), (-np.inf, 0.1), 32),  # only the side towards the limit counts
        (0.375, (0.125, 0.75), (-np.inf, 0.25), 32),
        (0.0, (-0.3, 0.2), (-0.1, 0.1), 72),  # the worse of the two limits
        (0.05, (0.0, 0.1001), (-np.inf, 0.1), 9),
        (0.1, (0.0, 0.2), (-np.inf, 0.1), None),
    ],
)
def test_how_many_samples_would_settle_it(
    difference: float, interval: tuple[float, float], allowed: tuple[float, float], needed: int | None
) -> None:
    assert samples_to_settle(difference, interval, allowed, 8) == needed


def test_that_many_samples_do_settle_it() -> None:
    """Drawn from one population: what 12 samples leave open, as many as they ask for decide in most cases."""
    generator = np.random.default_rng(11)

    def row(samples: int) -> GateRow:
        drift = generator.normal(0.05, 0.08, samples)
        interval = mean_intervals(pd.DataFrame({"m": drift}))["m"]
        found = difference(10 + drift.mean(), interval=interval, samples=samples)
        return compare(found, Limit(Tolerance(absolute=0.1)))

    needed = [first.samples_needed for first in (row(12) for _ in range(40)) if first.verdict == "inconclusive"]
    asked = [samples for samples in needed if samples is not None and samples < 500]
    assert len(asked) > 10
    assert sum(row(samples).verdict != "inconclusive" for samples in asked) > 0.7 * len(asked)


def test_an_empty_report_does_not_pass() -> None:
    assert GateReport(()).exit_code == 5
