"""A family in one file: a PyTorch network of one convolution that takes the frame alone and gives alpha alone.

matte = sigmoid(convolution of image)
"""

from typing import Any

from configs.schema import ModelSection
from converter.architectures.base import Architecture, PortSpec


def _load(model: ModelSection) -> Any:
    from torch import nn

    from converter.network.checkpoint import load_weights

    assert model.checkpoint is not None
    network = nn.Sequential(nn.Conv2d(3, 1, 3, padding=1), nn.Sigmoid())
    load_weights(network, model.checkpoint)
    return network.eval()


ARCHITECTURE = Architecture(
    name="alpha-only",
    title="Alpha Only",
    inputs=(PortSpec("image", "source"),),
    outputs=(PortSpec("matte", "alpha"),),
    divisible_by=8,
    load=_load,
)
