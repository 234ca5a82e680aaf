"""Training composites: figures of the bank moved, recoloured and set before its backgrounds, with an imperfect plate.

The paper's augmentation: the pair is moved and recoloured alike; the plate alone gets what a real capture has, a
colour shift, a small motion, noise; the source gets the person's soft shadow.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.bank import LEVELS, Bank
from training.rendered import PEOPLE_LEVELS, RenderedBank

Image = NDArray[np.float32]

NOBODY = 0.05
SECOND_PERSON = 0.12
CAMOUFLAGE = 0.2
PHOTOGRAPH = 0.5

HANDHELD_FAR = 0.5
HANDHELD_PIXELS = 13.0
HANDHELD_NOISE = 0.03

LARGEST_RENDERED = 0.75
"""Frame pixels per bank pixel up to which rendered people, of half the bank's size, still look sharp."""


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """A training example, float32 in 0..1: (h, w, 3) RGB, alpha (h, w); source and background hold 8-bit values."""

    source: Image
    background: Image
    alpha: Image
    foreground: Image


@dataclass(frozen=True, slots=True)
class Pictures:
    """What examples are made of: the drawn bank and, where `share` is above 0, the rendered one for that share.

    `handheld` is the share of plates that are as far off as those of `datasets.samples.plate` can be.
    """

    drawn: Bank
    rendered: RenderedBank | None = None
    share: float = 0.0
    handheld: float = 0.0

    def is_rendered(self, random: np.random.Generator, share: float) -> bool:
        """Draw whether the next picture comes from the rendered bank; without one nothing is drawn."""
        return self.rendered is not None and self.share > 0 and random.random() < share


def compose_example(pictures: Pictures, random: np.random.Generator, frame: tuple[int, int], zoom: float) -> Composite:
    """Make one example of size `frame` (height, width), with `zoom` frame pixels per bank pixel."""
    background = _moved_background(pictures, random, frame, zoom)
    layer = np.zeros((*frame, 4), np.float32)
    if random.random() >= NOBODY:
        layer = _moved_figure(pictures, random, frame, zoom)
        if random.random() < SECOND_PERSON:
            behind = _moved_figure(pictures, random, frame, zoom)
            layer = layer + behind * (1 - layer[..., 3:])
    alpha = np.clip(layer[..., 3], 0, 1)
    foreground = np.where(alpha[..., None] > 0, layer[..., :3] / np.maximum(alpha[..., None], 1e-3), 0).clip(0, 1)
    if random.random() < CAMOUFLAGE:
        foreground = _camouflaged(foreground, background, random)
    foreground = _recoloured(foreground, random, strength=0.15)
    background = _recoloured(background, random, strength=0.2)
    plate = background
    if random.random() < 0.3:
        background = _shadowed(background, alpha, random, zoom)
    source = alpha[..., None] * foreground + (1 - alpha[..., None]) * background
    if pictures.handheld and random.random() < pictures.handheld:
        plate = _handheld(plate, random, zoom)
    else:
        if random.random() < 0.3:
            plate = _shifted(plate, random, 1.5 * zoom)
        if random.random() < 0.5:
            plate = _recoloured(plate, random, strength=0.06)
    noise = random.uniform(0, 0.02) if random.random() < 0.4 else 0.0
    return Composite(_captured(source, random, noise), _captured(plate, random, noise), alpha, foreground)


def _as_unit(image: NDArray[np.uint8]) -> Image:
    """Return an 8-bit image as float32 in 0..1."""
    return np.asarray(image, np.float32) / np.float32(255)


def _level_for(scale: float, levels: tuple[int, ...] = LEVELS) -> int:
    """Return the smallest picture that still has two pixels per frame pixel, so that warping samples cleanly."""
    return next((level for level in reversed(levels) if level * 2 * scale <= 1), levels[0])


def _moved_figure(pictures: Pictures, random: np.random.Generator, frame: tuple[int, int], zoom: float) -> Image:
    scale = zoom * math.exp(random.uniform(math.log(0.6), math.log(1.5)))
    choice = pictures.drawn.foregrounds
    levels: tuple[int, ...] = LEVELS
    if pictures.rendered is not None and pictures.is_rendered(random, pictures.share):
        choice, levels = pictures.rendered.people, PEOPLE_LEVELS
        if scale > LARGEST_RENDERED:
            zoom = LARGEST_RENDERED / 1.5
            scale = scale / 1.5 * LARGEST_RENDERED
    level = _level_for(scale, levels)
    picture = choice[level][random.integers(len(choice[level]))]
    if random.random() < 0.5:
        picture = picture[:, ::-1]
    height, width = picture.shape[:2]
    turn = random.normal(0, 5)
    # A point of the picture, mostly on the figure, comes to a point of the frame's middle part.
    anchor = _point_on(picture, random)
    target = (frame[1] * random.uniform(0.15, 0.85), frame[0] * random.uniform(0.25, 0.85))
    if zoom * height * level <= frame[0] * 1.3:
        # The frame shows the whole picture: keep the figure standing on the lower edge, as framed by the generator.
        anchor = (width / 2, float(height))
        target = (frame[1] * random.uniform(0.3, 0.7), frame[0] * random.uniform(0.98, 1.15))
    matrix = cv2.getRotationMatrix2D(anchor, turn, scale * level)
    matrix[:, 2] += np.subtract(target, anchor)
    warped = cv2.warpAffine(np.ascontiguousarray(picture), matrix, (frame[1], frame[0]), flags=cv2.INTER_LINEAR)
    return _as_unit(warped)


