"""Checks of the arrays that metrics are given, shared by every metric."""

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from eval.metrics.truth import TruthImage


def unit_truth(name: str, image: TruthImage, shape: tuple[int, ...] | None = None) -> NDArray[np.float32]:
    """Return the truth as float32 0..1: of 8 bits divided by 255, else as it is.

    Args:
        name: what the image is called in errors.
        image: uint8 or float32, of `shape`, or of any (H, W) with at least one pixel when `shape` is None.
        shape: the shape to hold it to.

    Raises:
        DataError: the type or the shape is another, or a value is not finite.
    """
    return as_unit(checked_truth(name, image, shape))


def checked_truth(name: str, image: TruthImage, shape: tuple[int, ...] | None = None) -> TruthImage:
    """Return the truth as it is, after the checks of `unit_truth`; arguments and errors as there."""
    if image.dtype not in (np.uint8, np.float32):
        raise DataError(f"{name}: expected uint8 values 0..255 or float32 values 0..1, found {image.dtype}")
    if shape is None and (image.ndim != 2 or image.size == 0):
        raise DataError(f"{name}: expected a shape of (height, width), found {image.shape}")
    if shape is not None and image.shape != shape:
        raise DataError(f"{name}: expected the shape {shape} of the other ground truth, found {image.shape}")
    if image.dtype == np.float32:
        float_image(name, image.astype(np.float32, copy=False), image.shape)
    return image


def as_unit(image: TruthImage) -> NDArray[np.float32]:
    """Return a truth, or a part of one, as float32 0..1, unchecked."""
    return (
        image.astype(np.float32) / np.float32(255) if image.dtype == np.uint8 else image.astype(np.float32, copy=False)
    )


def float_image(name: str, image: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a prediction after checking its type, its shape and that every value is finite.

    Raises:
        DataError: one of these is wrong; the message counts the values that are not finite.
    """
    require_float(name, image, shape)
    finite = np.isfinite(image)
    if not finite.all():
        raise DataError(
            f"{name}: expected finite values, found {image.size - int(finite.sum())} NaN or infinite of {image.size}; "
            "the model or its conversion is broken for this sample"
        )
    return image


def require_float(name: str, image: NDArray[np.float32], shape: tuple[int, ...]) -> None:
    """Hold a prediction's type and shape, not its values, to what `float_image` asks for; errors as there."""
    if image.dtype != np.float32:
        raise DataError(f"{name}: expected float32 values 0..1, found {image.dtype}")
    if image.shape != shape:
        raise DataError(f"{name}: expected the ground truth's shape {shape}, found {image.shape}")
