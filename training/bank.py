"""The bank: foregrounds and backgrounds rendered once, kept on disk as arrays that training maps into memory."""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.files import new_folder
from datasets.synthetic.generate import GENERATOR_VERSION, synthetic_background, synthetic_foreground
from training.recipe import BankSection

LEVELS = (1, 2, 4)


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """Pictures at full, half and quarter size (the keys 1, 2, 4), mapped from disk.

    Attributes:
        foregrounds: level to (N, H, W, 4) uint8, premultiplied RGB and alpha.
        backgrounds: level to (M, H, W, 3) uint8 RGB.
    """

    foregrounds: dict[int, NDArray[np.uint8]]
    backgrounds: dict[int, NDArray[np.uint8]]


def open_bank(folder: Path, section: BankSection, report: Callable[[int, int], None]) -> Bank:
    """Open the bank for `section` in `folder`, rendering it first where it is not there yet.

    `report(done, total)` is called while rendering. A bank rendered by another recipe or generator is replaced.
    """
    stamp = {"generator_version": GENERATOR_VERSION, **section.model_dump(mode="json")}
    stamp_file = folder / "bank.json"
    if not stamp_file.is_file() or json.loads(stamp_file.read_text(encoding="utf-8")) != stamp:
        with new_folder(folder) as work:
            _render(work, section, report)
            (work / "bank.json").write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")
    return map_bank(folder)


def map_bank(folder: Path) -> Bank:
    """Map the bank in `folder` into memory."""
    return Bank(
        {level: np.load(folder / f"foregrounds-{level}.npy", mmap_mode="r") for level in LEVELS},
        {level: np.load(folder / f"backgrounds-{level}.npy", mmap_mode="r") for level in LEVELS},
    )


def _render(folder: Path, section: BankSection, report: Callable[[int, int], None]) -> None:
    total = section.foregrounds + section.backgrounds
    jobs = (
        ("foregrounds", _foreground, section.foregrounds, 4, 0),
        ("backgrounds", _background, section.backgrounds, 3, section.foregrounds),
    )
    # Spawned, not forked: a fork would copy the locks of threads that torch has started.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for name, render, count, channels, before in jobs:
            height, width = section.size
            levels = {
                level: np.lib.format.open_memmap(
                    folder / f"{name}-{level}.npy", "w+", np.uint8, (count, height // level, width // level, channels)
                )
                for level in LEVELS
            }
            task = partial(render, section.seed, section.size)
            for index, picture in enumerate(pool.map(task, range(count), chunksize=2)):
                for level, array in levels.items():
                    array[index] = shrink(picture, level)
                report(before + index + 1, total)
            for array in levels.values():
                array.flush()


def _foreground(seed: int, size: tuple[int, int], index: int) -> NDArray[np.uint8]:
    colours, alpha, _ = synthetic_foreground(seed, index, size)
    return premultiplied(colours, alpha)


def _background(seed: int, size: tuple[int, int], index: int) -> NDArray[np.uint8]:
    return synthetic_background(seed, index, size)[0]


def premultiplied(colours: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (H, W, 4) uint8, premultiplied RGB and alpha, of straight colours (H, W, 3) and alpha (H, W)."""
    multiplied = (colours.astype(np.uint16) * alpha[..., None] + 127) // 255
    return np.dstack([multiplied.astype(np.uint8), alpha])


def shrink(picture: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Return the means of blocks of `factor` x `factor` pixels, rounded."""
    height, width, channels = picture.shape
    blocks = picture.reshape(height // factor, factor, width // factor, factor, channels)
    return np.asarray(np.round(blocks.mean(axis=(1, 3))), np.uint8)
