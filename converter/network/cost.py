"""What the network costs: multiply-adds of its base network, and of its refiner per cell."""

import torch
from torch.utils.flop_counter import FlopCounterMode

from converter.network import MattingNetwork


def network_gflops(network: MattingNetwork, size: tuple[int, int]) -> tuple[float, float]:
    """Return GFLOPs (2 x multiply-adds of convolutions) of the base network, and of the refiner per chosen cell.

    The refiner is counted patch by patch, as the paper has it; the base network for images of `size`.
    """
    scaled = tuple(int(side * network.backbone_scale) for side in size)
    image = torch.zeros(1, 3, *scaled)
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network.base(image, image)
    refiner = network.refiner
    # Outputs per cell: 6x6 and 4x4 at half resolution, 6x6 and 4x4 at the full one.
    outputs = ((refiner.conv1, 36), (refiner.conv2, 16), (refiner.conv3, 36), (refiner.conv4, 16))
    per_cell = sum(2 * pixels * convolution.weight.numel() for convolution, pixels in outputs)
    return counter.get_total_flops() / 1e9, per_cell / 1e9
