"""Samples that together leave nothing of a frame and of its values unseen; coverage has no gap to name."""

import numpy as np
from numpy.typing import NDArray

from datasets.samples.composite import composite
from datasets.samples.sample import Sample

GREY, DARK, BRIGHT = (128, 128, 128), (0, 0, 0), (255, 255, 255)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
Colour = tuple[int, int, int]
Size = tuple[int, int]


def stripes(size: Size) -> NDArray[np.uint8]:
    """Return alpha between a third and two thirds that changes from row to row: an edge in each cell."""
    return np.broadcast_to(np.where(np.arange(size[0]) % 2, 85, 170).astype(np.uint8)[:, np.newaxis], size).copy()


def shown(name: str, alpha: NDArray[np.uint8], foreground: Colour = GREY, background: Colour = GREY) -> Sample:
    """Return a sample of two plain colours."""
    front, plate = (np.full((*alpha.shape, 3), colour, np.uint8) for colour in (foreground, background))
    return Sample(name, composite(front, alpha, plate), plate, alpha, front)


def everything(size: Size) -> list[Sample]:
    """Return seven samples that together leave nothing out."""
    colours = (GREY, DARK, BRIGHT, RED, GREEN, BLUE)
    alphas = (stripes(size), np.full(size, 255, np.uint8))
    pairs = zip(colours, (*colours[1:], colours[0]), strict=True)
    samples = [shown(f"a/{number}", alphas[number % 2].copy(), *pair) for number, pair in enumerate(pairs)]
    return [*samples, shown("a/6", np.zeros(size, np.uint8))]
