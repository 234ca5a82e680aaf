"""Plates as a hand-held camera takes them: moved, exposed otherwise and noisy, before a scene that the person shades.

After the augmentation in "Real-Time High-Resolution Background Matting" (Lin et al., 2021): affine of +-1 degree and
1 %, colour jitter of 0.18, noise of up to 0.03, soft shadows on 30 %. All arithmetic is in integers, apart from
Pillow's fixed-point blur, so that the same seed gives the same bytes on any CPU.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

ONE: Final = 1 << 16
"""Fixed-point 1 of sines and shifts."""
SHARE: Final = 1 << 10
"""Fixed-point 1 of factors."""
LEVEL: Final = 1 << 6
"""Fixed-point 1 of grey levels."""

LARGEST_SINE: Final = 1143  # of 1 degree
SMALL_SINE: Final = 114  # of 0.1 degree
JITTER: Final = 184  # 0.18
MIDTONES: Final = 200  # what a gamma of about 0.86 to 1.17 does to middle grey
NOISE: Final = 489  # 0.03 of 255 levels
STRONGEST_SHADOW: Final = 409  # 0.4
_ROWS = 64


@dataclass(frozen=True, slots=True)
class Capture:
    """What differs between a scene and its plate, drawn at random; see the constants above for the scales.

    Attributes:
        sine: of the rotation, in 1/65536.
        shift: down and to the right, in 1/65536 pixel.
        brightness, contrast, saturation: factors in 1/1024.
        midtones: how far middle grey is lifted, in 1/1024 of a quarter of the range.
        noise: standard deviation in 1/64 of a grey level.
        shadow: how dark the person's shadow is, in 1/1024; 0 for none.
        shadow_shift: of the shadow, down and to the right, in pixels.
        shadow_blur: radius in pixels.
        moved: whether the camera was moved beyond a pixel.
    """

    sine: int
    shift: tuple[int, int]
    brightness: int
    contrast: int
    saturation: int
    midtones: int
    noise: int
    shadow: int
    shadow_shift: tuple[int, int]
    shadow_blur: int
    moved: bool

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags by which reports group samples."""
        return ("handheld", *(["plate-moved"] if self.moved else []), *(["shadow"] if self.shadow else []))


