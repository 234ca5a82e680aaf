"""Confidence intervals of means over samples: the bootstrap, seeded, with clips resampled whole where frames depend.

Every column (a metric, or its paired differences) is resampled by the same draws, so that variants are compared on the
same resamples. The interval is the expanded percentile interval (Hesterberg, "What Teachers Should Know About the
Bootstrap", 2014): the percentiles are taken further out, by the factor sqrt(n / (n - 1)) and Student's t, by which
plain percentiles of few samples are too narrow.
"""

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import model_validator
from scipy.special import ndtr, stdtrit

from configs.records import Frozen
from datasets.samples.sample import clip_of

CONFIDENCE = 0.95
RESAMPLES = 10_000
SEED = 1
MINIMUM_UNITS = 6
"""Fewer independent samples (or clips) have no interval: all resampled means lie between the least and the greatest
value, and of five values from a symmetric distribution those two enclose the mean in 94 % of cases only."""

Floats = NDArray[np.float64]


class Interval(Frozen):
    """A 95 % confidence interval of a mean, in the mean's unit, `low` <= `high`."""

    low: float
    high: float

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"an interval's low end must not be above its high one, found {self.low} and {self.high}")
        return self


def mean(column: pd.Series) -> float | None:
    """Return the mean of the values that are defined (not NaN), whatever their order; None where there are none."""
    values = column.dropna()
    return math.fsum(values) / len(values) if len(values) else None


def same(one: float | None, other: float | None) -> bool:
    """Tell whether two figures are the same but for rounding; None is the same as None alone."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


def mean_intervals(columns: pd.DataFrame, by_clip: bool = False) -> dict[str, Interval | None]:
    """Return the 95 % interval of each column's mean; None where fewer than `MINIMUM_UNITS` units have a value.

    The draws depend on the number of units alone: the same samples give the same draws for every variant and metric.
    No draw or sum depends on the machine.

    Args:
        columns: one row per sample id, NaN where undefined; only the defined values are resampled.
        by_clip: draw whole clips (the ids' part before the last `/`) instead of samples, for frames that depend on
            each other; the mean stays that over frames.
    """
    found: dict[str, Interval | None] = dict.fromkeys(columns)
    groups: dict[bytes, list[str]] = {}
    for name in columns:
        groups.setdefault(columns[name].notna().to_numpy().tobytes(), []).append(name)
    for names in groups.values():
        own = columns[names].dropna()
        labels = [clip_of(sample) for sample in own.index] if by_clip else list(own.index)
        if len(set(labels)) < MINIMUM_UNITS:
            continue
        for name, (low, high) in zip(names, _intervals(own.to_numpy(), labels), strict=True):
            found[name] = Interval(low=low, high=high)
    return found


def _intervals(values: Floats, labels: Sequence[str]) -> list[tuple[float, float]]:
    """Return the interval of each column of `values` (samples, columns), drawing all samples of a label together."""
    centres = np.array([math.fsum(column) / len(column) for column in values.T])
    order = {label: unit for unit, label in enumerate(dict.fromkeys(labels))}
    units = np.array([order[label] for label in labels])
    sums = np.zeros((len(order), values.shape[1]))
    np.add.at(sums, units, values - centres)  # centred: a column of equal values gets an interval of no width
    counts = np.bincount(units).astype(np.float64)
    low, high = np.quantile(_resampled_means(sums, counts), _tails(len(order)), axis=0) + centres
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _resampled_means(sums: Floats, counts: Floats) -> Floats:
    """Return (resamples, columns) means; added up draw by draw, so that the order of additions is the same anywhere."""
    units = len(counts)
    draws = np.random.Generator(np.random.PCG64(SEED))
    totals = np.zeros((RESAMPLES, sums.shape[1]))
    drawn = np.zeros(RESAMPLES)
    for _ in range(units):
        chosen = draws.integers(0, units, RESAMPLES)
        totals += sums[chosen]
        drawn += counts[chosen]
    return np.asarray(totals / drawn[:, np.newaxis], dtype=np.float64)


def _tails(units: int) -> tuple[float, float]:
    """Return the two percentiles, as shares, between which the interval of so many units lies."""
    student = -float(stdtrit(units - 1, (1 - CONFIDENCE) / 2))
    tail = float(ndtr(-math.sqrt(units / (units - 1)) * student))
    return tail, 1 - tail
