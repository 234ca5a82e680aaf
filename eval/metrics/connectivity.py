"""The connectivity error of a matte (CONN)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.samples.histograms import histogram, window_of
from eval.metrics.mattes import Mattes
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
    return connectivity_error(Mattes(alpha, truth))


def connectivity_error(mattes: Mattes) -> float:
    """Return `alpha_conn` of two mattes: regions over the whole image, excesses only where the mattes differ."""
    if not mattes.places.size:
        return 0.0
    connected = _connected_level(mattes)
    obtained, expected = (mattes.at_places(matte) for matte in (mattes.obtained, mattes.expected))
    excess = _excess(obtained, connected) - _excess(expected, connected)
    return 1e-3 * float(np.abs(excess).sum(dtype=np.float64))


def _least_float32(level: np.float64) -> np.float32:
    """Return the least float32 that is not below a float64: comparing with it spares converting the image."""
    nearest = np.float32(level)
    return nearest if nearest >= level else np.nextafter(nearest, np.float32(np.inf))


# of float64, so that 8-bit values on a level (51/255, 102/255 ...) count as reaching it
_LEVELS = [np.float64(step) * (1 / LEVELS) for step in range(1, LEVELS + 1)]
_LEAST = np.array([_least_float32(level) for level in _LEVELS])
_ALPHA_OF = np.array([0, *_LEVELS], np.float32)


def _connected_level(mattes: Mattes) -> NDArray[np.float32]:
    """Return, where the mattes differ, the highest level up to which every level's largest region holds the pixel."""
    common = np.minimum(mattes.obtained, mattes.expected)
    window = window_of(common >= _LEAST[0])
    steps = _steps(common[window])
    height, width = steps.shape
    # a frame of pixels of no region around, which also takes in the places outside the window
    rows, columns = np.divmod(mattes.places, mattes.size[1])
    rows, columns = np.clip(rows - window[0].start, -1, height), np.clip(columns - window[1].start, -1, width)
    places = (rows + 1) * (width + 2) + columns + 1
    connected, level = np.ones(places.shape, np.bool_), np.zeros(places.shape, np.intp)
    pixels = np.cumsum(histogram(steps)[::-1])[::-1]
    for step in range(1, LEVELS + 1):
        if pixels[step] == 0:
            break
        connected &= _largest_region(steps, step, int(pixels[step])).ravel()[places] > 0
        level += connected
    return _ALPHA_OF[level]


def _steps(common: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return how many levels each pixel reaches, 0 to `LEVELS`."""
    some, every = common >= _LEAST[0], common >= _LEAST[-1]
    steps: NDArray[np.uint8] = np.multiply(every, np.uint8(LEVELS), dtype=np.uint8, order="C")
    between = np.flatnonzero(some != every)
    steps.ravel()[between] = np.searchsorted(_LEAST, common.ravel()[between], side="right")
    return steps


def _largest_region(steps: NDArray[np.uint8], step: int, pixels: int) -> NDArray[np.uint8]:
    """Return the largest 4-connected region of the pixels that reach a step, 1 inside, with a frame of one 0 around.

    The region of a highest pixel is filled first, at a sixth of the cost of labelling all: one that has more than half
    of the pixels is the largest.
    """
    height, width = steps.shape
    region = np.zeros((height + 2, width + 2), np.uint8)
    row, column = np.unravel_index(int(np.argmax(steps)), steps.shape)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | 1 << 8
    below = int(steps[row, column]) - step
    reached, *_ = cv2.floodFill(steps, region, (int(column), int(row)), 0, below, LEVELS, flags)
    # the flood marks the frame too
    region[[0, -1]] = region[:, [0, -1]] = 0
    if 2 * reached > pixels:
        return region
    _, labels, statistics, _ = cv2.connectedComponentsWithStats((steps >= step).view(np.uint8), connectivity=4)
    largest = 1 + int(np.argmax(statistics[1:, cv2.CC_STAT_AREA]))
    region[1:-1, 1:-1] = labels == largest
    return region


def _excess(matte: NDArray[np.float32], level: NDArray[np.float32]) -> NDArray[np.float32]:
    above = matte - level
    return np.where(above >= THETA, above, np.float32(0))
