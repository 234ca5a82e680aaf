"""What the best constant answer scores on a sample: a model that does no better does not respond to the sample."""

import cv2
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
    foreground = None
    if truth.foreground is not None:
        counted = unit_truth("truth", truth.alpha) > SMALLEST_ALPHA
        foreground = _variance(truth.foreground, counted) if counted.any() else None
    return {
        ALPHA_CONSTANT: 1e3 * _mad_from_median(truth.alpha),
        FOREGROUND_CONSTANT: None if foreground is None else 1e3 * foreground,
    }


def _variance(colours: TruthImage, counted: NDArray[np.bool_]) -> float:
    """Return the variance of the counted pixels' values, 0..1, as the mean of the channels'."""
    if colours.dtype != np.uint8:
        return float(colours[counted].astype(np.float64).var(axis=0).mean())
    variances = []
    levels = np.arange(256, dtype=np.int64)
    for channel in range(colours.shape[2]):
        counts = _histogram(colours, channel, counted)
        # of whole numbers below 2**53, so that no digit is lost before the division
        number, first, second = (int((counts * levels**power).sum()) for power in range(3))
        variances.append((number * second - first**2) / number**2)
    return sum(variances) / len(variances) / 255**2


def _histogram(image: TruthImage, channel: int = 0, counted: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Return how often each of 256 values occurs in a channel of a uint8 image, where `counted`."""
    mask = None if counted is None else counted.view(np.uint8)
    # counted in float32, which is exact up to 16 million pixels: more are counted in turn
    rows = max(1, (1 << 24) // image.shape[1])
    strips = range(0, image.shape[0], rows)
    return sum(
        (
            cv2.calcHist(
                [image[top : top + rows]], [channel], None if mask is None else mask[top : top + rows], [256], [0, 256]
            )
            .ravel()
            .astype(np.int64)
            for top in strips
        ),
        start=np.zeros(256, np.int64),
    )


def _mad_from_median(alpha: TruthImage) -> float:
    """Return the mean distance from the median, 0..1."""
    if alpha.dtype == np.uint8:
        levels = _histogram(alpha)
        middle = int(np.searchsorted(np.cumsum(levels), alpha.size / 2))
        return float((levels * np.abs(np.arange(256) - middle)).sum()) / 255 / alpha.size
    values: NDArray[np.float32] = alpha.astype(np.float32, copy=False)
    return float(np.abs(values - np.median(values)).mean(dtype=np.float64))
