"""Rewrite: the images as tables of pixels around the cells, and their bilinear shrinking x1/2 (half-pixel centres).

What the refiner reads of an image around a cell begins two pixels before it, or one shrunk pixel. So it is read in
*tiles*: 4x4 pixels that lie two pixels further up and left than the cells. A cell with its surroundings is 2x2 tiles,
or 4x4 of their blocks of 2x2 pixels. Tile k holds the pixels 4k-2 .. 4k+1 in each axis; there is one more than there
are cells, and what lies beyond the image is zero, as the refiner has it.

A convolution with weights 0 and 1 that strides over 4 pixels and pads with 2 makes a tile's pixels the channels of one
place. Written channels last, as convolutions are, a block is then a row of a table. And it reads three planes as an
image comes, which may have another order and range for other weights.

Shrunk x1/2, pixel i lies at 2i + 1/2, between pixels 2i and 2i+1, each counting half: in two dimensions it is the mean
of 2x2, and these are a block of a tile. (x1/4 is left to the plain network's resize: nothing is cheaper, and the
encoder behind it amplifies every last bit that differs.)
"""

from itertools import product

import torch
from torch import Tensor
from torch.nn import functional as F

CELL = 4
COLOURS = 3


def tile_weights() -> Tensor:
    """Return weights, (48, 3, 4, 4), for the pixels of a tile: channels (block y, block x, colour, y, x)."""
    weights = torch.zeros(2, 2, COLOURS, 2, 2, COLOURS, CELL, CELL)
    for block_y, block_x, colour, y, x in product(range(2), range(2), range(COLOURS), range(2), range(2)):
        weights[block_y, block_x, colour, y, x, colour, 2 * block_y + y, 2 * block_x + x] = 1
    return weights.reshape(-1, COLOURS, CELL, CELL)


def tiles_of(image: Tensor, weights: Tensor) -> Tensor:
    """Return the pixels of the tiles of (B, 3, H, W), by `tile_weights`: (B, 48, H/4+1, W/4+1)."""
    return F.conv2d(image, weights, stride=CELL, padding=CELL // 2)


def half_weights() -> Tensor:
    """Return weights, (12, 48, 1, 1), that shrink the pixels of tiles x1/2: channels (colour, block y, block x)."""
    weights = torch.zeros(COLOURS, 4, 4, COLOURS, 4)
    for colour, block in product(range(COLOURS), range(4)):
        weights[colour, block, block, colour] = 1 / 4
    return weights.reshape(4 * COLOURS, -1, 1, 1)
