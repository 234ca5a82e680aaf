"""The battery: 14 composites at any size, the same bytes every time, that leave no part of the frame unseen.

The frame is divided into 12 regions. Each of 12 stimuli has dense hair in one of them, so that the cells that a network
can refine in one frame move over the whole of it, and around it nothing, or an opaque figure. One is half-transparent
everywhere, before a plate half black and half white; one shows nobody: its plate equals its source. Over the battery
each pixel is opaque, half-transparent and empty, each cell a hair-like edge, and each channel dark, bright and
saturated, of foregrounds and of backgrounds.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError, UsageError
from datasets.compose.placing import cover
from datasets.making.randomness import named_generator
from datasets.people.pack import CLIP as CLIP_OF_PEOPLE
from datasets.people.pack import Pack, load_background, open_pack
from datasets.samples.composite import composite
from datasets.samples.coverage import CELL
from datasets.samples.sample import Sample
from datasets.stimuli.texture import load_textures, tiled

CLIP = "stimuli"
SMALLEST = 64
"""Side in pixels below which regions would be too small."""
SHORT, LONG = 3, 4
"""How many regions stand along the shorter side of the frame and along the longer one."""

Tone = Literal["natural", "dark", "bright", "red", "green", "blue", "black", "white"]
_WHOLE, _LOW, _HIGH = (0, 255), (0, 80), (210, 255)
_RANGES: dict[Tone, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    "natural": (_WHOLE, _WHOLE, _WHOLE),
    "dark": ((0, 30), (0, 30), (0, 30)),
    "bright": ((220, 255), (220, 255), (220, 255)),
    "red": (_HIGH, _LOW, _LOW),
    "green": (_LOW, _HIGH, _LOW),
    "blue": (_LOW, _LOW, _HIGH),
    "black": ((0, 0), (0, 0), (0, 0)),
    "white": ((255, 255), (255, 255), (255, 255)),
}
"""What 0 and 255 of red, green and blue become."""


_PLANS: tuple[tuple[str, Tone | None, Tone], ...] = (
    ("0024", None, "natural"),
    ("0023", "bright", "dark"),
    ("0003", None, "black"),
    ("0021", "red", "green"),
    ("0020", None, "green"),
    ("0019", "dark", "bright"),
    ("0007", None, "white"),
    ("0008", "green", "blue"),
    ("0016", None, "blue"),
    ("0015", None, "bright"),
    ("0014", None, "red"),
    ("0013", "blue", "white"),
)
"""Of each stimulus with hair: whose background it takes from the bundled people, and the tones around the hair, of a
figure (None: nobody is there) and of the background. The hair itself and what is behind it are as they are, and chosen
so that the bundled checkpoint is unsure of its result there and nowhere else."""
_NOBODY = "0002"
NAMES = (*(f"hair-{number:02d}" for number in range(1, len(_PLANS) + 1)), "veil", "no-person")


def battery(size: tuple[int, int], seed: int = 1, cell: int = CELL, pack: Pack | None = None) -> list[Sample]:
    """Make the whole battery; `stimuli` makes one after the other, which needs the memory of one.

    Args, Raises: as `stimuli`.
    """
    return list(stimuli(size, seed, cell, pack))


def stimuli(size: tuple[int, int], seed: int = 1, cell: int = CELL, pack: Pack | None = None) -> Iterator[Sample]:
    """Make the samples of the battery, named as in `NAMES`, one by one.

    Args:
        size: height and width in pixels, the model's.
        seed: 0 or more; draws which parts of the backgrounds are shown.
        cell: side in pixels of the cells that the network refines.
        pack: the bundled people; None: those that are shipped.

    Raises:
        UsageError: a side is shorter than `SMALLEST` or the seed is negative.
        DataError: a file of the pack is missing or changed.
    """
    if min(size) < SMALLEST:
        raise UsageError(f"stimuli: expected a height and a width of at least {SMALLEST} pixels, found {size}")
    if seed < 0:
        raise UsageError(f"seed: expected 0 or more, found {seed}")
    return _stimuli(size, seed, cell, pack or open_pack())


def regions(size: tuple[int, int], cell: int = CELL) -> list[tuple[slice, slice]]:
    """Divide the frame into `SHORT` times `LONG` regions, row by row, at the edges of cells."""
    rows, columns = (SHORT, LONG) if size[0] <= size[1] else (LONG, SHORT)
    down, across = _parts(size[0], rows, cell), _parts(size[1], columns, cell)
    return [(vertical, horizontal) for vertical in down for horizontal in across]


def _parts(length: int, count: int, cell: int) -> list[slice]:
    cells = length // cell
    edges = [cells * part // count * cell for part in range(count)]
    return [slice(start, end) for start, end in zip(edges, [*edges[1:], length], strict=True)]


def _stimuli(size: tuple[int, int], seed: int, cell: int, pack: Pack) -> Iterator[Sample]:
    textures, areas = load_textures(pack, cell), regions(size, cell)
    for number, (place, figure, behind) in enumerate(_PLANS):
        texture, hairy = textures[number % len(textures)], areas[number]
        photograph = _photograph(pack, size, seed, place)
        background = _toned(photograph, behind)
        background[hairy] = photograph[hairy]
        foreground = np.zeros_like(background) if figure is None else _toned(tiled(texture.skin, size), figure)
        alpha = np.full(size, 0 if figure is None else 255, np.uint8)
        extent = alpha[hairy].shape
        foreground[hairy], alpha[hairy] = tiled(texture.hair, extent), tiled(texture.hair_alpha, extent)
        foreground[alpha == 0] = 0
        tags = (f"figure-{figure or 'none'}", f"background-{behind}")
        yield _sample(NAMES[number], foreground, alpha, background, tags)
    halves = np.zeros((*size, 3), np.uint8)
    halves[:, size[1] // 2 :] = 255
    yield _sample("veil", tiled(textures[0].skin, size), _veil(size), halves, ("half-transparent",))
    nobody, plate = np.zeros_like(halves), _photograph(pack, size, seed, _NOBODY)
    yield _sample("no-person", nobody, nobody[..., 0].copy(), plate, ("nobody",))


def _sample(
    name: str,
    foreground: NDArray[np.uint8],
    alpha: NDArray[np.uint8],
    background: NDArray[np.uint8],
    tags: tuple[str, ...],
) -> Sample:
    return Sample(f"{CLIP}/{name}", composite(foreground, alpha, background), background, alpha, foreground, tags=tags)


def _veil(size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return an alpha that rises and falls slowly between a quarter and three quarters."""
    rows, columns = np.indices(size, sparse=True)
    veil: NDArray[np.uint8] = (64 + 2 * np.abs((rows + columns) % 128 - 64)).astype(np.uint8)
    return veil


def _photograph(pack: Pack, size: tuple[int, int], seed: int, place: str) -> NDArray[np.uint8]:
    """Return a background of the pack, the part that is drawn for this size, scaled to it."""
    name = f"{CLIP_OF_PEOPLE}/{place}"
    found = [sample for sample in pack.record.samples if sample.id == name]
    if not found:
        raise DataError(f"{pack.folder}: the stimuli are made from {name}, which the pack does not hold")
    return cover(load_background(pack, found[0]), size, named_generator(seed, "stimulus", place))


def _toned(image: NDArray[np.uint8], tone: Tone) -> NDArray[np.uint8]:
    """Return an image, (H, W, 3), whose channels fill the ranges of a tone."""
    levels = np.arange(256)
    tables = [(low + levels * (high - low) // 255).astype(np.uint8) for low, high in _RANGES[tone]]
    return np.stack([table[image[..., channel]] for channel, table in enumerate(tables)], axis=-1)
