"""MODNet (Ke et al., "MODNet: Real-Time Trimap-Free Portrait Matting via Objective Decomposition").

It takes the frame alone, in -1..1, and gives alpha alone. It comes as the ONNX that its authors publish; a checkpoint
of PyTorch is exported with their own code first.
"""

from configs.schema import HopTolerance
from converter.architectures.base import TOLERANCES, Architecture, PortSpec

ARCHITECTURE = Architecture(
    name="modnet",
    title="MODNet",
    inputs=(PortSpec("input", "source", low=-1),),
    outputs=(PortSpec("output", "alpha"),),
    divisible_by=32,
    telling_names=False,
    tolerances={
        **TOLERANCES,
        # Normalizing over each image enlarges rounding where the image is flat. A network of MODNet's size with random
        # weights: mean 1.1e-4 and quantile 2.9e-3 on the stimuli, where much is flat.
        "ir-fp32": HopTolerance(mean=5e-4, quantile=1e-2),
    },
)
