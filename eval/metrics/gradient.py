"""The gradient error of a matte (GRAD), as OMZ defines it and as RVM does."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from eval.metrics.arrays import float_image, unit_truth
from eval.metrics.mattes import Mattes
from eval.metrics.truth import TruthImage

GRADIENT_SIGMA = 1.4
GRADIENT_EPSILON = 1e-2


def alpha_grad(alpha: NDArray[np.float32], truth: TruthImage) -> float:
    """Return the summed squared difference of gradient magnitudes, divided by 1000 (OMZ).

    Gradients are Gaussian derivatives (sigma 1.4, 9x9, L2 norm 1) with half-sample symmetric borders, over the whole
    image and without normalising the mattes. A sum: it grows with resolution and with the length of the edges.

    Args:
        alpha: (H, W) float32, 0..1.
        truth: (H, W) uint8, or float32 0..1.

    Raises:
        DataError: shapes or types differ from these, or `alpha` is not finite.
    """
    return gradient_error(Mattes(alpha, truth))


def gradient_error(mattes: Mattes) -> float:
    """Return `alpha_grad` of two mattes: filtered where they differ, and as far around as a gradient notices it."""
    if not mattes.places.size:
        return 0.0
    noticed = _widened(mattes.window, mattes.size)
    # once more as far, so that the filter has true neighbours; where the image ends it ends for both
    taken = _aligned(_widened(noticed, mattes.size))
    inner = tuple(
        slice(part.start - whole.start, part.stop - whole.start) for part, whole in zip(noticed, taken, strict=True)
    )
    obtained, expected = (
        _gradient_magnitude(image[taken], cv2.BORDER_REFLECT) for image in (mattes.obtained, mattes.expected)
    )
    return _squared_change(obtained[inner], expected[inner])


def rvm_grad(alpha: NDArray[np.float32], truth: TruthImage) -> float:
    """Return RVM's variant of GRAD: both mattes are stretched to 0..1 first, borders repeat the last pixel.

    Not comparable with `alpha_grad`; it serves comparison with figures of the video matting literature.
    Arguments and errors as `alpha_grad`.
    """
    expected = unit_truth("ground truth alpha", truth)
    obtained = float_image("predicted alpha", alpha, expected.shape)
    first, second = (_gradient_magnitude(_stretched(image), cv2.BORDER_REPLICATE) for image in (obtained, expected))
    return _squared_change(first, second)


def _gradient_kernels() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the Gaussian and its derivative, each of L2 norm 1: their outer product is the 2-D kernel."""
    sigma = GRADIENT_SIGMA
    half = math.ceil(sigma * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * sigma * GRADIENT_EPSILON)))
    x = np.arange(-half, half + 1, dtype=np.float64)
    gaussian = np.exp(-0.5 * np.square(x / sigma))
    derivative = -x * gaussian
    return gaussian / np.linalg.norm(gaussian), derivative / np.linalg.norm(derivative)


_GAUSSIAN, _DERIVATIVE = _gradient_kernels()
_REACH = len(_GAUSSIAN) // 2
_VECTOR = 16
"""Values of float32 that a processor filters at once, at most."""


def _widened(window: tuple[slice, ...], size: tuple[int, int]) -> tuple[slice, ...]:
    """Return a window and what lies within the kernel's reach of it, inside an image of this size."""
    return tuple(
        slice(max(0, side.start - _REACH), min(length, side.stop + _REACH))
        for side, length in zip(window, size, strict=True)
    )


def _aligned(window: tuple[slice, ...]) -> tuple[slice, slice]:
    """Return a window whose columns begin and end on whole vectors, where rounding is that of the whole image."""
    rows, columns = window
    return rows, slice(columns.start // _VECTOR * _VECTOR, -(-columns.stop // _VECTOR) * _VECTOR)


def _gradient_magnitude(image: NDArray[np.float32], border: int) -> NDArray[np.float32]:
    along_x = cv2.sepFilter2D(image, cv2.CV_32F, _DERIVATIVE, _GAUSSIAN, borderType=border)
    along_y = cv2.sepFilter2D(image, cv2.CV_32F, _GAUSSIAN, _DERIVATIVE, borderType=border)
    # not cv2.magnitude, whose last bit depends on where its arrays lie in memory
    squares = np.add(np.square(along_x, out=along_x), np.square(along_y, out=along_y), out=along_x)
    return np.asarray(np.sqrt(squares, out=squares), dtype=np.float32)


def _squared_change(obtained: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    change = obtained - expected
    return 1e-3 * float(np.square(change, out=change).sum(dtype=np.float64))


def _stretched(image: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = float(image.min()), float(image.max())
    if low == high:
        return np.zeros_like(image)
    return (image - np.float32(low)) / np.float32(high - low)
