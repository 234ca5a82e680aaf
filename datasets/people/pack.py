"""The pack: the pixels of the bundled people as they are shipped, and their record `pack.json`.

    pack/pack.json                 this record
    pack/foregrounds/<number>.webp lossless RGBA, straight colours, 0 where alpha is 0, cropped to its box
    pack/backgrounds/<number>.webp RGB of the whole frame

The record holds a hash of every file and one of its decoded pixels; a set is made only from files that match both, so
that it is the same everywhere.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue, model_validator

from configs.errors import DataError
from configs.files import sha256_of
from configs.reading import PlainPath, inside
from configs.records import Frozen, Record
from datasets.samples.images import array_sha256, read_webp
from datasets.samples.manifest import LARGEST_NOISE, PhotographEntry, Positive, Sha256

PACK_FOLDER = Path(__file__).parent / "pack"
CLIP = "people"

Natural = Annotated[int, Field(ge=0)]


class PackFile(Frozen):
    """A file of the pack: hashes as in `datasets.samples.manifest.FileEntry`, and its length."""

    sha256: Sha256
    pixels_sha256: Sha256
    bytes: Positive


class PackSample(Frozen):
    """One sample of the pack.

    Attributes:
        id: `people/<number>`.
        tags: by which reports group it.
        foreground: the cropped foreground's file.
        box: top, left, height and width of that crop within the frame, in pixels.
        background: the background's file.
        noise: standard deviation of the sensor noise that composite and plate get, in levels of 8 bits.
        photographs: names of the photographs that its background and clothes are made from.
    """

    id: Annotated[str, Field(pattern=rf"^{CLIP}/[0-9]{{4}}$")]
    tags: tuple[str, ...]
    foreground: PlainPath
    box: tuple[Natural, Natural, Positive, Positive]
    background: PlainPath
    noise: Annotated[float, Field(ge=0, le=LARGEST_NOISE)] = 0
    photographs: tuple[str, ...] = ()


class PackRecord(Record):
    """The whole of `pack.json`.

    Attributes:
        version: raised whenever a pixel changes of what is made from the pack.
        size: height and width of the frame in pixels.
        samples: sorted by id, and in an order in which the first few are as varied as so few can be.
        files: path below the pack to what the file must be.
        photographs: what must be credited.
        recipe: settings of the program that rendered the pixels.
    """

    FILE: ClassVar[str] = "pack.json"
    REMEDY: ClassVar[str] = (
        "the bundled people are not whole: restore the folder from the repository, or install mattekit again"
    )

    version: Positive
    size: tuple[Positive, Positive]
    samples: Annotated[tuple[PackSample, ...], Field(min_length=1)]
    files: dict[PlainPath, PackFile]
    photographs: tuple[PhotographEntry, ...] = ()
    recipe: dict[str, JsonValue] = Field(default_factory=dict)

    def holds(self) -> frozenset[str]:
        """Return what a pack's folder may hold: the record, and every picture."""
        return self.names() | set(self.files)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for before, after in pairwise(sample.id for sample in self.samples):
            if before >= after:
                raise ValueError(f"`samples` must be sorted by id, each once; found {after} after {before}")
        for sample in self.samples:
            top, left, height, width = sample.box
            if top + height > self.size[0] or left + width > self.size[1]:
                raise ValueError(f"the box of {sample.id}, {list(sample.box)}, leaves the frame {list(self.size)}")
        used = Counter(path for sample in self.samples for path in (sample.foreground, sample.background))
        if twice := sorted(path for path, times in used.items() if times > 1):
            raise ValueError(f"`samples` use {twice[0]} more than once")
        if odd := sorted(used.keys() ^ self.files.keys()):
            raise ValueError(f"`samples` and `files` disagree about {odd[0]}")
        credited = {photograph.name for photograph in self.photographs}
        if odd := sorted(credited ^ {name for sample in self.samples for name in sample.photographs}):
            raise ValueError(f"`samples` and `photographs` disagree about {odd[0]}")
        return self


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack on disk: its folder and its record; pictures are decoded when asked for."""

    folder: Path
    record: PackRecord


def open_pack(folder: Path = PACK_FOLDER) -> Pack:
    """Read the record of the pack in `folder`; its files are checked as they are read.

    Raises:
        DataError: the record is missing, corrupt or inconsistent in itself.
    """
    return Pack(folder, PackRecord.read(folder / PackRecord.FILE))


def load_foreground(pack: Pack, sample: PackSample) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Decode a sample's foreground, laid in its place in the frame.

    Returns:
        (H, W, 3) uint8 RGB straight colours, 0 outside the box; (H, W) uint8 alpha.

    Raises:
        DataError: the file is missing or changed, or decodes to other pixels than it did when the pack was made.
    """
    top, left, height, width = sample.box
    frame = np.zeros((*pack.record.size, 4), np.uint8)
    frame[top : top + height, left : left + width] = _load(pack, sample.foreground, (height, width, 4))
    return np.ascontiguousarray(frame[..., :3]), np.ascontiguousarray(frame[..., 3])


def load_background(pack: Pack, sample: PackSample) -> NDArray[np.uint8]:
    """Decode a sample's background, (H, W, 3) uint8 RGB; raises as `load_foreground`."""
    return _load(pack, sample.background, (*pack.record.size, 3))


def _load(pack: Pack, name: str, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    path, expected = inside(pack.folder, name), pack.record.files[name]
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; {PackRecord.REMEDY}")
    if (length := path.stat().st_size) != expected.bytes:
        raise DataError(f"{path}: expected {expected.bytes} bytes, found {length}; {PackRecord.REMEDY}")
    if (found := sha256_of(path)) != expected.sha256:
        raise DataError(f"{path}: expected SHA-256 {expected.sha256}, found {found}; {PackRecord.REMEDY}")
    image = read_webp(path)
    if image.shape != shape:
        raise DataError(f"{path}: expected an image of shape {shape}, found {image.shape}; {PackRecord.REMEDY}")
    if (found := array_sha256(image)) != expected.pixels_sha256:
        raise DataError(
            f"{path}: the file is whole, but decodes to other pixels than when the pack was made (SHA-256 "
            f"{expected.pixels_sha256} expected, {found} found); install the pinned Pillow (`mattekit doctor` compares)"
        )
    return image
