"""The error measures of a predicted matte, each as its source defines it, and the one table that lists them.

Predictions are float32 in 0..1 as a runner returned them, neither rounded nor clipped; ground truth is 8-bit and is
divided by 255, the original's matte in its place (`eval.metrics.truth`) is float32 as it is. Every measure covers the
whole image, is an error (lower is better), is given in the unit the field publishes, and accumulates in float64. A
prediction of the wrong shape or type, or holding a NaN or an infinity, raises `DataError`; no measure ever turns that
into a number.

Sources:
    OMZ: the accuracy checker of the Open Model Zoo (Alpha MAD, MSE, GRAD, Foreground MSE); the published figures.
    RVM: the evaluation of Robust Video Matting, arXiv 2108.11515 (SAD, CONN, dtSSD, and another GRAD).
    GRAD and CONN go back to Rhemann et al., "A perceptually motivated online benchmark for image matting", CVPR 2009.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from datasets.samples.histograms import window_of
from eval.metrics.arrays import as_unit, checked_truth, float_image, unit_truth
from eval.metrics.connectivity import connectivity_error
from eval.metrics.gradient import gradient_error
from eval.metrics.mattes import Comparison, Mattes
from eval.metrics.truth import TruthImage

SMALLEST_ALPHA = 0.01
"""Foreground colours count where the true alpha is above this: of 8 bits, from 3 on."""

_STRIP = 32
"""Rows of colours compared at once."""

FloatImage = NDArray[np.float32]


def alpha_mad(alpha: FloatImage, truth: TruthImage) -> float:
    """Return the mean absolute difference of two mattes, times 1e3 (OMZ).

    Args:
        alpha: (H, W) float32, 0..1.
        truth: (H, W) uint8, or float32 0..1.

    Raises:
        DataError: shapes or types differ from these, or `alpha` is not finite.
    """
    return _mean_absolute(Mattes(alpha, truth))


def alpha_mse(alpha: FloatImage, truth: TruthImage) -> float:
    """Return the mean squared difference of two mattes, times 1e3 (OMZ). Arguments and errors as `alpha_mad`."""
    return _mean_squared(Mattes(alpha, truth))


def alpha_sad(alpha: FloatImage, truth: TruthImage) -> float:
    """Return the sum of absolute differences of two mattes, divided by 1000 (RVM). It grows with the image's area.

    Arguments and errors as `alpha_mad`.
    """
    return _absolute(Mattes(alpha, truth))


def foreground_mse(foreground: FloatImage, truth: TruthImage, truth_alpha: TruthImage) -> float | None:
    """Return the mean squared difference of foreground colours where the true alpha exceeds 0.01, times 1e3 (OMZ).

    Args:
        foreground: (H, W, 3) float32 RGB, 0..1, straight colours.
        truth: (H, W, 3) uint8 RGB, or float32 0..1.
        truth_alpha: (H, W) uint8, or float32 0..1; pixels above 0.01 count, of 8 bits those of 3 and more.

    Returns:
        The error, or None when no pixel counts: it is undefined there, and is to be reported as such.

    Raises:
        DataError: shapes or types differ from these, or `foreground` is not finite anywhere.
    """
    mask = unit_truth("ground truth alpha", truth_alpha)
    expected = checked_truth("ground truth foreground", truth, (*mask.shape, 3))
    obtained = float_image("predicted foreground", foreground, expected.shape)
    counted = mask > SMALLEST_ALPHA
    pixels = int(np.count_nonzero(counted))
    if pixels == 0:
        return None
    window = window_of(counted)
    summed = _masked_squares(obtained[window], expected[window], counted[window])
    return 1e3 * summed / (3 * pixels)


def _masked_squares(obtained: FloatImage, expected: TruthImage, counted: NDArray[np.bool_]) -> float:
    """Return the sum of squared differences of colours, (H, W, 3), where `counted`, in strips that fit into a cache."""
    summed, strip = 0.0, np.empty((_STRIP, *obtained.shape[1:]), np.float32)
    for top in range(0, obtained.shape[0], _STRIP):
        rows = slice(top, top + _STRIP)
        mask = np.ascontiguousarray(counted[rows]).view(np.uint8)
        squares = np.subtract(obtained[rows], as_unit(expected[rows]), out=strip[: mask.shape[0]])
        np.square(squares, out=squares)
        summed += sum(cv2.mean(squares, mask)[:3]) * cv2.countNonZero(mask)
    return summed


def dtssd(alpha: FloatImage, previous: FloatImage, truth: TruthImage, previous_truth: TruthImage) -> float:
    """Return the temporal error of two consecutive frames of a clip, times 1e2 (RVM).

    The root of the mean squared difference between the predicted and the true change of alpha from the previous frame;
    zero for a matte that is wrong but steady.

    Args:
        alpha: (H, W) float32, 0..1, of this frame; `previous` of the frame before.
        truth: (H, W) uint8, or float32 0..1, of this frame; `previous_truth` of the frame before.

    Raises:
        DataError: shapes or types differ from these, or a prediction is not finite.
    """
    now, before = (
        float_image("predicted alpha", one, expected.shape) - expected
        for one, expected in (
            (alpha, unit_truth("ground truth alpha", truth)),
            (previous, unit_truth("ground truth alpha", previous_truth)),
        )
    )
    if now.shape != before.shape:
        raise DataError(f"consecutive frames: expected one size within a clip, found {before.shape} and {now.shape}")
    return 1e2 * math.sqrt(float(np.square(now - before).mean(dtype=np.float64)))


def match_size(image: FloatImage, size: tuple[int, int]) -> FloatImage:
    """Return a prediction at the ground truth's height and width: bilinear in float32, or untouched when it fits.

    Args:
        image: (h, w) or (h, w, 3) float32.
        size: height and width in pixels.

    Raises:
        DataError: `image` is not of this shape or type.
    """
    if image.dtype != np.float32 or image.ndim not in (2, 3) or image.size == 0:
        raise DataError(f"prediction: expected float32 (h, w) or (h, w, 3), found {image.dtype} {image.shape}")
    height, width = size
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _mean_absolute(mattes: Mattes) -> float:
    return 1e3 * (mattes.absolute / mattes.expected.size)


def _mean_squared(mattes: Mattes) -> float:
    return 1e3 * (mattes.squared / mattes.expected.size)


def _absolute(mattes: Mattes) -> float:
    return 1e-3 * mattes.absolute


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of every table.

    Attributes:
        name: the key in `results.json`, in `per_sample.csv` and in the gate's tolerances.
        title: the name the literature prints.
        unit: what a value of 1 stands for.
        direction: which way is better.
        published_original: OMZ's figure for the original model on its own set, which is not public.
        published_converted: the same for the converted model.
        of_foreground: whether it needs foreground colours, which some networks do not give.
        function: the score of one sample, its prediction already at the sample's size; None where undefined. A metric
            without a function is scored over consecutive frames (`eval.metrics.scoring`).
    """

    name: str
    title: str
    unit: str
    function: Callable[[Comparison], float | None] | None
    published_original: float | None = None
    published_converted: float | None = None
    of_foreground: bool = False
    direction: Literal["lower is better"] = "lower is better"


