"""Layers of the before/after view of a worst sample: pictures, mattes, their errors, and what the matte is for."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from datasets.samples.sample import Pair, Prediction, Sample
from eval.metrics.scoring import match_prediction

LAYER_SIDE = 640
ERROR_GAIN = 10
"""By which the errors of both mattes are shown, and the difference in results of earlier versions."""
GAINS = tuple(step * 10**power for power in range(7) for step in (1, 2, 5))
SOURCE = "source"
LAYER_SUFFIX = ".webp"
_PICTURES = frozenset({SOURCE, "plate", "composite", "cutout"})
"""Layers that are photographs, of which compression takes nothing that matters."""
_PICTURE_QUALITY = 85
_METHOD, _EFFORT = 2, 0
"""How hard the encoder works, of 0 to 6, and of 0 to 100 for what is to lose nothing. Its usual 4 and 80 take 1.7 times
as long for layers that are 4 % smaller."""
_QUANTILE = 0.999
_SCENE = (np.array([250, 196, 120], np.float32), np.array([32, 96, 128], np.float32))
"""Colours of the new background, at its top and its bottom; RGB."""
_CHECKER = (np.float32(236), np.float32(180))
_CHECKER_SIDE = 16

Layers = dict[str, NDArray[np.uint8]]
"""Layer name, a key of `layer_titles`, to (h, w, 3) uint8 RGB."""


def layer_titles(variant: str | None, original: str, gain: int | None = None) -> dict[str, str]:
    """Return layer name to what it shows, in the order in which they are shown.

    A sample without ground truth has only some of them, and one of an earlier version's run.

    Args:
        variant: the converted form; None where only the original ran.
        original: the original's name.
        gain: by which the difference is shown; None in results of earlier versions.
    """
    shown = variant or original
    titles = {
        SOURCE: "Source",
        "plate": "Background plate",
        "truth": "Ground truth alpha",
        "original": f"Original alpha ({original})",
        "original_error": f"Error of the original x{ERROR_GAIN}",
    }
    if variant is not None:
        titles |= {
            "converted": f"Converted alpha ({variant})",
            "converted_error": f"Error of the converted x{ERROR_GAIN}",
        }
    titles |= {"composite": f"On a new background ({shown})", "cutout": f"Cut out ({shown})"}
    if variant is not None:
        titles["difference"] = f"Converted against original x{gain or ERROR_GAIN}"
    return titles


def make_layers(sample: Pair, original: Prediction, converted: Prediction | None, gain: int = ERROR_GAIN) -> Layers:
    """Return the layers of a sample, shrunk so that the longer side is at most `LAYER_SIDE` pixels.

    An error is the absolute difference of two alphas times `ERROR_GAIN`, taken at full size, averaged on shrinking and
    coloured by `colour_map`; the difference of the two mattes has a gain of its own (`gain_of`).
    """
    truth = sample.alpha.astype(np.float32) / np.float32(255) if isinstance(sample, Sample) else None
    before = match_prediction(sample, original)
    after = None if converted is None else match_prediction(sample, converted)
    layers = {SOURCE: shrunk(sample.source, LAYER_SIDE)}
    if sample.background is not None:
        layers["plate"] = shrunk(sample.background, LAYER_SIDE)
    if truth is not None:
        layers["truth"] = _matte(truth)
    layers["original"] = _matte(before.alpha)
    if truth is not None:
        layers["original_error"] = _error(before.alpha, truth, ERROR_GAIN)
    if after is not None:
        layers["converted"] = _matte(after.alpha)
        if truth is not None:
            layers["converted_error"] = _error(after.alpha, truth, ERROR_GAIN)
    layers |= _uses(sample, after or before)
    if after is not None:
        layers["difference"] = _error(after.alpha, before.alpha, gain)
    return layers


def gain_of(sample: Pair, original: Prediction, converted: Prediction | None) -> int | None:
    """Return the largest of `GAINS` by which most of the difference of two mattes, 99.9 %, stays within the scale.

    None where there is no converted matte. Of two equal mattes it is 1: there is nothing to show larger.
    """
    if converted is None:
        return None
    difference = np.abs(match_prediction(sample, converted).alpha - match_prediction(sample, original).alpha)
    high = float(np.quantile(difference, _QUANTILE)) or float(difference.max())
    return max((gain for gain in GAINS if gain * high <= 1), default=1) if high else 1


def _uses(sample: Pair, prediction: Prediction) -> Layers:
    """Return what a matte is for: the person on a new background, and cut out on a checkerboard.

    Colours are the network's foreground, or the source's where it gives none.
    """
    alpha = shrunk(to_bytes(prediction.alpha), LAYER_SIDE).astype(np.float32)[..., np.newaxis] / np.float32(255)
    colours = sample.source if prediction.foreground is None else to_bytes(prediction.foreground)
    foreground = shrunk(colours, LAYER_SIDE).astype(np.float32)
    height, width = alpha.shape[:2]
    down = np.linspace(0, 1, height, dtype=np.float32)[:, np.newaxis, np.newaxis]
    scene = np.broadcast_to((1 - down) * _SCENE[0] + down * _SCENE[1], foreground.shape)
    rows, columns = np.indices((height, width)) // _CHECKER_SIDE
    checker = np.where(((rows + columns) % 2 == 0)[..., np.newaxis], *_CHECKER)
    return {
        name: np.rint(alpha * foreground + (1 - alpha) * behind).astype(np.uint8)
        for name, behind in (("composite", scene), ("cutout", checker))
    }


def encode_layer(name: str, image: NDArray[np.uint8]) -> bytes:
    """Return a layer as WebP: mattes and errors without loss, so that they can be compared; pictures compressed."""
    stream = io.BytesIO()
    if name in _PICTURES:
        Image.fromarray(image).save(stream, "WEBP", quality=_PICTURE_QUALITY, method=_METHOD)
    else:
        Image.fromarray(image).save(
            stream, "WEBP", lossless=True, quality=0, method=_METHOD
        )  # here `quality` is effort
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


def _error(obtained: NDArray[np.float32], expected: NDArray[np.float32], gain: int) -> NDArray[np.uint8]:
    return colour_map(shrunk(to_bytes(np.abs(obtained - expected) * np.float32(gain)), LAYER_SIDE))