def _point_on(picture: NDArray[np.uint8], random: np.random.Generator) -> tuple[float, float]:
    rows, columns = np.nonzero(picture[::8, ::8, 3] > 20)
    if len(rows) == 0 or random.random() < 0.1:
        return random.uniform(0, picture.shape[1]), random.uniform(0, picture.shape[0])
    chosen = random.integers(len(rows))
    return float(columns[chosen] * 8), float(rows[chosen] * 8)


def _moved_background(pictures: Pictures, random: np.random.Generator, frame: tuple[int, int], zoom: float) -> Image:
    scale = zoom * random.uniform(1.0, 1.8)
    level = _level_for(scale)
    choice = pictures.drawn.backgrounds[level]
    if pictures.rendered is not None and pictures.is_rendered(random, PHOTOGRAPH):
        choice = pictures.rendered.photographs[level]
    picture = choice[random.integers(len(choice))]
    if random.random() < 0.5:
        picture = picture[:, ::-1]
    scale *= level
    height, width = picture.shape[:2]
    # The frame must lie inside the picture.
    scale = max(scale, frame[0] / height, frame[1] / width)
    left = random.uniform(0, width * scale - frame[1])
    top = random.uniform(0, height * scale - frame[0])
    matrix = np.array([[scale, 0, -left], [0, scale, -top]])
    moved = cv2.warpAffine(
        np.ascontiguousarray(picture),
        matrix,
        (frame[1], frame[0]),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    return _as_unit(moved)


def _recoloured(image: Image, random: np.random.Generator, strength: float) -> Image:
    gain = 1 + random.uniform(-strength, strength)
    channels = 1 + random.uniform(-strength / 2, strength / 2, 3)
    offset = random.uniform(-strength / 3, strength / 3)
    recoloured: Image = np.clip(image * (gain * channels).astype(np.float32) + np.float32(offset), 0, 1)
    return recoloured


def _camouflaged(foreground: Image, background: Image, random: np.random.Generator) -> Image:
    """Give the figure the background's own texture, moved, so that cloth resembles what is behind it."""
    height, width = background.shape[:2]
    moved = np.roll(background, (int(random.integers(height)), int(random.integers(width))), axis=(0, 1))
    share = np.float32(random.uniform(0.4, 0.9))
    return np.asarray(foreground * (1 - share) + moved * share, np.float32)


def _shadowed(background: Image, alpha: Image, random: np.random.Generator, zoom: float) -> Image:
    spread = max(zoom * random.uniform(10, 60), 1)
    shift = random.uniform(-80, 80, 2) * zoom
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    shadow = cv2.warpAffine(alpha, matrix, (alpha.shape[1], alpha.shape[0]))
    shadow = cv2.GaussianBlur(shadow, (0, 0), spread)
    strength = np.float32(random.uniform(0.1, 0.5))
    return np.asarray(background * (1 - strength * shadow[..., None]), np.float32)


def _shifted(image: Image, random: np.random.Generator, pixels: float) -> Image:
    matrix = np.array([[1, 0, random.uniform(-pixels, pixels)], [0, 1, random.uniform(-pixels, pixels)]])
    moved = cv2.warpAffine(image, matrix, (image.shape[1], image.shape[0]), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.float32)


def _handheld(plate: Image, random: np.random.Generator, zoom: float) -> Image:
    """Turn, shift and expose a plate as the paper augments it: up to 1 degree, 1 % of the frame, 0.18, noise 0.03."""
    far = random.random() < HANDHELD_FAR
    degrees, pixels = (1.0, HANDHELD_PIXELS * zoom) if far else (0.1, zoom)
    height, width = plate.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), random.uniform(-degrees, degrees), 1.0)
    matrix[:, 2] += random.uniform(-pixels, pixels, 2)
    moved = cv2.warpAffine(plate, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    gamma = np.float32(random.uniform(0.86, 1.17))
    exposed = _recoloured(np.asarray(np.clip(moved, 0, 1) ** gamma, np.float32), random, strength=0.15)
    return _noisy(exposed, random, random.uniform(0, HANDHELD_NOISE))


def _captured(image: Image, random: np.random.Generator, noise: float) -> Image:
    """Add sensor noise and round to the 8-bit values that files and cameras hold."""
    if noise:
        image = _noisy(image, random, noise)
    return np.asarray(np.round(np.clip(image, 0, 1) * 255) / 255, np.float32)


def _noisy(image: Image, random: np.random.Generator, deviation: float) -> Image:
    return np.asarray(image + random.standard_normal(image.shape, dtype=np.float32) * np.float32(deviation), np.float32)
