"""Layers of the before/after view of a worst sample: source, ground truth if any, mattes and their errors."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datasets.samples.sample import Pair, Prediction, Sample
from eval.metrics.scoring import match_prediction

LAYER_SIDE = 640
DIFFERENCE_GAIN = 10
SOURCE = "source"
LAYER_SUFFIX = ".webp"
_SOURCE_QUALITY = 85

Layers = dict[str, NDArray[np.uint8]]
"""Layer name, a key of `layer_titles`, to (h, w, 3) uint8 RGB."""


def layer_titles(variant: str | None, original: str) -> dict[str, str]:
    """Return layer name to what it shows; `variant` is the converted form, None where only the original ran.

    A sample without ground truth has only some of them.
    """
    titles = {
        SOURCE: "Source",
        "truth": "Ground truth alpha",
        "original": f"Original alpha ({original})",
        "original_error": f"Error of the original x{DIFFERENCE_GAIN}",
    }
    if variant is None:
        return titles
    return titles | {
        "converted": f"Converted alpha ({variant})",
        "converted_error": f"Error of the converted x{DIFFERENCE_GAIN}",
        "difference": f"Converted against original x{DIFFERENCE_GAIN}",
    }


def make_layers(sample: Pair, original: Prediction, converted: Prediction | None) -> Layers:
    """Return the layers of a sample, shrunk so that the longer side is at most `LAYER_SIDE` pixels.

    An error is the absolute difference of two alphas times `DIFFERENCE_GAIN`, taken at full size, averaged on shrinking
    and coloured by `colour_map`.
    """
    truth = sample.alpha.astype(np.float32) / np.float32(255) if isinstance(sample, Sample) else None
    expected = match_prediction(sample, original).alpha
    layers = {SOURCE: shrunk(sample.source, LAYER_SIDE)}
    if truth is not None:
        layers["truth"] = _matte(truth)
    layers["original"] = _matte(expected)
    if truth is not None:
        layers["original_error"] = _error(expected, truth)
    if converted is not None:
        obtained = match_prediction(sample, converted).alpha
        layers["converted"] = _matte(obtained)
        if truth is not None:
            layers["converted_error"] = _error(obtained, truth)
        layers["difference"] = _error(obtained, expected)
    return layers


def encode_layer(name: str, image: NDArray[np.uint8]) -> bytes:
    """Return a layer as WebP: without loss, so that two mattes can be compared; the source alone is compressed."""
    stream = io.BytesIO()
    if name == SOURCE:
        Image.fromarray(image).save(stream, "WEBP", quality=_SOURCE_QUALITY)
    else:
        Image.fromarray(image).save(stream, "WEBP", lossless=True)
    return stream.getvalue()


def colour_map(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (h, w) uint8 as (h, w, 3) RGB: black for 0, by violet and orange to pale yellow for 255."""
    coloured = cv2.applyColorMap(values, cv2.COLORMAP_INFERNO)
    return np.ascontiguousarray(coloured[..., ::-1], dtype=np.uint8)


def shrunk(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return the image shrunk by averaging, never enlarged, so that its longer side is at most `side`."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image.copy()
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (h, w) uint8 as (h, w, 3) RGB."""
    return np.repeat(image[..., np.newaxis], 3, axis=2)


def to_bytes(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return 0..1 as 0..255, clipped and rounded."""
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def _matte(alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    return grey(shrunk(to_bytes(alpha), LAYER_SIDE))


def _error(obtained: NDArray[np.float32], expected: NDArray[np.float32]) -> NDArray[np.uint8]:
    difference = np.abs(obtained - expected) * np.float32(DIFFERENCE_GAIN)
    return colour_map(shrunk(to_bytes(difference), LAYER_SIDE))
