"""Least squares over the pixels of all samples at once, with an interval from leaving each sample out.

A sample enters as the scalar products of its directions and its difference, a matrix of a few numbers, so that no
image is held. The fit is of the sum of those matrices: a sample that shows a component well weighs more than one that
hardly does. The interval is by the jackknife (Tukey's pseudo-values): what each sample adds to the estimate, n times
the estimate from all less n - 1 times that from the others, stands for independent values whose mean is estimated.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]
Interval = tuple[float, float]
IntervalOf = Callable[[Sequence[float]], Interval | None]
"""From one value per sample to the interval of their mean; None where the samples are too few."""

INFORMATION = 1.0
"""A contrast is determined from this sum of squares on, along it and apart from all other unknowns: so that noise of
0.02 per pixel moves the estimate by no more than 0.02."""
_SMALLEST_EIGENVALUE = 1e-10
_PIXELS_AT_ONCE = 1 << 15


class Estimate(NamedTuple):
    """A fitted contrast: its value, the interval, and how many samples determine it by themselves."""

    value: float
    interval: Interval | None
    samples: int


def student_interval(values: Sequence[float], confidence: float = 0.95) -> Interval | None:
    """Return the interval of the mean by Student's t; None for fewer than two values."""
    count = len(values)
    if count < 2:
        return None
    mean = math.fsum(values) / count
    error = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1) / count)
    half = -float(stdtrit(count - 1, (1 - confidence) / 2)) * error
    return mean - half, mean + half


def gram(rows: Sequence[NDArray[np.float32]]) -> Floats:
    """Return the matrix of the rows' scalar products, summed in float64."""
    total = np.zeros((len(rows), len(rows)))
    for start in range(0, rows[0].size, _PIXELS_AT_ONCE):
        block = np.array([row[start : start + _PIXELS_AT_ONCE] for row in rows], np.float64)
        total += block @ block.T
    return total


def estimates(
    grams: Sequence[Floats],
    contrasts: Floats,
    interval_of: IntervalOf = student_interval,
    information: float = INFORMATION,
) -> list[Estimate | None]:
    """Fit all samples together; return an estimate of each contrast, None where the samples do not determine it.

    Args:
        grams: per sample the scalar products of the directions and, last, the difference.
        contrasts: (contrasts, unknowns), the sums of unknowns to estimate.
        interval_of: makes the interval of the samples' pseudo-values.
        information: below this a contrast counts as not determined.
    """
    total = np.sum(grams, axis=0)
    whole = _solve(total, contrasts, information)
    alone = np.array([_solve(one, contrasts, information) for one in grams])
    without = np.array([_solve(total - one, contrasts, information) for one in grams])
    count = len(grams)
    found: list[Estimate | None] = []
    for place, value in enumerate(whole.tolist()):
        if math.isnan(value):
            found.append(None)
            continue
        pseudo = value + (count - 1) * (value - without[:, place])
        interval = None
        if count > 1 and np.isfinite(pseudo).all() and (known := interval_of(pseudo.tolist())):
            correction = value - float(pseudo.mean())
            interval = known[0] + correction, known[1] + correction
        found.append(Estimate(value, interval, int(np.isfinite(alone[:, place]).sum())))
    return found


def _solve(total: Floats, contrasts: Floats, information: float) -> Floats:
    """Solve the normal equations; return each contrast, NaN where it is not determined."""
    normal, right = total[:-1, :-1], total[:-1, -1]
    scale = np.sqrt(np.maximum(np.diag(normal), 0))
    scale[scale == 0] = 1
    values, vectors = np.linalg.eigh(normal / np.outer(scale, scale))
    kept = values > _SMALLEST_EIGENVALUE
    turned = contrasts / scale @ vectors
    solution = turned[:, kept] @ ((vectors[:, kept].T @ (right / scale)) / values[kept])
    # 1 / information is the variance of the contrast at a unit of noise per pixel.
    variance = turned[:, kept] ** 2 @ (1 / values[kept])
    # A contrast with a part along a direction that the samples leave open is unknown, whatever the rest says.
    open_part = (turned[:, ~kept] ** 2).sum(axis=1) / (turned**2).sum(axis=1)
    determined = (variance > 0) & (variance * information <= 1) & (open_part < 1e-6)
    return np.where(determined, solution, np.nan)
