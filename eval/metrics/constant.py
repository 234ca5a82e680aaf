"""What the best constant answer scores on a sample: a model that does no better does not respond to the sample."""

import numpy as np

from datasets.samples.sample import Sample
from eval.metrics.measures import SMALLEST_FOREGROUND_ALPHA

ALPHA_CONSTANT, FOREGROUND_CONSTANT = "alpha_mad_constant", "foreground_mse_constant"
CONSTANT_NAMES = (ALPHA_CONSTANT, FOREGROUND_CONSTANT)


def constant_scores(sample: Sample) -> dict[str, float | None]:
    """Return the least Alpha MAD of one alpha, and the least Foreground MSE of one colour, for the whole sample.

    In the published units. The first is the foreground's share of the picture where that is below one half. The second
    is None where no pixel counts.
    """
    levels = np.bincount(sample.alpha.ravel(), minlength=256)
    middle = int(np.searchsorted(np.cumsum(levels), sample.alpha.size / 2))
    alpha = float((levels * np.abs(np.arange(256) - middle)).sum()) / 255 / sample.alpha.size
    colours = sample.foreground[sample.alpha >= SMALLEST_FOREGROUND_ALPHA]
    foreground = None if colours.size == 0 else 1e3 * float((colours / 255.0).var(axis=0).mean())
    return {ALPHA_CONSTANT: 1e3 * alpha, FOREGROUND_CONSTANT: foreground}
