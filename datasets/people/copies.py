"""Copies of the bundled people: moved, mirrored, closer to the camera and in other light, to where nobody else stands.

The 24 people stand about the middle of their frames: their columns 1125 to 1279 see nobody, and strong colours are
rare. Half of them come a second time, composed over their own backgrounds as exactly as the first; with those copies
`datasets.samples.gaps` finds no gap. The 24 stay as they are, and so do figures that were measured on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configs.errors import DataError
from configs.schema import Plate
from datasets.people.pack import CLIP, Pack, PackSample, load_background, load_foreground
from datasets.people.person import composed
from datasets.samples.sample import Sample

Light = Literal["own", "bright", "red", "green", "blue"]
_GAINS: dict[Light, tuple[int, int, int]] = {
    "own": (100, 100, 100),
    "bright": (170, 170, 170),
    "red": (150, 35, 35),
    "green": (35, 150, 35),
    "blue": (35, 35, 150),
}
"""What the light makes of red, green and blue, in percent; what exceeds 255 is 255."""
FIRST_NUMBER = 100
"""The copy of `people/0001` is `people/0101`, so that copies come after all that they are copies of."""


@dataclass(frozen=True, slots=True)
class Copy:
    """How a person comes a second time.

    Attributes:
        number: of whom it is a copy.
        percent: the size, of what it was.
        top, left: where the upper left corner of the foreground's box goes, in pixels; what leaves the frame is cut.
        mirrored: whether the picture is mirrored then, person and background.
        light, behind: on the person, and on the background.
    """

    number: int
    percent: int
    top: int
    left: int
    mirrored: bool
    light: Light = "own"
    behind: Light = "own"


COPIES = (
    Copy(1, 100, 72, -240, False),
    Copy(2, 200, 40, -560, True, "green", "blue"),
    Copy(3, 200, -380, 0, True),
    Copy(5, 150, -297, -160, False, "bright"),
    Copy(12, 200, -429, 800, False),
    Copy(13, 150, 0, 960, False, "own", "red"),
    Copy(14, 200, -399, 0, False, "red", "green"),
    Copy(15, 200, -400, 80, False, "blue", "red"),
    Copy(16, 150, -291, -240, False),
    Copy(17, 200, -432, 0, True, "bright"),
    Copy(22, 150, -236, 0, False, "green", "green"),
    Copy(23, 150, -296, 640, False),
)
"""Found by taking, one after the other, the copy that shows most tiles not seen yet, each person once."""


def copied_people(pack: Pack, plate: Plate = "exact", seed: int = 1) -> Iterator[Sample]:
    """Compose all `COPIES` one by one; arguments and errors as `copied_person`."""
    return (copied_person(pack, copy, plate, seed) for copy in COPIES)


def copied_person(pack: Pack, copy: Copy, plate: Plate = "exact", seed: int = 1) -> Sample:
    """Compose one copy.

    Args:
        pack: the pack.
        copy: of whom, and how.
        plate, seed: as `datasets.people.person.people_sample`.

    Raises:
        DataError: the pack has no such person, nothing of it is left in the frame, or a file is missing or changed.
    """
    original = _original(pack, copy)
    foreground, alpha = _moved(pack, original, copy)
    if not alpha.any():
        raise DataError(f"{original.id}: nothing of it is left in the frame at {copy}")
    foreground, background = _lit(foreground, copy.light), _lit(load_background(pack, original), copy.behind)
    if copy.mirrored:
        foreground, alpha, background = (
            np.ascontiguousarray(image[:, ::-1]) for image in (foreground, alpha, background)
        )
    return composed(copied_entry(pack, copy), foreground, alpha, background, plate, seed)


def copied_entry(pack: Pack, copy: Copy) -> PackSample:
    """Return a copy's entry: its original's files and noise, its own id and tags; `box` is still its original's.

    Raises:
        DataError: the pack has no such person.
    """
    original = _original(pack, copy)
    lights = [f"light-{light}" for light in dict.fromkeys((copy.light, copy.behind)) if light != "own"]
    id_ = f"{CLIP}/{FIRST_NUMBER + copy.number:04d}"
    return original.model_copy(update={"id": id_, "tags": (*original.tags, "copy", *lights)})


def _original(pack: Pack, copy: Copy) -> PackSample:
    name = f"{CLIP}/{copy.number:04d}"
    for sample in pack.record.samples:
        if sample.id == name:
            return sample
    raise DataError(f"{pack.folder}: has no {name} to copy")


def _moved(pack: Pack, original: PackSample, copy: Copy) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return foreground and alpha, scaled (premultiplied) and laid in their new place; colours 0 where alpha is."""
    top, left, height, width = original.box
    box = slice(top, top + height), slice(left, left + width)
    person = Image.fromarray(np.dstack([image[box] for image in load_foreground(pack, original)]))
    if copy.percent != 100:
        scaled = tuple(max(1, side * copy.percent // 100) for side in (width, height))
        person = person.resize((scaled[0], scaled[1]), Image.Resampling.BILINEAR)
    frame = Image.new("RGBA", pack.record.size[::-1])
    frame.paste(person, (copy.left, copy.top))
    pixels = np.array(frame)
    pixels[pixels[..., 3] == 0] = 0
    return np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3])


def _lit(image: NDArray[np.uint8], light: Light) -> NDArray[np.uint8]:
    levels = np.arange(256)
    tables = [np.minimum(levels * gain // 100, 255).astype(np.uint8) for gain in _GAINS[light]]
    return np.stack([table[image[..., channel]] for channel, table in enumerate(tables)], axis=-1)
