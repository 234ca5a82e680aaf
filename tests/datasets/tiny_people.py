"""A pack of three tiny people, the same pixels everywhere."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from datasets.people.pack import Pack
from datasets.samples.manifest import PhotographEntry
from tools.people_pack.packing import Picture, write_pack

SIZE = (64, 96)
BOX = (10, 20, 54, 40)
NOISE = 6.0
CREDITS = tuple(
    PhotographEntry(name=name, package="p", file=f"{name}.png", licence="CC0 1.0", credit="someone") for name in "ab"
)


def tiny_pictures() -> list[Picture]:
    """Return three pictures whose person fills `BOX`; the second is noisy, the third uses no photograph."""
    rng = np.random.default_rng(8)
    top, left, height, width = BOX
    alpha = np.zeros(SIZE, np.uint8)
    alpha[top : top + height, left : left + width] = np.linspace(1, 255, width).astype(np.uint8)
    pictures = []
    for number in range(3):
        foreground, background = (rng.integers(60, 200, (*SIZE, 3), dtype=np.uint8) for _ in range(2))
        pictures.append(Picture(foreground, alpha, background, ("portrait", f"tag-{number}"), 0, (*"ab"[number:][:1],)))
    pictures[1] = replace(pictures[1], noise=NOISE)
    return pictures


def write_tiny_pack(folder: Path) -> Pack:
    """Write the three pictures as a pack."""
    return write_pack(folder, tiny_pictures(), version=5, photographs=CREDITS, recipe={"made by": "a test"})
