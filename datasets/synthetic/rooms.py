"""Procedural rooms: wall, floor, window, shelves with books, pictures, a lamp and its light."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from datasets.synthetic.raster import Canvas, FloatArray, Mask, Size, fill
from datasets.synthetic.shapes import ellipse
from datasets.synthetic.textures import grain, smooth_field


def draw_room(rng: np.random.Generator, size: Size) -> NDArray[np.uint8]:
    """A random room, (H, W, 3) uint8 RGB."""
    canvas = Canvas(size)
    floor = 0.72 + 0.2 * float(rng.random())
    wall_colour = _muted(rng, 90, 235)
    whole = Mask(0, 0, np.full(size, 255, dtype=np.uint8))
    canvas.paint(whole, _wallpaper(rng, size, wall_colour))
    if rng.random() < 0.75:
        _paint_floor(canvas, rng, floor)
    furniture = [_paint_window, _paint_shelves, _paint_pictures, _paint_door]
    order = rng.permutation(len(furniture))
    slots = [0.06 + 0.06 * float(rng.random()), 0.38 + 0.08 * float(rng.random()), 0.70 + 0.05 * float(rng.random())]
    for slot, choice in zip(slots, order, strict=False):
        if rng.random() < 0.85:
            furniture[int(choice)](canvas, rng, slot, floor)
    pixels = canvas.pixels[..., :3] * smooth_field(rng, size, (3, 4), 0.72, 1.18)[..., np.newaxis]
    if rng.random() < 0.6:
        pixels = _lamp(rng, pixels)
    flat = np.clip(pixels + np.float32(0.5), 0, 255).astype(np.uint8)
    blur = float(rng.random()) * 2.4 * size[0] / 720.0
    if blur > 0.3:
        flat = np.asarray(Image.fromarray(flat).filter(ImageFilter.GaussianBlur(blur)))
    noisy = flat + grain(rng, size, 3.0 + 7.0 * float(rng.random()))[..., np.newaxis]
    room: NDArray[np.uint8] = np.clip(noisy + np.float32(0.5), 0, 255).astype(np.uint8)
    return room


def _muted(rng: np.random.Generator, low: int, high: int) -> tuple[float, float, float]:
    values = rng.integers(low, high, size=3)
    grey = float(rng.integers(low, high))
    red, green, blue = (float(value) * 0.4 + grey * 0.6 for value in values)
    return red, green, blue


def _box(size: Size, x0: float, y0: float, x1: float, y1: float) -> Mask:
    """A rectangle from shares of the image's width and height."""
    height, width = size
    corners = [
        (x0 * width, y0 * height),
        (x1 * width, y0 * height),
        (x1 * width, y1 * height),
        (x0 * width, y1 * height),
    ]
    return fill(size, [np.array(corners)])


def _wallpaper(rng: np.random.Generator, size: Size, colour: tuple[float, float, float]) -> FloatArray:
    height, width = size
    base = np.asarray(colour, dtype=np.float32)
    kind = int(rng.integers(4))
    if kind == 0:
        shade = smooth_field(rng, size, (20, 30), 0.96, 1.04)
        return shade[..., np.newaxis] * base
    period = height * (0.04 + 0.1 * float(rng.random()))
    second = np.asarray(_muted(rng, 60, 240), dtype=np.float32)
    rows = ((np.arange(height) / period) % 1.0 - 0.5)[:, np.newaxis].astype(np.float32)
    columns = ((np.arange(width) / period) % 1.0 - 0.5)[np.newaxis, :].astype(np.float32)
    if kind == 1:
        pattern = np.abs(columns) + np.zeros_like(rows)
    elif kind == 2:
        pattern = np.abs(rows) + np.abs(columns)
    else:
        pattern = np.sqrt(rows * rows + columns * columns)
    edge = np.float32(0.2 + 0.15 * float(rng.random()))
    weight = np.clip((edge - pattern) * np.float32(period * 0.5) + np.float32(0.5), 0.0, 1.0)
    strength = np.float32(0.15 + 0.5 * float(rng.random()))
    papered: FloatArray = base + (second - base) * (weight * strength)[..., np.newaxis]
    return papered


