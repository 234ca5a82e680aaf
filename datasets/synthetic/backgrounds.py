"""Backgrounds from photographs: cropped, flipped, scaled, recoloured, and given back the grain that scaling takes."""

import numpy as np
from numpy.typing import NDArray

from datasets.synthetic.photographs import PHOTOGRAPHS
from datasets.synthetic.raster import Size
from datasets.synthetic.textures import grain, luminance, photo_crop, smooth_field


def draw_photo_background(rng: np.random.Generator, name: str, size: Size) -> NDArray[np.uint8]:
    """A background from the photograph `name`, (H, W, 3) uint8 RGB."""
    crop = photo_crop(rng, name, size, 0.45, 1.0)
    if PHOTOGRAPHS[name].texture:
        dark, bright = rng.integers(5, 110, size=3), rng.integers(120, 256, size=3)
        tone = luminance(crop)[..., np.newaxis]
        pixels = dark.astype(np.float32) + (bright - dark).astype(np.float32) * tone
    else:
        pixels = crop.astype(np.float32)
    gain = 0.72 + 0.5 * float(rng.random())
    tint = [gain * (0.9 + 0.2 * float(rng.random())) for _ in range(3)]
    lift = 26.0 * float(rng.random()) - 10.0
    pixels = pixels * np.asarray(tint, dtype=np.float32) + np.float32(lift)
    pixels = pixels * smooth_field(rng, size, (2, 3), 0.85, 1.12)[..., np.newaxis]
    pixels = pixels + grain(rng, size, 5.0 + 9.0 * float(rng.random()))[..., np.newaxis]
    return np.clip(pixels + np.float32(0.5), 0, 255).astype(np.uint8)
