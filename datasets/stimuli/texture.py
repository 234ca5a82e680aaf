"""Hair and skin to tile a frame with: small windows of the bundled people, mirrored so that they join seamlessly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from datasets.people.pack import Pack, load_foreground
from datasets.samples.coverage import hair_like

HAIRY = ("people/0012", "people/0016", "people/0021", "people/0018")
"""Those whose hair fills a window best: the first has one in which each cell of 4x4 pixels is an edge."""
CELLS_WIDE = 12
"""Side of a window of hair in cells; narrower where no wider one holds an edge in each."""
SKIN_SIDE = 96
"""Side of a window of a person's inside in pixels."""

Colours = NDArray[np.uint8]
Alpha = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """What one person gives.

    Attributes:
        hair, hair_alpha: (h, w, 3) and (h, w) uint8, a hair-like edge in each cell.
        skin: (s, s, 3) uint8, what is opaque of the person.
    """

    hair: Colours
    hair_alpha: Alpha
    skin: Colours


def load_textures(pack: Pack, cell: int, names: Sequence[str] = HAIRY) -> tuple[Texture, ...]:
    """Cut the textures of people out of the pack; where a window's cell holds no edge, one that does takes its place.

    Args:
        pack: the bundled people.
        cell: side in pixels of the cells that must each hold an edge.
        names: whom, the one with the densest hair first.

    Raises:
        DataError: a file of the pack is missing or changed; nobody is opaque, or the first one's hair too sparse.
    """
    known = {sample.id: sample for sample in pack.record.samples}
    if missing := [name for name in names if name not in known]:
        raise DataError(f"{pack.folder}: the stimuli are made from {missing[0]}, which the pack does not hold")
    textures: list[Texture] = []
    spare: tuple[Colours, Alpha] | None = None
    for name in names:
        colours, alpha = load_foreground(pack, known[name])
        top, left, height, width = known[name].box
        box = slice(top // cell * cell, top + height), slice(left // cell * cell, left + width)
        colours, alpha = colours[box], alpha[box]
        spare = spare or _without_gap(name, colours, alpha, cell)
        skin = colours[_fullest(alpha == 255, SKIN_SIDE)]
        textures.append(Texture(*_window(colours, alpha, cell, spare), skin))
    return tuple(textures)


def tiled(window: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Fill (height, width) with a window, (h, w, ...), every other copy mirrored."""
    places = tuple(_folded(length, side) for length, side in zip(size, window.shape, strict=False))
    return np.ascontiguousarray(window[np.ix_(*places)])


def _folded(length: int, side: int) -> NDArray[np.intp]:
    place = np.arange(length) % (2 * side)
    return np.minimum(place, 2 * side - 1 - place)


def _without_gap(name: str, colours: Colours, alpha: Alpha, cell: int) -> tuple[Colours, Alpha]:
    """Return the widest window in which each cell holds an edge."""
    edges = hair_like(alpha, cell)
    for side in range(CELLS_WIDE, 0, -1):
        window = _fullest(edges, side)
        if edges[window].all():
            pixels = _scaled(window, cell)
            return colours[pixels], alpha[pixels]
    raise DataError(f"{name}: no cell of {cell}x{cell} pixels of its hair holds an edge; choose larger cells")


def _window(colours: Colours, alpha: Alpha, cell: int, spare: tuple[Colours, Alpha]) -> tuple[Colours, Alpha]:
    """Return the window fullest of edges, its other cells taken from `spare`."""
    edges = hair_like(alpha, cell)
    window = _fullest(edges, CELLS_WIDE)
    pixels = _scaled(window, cell)
    taken = np.repeat(np.repeat(edges[window], cell, axis=0), cell, axis=1)
    size = taken.shape
    hair = np.where(taken[..., np.newaxis], colours[pixels], tiled(spare[0], size))
    return hair, np.where(taken, alpha[pixels], tiled(spare[1], size))


def _fullest(mask: NDArray[np.bool_], side: int) -> tuple[slice, slice]:
    """Return the first of the windows of this side that hold the most."""
    side = min(side, *mask.shape)
    sums = np.pad(mask.astype(np.int32).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    counts = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(int(counts.argmax()), counts.shape)
    return slice(int(top), int(top) + side), slice(int(left), int(left) + side)


def _scaled(window: tuple[slice, slice], cell: int) -> tuple[slice, slice]:
    rows, columns = window
    return slice(rows.start * cell, rows.stop * cell), slice(columns.start * cell, columns.stop * cell)
