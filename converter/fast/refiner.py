"""The refiner on a list of cells, built of the rewrites of this package's other modules.

A cell, 4x4 pixels, needs of conv1's output 6x6 at half resolution. That is a table, cells as rows of 2x2 pixels,
computed for all cells at once (a cell's patch overlaps its neighbours' by two thirds). The rest is computed for the
chosen cells only: a patch's places are the first axes of a tensor and the cells the last one, so that the convolutions
over 6x6, 4x4 and 3x3 places are ones over 6 x 6 x cells, one cell wide. Patch by patch and densely the convolutions
give the same values: each output sees the same inputs.

Tensors here have batch 1, and patches are (place y, place x, cell, channel).
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from converter.fast.blocks import over_blocks, over_doubled_pixels, over_pairs
from converter.fast.cells import ChosenCells, read_rows, write_rows
from converter.fast.enlarging import QUADRUPLED, enlarge_x4, over_coarse_pixels
from converter.fast.shrinking import CELL, half_weights, rows_of_cells, shrink_to_half
from converter.network.decoder import HIDDEN_CHANNELS
from converter.network.refiner import Refiner
from converter.network.resize import bilinear


class _Convolution(NamedTuple):
    weight: Tensor
    bias: Tensor


class FastRefiner(nn.Module):
    """The refiner for images of one size.

    Args:
        refiner: the plain one, its BatchNorms folded.
        size: height and width of the coarse result: a quarter of the image's.
    """

    def __init__(self, refiner: Refiner, size: tuple[int, int]) -> None:
        super().__init__()
        self.height, self.width = height, width = size
        conv1 = _of(refiner.conv1)
        coarse, image = _split_conv1(conv1.weight)
        self.ring_weight, self.ring_bias = nn.Parameter(coarse), nn.Parameter(conv1.bias)
        self.coarse_weight, self.coarse_bias = (
            nn.Parameter(over_coarse_pixels(coarse)),
            nn.Parameter(conv1.bias.repeat(4)),
        )
        self.image_weight = nn.Parameter(over_pairs(image))
        conv2 = _of(refiner.conv2)
        self.conv2_weight, self.conv2_bias = nn.Parameter(conv2.weight[..., None]), nn.Parameter(conv2.bias)
        conv3 = _of(refiner.conv3)
        half = refiner.conv2.out_channels
        joined = torch.cat([over_doubled_pixels(conv3.weight[:, :half]), over_blocks(conv3.weight[:, half:])], dim=1)
        self.conv3_weight, self.conv3_bias = nn.Parameter(joined[..., None]), nn.Parameter(conv3.bias.repeat(4))
        conv4 = _of(refiner.conv4)
        self.conv4_weight = nn.Parameter(over_blocks(conv4.weight)[..., None])
        self.conv4_bias = nn.Parameter(conv4.bias.repeat(4))
        self.half_weights = nn.Parameter(half_weights(6))
        phases = torch.tensor(QUADRUPLED)
        self.columns_x4 = nn.Parameter(phases.reshape(4, 1, 1, 3))
        self.cell_x4 = nn.Parameter(torch.einsum("pa,qb->abpq", phases, phases).reshape(9, CELL * CELL))
        self.register_buffer("ring", _ring(height, width), persistent=False)
        self.ring: Tensor

    def forward(
        self, source: Tensor, image: Tensor, coarse: Tensor, result: Tensor, chosen: ChosenCells
    ) -> tuple[Tensor, Tensor]:
        """Return alpha (1, 1, H, W) and foreground (1, 3, H, W), both 0..1, refined in the chosen cells.

        Args:
            source: (1, 3, H, W), RGB 0..1.
            image: source and background, (1, H, W, 6), RGB 0..1, channels last.
            coarse: [alpha, residual, error, hidden], (1, 37, H/4, W/4), alpha clamped to 0..1 and hidden to >= 0.
            result: the first four of `coarse`, (4, H/4, W/4).
            chosen: the cells.
        """
        pixels = self.image_patches(image, chosen)
        halves = F.relu(
            self.half_patches(self.coarse_table(coarse), chosen) + self.half_patches(self.image_table(image), chosen)
        )
        refined = torch.where(chosen.any, self.refine(halves, pixels), self.coarse_cell(result, chosen))
        source_cells = pixels[1:3, 1:3].reshape(2, 2, -1, 2, 2, 6)[..., :3]
        planes = enlarge_x4(result, self.columns_x4)
        alpha = self.write(planes[:1].clamp(0, 1), refined[..., :1].clamp(0, 1), chosen)
        foreground = self.write(
            (planes[1:] + source[0]).clamp(0, 1), (refined[..., 1:] + source_cells).clamp(0, 1), chosen
        )
        return alpha[None], foreground[None]

    def coarse_table(self, coarse: Tensor) -> Tensor:
        """Return what the coarse channels and the bias give to conv1, 24 channels for a pixel at half resolution a row.

        Rows are (cell y, cell x, pixel y, pixel x), with one cell more than the image has on every side, where conv1
        still sees part of it.
        """
        dense = F.conv2d(coarse, self.coarse_weight, self.coarse_bias, padding=2)
        table = dense.permute(0, 2, 3, 1).reshape(-1, dense.shape[1])
        return write_rows(table, self.ring, self.ring_rows(coarse)).reshape(-1, dense.shape[1] // 4)

    def image_table(self, image: Tensor) -> Tensor:
        """Return what the image gives to conv1, in rows as those of `coarse_table`."""
        half = F.pad(shrink_to_half(rows_of_cells(image), self.half_weights), (0, 0, 3, 3, 3, 3))
        batch, height, width, channels = half.shape
        pairs = half.reshape(batch, height, width // 2, 2 * channels).permute(0, 3, 1, 2)
        dense = F.conv2d(pairs, self.image_weight, stride=(2, 1))
        return dense.permute(0, 2, 3, 1).reshape(-1, dense.shape[1] // 4)

    def ring_rows(self, coarse: Tensor) -> Tensor:
        """Return `coarse_table`'s rows for the outermost two cells, by the plain network's own operations on strips."""
        top = self._strip(coarse[:, :, :2], rows=slice(0, 3), padding=(3, 3, 3, 0))
        bottom = self._strip(coarse[:, :, -2:], rows=slice(1, 4), padding=(3, 3, 0, 3))
        left = self._strip(coarse[..., :2], columns=slice(0, 3), padding=(3, 0, 3, 3))
        right = self._strip(coarse[..., -2:], columns=slice(1, 4), padding=(0, 3, 3, 3))
        strips = top, bottom, left[2:-2], right[2:-2]
        return torch.cat([strip.reshape(-1, strip.shape[-1]) for strip in strips])

    def _strip(
        self,
        coarse: Tensor,
        padding: tuple[int, int, int, int],
        rows: slice = slice(None),
        columns: slice = slice(None),
    ) -> Tensor:
        """Return the part of `coarse_table` that is the two cells along a border, (cells y, cells x, 96)."""
        height, width = coarse.shape[-2:]
        # The third pixel from the border needs no more than the second coarse one; of the fourth that is not true.
        x = bilinear(coarse, (2 * height, 2 * width))[:, :, rows, columns]
        x = F.conv2d(F.pad(x, padding), self.ring_weight, self.ring_bias)
        channels, height, width = x.shape[1:]
        blocks = x.reshape(channels, height // 2, 2, width // 2, 2)
        return blocks.permute(1, 3, 2, 4, 0).reshape(height // 2, width // 2, 4 * channels)

    def half_patches(self, table: Tensor, chosen: ChosenCells) -> Tensor:
        """Return (6, 6, cells, 24): the 6x6 pixels at half resolution of each cell, from a table of theirs."""
        place = torch.arange(6)
        # A patch begins with the cell before the chosen one, which the table's extra cells make a matter of course.
        cell_y, cell_x = chosen.row + (place // 2)[:, None], chosen.column + (place // 2)[:, None]
        index = (cell_y * (self.width + 2) * 4 + (place % 2 * 2)[:, None])[:, None]
        return read_rows(table, index + (cell_x * 4 + (place % 2)[:, None]))

    def image_patches(self, image: Tensor, chosen: ChosenCells) -> Tensor:
        """Return (4, 4, cells, 24): a cell's 8x8 pixels as 4x4 blocks of 2x2, with zeros outside the image."""
        height, width = CELL * self.height, CELL * self.width
        # One row per two neighbouring pixels.
        table = image.reshape(-1, 12)
        block = torch.arange(4)
        y, x = block[:, None] + (2 * chosen.row - 1), block[:, None] + (2 * chosen.column - 1)
        inside_y, inside_x = (y >= 0) & (y < height // 2), (x >= 0) & (x < width // 2)
        first = (y.clamp(0, height // 2 - 1) * width)[:, None] + x.clamp(0, width // 2 - 1)
        index = first[..., None] + torch.arange(2) * (width // 2)
        inside = inside_y[:, None] & inside_x
        return read_rows(table, index).flatten(-2) * inside[..., None].to(image.dtype)

    def refine(self, halves: Tensor, pixels: Tensor) -> Tensor:
        """Return alpha and residual of the cells, (2, 2, cells, 2, 2, 4): block y, x, cell, pixel y, x, channel."""
        x = _channels_first(halves)
        x = F.relu(F.conv3d(x, self.conv2_weight, self.conv2_bias))
        x = torch.cat([x, _channels_first(pixels)], dim=1)
        x = F.relu(F.conv3d(x, self.conv3_weight, self.conv3_bias))
        x = F.conv3d(x, self.conv4_weight, self.conv4_bias)
        return x.permute(0, 2, 3, 4, 1).reshape(2, 2, -1, 2, 2, 4)

    def coarse_cell(self, result: Tensor, chosen: ChosenCells) -> Tensor:
        """Return alpha and residual of the first cell in the list, enlarged but not refined, (2, 2, 1, 2, 2, 4)."""
        around = torch.arange(-1, 2)
        y = (around + chosen.row[0]).clamp(0, self.height - 1)
        x = (around + chosen.column[0]).clamp(0, self.width - 1)
        neighbours = result.reshape(4, -1).index_select(1, (y[:, None] * self.width + x).reshape(-1))
        # A sum, as a product of matrices this small takes OpenVINO longer than a convolution over the image.
        enlarged = (neighbours[:, :, None] * self.cell_x4).sum(dim=1)
        return enlarged.reshape(4, 2, 2, 1, 2, 2).permute(1, 4, 3, 2, 5, 0)

    def write(self, planes: Tensor, patches: Tensor, chosen: ChosenCells) -> Tensor:
        """Write cells, (2, 2, cells, 2, 2, C), over planes, (C, H, W)."""
        channel = torch.arange(planes.shape[0])[:, None, None] * planes.shape[1]
        y = channel + torch.arange(CELL)[:, None] + CELL * chosen.row
        rows = patches.permute(5, 0, 3, 2, 1, 4).reshape(-1, CELL)
        return write_rows(planes.reshape(-1, CELL), y * self.width + chosen.column, rows).reshape(planes.shape)


def _of(convolution: nn.Conv2d) -> _Convolution:
    assert convolution.bias is not None
    return _Convolution(convolution.weight.detach(), convolution.bias.detach())


def _split_conv1(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Split conv1's weights, over [hidden, alpha, residual, images], into [alpha, residual, error, hidden], images."""
    hidden, alpha, residual = weight[:, :HIDDEN_CHANNELS], weight[:, HIDDEN_CHANNELS:-9], weight[:, -9:-6]
    return torch.cat([alpha, residual, torch.zeros_like(alpha), hidden], dim=1), weight[:, -6:]


def _ring(height: int, width: int) -> Tensor:
    """Return the numbers of the outermost two cells' rows in a table of (height + 2, width + 2) cells."""
    cells = torch.arange((height + 2) * (width + 2)).reshape(height + 2, width + 2)
    strips = cells[:2], cells[-2:], cells[2:-2, :2], cells[2:-2, -2:]
    return torch.cat([strip.reshape(-1) for strip in strips])


def _channels_first(patches: Tensor) -> Tensor:
    return patches[None].permute(0, 4, 1, 2, 3)
