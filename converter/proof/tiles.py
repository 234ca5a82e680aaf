"""Parity by tile: how far the mean of any 8x8 block moves, apart from cells that were refined otherwise.

A mean over all pixels does not see a small patch. So every 8x8 block, at every pixel, is judged by its mean
difference, in which noise cancels and a patch does not.

How far a lower precision moves a block depends on how certain the matte is there: hardly at all where it is empty or
opaque, and by many times more where it is soft, with the root of its softness. So
the limit has two parts, one for all blocks and one that grows with the softness of the original's alpha.

One other thing moves a block and is no fault. The network refines the cells of largest predicted error, and near-ties
of that error make a form choose a few others than the original. But such a cell is known by its values: they are those
that the original's own network gives for the cell in its other state, coarse instead of refined or refined instead of
coarse. A cell that differs is excused only if alpha and foreground there are nearly those. Of an original that cannot
be asked, a ready ONNX, a cell is excused unless it belongs to a patch: to 2x2 cells whose alpha all differs to the same
side. How many cells may be excused has a limit too.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from configs.records import Frozen
from converter.forms.proofs import Tiles, WorstBlock
from converter.proof.parity import CELL_DIFFERS
from datasets.samples.sample import Prediction

BLOCK = 8
AROUND = 32
NEARER = 0.5
"""An excused cell is at most this share as far from the original's other state as it is from the original."""

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


class Alternatives(NamedTuple):
    """The original's predictions with no cell refined, and with those of them refined that it was asked for."""

    coarse: Prediction
    refined: Prediction


class BlockLimit(Frozen):
    """By how much an 8x8 block may move, 0..1 units: `base` anywhere, and `slope` times the block's softness more."""

    base: float
    slope: float


class TileLimits(Frozen):
    """What the blocks of a form may do.

    Attributes:
        alpha, foreground: how far a block may move.
        refined_otherwise: the share of cells that may be refined otherwise, 0..1.
        near: how far such a cell may be from the original's other state, 0..1 units of alpha and foreground.
    """

    alpha: BlockLimit
    foreground: BlockLimit
    refined_otherwise: float
    near: float


class TileMeter:
    """Measures blocks sample by sample, holding no prediction.

    Args:
        limits: in terms of which the worst block is the worst.
        cell: side of the cells that the network chooses to refine; None for one that chooses none.
    """

    def __init__(self, limits: TileLimits, cell: int | None) -> None:
        self._cell = cell
        self._near = limits.near
        self._alpha, self._foreground = _Worst(limits.alpha), _Worst(limits.foreground)
        self._excused = self._cells = self._samples = 0

    def add(
        self, original: Prediction, converted: Prediction, alternatives: Callable[[Mask], Alternatives] | None = None
    ) -> Mask:
        """Take the two predictions for one sample; return the pixels, (H, W), of the cells refined otherwise.

        Args:
            original, converted: of one size, at least 8x8.
            alternatives: called for the original's two states of the cells that differ, (rows, columns), if there is
                one; None where the original cannot tell.

        Raises:
            DataError: they are of different sizes, or smaller than a block.
        """
        shape = original.alpha.shape
        if shape != converted.alpha.shape or min(shape) < BLOCK:
            raise DataError(
                f"tiles need one size of at least {BLOCK}x{BLOCK}, found {shape} and {converted.alpha.shape}"
            )
        pixels = np.zeros(shape, np.bool_)
        if self._cell is not None:
            excused = cells_refined_otherwise(original, converted, alternatives, self._near, self._cell)
            _mark(pixels, excused, self._cell)
            self._excused += int(excused.sum())
            self._cells += excused.size
        counted = (~pixels).astype(np.float32)
        softness = block_softness(original.alpha)
        self._alpha.add(block_means((converted.alpha - original.alpha) * counted), softness, self._samples)
        if original.foreground is not None and converted.foreground is not None:
            weights = (counted * original.alpha)[..., None]
            moved = block_means((converted.foreground - original.foreground) * weights)
            largest = np.maximum(np.maximum(moved[..., 0], moved[..., 1]), moved[..., 2])
            self._foreground.add(largest, softness, self._samples)
        self._samples += 1
        return pixels

    def result(self) -> Tiles:
        """Return the worst blocks.

        Raises:
            DataError: no sample was added.
        """
        if not self._samples:
            raise DataError("tiles need a sample, none was compared")
        return Tiles(
            alpha=self._alpha.block(),
            foreground=self._foreground.block() if self._foreground.added else None,
            excused=self._excused,
            cells=self._cells,
            samples=self._samples,
        )


