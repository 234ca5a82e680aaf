"""Cloth: fabrics with patterns, drawn once for an outfit so that its pieces match, and laid into masks with folds."""

from dataclasses import dataclass

import numpy as np

from datasets.synthetic.photographs import PHOTOGRAPHS
from datasets.synthetic.raster import FloatArray, Mask
from datasets.synthetic.textures import Colour, branch, coloured, grain, luminance, photo_crop, relief, smooth_field

FABRICS = ("plain", "stripes", "checks", "photo-print", "photo-weave")

# The portrait would print a second face on the clothes.
_PRINTS = tuple(name for name, photo in PHOTOGRAPHS.items() if not photo.texture and name != "astronaut")
_WEAVES = tuple(name for name in PHOTOGRAPHS if name != "astronaut")


@dataclass(frozen=True, slots=True)
class Fabric:
    """A cloth before it is cut.

    Attributes:
        kind: one of `FABRICS`.
        colour: its main colour, RGB.
        second: the colour of stripes and checks.
        photograph: whose print or structure it carries; used by the two photographic kinds.
        scale: how much of the photograph a trunk's width shows, 0..1.
        period: of stripes and checks, in heads.
        slope: of stripes and checks.
        share: of the period that the second colour takes.
        upright: whether stripes run downwards.
    """

    kind: str
    colour: Colour
    second: Colour = (0.0, 0.0, 0.0)
    photograph: str = ""
    scale: float = 1.0
    period: float = 0.1
    slope: float = 0.0
    share: float = 0.5
    upright: bool = True


def draw_fabric(rng: np.random.Generator, kind: str, colour: Colour) -> Fabric:
    """A random fabric of one kind and main colour."""
    red, green, blue = (float(value) for value in rng.integers(20, 235, size=3))
    return Fabric(
        kind=kind,
        colour=colour,
        second=((red + colour[0]) * 0.5, (green + colour[1]) * 0.5, (blue + colour[2]) * 0.5),
        photograph=str(rng.choice(_PRINTS if kind == "photo-print" else _WEAVES)),
        scale=0.35 + 0.6 * float(rng.random()),
        period=0.06 + 0.22 * float(rng.random()),
        slope=0.25 * (float(rng.random()) - 0.5),
        share=0.3 + 0.4 * float(rng.random()),
        upright=bool(rng.random() < 0.4),
    )


def cloth(
    rng: np.random.Generator, mask: Mask, fabric: Fabric, unit: float, light: tuple[float, float], tone: float = 1.0
) -> FloatArray:
    """The fabric inside a mask, folded and shaded.

    Args:
        rng: random numbers for folds and grain.
        mask: the piece of cloth.
        fabric: what it is made of.
        unit: the head's height in pixels.
        light: where the light comes from, see `textures.relief`.
        tone: factor on the brightness.

    Returns:
        (h, w, 3) float32 RGB in about 0..255.
    """
    height, width = mask.shape
    rng = branch(rng)
    shade = relief(mask, max(1.5, unit * 0.16), light, 0.5) * np.float32(tone)
    # Folds run mostly downwards: fewer random values down than across.
    folds = (int(height / unit * 2.2) + 2, int(width / unit * 5) + 2)
    shade = shade * smooth_field(rng, mask.shape, folds, 0.74, 1.2)
    threads = luminance(photo_crop(rng, "gravel", mask.shape, 0.7, 1.0))
    shade = shade * (np.float32(0.9) + threads * np.float32(0.2))
    share = fabric.scale * min(1.0, max(mask.shape) / (2.5 * unit))
    if fabric.kind == "photo-print":
        crop = photo_crop(rng, fabric.photograph, mask.shape, share, share).astype(np.float32)
        dyed = crop * np.float32(0.75) + np.asarray(fabric.colour, np.float32) * np.float32(0.25)
        surface = shade[..., np.newaxis] * dyed
    elif fabric.kind == "photo-weave":
        weave = luminance(photo_crop(rng, fabric.photograph, mask.shape, share, share))
        surface = coloured(shade * (np.float32(0.55) + weave * np.float32(0.85)), fabric.colour)
    elif fabric.kind == "plain":
        surface = coloured(shade, fabric.colour)
    else:
        surface = shade[..., np.newaxis] * _pattern(rng, mask, fabric, unit)
    grained: FloatArray = surface + grain(rng, mask.shape, 6.0)[..., np.newaxis]
    return grained


def _pattern(rng: np.random.Generator, mask: Mask, fabric: Fabric, unit: float) -> FloatArray:
    height, width = mask.shape
    rows = (np.arange(height) + mask.top)[:, np.newaxis]
    columns = (np.arange(width) + mask.left)[np.newaxis, :]
    # The stripes bend with the folds.
    bend = smooth_field(rng, mask.shape, (4, 4), 0.0, unit * 0.12)
    period = fabric.period * unit
    down = _stripes((columns + rows * fabric.slope + bend).astype(np.float32), period, fabric.share)
    across = _stripes((rows - columns * fabric.slope + bend).astype(np.float32), period, fabric.share)
    weight = (down + across) * np.float32(0.5) if fabric.kind == "checks" else down if fabric.upright else across
    base = np.asarray(fabric.colour, dtype=np.float32)
    second = np.asarray(fabric.second, dtype=np.float32)
    dyed: FloatArray = base + (second - base) * weight[..., np.newaxis]
    return dyed


def _stripes(position: FloatArray, period: float, share: float) -> FloatArray:
    phase = position / np.float32(period)
    phase = phase - np.floor(phase)
    distance = np.abs(phase - np.float32(0.5)) * np.float32(period)
    weight: FloatArray = np.clip(np.float32(period * share * 0.5 + 0.5) - distance, 0.0, 1.0)
    return weight
