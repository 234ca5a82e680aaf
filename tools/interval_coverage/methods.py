"""Intervals of a mean to choose from, each of many sets at once: from (samples, sets) values to two ends of each set.

bootstrap intervals share one set of draws: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993
expanded percentile: Hesterberg, "What Teachers Should Know About the Bootstrap", 2014
m out of n: Bickel, Goetze and van Zwet, "Resampling fewer than n observations", 1997
empirical likelihood: Owen, "Empirical Likelihood", 2001; adjusted: Chen, Variyath and Abraham, 2008
Hall's transformation: Hall, "On the Removal of Skewness by Transformation", 1992
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import fdtri, ndtr, ndtri, stdtrit

from eval.statistics.intervals import mean_intervals

Floats = NDArray[np.float64]
Ends = tuple[Floats, Floats]
TAIL = 0.025
RESAMPLES = 2000


@dataclass
class Sets:
    """Many sets of as many samples, with what several intervals need of them.

    Attributes:
        values: (samples, sets).
        seed: of the draws of the bootstrap.
    """

    values: Floats
    seed: int = 1

    @property
    def samples(self) -> int:
        """How many samples a set has."""
        return len(self.values)

    @cached_property
    def means(self) -> Floats:
        """The mean of each set."""
        return np.asarray(self.values.mean(axis=0))

    @cached_property
    def centred(self) -> Floats:
        """The values without their set's mean."""
        return np.asarray(self.values - self.means)

    @cached_property
    def deviations(self) -> Floats:
        """The standard deviation of each set, divided by n; tiny instead of 0, where all values are equal."""
        return np.asarray(np.maximum(self.values.std(axis=0), 1e-12))

    @cached_property
    def errors(self) -> Floats:
        """The standard error of each mean."""
        return self.deviations / math.sqrt(self.samples - 1)

    @cached_property
    def skewness(self) -> Floats:
        """The skewness of each set."""
        return np.asarray((self.centred**3).mean(axis=0) / self.deviations**3)

    @property
    def student(self) -> float:
        """The upper quantile of Student's t."""
        return -float(stdtrit(self.samples - 1, TAIL))

    @property
    def expanded(self) -> float:
        """The tail by which percentiles are as wide as Student's interval."""
        return float(ndtr(-math.sqrt(self.samples / (self.samples - 1)) * self.student))

    @cached_property
    def resampled(self) -> Floats:
        """Means of the resamples less the set's own, (resamples, sets), sorted."""
        return np.sort(self._weights @ self.centred / self.samples, axis=0)

    @cached_property
    def studentized(self) -> Floats:
        """These means, each over the standard error of its own resample, sorted."""
        means = self._weights @ self.centred / self.samples
        variances = self._weights @ self.centred**2 / self.samples - means**2
        alike = variances <= 1e-18 * self.deviations**2
        with np.errstate(all="ignore"):
            ratios = means / np.sqrt(variances / (self.samples - 1))
        return np.sort(np.where(alike, np.where(means == 0, 0, np.copysign(np.inf, means)), ratios), axis=0)

    @cached_property
    def _weights(self) -> Floats:
        """How often each resample draws each sample, the same for all sets."""
        random = np.random.Generator(np.random.PCG64(self.seed))
        return random.multinomial(self.samples, np.full(self.samples, 1 / self.samples), RESAMPLES).astype(np.float64)


def student(sets: Sets) -> Ends:
    """Return Student's t interval."""
    return sets.means - sets.student * sets.errors, sets.means + sets.student * sets.errors


def percentile(sets: Sets) -> Ends:
    """Return the percentiles of the resampled means."""
    return sets.means + _at(sets.resampled, TAIL), sets.means + _at(sets.resampled, 1 - TAIL)


def expanded_percentile(sets: Sets) -> Ends:
    """Return these, taken further out for few samples."""
    return sets.means + _at(sets.resampled, sets.expanded), sets.means + _at(sets.resampled, 1 - sets.expanded)


def bias_corrected(sets: Sets) -> Ends:
    """Return BCa, the bias-corrected and accelerated percentiles."""
    below = ((sets.resampled < 0).mean(axis=0) + (sets.resampled <= 0).mean(axis=0)) / 2
    bias, speed = ndtri(below), sets.skewness / (6 * math.sqrt(sets.samples))

    def end(tail: float) -> Floats:
        moved = bias + float(ndtri(tail))
        return sets.means + _at(sets.resampled, ndtr(bias + moved / np.maximum(1 - speed * moved, 1e-3)))

    return end(TAIL), end(1 - TAIL)


def fewer(sets: Sets) -> Ends:
    """Return percentiles of means over m = n^(3/4) of n samples, drawn again and scaled by sqrt(m / n)."""
    drawn = round(sets.samples**0.75)
    random = np.random.Generator(np.random.PCG64(sets.seed))
    weights = random.multinomial(drawn, np.full(sets.samples, 1 / sets.samples), RESAMPLES)
    moves = np.sort(weights @ sets.centred / drawn * math.sqrt(drawn / sets.samples), axis=0)
    return sets.means - _at(moves, 1 - TAIL), sets.means - _at(moves, TAIL)


