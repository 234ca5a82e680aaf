"""The bank: foregrounds and backgrounds rendered once, kept on disk as arrays that training maps into memory."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.files import new_folder
from configs.folders import find_made
from datasets.making.parallel import cpus, in_parallel
from datasets.synthetic.generate import GENERATOR_VERSION, synthetic_background, synthetic_foreground
from training.recipe import BankSection

LEVELS = (1, 2, 4)
STAMP = "bank.json"
BANK_FILES = frozenset(f"{kind}-{level}.npy" for kind in ("foregrounds", "backgrounds") for level in LEVELS)


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

    Raises:
        UsageError: the folder holds something else.
    """
    stamp = {"generator_version": GENERATOR_VERSION, **section.model_dump(mode="json")}
    if not is_stamped(folder, STAMP, stamp, BANK_FILES):
        with new_folder(folder, replace=True) as work:
            _render(work, section, report)
            write_stamp(work / STAMP, stamp)
    return map_bank(folder)


def is_stamped(folder: Path, name: str, stamp: Mapping[str, Any], files: Collection[str]) -> bool:
    """Tell whether a bank is there whose stamp is this one; False where it is to be made, or made again.

    Args:
        folder: the bank's.
        name: of its stamp, a file of JSON that says what the bank was made of.
        stamp: what it must say.
        files: the others that a bank of this kind holds.

    Raises:
        UsageError: the folder holds something else.
    """

    def read(place: Path) -> dict[str, Any] | None:
        try:
            found = json.loads((place / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and found.keys() == stamp.keys() else None

    made: dict[str, Any] | None = find_made(
        folder,
        read,
        foreign=f"not empty, and not a bank of pictures with {name}; move it away, or choose another --out",
        holds=lambda _: {name, *files},
        fault=lambda found: "" if found == stamp else "another bank",
        replace=True,
    )
    return made is not None


def write_stamp(path: Path, stamp: Mapping[str, Any]) -> None:
    """Write a bank's stamp."""
    path.write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")


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
    for name, render, count, channels, before in jobs:
        height, width = section.size
        levels = {
            level: np.lib.format.open_memmap(
                folder / f"{name}-{level}.npy", "w+", np.uint8, (count, height // level, width // level, channels)
            )
            for level in LEVELS
        }
        task = partial(render, section.seed, section.size)
        with in_parallel(task, range(count), min(cpus(), count), "bank") as pictures:
            for done, (index, picture) in enumerate(pictures, 1):
                for level, array in levels.items():
                    array[index] = shrink(picture, level)
                report(before + done, total)
        for array in levels.values():
            array.flush()


def _foreground(seed: int, size: tuple[int, int], index: int) -> tuple[int, NDArray[np.uint8]]:
    colours, alpha, _ = synthetic_foreground(seed, index, size)
    return index, premultiplied(colours, alpha)


def _background(seed: int, size: tuple[int, int], index: int) -> tuple[int, NDArray[np.uint8]]:
    return index, synthetic_background(seed, index, size)[0]


def premultiplied(colours: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (H, W, 4) uint8, premultiplied RGB and alpha, of straight colours (H, W, 3) and alpha (H, W)."""
    multiplied = (colours.astype(np.uint16) * alpha[..., None] + 127) // 255
    return np.dstack([multiplied.astype(np.uint8), alpha])


def shrink(picture: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Return the means of blocks of `factor` x `factor` pixels, rounded."""
    height, width, channels = picture.shape
    blocks = picture.reshape(height // factor, factor, width // factor, factor, channels)
    return np.asarray(np.round(blocks.mean(axis=(1, 3))), np.uint8)
