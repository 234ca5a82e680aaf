"""What the network costs: multiply-adds of its base network, and of its refiner per cell."""

import torch
from torch.utils.flop_counter import FlopCounterMode

from converter.network import EncoderDecoder, MattingNetwork


def base_gflops(network: EncoderDecoder, size: tuple[int, int]) -> float:
    """Return GFLOPs (2 x multiply-adds of convolutions) of the base network at `size`, its own resolution."""
    image = torch.zeros(1, 3, *size)
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network.base(image, image)
    return float(counter.get_total_flops()) / 1e9


def network_gflops(network: MattingNetwork, size: tuple[int, int]) -> tuple[float, float]:
    """Return GFLOPs (2 x multiply-adds of convolutions) of the base network, and of the refiner per chosen cell.

    The refiner is counted patch by patch, as the paper has it; the base network for images of `size`.
    """
    scaled = int(size[0] * network.backbone_scale), int(size[1] * network.backbone_scale)
    refiner = network.refiner
    # Outputs per cell: 6x6 and 4x4 at half resolution, 6x6 and 4x4 at the full one.
    outputs = ((refiner.conv1, 36), (refiner.conv2, 16), (refiner.conv3, 36), (refiner.conv4, 16))
    per_cell = sum(2 * pixels * convolution.weight.numel() for convolution, pixels in outputs)
    return base_gflops(network, scaled), per_cell / 1e9
