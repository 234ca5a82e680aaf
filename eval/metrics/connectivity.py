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
    # float64, so that 8-bit values on a level (51/255, 102/255 ...) count as reaching it
    levels = [np.float64(step) * (1 / LEVELS) for step in range(1, LEVELS + 1)]
    left, top, width, height = cv2.boundingRect((common >= _least_float32(levels[0])).view(np.uint8))
    window = slice(top, top + height), slice(left, left + width)
    inside, connected = common[window], np.ones((height, width), dtype=np.bool_)
    for level in levels if connected.size else ():
        connected &= _largest_region(inside >= _least_float32(level), inside)
        if not connected.any():
            break
        level_of[window][connected] = level
    return level_of


def _least_float32(level: np.float64) -> np.float32:
    """Return the least float32 that is not below a float64: comparing with it spares converting the image."""
    nearest = np.float32(level)
    return nearest if nearest >= level else np.nextafter(nearest, np.float32(np.inf))


def _largest_region(mask: NDArray[np.bool_], heights: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the largest 4-connected region of a mask; nothing where the mask is empty.

    The region of the highest pixel is filled first, at a sixth of the cost of labelling all: one that has more than
    half of the mask's pixels is the largest.
    """
    pixels = int(np.count_nonzero(mask))
    if pixels == 0:
        return np.zeros_like(mask)
    barrier = np.ones((mask.shape[0] + 2, mask.shape[1] + 2), np.uint8)
    np.logical_not(mask, out=barrier[1:-1, 1:-1].view(np.bool_))
    row, column = np.unravel_index(int(np.argmax(heights)), mask.shape)
    unused, filled = np.zeros(mask.shape, np.uint8), 2
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | filled << 8
    reached, *_ = cv2.floodFill(unused, barrier, (int(column), int(row)), 0, flags=flags)
    if 2 * reached > pixels:
        return np.asarray(barrier[1:-1, 1:-1] == filled)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=4)
    largest = 1 + int(np.argmax(statistics[1:, cv2.CC_STAT_AREA]))
    return np.asarray(labels == largest)


def _excess(matte: NDArray[np.float32], level: NDArray[np.float32]) -> NDArray[np.float32]:
    above = matte - level
    return np.where(above >= THETA, above, np.float32(0))
