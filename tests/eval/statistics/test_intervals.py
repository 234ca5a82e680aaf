"""The bootstrap: its coverage, what is drawn together, and that it is the same anywhere."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from eval.statistics import intervals
from eval.statistics.intervals import MINIMUM_UNITS, Interval, mean, mean_intervals, same


def interval_of(values: NDArray[np.float64], samples: list[str] | None = None, by_clip: bool = False) -> Interval:
    ids = samples or [f"a/{number:04d}" for number in range(len(values))]
    found = mean_intervals(pd.DataFrame({"metric": values}, index=ids), by_clip)["metric"]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("samples", "skewed", "least", "most"),
    [(8, False, 0.93, 0.97), (24, False, 0.93, 0.97), (8, True, 0.88, 0.96), (24, True, 0.91, 0.97)],
)
def test_the_interval_covers_the_mean_as_often_as_it_says(
    samples: int, skewed: bool, least: float, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain percentiles cover 90 % of normal samples of 8 (and 85 % of exponential ones), and fail this."""
    monkeypatch.setattr(intervals, "RESAMPLES", 3000)
    generator = np.random.default_rng(7)
    trials = 1500
    draws = generator.exponential(size=(trials, samples)) - 1 if skewed else generator.normal(size=(trials, samples))
    ids = [f"a/{number}" for number in range(samples)]
    found = mean_intervals(pd.DataFrame(draws.T, index=ids))
    covered = np.mean([own is not None and own.low <= 0 <= own.high for own in found.values()])
    assert least <= covered <= most


def test_it_is_scipys_percentile_interval_taken_further_out() -> None:
    values = np.random.default_rng(3).exponential(size=40)
    found = interval_of(values)
    plain = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    expected = stats.t.ppf(0.975, 39) / stats.norm.ppf(0.975) * np.sqrt(40 / 39)
    assert (found.high - found.low) / (plain.high - plain.low) == pytest.approx(expected, rel=0.03)


def test_the_figures_never_change() -> None:
    """Fixed for good: a machine, a thread or a library that draws or adds otherwise is found out here."""
    found = interval_of(np.array([0.51, -1.03, 2.07, 0.29, 4.11, -0.53, 1.01, 0.07, 1 / 3]))
    assert (found.low, found.high) == (-0.23592592592592587, 2.0987237770095795)


def test_all_columns_are_drawn_together() -> None:
    values = np.random.default_rng(5).normal(size=12)
    ids = [f"a/{number}" for number in range(12)]
    together = mean_intervals(pd.DataFrame({"one": values, "two": 3 * values + 10}, index=ids))
    alone = interval_of(values, ids)
    assert together["one"] == alone
    assert together["two"] is not None
    assert together["two"].low == pytest.approx(3 * alone.low + 10, abs=1e-12)
    assert together["two"].high == pytest.approx(3 * alone.high + 10, abs=1e-12)


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert interval_of(np.full(8, 0.1)) == Interval(low=0.1, high=0.1)


def test_too_few_samples_have_none() -> None:
    ids = [str(number) for number in range(MINIMUM_UNITS)]
    columns = {"all": [1.0] * MINIMUM_UNITS, "but one": [np.nan, *[1.0] * (MINIMUM_UNITS - 1)]}
    found = mean_intervals(pd.DataFrame(columns, index=ids))
    assert found == {"all": Interval(low=1.0, high=1.0), "but one": None}
    assert mean_intervals(pd.DataFrame({"none": []})) == {"none": None}


def test_only_defined_samples_are_drawn() -> None:
    values = np.random.default_rng(2).normal(size=9)
    ids = [f"a/{number}" for number in range(10)]
    assert mean_intervals(pd.DataFrame({"metric": [np.nan, *values]}, index=ids))["metric"] == interval_of(
        values, ids[1:]
    )


def test_frames_of_a_clip_are_drawn_whole() -> None:
    """Twenty frames that are all alike tell as much as one: by clip the interval is as wide as of the clips' means."""
    means = np.random.default_rng(9).normal(size=8)
    frames = np.repeat(means, 20)
    ids = [f"clip{clip}/{frame:04d}" for clip in range(8) for frame in range(20)]
    plain, by_clip = interval_of(frames, ids), interval_of(frames, ids, by_clip=True)
    clips = interval_of(means)
    assert (by_clip.low, by_clip.high) == (pytest.approx(clips.low), pytest.approx(clips.high))
    assert by_clip.high - by_clip.low > 3 * (plain.high - plain.low)


def test_clips_of_unequal_length_keep_the_mean_over_frames() -> None:
    ids = [f"long/{frame}" for frame in range(60)] + [f"short{clip}/0" for clip in range(6)]
    values = np.array([1.0] * 60 + [0.0] * 6)
    found = interval_of(values, ids, by_clip=True)
    assert found.low <= values.mean() <= found.high
    assert found.high < 1


def test_few_clips_have_no_interval_however_many_frames() -> None:
    ids = [f"clip{clip}/{frame}" for clip in range(3) for frame in range(50)]
    columns = pd.DataFrame({"metric": 1.0}, index=ids)
    assert mean_intervals(columns, by_clip=True) == {"metric": None}
    assert mean_intervals(columns)["metric"] is not None


def test_a_mean_is_exact_whatever_the_order_and_leaves_out_the_undefined() -> None:
    values = [1e16, 1.0, np.nan, -1e16, 1.0]
    assert mean(pd.Series(values)) == mean(pd.Series(values[::-1])) == 0.5
    assert mean(pd.Series([np.nan])) is None


def test_figures_are_the_same_but_for_rounding() -> None:
    assert same(0.1 + 0.2, 0.3)
    assert same(None, None)
    assert not same(0.3, 0.3 + 1e-8)
    assert not same(None, 0.0)
