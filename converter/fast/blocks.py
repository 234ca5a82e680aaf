"""Rewrite: a 3x3 convolution over pixels becomes a 2x2 convolution over blocks of 2x2 pixels.

Let the input's pixels y = 0 .. 2n+1 be grouped into blocks k, pixels 2k and 2k+1, and the output's (unpadded, so
two fewer) pixels 0 .. 2n-1 into blocks a alike, output pixel 2a+q seeing input pixels 2a+q+t, t = 0, 1, 2. Input
pixel 2(a+k)+s is seen by it with t = 2k + s - q; as q, s and k are 0 or 1, t lies in -1 .. 3, and those outside
0 .. 2 meet a zero weight. So block a of the output depends on the blocks a and a+1 of the input, by

    block[q, o; s, c; k] = W[o, c, 2k + s - q]    (zero where 2k + s - q is not 0, 1 or 2)

in each axis. Pixels of a block are channels: the work goes from few channels on many pixels to many channels on few.
"""

import torch
from torch import Tensor


def block_weights(weight: Tensor) -> Tensor:
    """Return the weights over blocks for a 3x3 convolution's, (O, C, 3, 3).

    The result is (2, 2, O, 2, 2, C, 2, 2): output pixel in its block (y, x), output channel, input pixel in its block
    (y, x), input channel, input block (y, x).
    """
    outputs, inputs = weight.shape[:2]
    result = weight.new_zeros(2, 2, outputs, 2, 2, inputs, 2, 2)
    for q_y, q_x, s_y, s_x, k_y, k_x in torch.cartesian_prod(*[torch.arange(2)] * 6).tolist():
        t_y, t_x = 2 * k_y + s_y - q_y, 2 * k_x + s_x - q_x
        if 0 <= t_y <= 2 and 0 <= t_x <= 2:
            result[q_y, q_x, :, s_y, s_x, :, k_y, k_x] = weight[:, :, t_y, t_x]
    return result


def over_blocks(weight: Tensor) -> Tensor:
    """Return `block_weights` as a convolution's, (4 O, 4 C, 2, 2); channels are (y, x, channel) of a block's pixels."""
    outputs, inputs = weight.shape[:2]
    return block_weights(weight).reshape(4 * outputs, 4 * inputs, 2, 2)


def over_doubled_pixels(weight: Tensor) -> Tensor:
    """Return weights, (4 O, C, 2, 2), for an input enlarged x2 by repeating pixels, given before its enlarging.

    All four pixels of a block are then equal, so that their weights add up.
    """
    outputs, inputs = weight.shape[:2]
    return block_weights(weight).sum(dim=(3, 4)).reshape(4 * outputs, inputs, 2, 2)
