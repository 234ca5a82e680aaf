"""What the original gives for every cell in either state: left coarse, and refined."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converter.network import MattingNetwork
from converter.network.resize import bilinear
from converter.proof.tiles import Alternatives
from datasets.samples.sample import Prediction


def alternatives(network: MattingNetwork, source: NDArray[np.uint8], background: NDArray[np.uint8]) -> Alternatives:
    """Return the prediction with no cell refined, and that with all of them refined.

    Args:
        network: the original, in evaluation mode.
        source, background: (H, W, 3) uint8 RGB, H and W divisible by 4.
    """
    with torch.inference_mode():
        images = [_tensor(image) for image in (source, background)]
        height, width = images[0].shape[-2:]
        scale = network.backbone_scale
        small = [bilinear(image, (int(height * scale), int(width * scale))) for image in images]
        x = network.base(small[0], small[1])
        alpha, residual, hidden = x[:, 0:1].clamp(0, 1), x[:, 1:4], x[:, 5:].relu()
        enlarged = bilinear(torch.cat([alpha, residual], dim=1), (height, width))
        refined = network.refiner.refine_everywhere(images[0], images[1], torch.cat([hidden, alpha, residual], dim=1))
        return Alternatives(_prediction(enlarged, images[0]), _prediction(refined, images[0]))


def _tensor(image: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)[None])).float() / 255


def _prediction(result: Tensor, source: Tensor) -> Prediction:
    alpha, foreground = result[:, :1].clamp(0, 1), (result[:, 1:] + source).clamp(0, 1)
    return Prediction(alpha=alpha[0, 0].numpy(), foreground=foreground[0].permute(1, 2, 0).contiguous().numpy())
