"""Confidence intervals of means over samples: Student's t, taken further out on the side the samples are skewed to.

Drift is skewed: most samples hardly move, a few move far. Mean and standard deviation of some of them then go together,
and Student's t ends too near on the side of the long tail, where the model is worse than the set says. Johnson
("Modified t Tests and Confidence Intervals for Asymmetrical Populations", Journal of the American Statistical
Association 73, 1978) derived by how much, to the first order: by `(1 + 2 t^2) g / (6 sqrt(n))` standard errors where
the skewness is g. Three things differ from his interval, found by simulation (`tools.interval_coverage`, docs/gate.md):

- The other end stays where Student's t puts it, so the interval is never narrower.
- The skewness counts `SKEWNESS_WEIGHT` times, because that of a few samples is far less than that of what they come
  from: of 24 from a log-normal distribution with sigma 1 it is 2.2 in the middle, the distribution's is 6.2.
- It counts as at most `SKEWNESS_MOST` times sqrt(n). It is larger only where samples of the tail are among the few, and
  then the mean has them too.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import model_validator

from configs.records import Frozen
from datasets.samples.sample import clip_of

METHOD = "skewed-t-1"
"""This module's interval, as a run names it: another name for every change that moves an end."""
CONFIDENCE = 0.95
SKEWNESS_WEIGHT = 5.0
SKEWNESS_MOST = 0.25
MINIMUM_UNITS = 6
"""Fewer independent samples (or clips) have no interval: the skewness of n numbers is at most (n - 2) / sqrt(n - 1),
so that of five can hardly be told from none."""
RELIABLE_UNITS = 24
"""From so many independent samples (or clips) on, the mean is beyond one end of the interval in at most 5 % of cases,
also where they are as skewed as a log-normal distribution with sigma 1; with 8 in 7 % (docs/gate.md)."""


class Interval(Frozen):
    """A 95 % confidence interval of a mean, in the mean's unit, `low` <= `high`."""

    low: float
    high: float

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"an interval's low end must not be above its high one, found {self.low} and {self.high}")
        return self


def mean(column: pd.Series | NDArray[np.float64]) -> float | None:
    """Return the mean of the values that are defined (not NaN), whatever their order; None where there are none."""
    values = [value for value in column.tolist() if not math.isnan(value)]
    return math.fsum(values) / len(values) if values else None


def same(one: float | None, other: float | None) -> bool:
    """Tell whether two figures are the same but for rounding; None is the same as None alone."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


def mean_intervals(columns: pd.DataFrame, by_clip: bool = False) -> dict[str, Interval | None]:
    """Return the 95 % interval of each column's mean; None where fewer than `MINIMUM_UNITS` units have a value.

    The order of the samples does not matter, nothing is drawn, and no sum depends on the machine.

    Args:
        columns: one row per sample id, NaN where undefined; only the defined values count.
        by_clip: count whole clips (the ids' part before the last `/`) instead of samples, for frames that depend on
            each other; the mean stays that over frames.
    """
    clips = [clip_of(sample) for sample in columns.index] if by_clip else list(columns.index)
    return {name: _interval(column.to_numpy(dtype=np.float64).tolist(), clips) for name, column in columns.items()}


def count_units(samples: Iterable[str], by_clip: bool = False) -> int:
    """Return how many of the samples are independent of each other: all, or as many as there are clips."""
    return len({clip_of(sample) if by_clip else sample for sample in samples})


def _interval(values: Sequence[float], labels: Sequence[str]) -> Interval | None:
    """Return the interval of the mean of the values that are not NaN, all values of a label being one unit."""
    by_unit: dict[str, list[float]] = {}
    for label, value in zip(labels, values, strict=True):
        if not math.isnan(value):
            by_unit.setdefault(label, []).append(value)
    units = len(by_unit)
    if units < MINIMUM_UNITS:
        return None
    defined = [value for unit in by_unit.values() for value in unit]
    centre = math.fsum(defined) / len(defined)
    if min(defined) == max(defined):
        return Interval(low=defined[0], high=defined[0])
    moves = [_without(unit, centre, len(defined)) * (units - 1) for unit in by_unit.values()]
    error, skewness = _spread(moves)
    effective = len(defined) ** 2 / sum(len(unit) ** 2 for unit in by_unit.values())
    below, above = reach(max(effective, MINIMUM_UNITS), skewness)
    return Interval(low=centre - below * error, high=centre + above * error)


def reach(units: float, skewness: float) -> tuple[float, float]:
    """Return how many standard errors the interval reaches below and above a mean.

    Args:
        units: of how many independent values it is; of clips that differ in length fewer than there are: their mean is
            as uncertain as that of (sum of lengths)^2 / (sum of squared lengths) clips of one length.
        skewness: of these values: the mean cube of their distances from the mean, over their standard deviation cubed.
    """
    student = _student(units)
    skew = SKEWNESS_WEIGHT * min(SKEWNESS_MOST, abs(skewness) / math.sqrt(units))
    further = skew * (1 + 2 * student * student) / 6
    return (student + further, student) if skewness < 0 else (student, student + further)


@cache
def _student(units: float) -> float:
    """Return how many standard errors Student's t reaches, but for the last digits, which differ between libraries."""
    from scipy.special import stdtrit  # slow to load, and needed only where there is an interval to give

    return round(-float(stdtrit(units - 1, (1 - CONFIDENCE) / 2)), 12)


def _without(unit: Sequence[float], centre: float, frames: int) -> float:
    """Return how far the mean over all frames, `centre`, would fall without those of one unit (the jackknife)."""
    return math.fsum(value - centre for value in unit) / (frames - len(unit))


def _spread(moves: Iterable[float]) -> tuple[float, float]:
    """Return standard error and skewness of the mean of numbers whose mean is nought or nearly so, and not all are."""
    found = list(moves)
    units, most = len(found), max(map(abs, found))
    shares = [move / most for move in found]  # whose cubes neither overflow nor vanish
    square = math.fsum(share * share for share in shares) / units
    cube = math.fsum(share * share * share for share in shares) / units
    return most * math.sqrt(square / (units - 1)), cube / (square * math.sqrt(square))