def _paint_floor(canvas: Canvas, rng: np.random.Generator, floor: float) -> None:
    height, width = canvas.size
    tone = _muted(rng, 50, 170)
    canvas.paint(_box(canvas.size, 0.0, floor, 1.0, 1.0), tone)
    vanishing = (width * (0.3 + 0.4 * float(rng.random())), height * 0.35)
    for plank in np.linspace(-1.5, 2.5, 34):
        foot = np.array([(plank * width, height * 1.02), ((plank + 0.06) * width, height * 1.02), vanishing])
        share = (floor * height - vanishing[1]) / (height * 1.02 - vanishing[1])
        cut = np.array(
            [foot[0], foot[1], vanishing + (foot[1] - vanishing) * share, vanishing + (foot[0] - vanishing) * share]
        )
        canvas.shade(fill(canvas.size, [cut]), 0.82 + 0.3 * float(rng.random()))
    skirting = _box(canvas.size, 0.0, floor - 0.03, 1.0, floor)
    canvas.paint(skirting, _muted(rng, 170, 245))
    canvas.shade(_box(canvas.size, 0.0, floor, 1.0, floor + 0.012), 0.6)


def _paint_window(canvas: Canvas, rng: np.random.Generator, left: float, floor: float) -> None:
    right, top, bottom = left + 0.24, 0.06 + 0.06 * float(rng.random()), min(0.62, floor - 0.12)
    canvas.paint(_box(canvas.size, left - 0.012, top - 0.02, right + 0.012, bottom + 0.02), (228, 226, 222))
    pane = _box(canvas.size, left, top, right, bottom)
    rows = np.linspace(0.0, 1.0, max(1, pane.shape[0]), dtype=np.float64).astype(np.float32)[:, np.newaxis, np.newaxis]
    sky = np.asarray((150, 190, 235), np.float32) * (1 - rows) + np.asarray((232, 236, 240), np.float32) * rows
    cloud = smooth_field(rng, pane.shape, (7, 6), -25.0, 25.0)[..., np.newaxis]
    canvas.paint(pane, sky + cloud)
    height, width = canvas.size
    for _ in range(14):
        x, y = left + 0.24 * float(rng.random()), bottom - 0.16 * float(rng.random())
        radius = height * (0.02 + 0.04 * float(rng.random()))
        tree = fill(canvas.size, [ellipse(x * width, y * height, radius, radius)], 1.0)
        clipped = _clip(tree, pane)
        canvas.paint(clipped, (50 + 40 * float(rng.random()), 80 + 60 * float(rng.random()), 45))
    middle = (left + right) / 2
    canvas.paint(_box(canvas.size, middle - 0.005, top, middle + 0.005, bottom), (222, 220, 216))
    canvas.paint(
        _box(canvas.size, left, 0.5 * (top + bottom) - 0.008, right, 0.5 * (top + bottom) + 0.008), (222, 220, 216)
    )
    if rng.random() < 0.6:
        tone = _muted(rng, 90, 230)
        for x0, x1 in ((left - 0.04, left + 0.04), (right - 0.04, right + 0.04)):
            curtain = _box(canvas.size, x0, 0.03, x1, floor - 0.03)
            folds = smooth_field(rng, curtain.shape, (2, 9), 0.65, 1.15)
            canvas.paint(curtain, folds[..., np.newaxis] * np.asarray(tone, np.float32))


def _clip(mask: Mask, pane: Mask) -> Mask:
    rows = np.arange(mask.shape[0]) + mask.top
    columns = np.arange(mask.shape[1]) + mask.left
    inside = ((rows >= pane.top + 1) & (rows < pane.top + pane.shape[0] - 1))[:, np.newaxis] & (
        (columns >= pane.left + 1) & (columns < pane.left + pane.shape[1] - 1)
    )[np.newaxis, :]
    return Mask(mask.top, mask.left, np.where(inside, mask.coverage, np.uint8(0)))