def bootstrap_t(sets: Sets) -> Ends:
    """Return the studentized bootstrap."""
    ratios = sets.studentized
    return sets.means - _at(ratios, 1 - TAIL) * sets.errors, sets.means - _at(ratios, TAIL) * sets.errors


def expanded_or_bootstrap_t(sets: Sets) -> Ends:
    """Return the union of the expanded percentiles and the studentized bootstrap."""
    one, other = expanded_percentile(sets), bootstrap_t(sets)
    return np.minimum(one[0], other[0]), np.maximum(one[1], other[1])


def johnson(sets: Sets) -> Ends:
    """Return Johnson's modified t: both ends moved towards the long tail."""
    moved = sets.skewness * (1 + 2 * sets.student**2) / (6 * math.sqrt(sets.samples)) * sets.errors
    low, high = student(sets)
    return low + moved, high + moved


def hall(sets: Sets) -> Ends:
    """Return Hall's cubic transformation, with quantiles of Student's t."""
    skewness = np.where(np.abs(sets.skewness) < 1e-6, 1e-6, sets.skewness)

    def end(quantile: float) -> Floats:
        inner = 1 + skewness * (quantile / math.sqrt(sets.samples - 1) - skewness / (6 * sets.samples))
        return np.asarray(sets.means - sets.deviations * 3 / skewness * (np.cbrt(inner) - 1))

    return end(sets.student), end(-sets.student)


def likelihood(sets: Sets) -> Ends:
    """Return the empirical likelihood interval, with the quantile of F(1, n - 1)."""
    return _likelihood(sets, 0)


def adjusted_likelihood(sets: Sets) -> Ends:
    """Return it with one value added on the other side of the mean in question, which keeps it from ending early."""
    return _likelihood(sets, max(1.0, math.log(sets.samples) / 2))


def skewed_t(sets: Sets) -> Ends:
    """Return this toolkit's interval, by its own code."""
    ids = [f"a/{number}" for number in range(sets.samples)]
    found = mean_intervals(pd.DataFrame(sets.values, index=ids)).values()
    ends = np.array([(own.low, own.high) for own in found if own is not None])
    return ends[:, 0], ends[:, 1]


METHODS: dict[str, Callable[[Sets], Ends]] = {
    "Student's t": student,
    "percentile bootstrap": percentile,
    "expanded percentile (before)": expanded_percentile,
    "BCa bootstrap": bias_corrected,
    "m out of n bootstrap": fewer,
    "bootstrap-t": bootstrap_t,
    "expanded percentile or bootstrap-t": expanded_or_bootstrap_t,
    "empirical likelihood": likelihood,
    "adjusted empirical likelihood": adjusted_likelihood,
    "Johnson's t": johnson,
    "Hall's transformation": hall,
    "skewed t (used)": skewed_t,
}
BEFORE, USED = "expanded percentile (before)", "skewed t (used)"


def _at(ordered: Floats, share: float | Floats) -> Floats:
    """Return the quantile of each column of sorted values, each at its own share."""
    place = np.clip(np.broadcast_to(share, ordered.shape[1:]) * (len(ordered) + 1) - 1, 0, len(ordered) - 1)
    lower = np.floor(place).astype(int)
    columns = np.arange(ordered.shape[1])
    low, high = ordered[lower, columns], ordered[np.minimum(lower + 1, len(ordered) - 1), columns]
    with np.errstate(invalid="ignore"):
        between = low + (high - low) * (place - lower)
    return np.asarray(np.where((place == lower) | (low == high), low, between))


def _likelihood(sets: Sets, added: float) -> Ends:
    level = float(fdtri(1, sets.samples - 1, 1 - 2 * TAIL))
    scaled = sets.centred / sets.deviations
    low, high = (side * _farthest(side * scaled, level, added) for side in (-1, 1))
    return sets.means + sets.deviations * low, sets.means + sets.deviations * high


def _farthest(values: Floats, level: float, added: float) -> Floats:
    """Return the greatest mean whose likelihood ratio is below `level`, of each column; of values with mean 0."""
    near, far = np.zeros(values.shape[1]), values.max(axis=0) * (1 - 1e-9)
    for _ in range(24):
        middle = (near + far) / 2
        moved = values - middle
        if added:
            moved = np.vstack([moved, -added * moved.mean(axis=0)])
        within = _ratio(moved) < level
        near, far = np.where(within, middle, near), np.where(within, far, middle)
    return near


def _ratio(moved: Floats) -> Floats:
    """Return twice the log of the empirical likelihood ratio that the mean of `moved` is 0."""
    least, most = (-1 + 1e-10) / moved.max(axis=0), (-1 + 1e-10) / moved.min(axis=0)
    for _ in range(32):
        middle = (least + most) / 2
        rising = (moved / (1 + middle * moved)).sum(axis=0) > 0
        least, most = np.where(rising, middle, least), np.where(rising, most, middle)
    return np.asarray(2 * np.log1p(middle * moved).sum(axis=0))
