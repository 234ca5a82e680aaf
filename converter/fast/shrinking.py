"""Rewrites around bilinear shrinking (half-pixel centres, no antialiasing).

Shrunk x1/2, pixel i lies at 2i + 1/2: between pixels 2i and 2i+1, each counting half; in two dimensions the mean of a
block of 2x2. Shrunk x1/4, pixel i lies at 4i + 3/2: the mean of pixels 4i+1 and 4i+2; in two dimensions of the middle
2x2 of a cell of 4x4. No pixel beyond the image is ever asked for. Both are convolutions of stride 4 with cells as
outputs, which the CPU does faster than pooling three channels.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

CELL = 4


def quarter_weights(channels: int) -> Tensor:
    """Return weights, (C, C, 4, 4), for a convolution of stride 4 that shrinks x1/4."""
    result = torch.zeros(channels, channels, CELL, CELL)
    for channel in range(channels):
        result[channel, channel, 1:3, 1:3] = 0.25
    return result


def half_weights(channels: int) -> Tensor:
    """Return weights, (4 C, C, 4, 4), for a convolution of stride 4 that shrinks x1/2.

    Its outputs are (y, x, channel) of the 2x2 shrunk pixels that lie in 4x4.
    """
    result = torch.zeros(2, 2, channels, channels, CELL, CELL)
    for y in range(2):
        for x in range(2):
            for channel in range(channels):
                result[y, x, channel, channel, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2] = 0.25
    return result.reshape(4 * channels, channels, CELL, CELL)


def shrink_to_quarter(image: Tensor, weights: Tensor) -> Tensor:
    """Shrink (B, C, 4h, 4w) to (B, C, h, w) with `quarter_weights`."""
    return F.conv2d(image, weights, stride=CELL)


def shrink_to_half_blocks(image: Tensor, weights: Tensor) -> Tensor:
    """Shrink (B, C, 4h, 4w) x1/2 and group it, with `half_weights`, into (B, 4 C, h+1, w+1) blocks of 2x2 pixels.

    Blocks lie one shrunk pixel up and left of cells: block a is the shrunk pixels 2a-1 and 2a, as an unpadded 3x3
    convolution over blocks (`converter.fast.blocks`) then has cells as outputs. Zeros stand outside the image, and
    the mean of four zeros is the zero with which the refiner pads the shrunk image.
    """
    return F.conv2d(image, weights, stride=CELL, padding=CELL // 2)
