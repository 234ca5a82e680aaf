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


def enlarging_matrix(size: int) -> Tensor:
    """Return the matrix (4 size, size) that enlarges `size` pixels x4, float64."""
    padded = torch.zeros(size, 4, size + 2, dtype=torch.float64)
    phases = torch.tensor(QUADRUPLED, dtype=torch.float64)
    for pixel in range(size):
        padded[pixel, :, pixel : pixel + 3] = phases
    matrix = padded.reshape(4 * size, size + 2)
    matrix[:, 1] += matrix[:, 0]
    matrix[:, -2] += matrix[:, -1]
    return matrix[:, 1:-1].contiguous()


def enlarge_x4(planes: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Enlarge (B, h, w) x4 to (B, 4h, 4w).

    Args:
        planes: the images.
        rows: `enlarging_matrix` of h.
        columns: the four phases as a convolution's weights, (4, 1, 1, 3).

    Rows by a product with a matrix; columns by a convolution with the four phases as outputs, which, channels last,
    lie in memory as the pixels of a row do.
    """
    batch, _, width = planes.shape
    wide = F.pad(planes[:, None], (1, 1, 0, 0), mode="replicate")[:, 0]
    phases = F.conv2d((rows @ wide)[:, None], columns)
    return phases.permute(0, 2, 3, 1).reshape(batch, rows.shape[0], 4 * width)
