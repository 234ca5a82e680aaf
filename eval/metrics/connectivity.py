"""The connectivity error of a matte (CONN)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from eval.metrics.arrays import float_image, unit_truth
from eval.metrics.truth import TruthImage

LEVELS = 10
THETA = 0.15


def alpha_conn(alpha: NDArray[np.float32], truth: TruthImage) -> float:
    """Return the connectivity error of two mattes, divided by 1000 (RVM: levels 0.1 apart, 4-neighbours, theta 0.15).

    At every level, Omega is the largest connected region in which both mattes reach that level. A pixel is connected up
    to the highest level whose Omega, and those of all lower levels, hold it. A matte's excess over that level counts
    when it is at least theta; the error is the sum of the absolute differences of the two mattes' excesses. After
    Rhemann et al., CVPR 2009, over the whole image.

    Args:
        alpha: (H, W) float32, 0..1.
        truth: (H, W) uint8 or float32.

    Raises:
        DataError: shapes or types differ from these, or `alpha` is not finite.
    """
    expected = unit_truth("ground truth alpha", truth)
    obtained = float_image("predicted alpha", alpha, expected.shape)
    connected = _connected_level(np.minimum(obtained, expected))
    excess = _excess(obtained, connected) - _excess(expected, connected)
    return 1e-3 * float(np.abs(excess).sum(dtype=np.float64))


def _connected_level(common: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return, for each pixel, the highest level up to which it belongs to the largest region of every level."""
    level_of = np.zeros_like(common)
    connected = np.ones(common.shape, dtype=np.bool_)
    for step in range(1, LEVELS + 1):
        # float64, so that 8-bit values on a level (51/255, 102/255 ...) count as reaching it
        level = np.float64(step) * (1 / LEVELS)
        connected &= _largest_region(common >= level)
        if not connected.any():
            break
        level_of[connected] = level
    return level_of


def _largest_region(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest 4-connected region of a mask; nothing where the mask is empty."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=4)
    if count < 2:
        return np.zeros_like(mask)
    largest = 1 + int(np.argmax(statistics[1:, cv2.CC_STAT_AREA]))
    return np.asarray(labels == largest)


def _excess(matte: NDArray[np.float32], level: NDArray[np.float32]) -> NDArray[np.float32]:
    above = matte - level
    return np.where(above >= THETA, above, np.float32(0))
