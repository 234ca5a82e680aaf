"""The rendered bank: people from `tools/people/bank.py` and crops of photographs, kept as arrays like the drawn bank.

People are rendered at half of the bank's size: they fill its levels 2 and 4, and there is no level 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configs.errors import DataError
from configs.files import new_folder, sha256_of
from datasets.samples.images import read_rgb, read_rgba
from datasets.samples.litter import entries
from training.bank import LEVELS, is_stamped, premultiplied, shrink, write_stamp
from training.recipe import RenderedSection

PEOPLE_LEVELS = (2, 4)
PEOPLE_SIZE = (360, 640)
PHOTOGRAPH_SIZE = (720, 1280)
STAMP = "rendered.json"
FILES = frozenset(
    [*(f"people-{level}.npy" for level in PEOPLE_LEVELS), *(f"photographs-{level}.npy" for level in LEVELS)]
)


@dataclass(frozen=True, slots=True, eq=False)
class RenderedBank:
    """Rendered people and photographs, mapped from disk.

    Attributes:
        people: level (2, 4) to (N, H, W, 4) uint8, premultiplied RGB and alpha; level 2 is 360x640.
        photographs: level (1, 2, 4) to (M, H, W, 3) uint8 RGB; level 1 is 720x1280.
    """

    people: dict[int, NDArray[np.uint8]]
    photographs: dict[int, NDArray[np.uint8]]


def open_rendered(folder: Path, section: RenderedSection) -> RenderedBank:
    """Open the rendered bank of `section` in `folder`, gathering it first where it is not there yet.

    Raises:
        DataError: pictures are missing, fewer than the section says, or not what `tools/people/bank.py` makes.
        UsageError: the folder holds something else.
    """
    people = _listed(section.people, ".png", section.count, "rendered by tools/people/bank.py")
    photographs = _listed(section.photographs, ".jpg", 1, "photographs for backgrounds")
    stamp = {**section.model_dump(mode="json"), "files": [sha256_of(path) for path in (*people, *photographs)]}
    if not is_stamped(folder, STAMP, stamp, FILES):
        with new_folder(folder, replace=True) as work:
            for level, array in zip(PEOPLE_LEVELS, _people(people), strict=True):
                np.save(work / f"people-{level}.npy", array)
            crops = _crops(photographs, section.crops, section.seed)
            for level in LEVELS:
                np.save(work / f"photographs-{level}.npy", np.stack([shrink(crop, level) for crop in crops]))
            write_stamp(work / STAMP, stamp)
    return map_rendered(folder)


def map_rendered(folder: Path) -> RenderedBank:
    """Map the rendered bank in `folder` into memory."""
    return RenderedBank(
        {level: np.load(folder / f"people-{level}.npy", mmap_mode="r") for level in PEOPLE_LEVELS},
        {level: np.load(folder / f"photographs-{level}.npy", mmap_mode="r") for level in LEVELS},
    )


def _listed(folder: Path, ending: str, count: int, origin: str) -> list[Path]:
    found = [path for path in entries(folder) if path.suffix == ending]
    if len(found) < count:
        raise DataError(f"{folder}: expected {count} or more *{ending} files, {origin}, found {len(found)}")
    return found if ending == ".jpg" else found[:count]


def _people(paths: Sequence[Path]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    pictures = []
    for path in paths:
        colours, alpha = read_rgba(path)
        if alpha.shape != PEOPLE_SIZE:
            raise DataError(
                f"{path}: expected RGBA of {PEOPLE_SIZE[1]}x{PEOPLE_SIZE[0]}, found {alpha.shape[1]}x{alpha.shape[0]}"
            )
        pictures.append(premultiplied(colours, alpha))
    whole = np.stack(pictures)
    return whole, np.stack([shrink(picture, 2) for picture in pictures])


def _crops(paths: Sequence[Path], count: int, seed: int) -> list[NDArray[np.uint8]]:
    """Cut `count` crops of the bank's shape, of at least half a photograph's width, in turn from the photographs."""
    random = np.random.default_rng(seed)
    height, width = PHOTOGRAPH_SIZE
    crops = []
    for index in range(count):
        image = Image.fromarray(read_rgb(paths[index % len(paths)]))
        across = min(image.width, image.height * width / height) * random.uniform(0.5, 1)
        tall = across * height / width
        left, top = random.uniform(0, image.width - across), random.uniform(0, image.height - tall)
        box = (left, top, left + across, top + tall)
        crops.append(np.asarray(image.resize((width, height), Image.Resampling.LANCZOS, box=box)))
    return crops