def draw_capture(rng: np.random.Generator, size: tuple[int, int]) -> Capture:
    """Draw what a capture of (height, width) does.

    Seven in ten are moved by less than a pixel and turned by up to 0.1 degree, as a plate taken from a tripod or
    aligned afterwards; three in ten by up to 1 % of the frame and 1 degree. Three in ten, independently, have a shadow.
    """
    height, width = size
    moved, shaded = int(rng.integers(10)) < 3, int(rng.integers(10)) < 3
    reach = [max(ONE, side * ONE // 100) if moved else ONE for side in size]
    sine = LARGEST_SINE if moved else SMALL_SINE

    def within(limit: int) -> int:
        return int(rng.integers(-limit, limit + 1))

    return Capture(
        sine=within(sine),
        shift=(within(reach[0] - 1), within(reach[1] - 1)),
        brightness=SHARE + within(JITTER),
        contrast=SHARE + within(JITTER),
        saturation=SHARE + within(JITTER),
        midtones=within(MIDTONES),
        noise=int(rng.integers(NOISE + 1)),
        shadow=int(rng.integers(STRONGEST_SHADOW // 4, STRONGEST_SHADOW + 1)) if shaded else 0,
        shadow_shift=(within(height // 10), within(width // 10)),
        shadow_blur=int(rng.integers(max(1, height // 36), max(2, height // 18) + 1)),
        moved=moved,
    )


def shaded(background: NDArray[np.uint8], alpha: NDArray[np.uint8], capture: Capture) -> NDArray[np.uint8]:
    """Return the background, (H, W, 3) uint8, under the soft shadow of the person whose matte is `alpha`, (H, W)."""
    if capture.shadow == 0:
        return background
    height, width = alpha.shape
    cast = Image.new("L", (width, height))
    cast.paste(Image.fromarray(alpha), (capture.shadow_shift[1], capture.shadow_shift[0]))
    for _ in range(2):
        cast = cast.filter(ImageFilter.BoxBlur(capture.shadow_blur))
    whole = SHARE * 255
    light = whole - np.asarray(cast, np.int64)[..., np.newaxis] * capture.shadow
    return ((background * light + whole // 2) // whole).astype(np.uint8)


def captured(background: NDArray[np.uint8], capture: Capture, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the plate that the camera took of a background: moved, recoloured, noisy; (H, W, 3) uint8 RGB.

    Args:
        background: (H, W, 3) uint8 RGB.
        capture: what the camera did; its shadow is none of the plate's.
        rng: gives the noise.
    """
    return _noisy(_recoloured(_moved(background, capture.sine, capture.shift), capture), capture.noise, rng)


def noisy(image: NDArray[np.uint8], levels: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return an image, (H, W, 3) uint8, with the noise of a sensor: independent in every pixel and channel.

    Args:
        image: (H, W, 3) uint8.
        levels: standard deviation in levels of 8 bits; rounded to 1/64.
        rng: gives the noise.
    """
    return _noisy(image.astype(np.int32) * np.int32(LEVEL), round(levels * LEVEL), rng)


def largest_noise(levels: float) -> int:
    """Return a bound, in whole levels, of how far `noisy` moves any channel of any pixel."""
    return 2 + round(levels * LEVEL) * 4 * 255 // 2 // (148 * LEVEL)


def _moved(image: NDArray[np.uint8], sine: int, shift: tuple[int, int]) -> NDArray[np.uint8]:
    """Turn about the centre, then shift; bilinear with weights in 1/256, the border repeated."""
    height, width = image.shape[:2]
    cosine = math.isqrt(ONE * ONE - sine * sine)
    moved = np.empty_like(image)
    # Doubled coordinates keep pixel centres and the image's centre whole.
    across = (2 * np.arange(width, dtype=np.int64) + 1 - width) * ONE - 2 * shift[1]
    for top in range(0, height, _ROWS):
        down = (2 * np.arange(top, min(top + _ROWS, height), dtype=np.int64) + 1 - height) * ONE - 2 * shift[0]
        x = (cosine * across[np.newaxis] + sine * down[:, np.newaxis]) // ONE + (width - 1) * ONE
        y = (cosine * down[:, np.newaxis] - sine * across[np.newaxis]) // ONE + (height - 1) * ONE
        moved[top : top + _ROWS] = _sampled(image, y, x)
    return moved


def _sampled(image: NDArray[np.uint8], y: NDArray[np.int64], x: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Sample bilinearly at `y`, `x` in 1/131072 pixel, counted from the first pixel's centre."""
    height, width = image.shape[:2]
    y, x = (y + 256) >> 9, (x + 256) >> 9
    low, high = (y >> 8).clip(0, height - 1), ((y >> 8) + 1).clip(0, height - 1)
    left, right = (x >> 8).clip(0, width - 1), ((x >> 8) + 1).clip(0, width - 1)
    below, beside = ((share & 255).astype(np.int32)[..., np.newaxis] for share in (y, x))
    upper = image[low, left] * (256 - beside) + image[low, right] * beside
    lower = image[high, left] * (256 - beside) + image[high, right] * beside
    return np.asarray((upper * (256 - below) + lower * below + ONE // 2) >> 16, np.uint8)


def _recoloured(image: NDArray[np.uint8], capture: Capture) -> NDArray[np.int32]:
    """Apply midtones, brightness, contrast and saturation, in this order; (H, W, 3) in 1/64 level, not clipped."""
    levels = np.arange(256, dtype=np.int64)
    tone = levels * LEVEL + levels * (255 - levels) * LEVEL * capture.midtones // (255 * SHARE)
    tone = tone * capture.brightness // SHARE
    tone = 128 * LEVEL + (tone - 128 * LEVEL) * capture.contrast // SHARE
    pixels = tone.astype(np.int32)[image]
    grey = (pixels * np.array([77, 150, 29], np.int32)).sum(axis=2, keepdims=True, dtype=np.int32) >> 8
    return np.asarray(grey + (pixels - grey) * np.int32(capture.saturation) // np.int32(SHARE), np.int32)


def _noisy(pixels: NDArray[np.int32], deviation: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Add noise, the sum of four uniform bytes (nearly normal, deviation 148), and round to levels."""
    total = np.full(pixels.shape, -4 * 255 // 2, np.int32)
    for _ in range(4):
        total += rng.integers(0, 256, size=pixels.shape, dtype=np.uint8)
    noisy = pixels + total * np.int32(deviation) // np.int32(148)
    return ((noisy + LEVEL // 2) // LEVEL).clip(0, 255).astype(np.uint8)
