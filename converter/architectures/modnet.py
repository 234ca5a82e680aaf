"""MODNet (Ke et al., "MODNet: Real-Time Trimap-Free Portrait Matting via Objective Decomposition").

It takes the frame alone, in -1..1, and gives alpha alone. It comes as the ONNX that its authors publish; a checkpoint
of PyTorch is exported with their own code first.
"""

from converter.architectures.base import Architecture, PortSpec

ARCHITECTURE = Architecture(
    name="modnet",
    title="MODNet",
    inputs=(PortSpec("input", "source", low=-1),),
    outputs=(PortSpec("output", "alpha"),),
    divisible_by=32,
)
