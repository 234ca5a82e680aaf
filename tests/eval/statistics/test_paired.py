"""Two scores of the same samples: paired, over what both define."""

import numpy as np
import pandas as pd
import pytest

from eval.statistics.paired import compare_pairs

IDS = [f"a/{number}" for number in range(8)]


def column(*values: float) -> pd.DataFrame:
    return pd.DataFrame({"m": values}, index=IDS)


def test_the_interval_is_of_the_differences() -> None:
    before = column(*np.random.default_rng(1).exponential(9, size=8))
    found = compare_pairs(before, before + 0.25)["m"]
    assert (found.difference, found.samples, found.odd) == (pytest.approx(0.25), 8, ())
    assert found.interval is not None
    assert found.interval.high - found.interval.low < 1e-9


def test_what_only_one_defines_is_named_and_in_no_figure() -> None:
    before = column(1, 2, 3, 4, 5, 6, np.nan, 8)
    found = compare_pairs(before, column(2, 3, 4, 5, 6, np.nan, np.nan, 9))["m"]
    assert (found.odd, found.samples) == (("a/5",), 6)
    assert (found.before, found.after, found.difference) == (23 / 6, 29 / 6, 1.0)


def test_samples_are_matched_by_id_and_a_missing_metric_is_undefined() -> None:
    before = column(*range(8)).assign(other=1.0)
    found = compare_pairs(before, column(*range(8))[::-1])
    assert found["m"].difference == 0
    assert found["other"].odd == tuple(IDS)
    assert (found["other"].before, found["other"].largest, found["other"].interval) == (None, None, None)


def test_of_samples_that_moved_as_much_the_last_id_is_named() -> None:
    found = compare_pairs(column(*[0.0] * 8), column(0, -3, 0, 0, 3, 0, 0, 0))["m"]
    assert found.largest == ("a/4", 3.0)
