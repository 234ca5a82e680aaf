"""What the original gives in other states than its own: no cell refined, or all; one of its paths fed otherwise."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converter.network import MattingNetwork
from converter.network.resize import bilinear
from converter.proof.tiles import Alternatives
from datasets.samples.sample import Prediction

Image = NDArray[np.uint8]


class PathImages(NamedTuple):
    """What each path of the network sees: (H, W, 3) uint8 RGB, H and W divisible by 4.

    Attributes:
        base_source, base_background: the base network, which works on them made small.
        refiner_source, refiner_background: the refiner.
        added_source: the sum that makes the foreground.
    """

    base_source: Image
    base_background: Image
    refiner_source: Image
    refiner_background: Image
    added_source: Image


def alternatives(network: MattingNetwork, source: Image, background: Image) -> Alternatives:
    """Return the prediction with no cell refined, and that with all of them refined.

    Args:
        network: the original, in evaluation mode.
        source, background: (H, W, 3) uint8 RGB, H and W divisible by 4.
    """
    with torch.inference_mode():
        images = _tensor(source), _tensor(background)
        x = _base(network, *images)
        alpha, residual, hidden = x[:, 0:1].clamp(0, 1), x[:, 1:4], x[:, 5:].relu()
        enlarged = bilinear(torch.cat([alpha, residual], dim=1), (images[0].shape[-2], images[0].shape[-1]))
        refined = network.refiner.refine_everywhere(*images, torch.cat([hidden, alpha, residual], dim=1))
        return Alternatives(_prediction(enlarged, images[0]), _prediction(refined, images[0]))


def predict_by_paths(network: MattingNetwork, images: PathImages) -> Prediction:
    """Return the prediction where the paths of the network see different images.

    Args:
        network: the original, in evaluation mode.
        images: of one size.
    """
    with torch.inference_mode():
        base_source, base_background, refiner_source, refiner_background, added = map(_tensor, images)
        x = _base(network, base_source, base_background)
        coarse = x[:, 0:1].clamp(0, 1), x[:, 1:4], x[:, 4:5].clamp(0, 1), x[:, 5:].relu()
        alpha, residual, _ = network.refiner(refiner_source, refiner_background, *coarse, crop=True)
        return _prediction(torch.cat([alpha, residual], dim=1), added)


def _base(network: MattingNetwork, source: Tensor, background: Tensor) -> Tensor:
    height, width = source.shape[-2:]
    size = (int(height * network.backbone_scale), int(width * network.backbone_scale))
    return network.base(bilinear(source, size), bilinear(background, size))


def _tensor(image: Image) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)[None])).float() / 255


def _prediction(result: Tensor, source: Tensor) -> Prediction:
    alpha, foreground = result[:, :1].clamp(0, 1), (result[:, 1:] + source).clamp(0, 1)
    return Prediction(alpha=alpha[0, 0].numpy(), foreground=foreground[0].permute(1, 2, 0).contiguous().numpy())
