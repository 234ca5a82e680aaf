"""Cells of maps as patches: reading some with what surrounds them, and writing some back."""

import torch
from torch import Tensor


def windows(maps: list[Tensor], cell: int, margin: int) -> Tensor:
    """Return every cell's patch, its channels last: (B, rows, columns, side, side, C) with side = cell + 2 margin.

    A view: patches overlap in memory, and only those that an index chooses are copied.

    Args:
        maps: (B, C1, H, W), (B, C2, H, W) and so on, joined along the channels; H and W divisible by `cell`.
        cell: side of a cell in pixels.
        margin: pixels around a cell that belong to its patch; zeros stand outside the maps.
    """
    batch, _, height, width = maps[0].shape
    channels = [one.shape[1] for one in maps]
    padded = maps[0].new_zeros(batch, height + 2 * margin, width + 2 * margin, sum(channels))
    inside = padded[:, margin : margin + height, margin : margin + width]
    for part, one in zip(torch.split(inside, channels, dim=-1), maps, strict=True):
        part.copy_(one.permute(0, 2, 3, 1))
    side = cell + 2 * margin
    return padded.unfold(1, side, cell).unfold(2, side, cell).permute(0, 1, 2, 4, 5, 3)


def blocks(image: Tensor, cell: int) -> Tensor:
    """Return the cells of an image (B, C, H, W) as a view, (B, H / cell, W / cell, C, cell, cell), to write into."""
    batch, channels, height, width = image.shape
    cells = image.view(batch, channels, height // cell, cell, width // cell, cell)
    return cells.permute(0, 2, 4, 1, 3, 5)


def channels_first(patches: Tensor) -> Tensor:
    """Return patches (N, side, side, C) as (N, C, side, side), still with the channels last in memory."""
    return patches.permute(0, 3, 1, 2)
