"""Rewrites around bilinear enlarging (half-pixel centres, clamped at the border).

x2, then a 3x3 convolution. Half-resolution pixels 2i and 2i+1 lie over the coarse pixels i-1, i and i, i+1:

    u[2i] = 1/4 q[i-1] + 3/4 q[i]        u[2i+1] = 3/4 q[i] + 1/4 q[i+1]

The convolution's output at 2i+p sees u[2i+p+t], t = -1, 0, 1, which are, for both p, sums over q[i-1], q[i], q[i+1]:
so enlarging and convolution are one 3x3 convolution over q with 4 phases p of outputs, whose weights are

    F[p, o, c, a] = sum over t of M[p, t, a] W[o, c, t]

in each axis, with M below. Two things are otherwise at the border: u is clamped (u[0] = q[0]) and the convolution sees
zeros beyond u, neither of which F knows. Outputs with a tap at u[0], u[-1] or beyond are those at -2, -1, 0 and 1:
the cells -1 and 0, and likewise at the other border. `converter.fast.refiner` computes that ring apart.

x4. Pixel 4i+p is at (p + 1/2)/4 - 1/2 from the centre of i: 3/8 or 1/8 before it (p = 0, 1), 1/8 or 3/8 behind it
(p = 2, 3), hence

    v[4i+p] = d q[i-1] + (1-d) q[i], d = 3/8, 1/8        v[4i+p] = (1-d) q[i] + d q[i+1], d = 1/8, 3/8

Clamping makes q[-1] = q[0] and q[h] = q[h-1], which is what repeating the border pixels once gives.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from converter.network.resize import bilinear

# [phase, tap, coarse pixel]
DOUBLED_TAPS = (
    ((0.75, 0.25, 0.0), (0.25, 0.75, 0.0), (0.0, 0.75, 0.25)),
    ((0.25, 0.75, 0.0), (0.0, 0.75, 0.25), (0.0, 0.25, 0.75)),
)
# [phase, coarse pixel]
QUADRUPLED = ((0.375, 0.625, 0.0), (0.125, 0.875, 0.0), (0.0, 0.875, 0.125), (0.0, 0.625, 0.375))


def over_coarse_pixels(weight: Tensor) -> Tensor:
    """Return weights over coarse pixels, (4 O, C, 3, 3), for a 3x3 convolution (O, C, 3, 3) after enlarging x2.

    Output channels are (y, x, channel) of the 2x2 pixels that lie in a coarse one.
    """
    outputs, inputs = weight.shape[:2]
    taps = torch.tensor(DOUBLED_TAPS, dtype=torch.float64)
    phases = torch.einsum("pta,qsb,octs->pqocab", taps, taps, weight.double())
    return phases.reshape(4 * outputs, inputs, 3, 3).to(weight.dtype)


def column_weights(width: int) -> Tensor:
    """Return the weights, (4 n, 1, 1, n + 2), by which `enlarge_x4` makes the 4 n pixels of n coarse ones in a row.

    Several at a time fill the lanes of a vector; n is the largest of 4, 2 and 1 that divides `width`.
    """
    group = next(n for n in (4, 2, 1) if width % n == 0)
    weights = torch.zeros(group, 4, group + 2)
    for pixel in range(group):
        weights[pixel, :, pixel : pixel + 3] = torch.tensor(QUADRUPLED)
    return weights.reshape(4 * group, 1, 1, group + 2)


def enlarge_x4(planes: Tensor, columns: Tensor) -> Tensor:
    """Enlarge (B, h, w) x4 to (B, 4h, 4w).

    Rows first, as a resize of its own; then columns, by a convolution whose outputs are the pixels of a piece of a row
    and, channels last, lie in memory as they do.

    Args:
        planes: the images.
        columns: `column_weights` for their width.
    """
    batch, height, width = planes.shape
    wide = F.pad(planes[:, None], (1, 1, 0, 0), mode="replicate")
    pieces = F.conv2d(bilinear(wide, (4 * height, width + 2)), columns, stride=(1, columns.shape[0] // 4))
    return pieces.permute(0, 2, 3, 1).reshape(batch, 4 * height, 4 * width)