METRICS: tuple[Metric, ...] = (
    Metric("alpha_mad", "Alpha MAD", "x 1e-3", lambda c: _mean_absolute(c.mattes), 4.32, 4.35),
    Metric("alpha_mse", "Alpha MSE", "x 1e-3", lambda c: _mean_squared(c.mattes), 1.0, 1.0),
    Metric("alpha_grad", "Alpha GRAD", "x 1e3", lambda c: gradient_error(c.mattes), 2.48, 2.49),
    Metric(
        "foreground_mse",
        "Foreground MSE",
        "x 1e-3",
        lambda c: (
            None
            if c.prediction.foreground is None or c.truth.foreground is None
            else foreground_mse(c.prediction.foreground, c.truth.foreground, c.mattes.expected)
        ),
        2.7,
        2.69,
        of_foreground=True,
    ),
    Metric("alpha_sad", "Alpha SAD", "x 1e3", lambda c: _absolute(c.mattes)),
    Metric("alpha_conn", "Alpha CONN", "x 1e3", lambda c: connectivity_error(c.mattes)),
    Metric("dtssd", "dtSSD", "x 1e-2", None),
)
METRIC_NAMES: tuple[str, ...] = tuple(metric.name for metric in METRICS)
PUBLISHED_METRICS: tuple[str, ...] = tuple(m.name for m in METRICS if m.published_original is not None)


def title_of(name: str) -> str:
    """Return a metric's printed name; another name as it is."""
    return next((metric.title for metric in METRICS if metric.name == name), name)
