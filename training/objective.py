"""The losses of the paper (arXiv 2012.07810, section 4) for the base network and the whole."""

import torch
from torch import Tensor
from torch.nn import functional as F

from converter.network import MattingNetwork
from converter.network.resize import bilinear


def base_loss(network: MattingNetwork, source: Tensor, background: Tensor, alpha: Tensor, foreground: Tensor) -> Tensor:
    """Loss of the base network on frames at its own resolution; (B, 3 | 1, h, w), 0..1, a scalar back."""
    raw = network.base(source, background).float()
    return _coarse_loss(raw, source, alpha, foreground)


def whole_loss(
    network: MattingNetwork, source: Tensor, background: Tensor, alpha: Tensor, foreground: Tensor
) -> Tensor:
    """Loss of the whole network on full-resolution frames, every cell refined so that every pixel teaches."""
    height, width = source.shape[-2:]
    size = (int(height * network.backbone_scale), int(width * network.backbone_scale))
    source_sm, background_sm, alpha_sm = bilinear(source, size), bilinear(background, size), bilinear(alpha, size)
    raw = network.base(source_sm, background_sm).float()
    coarse = _coarse_loss(raw, source_sm, alpha_sm, bilinear(foreground, size))
    refined = network.refiner.refine_everywhere(
        source, background, torch.cat([raw[:, 5:].relu(), _clamped(raw[:, 0:1]), raw[:, 1:4]], dim=1)
    ).float()
    return (
        coarse
        + _alpha_loss(_clamped(refined[:, :1]), alpha)
        + _foreground_loss(_clamped(refined[:, 1:] + source), foreground, alpha)
    )


def _coarse_loss(raw: Tensor, source: Tensor, alpha: Tensor, foreground: Tensor) -> Tensor:
    predicted = _clamped(raw[:, 0:1])
    difference = (predicted - alpha).abs().detach()
    return (
        _alpha_loss(predicted, alpha)
        + _foreground_loss(_clamped(raw[:, 1:4] + source), foreground, alpha)
        + F.mse_loss(_clamped(raw[:, 4:5]), difference)
    )


def _alpha_loss(predicted: Tensor, alpha: Tensor) -> Tensor:
    return F.l1_loss(predicted, alpha) + F.l1_loss(_sobel(predicted), _sobel(alpha))


def _foreground_loss(predicted: Tensor, foreground: Tensor, alpha: Tensor) -> Tensor:
    visible = (alpha > 0).to(alpha.dtype)
    return (F.l1_loss(predicted, foreground, reduction="none") * visible).sum() / (visible.sum() * 3 + 1)


def _sobel(image: Tensor) -> Tensor:
    kernel = image.new_tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 8
    return F.conv2d(image, torch.stack([kernel, kernel.T])[:, None], padding=1)


def _clamped(x: Tensor) -> Tensor:
    """Clamp to 0..1 with the gradient passed through: a wrongly saturated value can still be pulled back."""
    return x + (x.clamp(0, 1) - x).detach()
