"""What the best constant answer scores on a sample: a model that does no better does not respond to the sample."""

import numpy as np
from numpy.typing import NDArray

from eval.metrics.arrays import unit_truth
from eval.metrics.measures import SMALLEST_ALPHA
from eval.metrics.truth import Truth, TruthImage

ALPHA_CONSTANT, FOREGROUND_CONSTANT = "alpha_mad_constant", "foreground_mse_constant"
CONSTANT_NAMES = (ALPHA_CONSTANT, FOREGROUND_CONSTANT)


def constant_scores(truth: Truth) -> dict[str, float | None]:
    """Return the least Alpha MAD of one alpha, and the least Foreground MSE of one colour, for the whole sample.

    In the published units. The first is the foreground's share of the picture where that is below one half. The second
    is None where no pixel counts, or the truth has no colours.
    """
    alpha = _mad_from_median(truth.alpha)
    counted = unit_truth("truth", truth.alpha) > SMALLEST_ALPHA
    foreground = None
    if truth.foreground is not None and counted.any():
        colours = truth.foreground[counted]
        scale = 255.0 if colours.dtype == np.uint8 else 1.0
        foreground = 1e3 * float((colours / np.float64(scale)).var(axis=0).mean())
    return {ALPHA_CONSTANT: 1e3 * alpha, FOREGROUND_CONSTANT: foreground}


def _mad_from_median(alpha: TruthImage) -> float:
    """Return the mean distance from the median, 0..1."""
    if alpha.dtype == np.uint8:
        levels = np.bincount(alpha.ravel(), minlength=256)
        middle = int(np.searchsorted(np.cumsum(levels), alpha.size / 2))
        return float((levels * np.abs(np.arange(256) - middle)).sum()) / 255 / alpha.size
    values: NDArray[np.float32] = alpha.astype(np.float32, copy=False)
    return float(np.abs(values - np.median(values)).mean(dtype=np.float64))
