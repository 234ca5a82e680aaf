"""Write a pack from pictures in memory; only who renders the people anew needs it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from configs.errors import DataError
from configs.files import new_folder, sha256_of
from configs.folders import find_made
from datasets.people.pack import CLIP, Pack, PackFile, PackRecord, PackSample, open_pack
from datasets.samples.images import array_sha256, read_webp, write_webp
from datasets.samples.manifest import PhotographEntry


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A sample to be packed.

    Attributes:
        foreground: (H, W, 3) uint8 RGB, straight colours, of the whole frame.
        alpha: (H, W) uint8.
        background: (H, W, 3) uint8 RGB.
        tags, noise, photographs: as in `datasets.people.pack.PackSample`.
        quality: of the background's lossy WebP, 0 to 100; None for a lossless one.
    """

    foreground: NDArray[np.uint8]
    alpha: NDArray[np.uint8]
    background: NDArray[np.uint8]
    tags: tuple[str, ...]
    noise: float = 0
    photographs: tuple[str, ...] = ()
    quality: int | None = None


def write_pack(
    out: Path,
    pictures: Iterable[Picture],
    *,
    version: int,
    photographs: Iterable[PhotographEntry] = (),
    recipe: Mapping[str, JsonValue] | None = None,
) -> Pack:
    """Write pictures as a pack, numbered from 1 in their order; a pack that is there is replaced when all is written.

    Colours under alpha 0 become 0. A background's pixels are those that its file decodes to.

    Raises:
        DataError: there is no picture, a matte is empty or has no transparent pixel in its box, or sizes differ.
        UsageError: the folder cannot be written.
    """
    samples: list[PackSample] = []
    files: dict[str, PackFile] = {}
    size: tuple[int, int] | None = None
    find_made(out, PackRecord.read_if_there, foreign="not empty, and not a pack of people", holds=PackRecord.holds)
    with new_folder(out, replace=True) as work:
        for number, picture in enumerate(pictures, start=1):
            size = size or (picture.alpha.shape[0], picture.alpha.shape[1])
            sample = _sample(number, picture, size)
            top, left, height, width = sample.box
            rgba = np.dstack((picture.foreground, picture.alpha))[top : top + height, left : left + width]
            rgba[rgba[..., 3] == 0] = 0
            files[sample.foreground] = _write(work / sample.foreground, rgba, None)
            files[sample.background] = _write(work / sample.background, picture.background, picture.quality)
            samples.append(sample)
        if size is None:
            raise DataError(f"{out}: expected at least one picture for the pack, found none")
        credits_ = tuple(sorted(photographs, key=lambda photograph: photograph.name))
        record = PackRecord(
            version=version,
            size=size,
            samples=tuple(samples),
            files=dict(sorted(files.items())),
            photographs=credits_,
            recipe=dict(recipe or {}),
        )
        record.write(work)
    return open_pack(out)


def _sample(number: int, picture: Picture, size: tuple[int, int]) -> PackSample:
    shapes = picture.foreground.shape, picture.alpha.shape, picture.background.shape
    if shapes != ((*size, 3), size, (*size, 3)):
        raise DataError(f"picture {number}: expected foreground, alpha and background of {size}, found {shapes}")
    rows, columns = (np.flatnonzero(picture.alpha.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        raise DataError(f"picture {number}: its matte is empty; expected a person")
    top, left = int(rows[0]), int(columns[0])
    height, width = int(rows[-1]) - top + 1, int(columns[-1]) - left + 1
    if (picture.alpha[top : top + height, left : left + width] == 255).all():
        raise DataError(f"picture {number}: its matte is a solid box, whose alpha WebP would not keep")
    return PackSample(
        id=f"{CLIP}/{number:04d}",
        tags=picture.tags,
        foreground=f"foregrounds/{number:04d}.webp",
        box=(top, left, height, width),
        background=f"backgrounds/{number:04d}.webp",
        noise=picture.noise,
        photographs=picture.photographs,
    )


def _write(path: Path, image: NDArray[np.uint8], quality: int | None) -> PackFile:
    write_webp(path, image, quality)
    decoded = read_webp(path)
    if quality is None and not np.array_equal(decoded, image):
        raise DataError(f"{path}: lossless WebP did not keep the pixels; expected an encoder that does")
    return PackFile(sha256=sha256_of(path), pixels_sha256=array_sha256(decoded), bytes=path.stat().st_size)