def _paint_shelves(canvas: Canvas, rng: np.random.Generator, left: float, floor: float) -> None:
    right, top = left + 0.26, 0.1 + 0.08 * float(rng.random())
    wood = _muted(rng, 50, 200)
    canvas.paint(_box(canvas.size, left - 0.01, top - 0.02, right + 0.01, floor), [value * 0.6 for value in wood])
    levels = np.linspace(top, floor, 6)
    for upper, lower in pairwise(levels):
        x = left
        while x < right - 0.02:
            thick = 0.008 + 0.016 * float(rng.random())
            if rng.random() < 0.88:
                rise = (lower - upper - 0.02) * (0.6 + 0.38 * float(rng.random()))
                book = _box(canvas.size, x, lower - 0.012 - rise, min(right, x + thick), lower - 0.012)
                tone = [float(value) for value in rng.integers(30, 230, size=3)]
                canvas.paint(book, tone)
                band = _box(
                    canvas.size, x, lower - 0.012 - rise * 0.8, min(right, x + thick), lower - 0.012 - rise * 0.7
                )
                canvas.paint(band, [min(255.0, value * 1.35) for value in tone])
                canvas.shade(_box(canvas.size, x, lower - 0.012 - rise, x + 0.0015, lower - 0.012), 0.5)
            x += thick
        canvas.paint(_box(canvas.size, left - 0.01, lower - 0.012, right + 0.01, lower), wood)
    for x in (left - 0.01, right):
        canvas.paint(_box(canvas.size, x, top - 0.02, x + 0.01, floor), wood)


def _paint_pictures(canvas: Canvas, rng: np.random.Generator, left: float, floor: float) -> None:
    for row in range(int(rng.integers(1, 3))):
        x0, y0 = left + 0.03 * float(rng.random()), 0.1 + row * 0.3
        x1, y1 = x0 + 0.12 + 0.12 * float(rng.random()), min(floor - 0.08, y0 + 0.24)
        canvas.shade(_box(canvas.size, x0 + 0.004, y0 + 0.008, x1 + 0.006, y1 + 0.014), 0.7)
        canvas.paint(_box(canvas.size, x0, y0, x1, y1), _muted(rng, 20, 150))
        canvas.paint(_box(canvas.size, x0 + 0.008, y0 + 0.014, x1 - 0.008, y1 - 0.014), (238, 236, 230))
        art = _box(canvas.size, x0 + 0.02, y0 + 0.035, x1 - 0.02, y1 - 0.035)
        channels = [smooth_field(rng, art.shape, (4, 5), 10.0, 245.0) for _ in range(3)]
        canvas.paint(art, np.stack(channels, axis=-1))


def _paint_door(canvas: Canvas, rng: np.random.Generator, left: float, floor: float) -> None:
    tone = _muted(rng, 80, 230)
    right, top = left + 0.2, 0.08
    canvas.paint(_box(canvas.size, left - 0.015, top - 0.025, right + 0.015, floor), [value * 0.8 for value in tone])
    canvas.paint(_box(canvas.size, left, top, right, floor), tone)
    for y0, y1 in ((top + 0.05, top + 0.3), (top + 0.36, floor - 0.06)):
        for x0, x1 in ((left + 0.02, left + 0.09), (left + 0.11, left + 0.18)):
            canvas.shade(_box(canvas.size, x0, y0, x1, y1), 0.85)
            canvas.shade(_box(canvas.size, x0 + 0.004, y0 + 0.007, x1, y1), 1.12)
    height, width = canvas.size
    knob = ellipse((left + 0.185) * width, (top + 0.42) * height, height * 0.012, height * 0.012)
    canvas.paint(fill(canvas.size, [knob]), (205, 180, 110))


def _lamp(rng: np.random.Generator, pixels: FloatArray) -> FloatArray:
    """Brighten the room around a lamp: an inverse-square glow of warm light."""
    height, width = pixels.shape[:2]
    x, y = width * float(rng.random()), height * 0.5 * float(rng.random())
    reach = np.float32(height * (0.25 + 0.3 * float(rng.random())))
    rows = ((np.arange(height) - y).astype(np.float32) / reach)[:, np.newaxis]
    columns = ((np.arange(width) - x).astype(np.float32) / reach)[np.newaxis, :]
    glow = np.float32(0.55) / (np.float32(1.0) + rows * rows + columns * columns)
    warm = np.asarray((1.0, 0.88, 0.66), dtype=np.float32)
    lit: FloatArray = pixels * (np.float32(0.85) + glow[..., np.newaxis] * warm)
    return lit
