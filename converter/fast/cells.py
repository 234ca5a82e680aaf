"""Rewrite: the chosen cells as a list of fixed length, instead of a mask over the image.

The refiner takes the `count` cells of largest error, of them those with error > 0. How many those are depends on the
data, and a graph of static shapes cannot hold such a list. Here all `count` stay in it, and each with error <= 0
becomes a further copy of the first, the one of largest error: refined twice it is written twice, with the same values.
If even that has error <= 0 no cell is chosen, and what is written, once and again, must be the coarse result of this
one cell, which changes nothing.

What a cell needs from a map is a patch of it, read as rows of a table (channels last, one row per pixel or block)
whose numbers are sums of a number that depends on the cell and one that depends on the place in the patch.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class ChosenCells(NamedTuple):
    """The list of cells.

    Attributes:
        row, column: of each cell, in cells, (count,).
        any: whether a cell is chosen at all, a scalar; if not, all of the list are the cell of largest error.
    """

    row: Tensor
    column: Tensor
    any: Tensor


def choose_cells(error: Tensor, count: int, row_of_cell: Tensor) -> ChosenCells:
    """Choose `count` cells of largest error.

    Args:
        error: (h, w), 0..1.
        count: at most h w.
        row_of_cell: n // w for n in range(h w): a table, as runtimes differ in how they divide whole numbers.
    """
    width = error.shape[1]
    largest, cells = torch.topk(error.reshape(-1), count)
    chosen = torch.where(largest > 0, cells, cells[0])
    row = row_of_cell.index_select(0, chosen)
    return ChosenCells(row, chosen - row * width, largest[0] > 0)


def map_of(chosen: ChosenCells, size: tuple[int, int]) -> Tensor:
    """Return the map of chosen cells, (1, 1, h, w), 1 where refined and 0 elsewhere."""
    height, width = size
    flat = torch.zeros(height * width, device=chosen.row.device)
    flat[chosen.row * width + chosen.column] = chosen.any.to(flat.dtype)
    return flat.reshape(1, 1, height, width)


def read_rows(table: Tensor, index: Tensor) -> Tensor:
    """Return rows of a table (N, C) by an index of any shape: (*index.shape, C)."""
    return table.index_select(0, index.reshape(-1)).reshape(*index.shape, table.shape[1])


def write_rows(table: Tensor, index: Tensor, rows: Tensor) -> Tensor:
    """Return the table (N, C) with `rows`, (*index.shape, C), at `index`; equal rows may be written twice."""
    return table.index_put((index.reshape(-1),), rows.reshape(-1, table.shape[1]))
