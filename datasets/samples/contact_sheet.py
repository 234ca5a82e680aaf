"""A contact sheet of a set: a few samples, each as source, background and, where known, alpha and foreground."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from datasets.samples.composite import composite
from datasets.samples.layout import SampleRef, SampleSet, load_pair
from datasets.samples.sample import Pair, Sample

COLUMNS = ("source", "background", "alpha", "foreground")
"""Of a whole set; one without plates or ground truth has fewer."""
TILE_SIDE = 320
"""Longest side of a tile in pixels; smaller images keep their size."""

_GAP = 6
_LABEL = 18
_PAPER = (255, 255, 255)
_INK = (30, 30, 30)
_CHECKER_SIDE = 8
_CHECKER_TONES = (102, 153)

Row = tuple[str, tuple[Image.Image, ...]]


def contact_sheet(samples: Iterable[Pair]) -> NDArray[np.uint8]:
    """Draw samples as rows of tiles under their ids, the columns those of `COLUMNS` that every sample has.

    Each sample is shrunk as it comes and then let go, so that a generator of samples needs the memory of one.

    Returns:
        (H, W, 3) uint8 RGB. Alpha is grey; the foreground lies over a grey checker.
    """
    shrunk = [(sample.id, {name: _shrunk(image) for name, image in _images(sample)}) for sample in samples]
    if not shrunk:
        raise ValueError("a contact sheet needs at least one sample")
    columns = [name for name in COLUMNS if all(name in tiles for _, tiles in shrunk)]
    rows: list[Row] = [(id_, tuple(tiles[name] for name in columns)) for id_, tiles in shrunk]
    widths = [max(tiles[column].width for _, tiles in rows) for column in range(len(columns))]
    heights = [max(tile.height for tile in tiles) for _, tiles in rows]
    size = sum(widths) + _GAP * (len(widths) + 1), _LABEL + sum(height + _LABEL + _GAP for height in heights)
    sheet = Image.new("RGB", size, _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=12)
    lefts = [_GAP + sum(width + _GAP for width in widths[:column]) for column in range(len(columns))]
    for left, name in zip(lefts, columns, strict=True):
        draw.text((left, 2), name, fill=_INK, font=font)
    top = _LABEL
    for (id_, tiles), height in zip(rows, heights, strict=True):
        draw.text((_GAP, top + 2), id_, fill=_INK, font=font)
        for left, tile in zip(lefts, tiles, strict=True):
            sheet.paste(tile, (left, top + _LABEL))
        top += height + _LABEL + _GAP
    return np.array(sheet)


def set_contact_sheet(
    sample_set: SampleSet, limit: int, progress: Callable[[int, int], None] | None = None
) -> NDArray[np.uint8]:
    """Draw the contact sheet of a set, of at most `limit` samples, as `evenly_chosen` takes them."""
    chosen = evenly_chosen(sample_set.refs, limit)
    return contact_sheet(_loaded(chosen, progress))


def evenly_chosen(refs: tuple[SampleRef, ...], limit: int) -> tuple[SampleRef, ...]:
    """Return `limit` samples spread evenly from the first to the last, or all where there are no more."""
    if limit <= 0:
        raise ValueError(f"limit must be positive, not {limit}")
    if limit >= len(refs):
        return refs
    steps = max(limit - 1, 1)
    return tuple(refs[place * (len(refs) - 1) // steps] for place in range(limit))


def _loaded(refs: tuple[SampleRef, ...], progress: Callable[[int, int], None] | None) -> Iterator[Pair]:
    for done, ref in enumerate(refs, start=1):
        yield load_pair(ref)
        if progress is not None:
            progress(done, len(refs))


def _images(sample: Pair) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    yield from sample.images.items()
    if not isinstance(sample, Sample):
        return
    rows, columns = (np.arange(side) // _step(sample.size) for side in sample.size)
    tones = np.array(_CHECKER_TONES, np.uint8)[(rows[:, np.newaxis] + columns) % 2]
    alpha, checker = (np.repeat(image[..., np.newaxis], 3, axis=2) for image in (sample.alpha, tones))
    yield from (("alpha", alpha), ("foreground", composite(sample.foreground, sample.alpha, checker)))


def _step(size: tuple[int, int]) -> int:
    """Return the side of the checker's squares before shrinking."""
    return _CHECKER_SIDE * max(1, max(size) // TILE_SIDE)


def _shrunk(image: NDArray[np.uint8]) -> Image.Image:
    tile = Image.fromarray(image)
    tile.thumbnail((TILE_SIDE, TILE_SIDE), Image.Resampling.BOX)
    return tile
