"""Rewrite: a BatchNorm after a convolution becomes part of the convolution.

In inference a BatchNorm is y = g (x - m) / sqrt(v + e) + b per channel, with constants g, b, m, v, e. With x = W*u + c
and s = g / sqrt(v + e) that is y = (s W)*u + (c - m) s + b: a convolution with weights s W and that bias. The zero
padding of u is untouched, so this holds at borders too. The products are formed in float64 and rounded once.
"""

import torch
from torch import nn


def fold_batchnorms(module: nn.Module) -> None:
    """Fold, in place, every BatchNorm below `module` that directly follows a convolution among its siblings."""
    previous_name, previous = "", module
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d) and isinstance(previous, nn.Conv2d):
            setattr(module, previous_name, folded(previous, child))
            setattr(module, name, nn.Identity())
        else:
            fold_batchnorms(child)
        previous_name, previous = name, child


def folded(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """Return one convolution that does what `convolution` and then `norm`, in inference, do."""
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("a BatchNorm without statistics cannot be folded")
    scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    bias = -norm.running_mean.double() if convolution.bias is None else convolution.bias.double() - norm.running_mean
    result = nn.Conv2d(
        convolution.in_channels,
        convolution.out_channels,
        convolution.kernel_size,  # type: ignore[arg-type]
        convolution.stride,  # type: ignore[arg-type]
        convolution.padding,  # type: ignore[arg-type]
        convolution.dilation,  # type: ignore[arg-type]
        convolution.groups,
        dtype=convolution.weight.dtype,
    )
    with torch.no_grad():
        result.weight.copy_(convolution.weight.double() * scale[:, None, None, None])
        assert result.bias is not None
        result.bias.copy_(bias * scale + norm.bias.double())
    return result
