"""What the best constant answer scores on a sample: a model that does no better does not respond to the sample."""

import numpy as np
from numpy.typing import NDArray

from datasets.samples.histograms import Histograms
from eval.metrics.arrays import as_unit, unit_truth
from eval.metrics.measures import SMALLEST_ALPHA
from eval.metrics.truth import Truth, TruthImage

ALPHA_CONSTANT, FOREGROUND_CONSTANT = "alpha_mad_constant", "foreground_mse_constant"
CONSTANT_NAMES = (ALPHA_CONSTANT, FOREGROUND_CONSTANT)
_VALUES = np.arange(256, dtype=np.int64)
_LEAST_ALPHA = int(np.searchsorted(as_unit(np.arange(256, dtype=np.uint8)), np.float32(SMALLEST_ALPHA), side="right"))
"""Of 8 bits: the least above `SMALLEST_ALPHA`."""


def constant_scores(truth: Truth, counts: Histograms | None = None) -> dict[str, float | None]:
    """Return the least Alpha MAD of one alpha, and the least Foreground MSE of one colour, for the whole sample.

    In the published units. The first is the foreground's share of the picture where that is below one half. The second
    is None where no pixel counts, or the truth has no colours.

    Args:
        truth: of the sample.
        counts: of a truth of 8 bits, where others need them too.
    """
    alpha, colours = truth.alpha, truth.foreground
    if counts is None and alpha.dtype == np.uint8 and colours is not None and colours.dtype == np.uint8:
        counts = Histograms(alpha.astype(np.uint8, copy=False), colours.astype(np.uint8, copy=False))
    if counts is not None:
        foreground = _variance_of_counts(counts.foreground_from(_LEAST_ALPHA))
        mad = _mad_of_counts(counts.alpha)
    else:
        foreground = None if colours is None else _variance(colours, unit_truth("truth", alpha) > SMALLEST_ALPHA)
        mad = _mad_from_median(as_unit(alpha))
    return {ALPHA_CONSTANT: 1e3 * mad, FOREGROUND_CONSTANT: None if foreground is None else 1e3 * foreground}


def _variance_of_counts(counts: NDArray[np.int64]) -> float | None:
    """Return the variance of values, 0..1, as the mean of the channels', (C, 256); None where nothing was counted."""
    variances = []
    for channel in counts:
        # of whole numbers below 2**53, so that no digit is lost before the division
        number, first, second = (int((channel * _VALUES**power).sum()) for power in range(3))
        if number == 0:
            return None
        variances.append((number * second - first**2) / number**2)
    return sum(variances) / len(variances) / 255**2


def _variance(colours: TruthImage, counted: NDArray[np.bool_]) -> float | None:
    return float(as_unit(colours)[counted].astype(np.float64).var(axis=0).mean()) if counted.any() else None


def _mad_of_counts(counts: NDArray[np.int64]) -> float:
    """Return the mean distance from the median, 0..1."""
    number = int(counts.sum())
    middle = int(np.searchsorted(np.cumsum(counts), number / 2))
    return float((counts * np.abs(_VALUES - middle)).sum()) / 255 / number


def _mad_from_median(alpha: NDArray[np.float32]) -> float:
    return float(np.abs(alpha - np.median(alpha)).mean(dtype=np.float64))
