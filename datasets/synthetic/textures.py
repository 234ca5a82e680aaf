"""Surfaces: smooth random fields, grain, crops of photographs, and the shading that makes a flat shape look round."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from datasets.synthetic.photographs import load_photograph
from datasets.synthetic.raster import FloatArray, Mask, Size

Colour = tuple[float, float, float]


def branch(rng: np.random.Generator) -> np.random.Generator:
    """A generator for what depends on the number of pixels, so that `rng` goes on alike for every size."""
    return np.random.Generator(np.random.PCG64(int(rng.integers(2**63))))


def resized(pixels: NDArray[np.uint8], size: Size, resample: Image.Resampling) -> NDArray[np.uint8]:
    """An 8-bit image, grey or RGB, resized to (height, width) by Pillow's fixed-point filters."""
    return np.asarray(Image.fromarray(pixels).resize((size[1], size[0]), resample))


def smooth_field(rng: np.random.Generator, size: Size, cells: Size, low: float, high: float) -> FloatArray:
    """A random field of (H, W) float32 in about low..high, with `cells` random values down and across."""
    knots = rng.integers(0, 256, size=(max(2, cells[0]), max(2, cells[1])), dtype=np.uint8)
    values = resized(knots, size, Image.Resampling.BICUBIC)
    return values * np.float32((high - low) / 255.0) + np.float32(low)


def grain(rng: np.random.Generator, size: Size, amplitude: float) -> FloatArray:
    """Grain of (H, W) float32, triangular in -amplitude..amplitude."""
    first = rng.integers(0, 256, size=size, dtype=np.uint8).astype(np.float32)
    second = rng.integers(0, 256, size=size, dtype=np.uint8)
    return (first - second) * np.float32(amplitude / 255.0)


def photo_crop(rng: np.random.Generator, name: str, size: Size, low: float, high: float) -> NDArray[np.uint8]:
    """A random crop of a photograph, flipped at random, scaled to `size` without distortion.

    The crop's sides are low..high times the largest that fits. Returns (H, W, 3) uint8 RGB.
    """
    photo = load_photograph(name)
    height, width = photo.shape[:2]
    share = (low + (high - low) * rng.random()) * min(height / size[0], width / size[1])
    crop_height, crop_width = max(2, min(height, int(size[0] * share))), max(2, min(width, int(size[1] * share)))
    top = int(rng.random() * (height - crop_height + 1))
    left = int(rng.random() * (width - crop_width + 1))
    crop = photo[top : top + crop_height, left : left + crop_width]
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    return resized(np.ascontiguousarray(crop), size, Image.Resampling.BICUBIC)


def luminance(pixels: NDArray[np.uint8]) -> FloatArray:
    """A grey version of (H, W, 3) RGB in 0..1, by integer weights."""
    weighted = pixels[..., 0] * np.uint32(77) + pixels[..., 1] * np.uint32(150) + pixels[..., 2] * np.uint32(29)
    grey: FloatArray = weighted.astype(np.float32) / np.float32(255 * 256)
    return grey


def relief(mask: Mask, radius: float, light: tuple[float, float], depth: float = 0.45) -> FloatArray:
    """Shading that makes the mask look round: darker towards its edge and away from the light.

    Args:
        mask: the shape.
        radius: how far from its edge it is rounded, in pixels.
        light: the direction that the light comes from, x and y, of length at most 1.
        depth: how much darker the edge is.

    Returns:
        (h, w) float32, factors around 1.
    """
    height, width = mask.shape
    step = max(1, int(radius / 4.0))
    small = (max(2, -(-height // step)), max(2, -(-width // step)))
    blur = ImageFilter.GaussianBlur(radius / step)
    blurred = np.asarray(Image.fromarray(resized(mask.coverage, small, Image.Resampling.BOX)).filter(blur))
    reach = max(1, round(radius / step))
    padded = np.pad(blurred, reach, mode="edge").astype(np.float32)
    dx, dy = round(light[0] * reach), round(light[1] * reach)
    rows, columns = blurred.shape
    away = padded[reach - dy : reach - dy + rows, reach - dx : reach - dx + columns]
    towards = padded[reach + dy : reach + dy + rows, reach + dx : reach + dx + columns]
    shade = (blurred - np.float32(255.0)) * np.float32(depth) + (away - towards) * np.float32(0.3)
    coded = np.clip(shade + np.float32(160.5), 0, 255).astype(np.uint8)
    factors = resized(coded, (height, width), Image.Resampling.BICUBIC)
    return (factors - np.float32(160.0)) / np.float32(255.0) + np.float32(1.06)


def coloured(shade: FloatArray, colour: Sequence[float]) -> FloatArray:
    """A colour times a (h, w) field of factors: (h, w, 3) float32, not yet clipped."""
    return shade[..., np.newaxis] * np.asarray(colour, dtype=np.float32)


def skin(rng: np.random.Generator, mask: Mask, colour: Colour, unit: float, light: tuple[float, float]) -> FloatArray:
    """Skin inside a mask: rounded, blotched and pored; (h, w, 3) float32. `unit` is the head's height in pixels."""
    rng = branch(rng)
    shade = relief(mask, max(1.5, unit * 0.09), light, 0.5)
    cells = (int(mask.shape[0] / unit * 9) + 2, int(mask.shape[1] / unit * 9) + 2)
    shade = shade * smooth_field(rng, mask.shape, cells, 0.94, 1.06)
    pores = luminance(photo_crop(rng, "gravel", mask.shape, 0.6, 1.0))
    shade = shade * (np.float32(0.95) + pores * np.float32(0.1))
    surface = coloured(shade, colour) + grain(rng, mask.shape, 5.0)[..., np.newaxis]
    flush = smooth_field(rng, mask.shape, cells, -5.0, 5.0)
    surface[..., 0] += flush
    surface[..., 2] -= flush
    return surface
