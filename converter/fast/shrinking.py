"""Rewrites around bilinear shrinking (half-pixel centres, no antialiasing).

Shrunk x1/2, pixel i lies at 2i + 1/2: between pixels 2i and 2i+1, each counting half; in two dimensions the mean of a
block of 2x2. Shrunk x1/4, pixel i lies at 4i + 3/2: the mean of pixels 4i+1 and 4i+2; in two dimensions of the middle
2x2 of a cell of 4x4. No pixel beyond the image is ever asked for.

Both read the image channels last, where the four pixels of a cell's row lie side by side and may be taken for one
pixel with four times the channels: so they are convolutions one such pixel wide, over many channels instead of few.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

CELL = 4


def half_weights(channels: int) -> Tensor:
    """Return weights, (2 C, 4 C, 2, 1), that shrink x1/2: of a row of cells the two shrunk pixels of each."""
    result = torch.zeros(2, channels, CELL, channels, 2, 1)
    for x in range(2):
        for channel in range(channels):
            result[x, channel, 2 * x : 2 * x + 2, channel] = 0.25
    return result.reshape(2 * channels, CELL * channels, 2, 1)


def quarter_weights(channels: int) -> Tensor:
    """Return weights, (C, 4 C, 4, 1), that shrink x1/4."""
    result = torch.zeros(channels, CELL, channels, CELL, 1)
    for channel in range(channels):
        result[channel, 1:3, channel, 1:3] = 0.25
    return result.reshape(channels, CELL * channels, CELL, 1)


def rows_of_cells(image: Tensor) -> Tensor:
    """Return an image, (B, H, W, C), with the four pixels of a cell's row as channels: (B, 4 C, H, W/4)."""
    batch, height, width, channels = image.shape
    return image.reshape(batch, height, width // CELL, CELL * channels).permute(0, 3, 1, 2)


def shrink_to_quarter(rows: Tensor, weights: Tensor) -> Tensor:
    """Shrink `rows_of_cells` with `quarter_weights` to (B, C, H/4, W/4)."""
    return F.conv2d(rows, weights, stride=(CELL, 1))


def shrink_to_half(rows: Tensor, weights: Tensor) -> Tensor:
    """Shrink `rows_of_cells` with `half_weights` to (B, H/2, W/2, C), channels last."""
    pairs = F.conv2d(rows, weights, stride=(2, 1)).permute(0, 2, 3, 1)
    batch, height, width, channels = pairs.shape
    return pairs.reshape(batch, height, 2 * width, channels // 2)
