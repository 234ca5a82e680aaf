"""The refiner on a list of cells, built of the rewrites of this package's other modules.

A cell, 4x4 pixels, needs of conv1's output 6x6 at half resolution. That is a table of pixels, the 2x2 of a cell behind
each other, computed for all cells at once (a cell's patch overlaps its neighbours' by two thirds). The rest is computed
for the chosen cells only: a patch's places are the first axes of a tensor and the cells the last one, so that the
convolutions over 6x6, 4x4 and 3x3 places are ones over 6 x 6 x cells, one cell wide. Patch by patch and densely the
convolutions give the same values: each output sees the same inputs.

Tensors here have batch 1, and patches are (place y, place x, cell, channel).
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from converter.fast.blocks import over_blocks, over_doubled_pixels
from converter.fast.cells import ChosenCells, read_rows, write_rows
from converter.fast.enlarging import QUADRUPLED, column_weights, enlarge_x4, over_coarse_pixels
from converter.fast.tiles import CELL, COLOURS, half_weights, tile_weights, tiles_of
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

    FIXED_WEIGHTS = ("half_weights", "tile_weights", "columns_x4")
    """Parameters that hold nothing learnt and that a convolution takes as weights."""

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
        self.image_weight = nn.Parameter(_by_image(over_blocks(image)))
        conv2 = _of(refiner.conv2)
        self.conv2_weight, self.conv2_bias = nn.Parameter(conv2.weight[..., None]), nn.Parameter(conv2.bias)
        conv3 = _of(refiner.conv3)
        half = refiner.conv2.out_channels
        pixels = _by_image(over_blocks(conv3.weight[:, half:]))
        joined = torch.cat([over_doubled_pixels(conv3.weight[:, :half]), pixels], dim=1)
        self.conv3_weight, self.conv3_bias = nn.Parameter(joined[..., None]), nn.Parameter(conv3.bias.repeat(4))
        conv4 = _of(refiner.conv4)
        self.conv4_weight = nn.Parameter(_channel_by_channel(over_blocks(conv4.weight))[..., None])
        self.conv4_bias = nn.Parameter(conv4.bias.repeat_interleave(4))
        self.half_weights = nn.Parameter(half_weights())
        self.tile_weights = nn.Parameter(tile_weights())
        phases = torch.tensor(QUADRUPLED)
        self.columns_x4 = nn.Parameter(column_weights(width))
        self.cell_x4 = nn.Parameter(torch.einsum("pa,qb->abpq", phases, phases).reshape(9, CELL * CELL))
        self.register_buffer("ring", _ring(height, width), persistent=False)
        self.ring: Tensor

    def forward(
        self, images: tuple[Tensor, Tensor], coarse: Tensor, result: Tensor, chosen: ChosenCells
    ) -> tuple[Tensor, Tensor]:
        """Return alpha (1, 1, H, W) and foreground (1, 3, H, W), both 0..1, refined in the chosen cells.

        Args:
            images: source and background, (1, 3, H, W), RGB 0..1.
            coarse: [alpha, residual, error, hidden], (1, 37, H/4, W/4), alpha clamped to 0..1 and hidden to >= 0.
            result: the first four of `coarse`, (4, H/4, W/4).
            chosen: the cells.
        """
        tiles = tuple(tiles_of(image, self.tile_weights) for image in images)
        source, background = (self.pixel_patches(pixels, chosen) for pixels in tiles)
        halves = F.relu(
            self.half_patches(self.coarse_table(coarse), chosen) + self.half_patches(self.image_table(tiles), chosen)
        )
        refined = torch.where(chosen.any, self.refine(halves, source, background), self.coarse_cell(result, chosen))
        planes = enlarge_x4(result, self.columns_x4)
        alpha = self.write(planes[None, :1].clamp(0, 1), refined[..., :4].clamp(0, 1), chosen)
        foreground = self.write(
            (planes[None, 1:] + images[0]).clamp(0, 1), (refined[..., 4:] + source[1:3, 1:3]).clamp(0, 1), chosen
        )
        return alpha, foreground

    def coarse_table(self, coarse: Tensor) -> Tensor:
        """Return what the coarse channels and the bias give to conv1, 24 channels for a pixel at half resolution a row.

        Rows are (cell y, cell x, pixel y, pixel x), with one cell more than the image has on every side, where conv1
        still sees part of it.
        """
        dense = F.conv2d(coarse, self.coarse_weight, self.coarse_bias, padding=2)
        return write_rows(_rows(dense, dense.shape[1] // 4), self.ring, self.ring_rows(coarse))

    def image_table(self, tiles: tuple[Tensor, ...]) -> Tensor:
        """Return what the images, in tiles, give to conv1, in rows as those of `coarse_table`."""
        halves = torch.cat([F.conv2d(pixels, self.half_weights) for pixels in tiles], dim=1)
        dense = F.conv2d(halves, self.image_weight, padding=1)
        return _rows(dense, dense.shape[1] // 4)

    def ring_rows(self, coarse: Tensor) -> Tensor:
        """Return `coarse_table`'s rows for the outermost two cells, by the plain network's own operations on strips."""
        top = self._strip(coarse[:, :, :2], rows=slice(0, 3), padding=(3, 3, 3, 0))
        bottom = self._strip(coarse[:, :, -2:], rows=slice(1, 4), padding=(3, 3, 0, 3))
        left = self._strip(coarse[..., :2], columns=slice(0, 3), padding=(3, 0, 3, 3))
        right = self._strip(coarse[..., -2:], columns=slice(1, 4), padding=(0, 3, 3, 3))
        strips = top, bottom, left[4:-4], right[4:-4]
        return torch.cat([strip.reshape(-1, strip.shape[-1]) for strip in strips])

    def _strip(
        self,
        coarse: Tensor,
        padding: tuple[int, int, int, int],
        rows: slice = slice(None),
        columns: slice = slice(None),
    ) -> Tensor:
        """Return the part of `coarse_table` that is the two cells along a border, (pixels y, pixels x, 24)."""
        height, width = coarse.shape[-2:]
        # The third pixel from the border needs no more than the second coarse one; of the fourth that is not true.
        x = bilinear(coarse, (2 * height, 2 * width))[:, :, rows, columns]
        return F.conv2d(F.pad(x, padding), self.ring_weight, self.ring_bias).permute(0, 2, 3, 1)[0]

    def half_patches(self, table: Tensor, chosen: ChosenCells) -> Tensor:
        """Return (6, 6, cells, 24): the 6x6 pixels at half resolution of each cell, from a table of theirs."""
        return read_rows(table, self._places(6, chosen, self.width + 2))

    def pixel_patches(self, tiles: Tensor, chosen: ChosenCells) -> Tensor:
        """Return (4, 4, cells, 12): a cell's 8x8 pixels as 4x4 blocks, (colour, y, x), zeros outside the image."""
        return read_rows(_rows(tiles, 4 * COLOURS), self._places(4, chosen, self.width + 1))

    def _places(self, side: int, chosen: ChosenCells, width: int) -> Tensor:
        """Return the numbers, (side, side, cells), of the rows that are the patches of the cells.

        The table's rows are (y, x, y in it, x in it) of things 2x2 a cell, `width` cells wide; a cell's patch begins
        with the first of the cell that has its number.
        """
        place = torch.arange(side)
        y, x = chosen.row + (place // 2)[:, None], chosen.column + (place // 2)[:, None]
        index = (y * width * 4 + (place % 2 * 2)[:, None])[:, None]
        return index + (x * 4 + (place % 2)[:, None])

    def refine(self, halves: Tensor, source: Tensor, background: Tensor) -> Tensor:
        """Return alpha and residual of the cells, (2, 2, cells, 16): block y, x, cell, (channel, pixel y, x)."""
        x = F.relu(F.conv3d(_channels_first(halves), self.conv2_weight, self.conv2_bias))
        x = torch.cat([_channels_last(x), source, background], dim=-1)
        x = F.relu(F.conv3d(_channels_first(x), self.conv3_weight, self.conv3_bias))
        return _channels_last(F.conv3d(x, self.conv4_weight, self.conv4_bias))

    def coarse_cell(self, result: Tensor, chosen: ChosenCells) -> Tensor:
        """Return alpha and residual of the first cell in the list, enlarged but not refined, (2, 2, 1, 16)."""
        around = torch.arange(-1, 2)
        y = (around + chosen.row[0]).clamp(0, self.height - 1)
        x = (around + chosen.column[0]).clamp(0, self.width - 1)
        neighbours = result.reshape(4, -1).index_select(1, (y[:, None] * self.width + x).reshape(-1))
        # A sum, as a product of matrices this small takes OpenVINO longer than a convolution over the image.
        enlarged = (neighbours[:, :, None] * self.cell_x4).sum(dim=1)
        return enlarged.reshape(4, 2, 2, 2, 2).permute(1, 3, 0, 2, 4).reshape(2, 2, 1, 16)

    def write(self, planes: Tensor, patches: Tensor, chosen: ChosenCells) -> Tensor:
        """Write cells, (2, 2, cells, 4 C), over planes, (1, C, H, W)."""
        channels, height = planes.shape[1:3]
        channel = torch.arange(channels)[:, None, None] * height
        y = channel + torch.arange(CELL)[:, None] + CELL * chosen.row
        rows = patches.reshape(2, 2, -1, channels, 2, 2).permute(3, 0, 4, 2, 1, 5).reshape(-1, CELL)
        return write_rows(planes.reshape(-1, CELL), y * self.width + chosen.column, rows).reshape(planes.shape)


def _of(convolution: nn.Conv2d) -> _Convolution:
    assert convolution.bias is not None
    return _Convolution(convolution.weight.detach(), convolution.bias.detach())


def _split_conv1(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Split conv1's weights, over [hidden, alpha, residual, images], into [alpha, residual, error, hidden], images."""
    hidden, alpha, residual = weight[:, :HIDDEN_CHANNELS], weight[:, HIDDEN_CHANNELS:-9], weight[:, -9:-6]
    return torch.cat([alpha, residual, torch.zeros_like(alpha), hidden], dim=1), weight[:, -6:]


def _by_image(weight: Tensor) -> Tensor:
    """Put input channels (pixel, image, colour) in the order (image, colour, pixel): 4 pixels, 2 images, 3 colours."""
    outputs, _, height, width = weight.shape
    pixels = weight.reshape(outputs, 4, 2, COLOURS, height, width)
    return pixels.permute(0, 2, 3, 1, 4, 5).reshape(weight.shape)


def _channel_by_channel(weight: Tensor) -> Tensor:
    """Put output channels (pixel, channel) in the order (channel, pixel): 4 pixels."""
    return weight.reshape(4, -1, *weight.shape[1:]).transpose(0, 1).reshape(weight.shape)


def _ring(height: int, width: int) -> Tensor:
    """Return the numbers of the outermost two cells' pixels in a table of (height + 2, width + 2) cells of 2x2."""
    numbers = torch.arange((height + 2) * (width + 2) * 4).reshape(height + 2, width + 2, 2, 2)
    pixels = numbers.transpose(1, 2).reshape(2 * height + 4, 2 * width + 4)
    strips = pixels[:4], pixels[-4:], pixels[4:-4, :4], pixels[4:-4, -4:]
    return torch.cat([strip.reshape(-1) for strip in strips])


def _rows(maps: Tensor, channels: int) -> Tensor:
    """Return maps, (1, C, h, w), as a table whose rows are `channels` of the C of a place, side by side."""
    return maps.permute(0, 2, 3, 1).reshape(-1, channels)


def _channels_first(patches: Tensor) -> Tensor:
    return patches[None].permute(0, 4, 1, 2, 3)


def _channels_last(patches: Tensor) -> Tensor:
    return patches.permute(0, 2, 3, 4, 1)[0]