def check_tiles(result: Tiles, limits: TileLimits, samples: Sequence[str] = ()) -> list[str]:
    """Return, in plain words, which output moved a block beyond its limit, and where; nothing where none did.

    Args:
        result: what was measured with the same limits.
        limits: of outputs and of the share of cells refined otherwise.
        samples: their ids, in order; without them samples are named by number.
    """
    return list(_problems(result, limits, samples))


def with_wider_limits(result: Tiles, factor: float) -> Tiles:
    """Return a result as if the limit of its worst blocks had been wider by a factor; which places are beyond stays."""
    blocks = {"alpha": result.alpha, "foreground": result.foreground}
    wider = {
        output: block if block is None else block.model_copy(update={"limit": block.limit * factor})
        for output, block in blocks.items()
    }
    return result.model_copy(update=wider)


def block_means(difference: Floats) -> Floats:
    """Return |mean| of the 8x8 block at every pixel of a (H, W) or (H, W, C) difference, (H - 7, W - 7[, C])."""
    means = cv2.boxFilter(difference, -1, (BLOCK, BLOCK), anchor=(0, 0))
    return np.asarray(np.abs(means[: 1 - BLOCK, : 1 - BLOCK]))


def block_softness(alpha: Floats) -> Floats:
    """Return the softness, 0 to about 1, of the 8x8 block at every pixel of an alpha (H, W), (H - 7, W - 7).

    It is the root of the mean of 4 a (1 - a) over the block, plus a sixteenth of that over the 32x32 pixels around it:
    0 where alpha is empty or opaque all around, 1 where it is a half.
    """
    soft = 4 * alpha * (1 - alpha)
    block = cv2.boxFilter(soft, -1, (BLOCK, BLOCK), anchor=(0, 0))
    around = cv2.boxFilter(soft, -1, (AROUND, AROUND), anchor=((AROUND - BLOCK) // 2,) * 2)
    both = block + around * np.float32((BLOCK / AROUND) ** 2)
    return np.asarray(np.sqrt(np.maximum(both[: 1 - BLOCK, : 1 - BLOCK], 0)))


def cells_refined_otherwise(
    original: Prediction,
    converted: Prediction,
    alternatives: Callable[[Mask], Alternatives] | None,
    near: float,
    cell: int,
) -> Mask:
    """Return which whole cells differ because they were refined in one form and not in the other.

    Args:
        original, converted, alternatives: as for `TileMeter.add`.
        near: as in `TileLimits`.
        cell: side of the cells.
    """
    alpha = _cells(converted.alpha - original.alpha, cell)
    if alternatives is None:
        return _without_patches(alpha)
    furthest = _furthest(alpha)
    if original.foreground is not None and converted.foreground is not None:
        furthest = np.maximum(furthest, _furthest(_cells(converted.foreground - original.foreground, cell)))
    found = furthest > CELL_DIFFERS
    if found.any():
        states = alternatives(found)
        distances = np.minimum(*(_apart(converted, state, found, cell) for state in states))
        found[found] = distances <= np.minimum(NEARER * furthest[found], near)
    return found


def _apart(converted: Prediction, state: Prediction, cells: Mask, cell: int) -> Floats:
    """Return for each of the chosen cells the largest |difference| of alpha and foreground."""
    apart = np.abs(_cells(converted.alpha, cell)[cells] - _cells(state.alpha, cell)[cells]).max(axis=(1, 2))
    if converted.foreground is not None and state.foreground is not None:
        foreground = np.abs(_cells(converted.foreground, cell)[cells] - _cells(state.foreground, cell)[cells])
        apart = np.maximum(apart, foreground.max(axis=(1, 2, 3)))
    return np.asarray(apart)


def _without_patches(alpha: Floats) -> Mask:
    """Return the differing cells, (rows, columns), without those of patches: 2x2 cells that differ to one side."""
    differing = _furthest(alpha) > CELL_DIFFERS
    side = np.sign(alpha.mean(axis=(2, 3))) * differing
    patch = np.zeros_like(differing)
    for direction in (-1, 1):
        same = side == direction
        corner = same[:-1, :-1] & same[:-1, 1:] & same[1:, :-1] & same[1:, 1:]
        for row in (slice(None, -1), slice(1, None)):
            for column in (slice(None, -1), slice(1, None)):
                patch[row, column] |= corner
    return differing & ~patch


def _cells(image: Floats, cell: int) -> Floats:
    """View (H, W[, C]) as (rows, columns, cell, cell[, C]), without what is left over at the right and below."""
    rows, columns = image.shape[0] // cell, image.shape[1] // cell
    whole = image[: rows * cell, : columns * cell]
    return whole.reshape(rows, cell, columns, cell, *image.shape[2:]).swapaxes(1, 2)


def _furthest(cells: Floats) -> Floats:
    """Return the largest magnitude in each cell, (rows, columns)."""
    rows, columns, cell = cells.shape[:3]
    lines = cells.swapaxes(1, 2).reshape(rows, cell, -1)
    tallest = np.maximum(lines.max(axis=1), -lines.min(axis=1))
    return np.asarray(tallest.reshape(rows, columns, -1).max(axis=2))


def _mark(pixels: Mask, cells: Mask, cell: int) -> None:
    rows, columns = cells.shape
    pixels[: rows * cell, : columns * cell] = cells.repeat(cell, axis=0).repeat(cell, axis=1)


class _Worst:
    """The worst block of one output so far."""

    def __init__(self, limit: BlockLimit) -> None:
        self._limit = limit
        self._ratio = -1.0
        self._found = (0.0, 0.0, 0, 0, 0)
        self._beyond = 0

    @property
    def added(self) -> bool:
        """Whether anything was."""
        return self._ratio >= 0

    def add(self, moved: Floats, softness: Floats, sample: int) -> None:
        limit = softness * np.float32(self._limit.slope) + np.float32(self._limit.base)
        ratios = moved / limit
        place = int(ratios.argmax())
        y, x = divmod(place, moved.shape[1])
        worst = float(ratios[y, x])
        if worst > self._ratio:
            self._ratio = worst
            self._found = (float(moved[y, x]), float(limit[y, x]), sample, x, y)
        if worst > 1:
            self._beyond += int((ratios > 1).sum())

    def block(self) -> WorstBlock:
        moved, limit, sample, x, y = self._found
        return WorstBlock(moved=moved, limit=limit, sample=sample, x=x, y=y, beyond=self._beyond)


def _problems(result: Tiles, limits: TileLimits, samples: Sequence[str]) -> Iterator[str]:
    for output, block in (("alpha", result.alpha), ("foreground", result.foreground)):
        if block is not None and block.moved > block.limit:
            sample = samples[block.sample] if samples else f"number {block.sample}"
            yield (
                f"the {output} of an {BLOCK}x{BLOCK} block moved by {255 * block.moved:.3g}/255, limit "
                f"{255 * block.limit:.3g}/255 (sample {sample}, at x {block.x}, y {block.y}; {block.beyond} places "
                "beyond)"
            )
    share = result.excused / result.cells if result.cells else 0.0
    if share > limits.refined_otherwise:
        yield f"{share:.2%} of the cells are refined otherwise, limit {limits.refined_otherwise:.2%}"
