"""RobustVideoMatting (Lin et al., "Robust High-Resolution Video Matting with Temporal Guidance"), as its ONNX.

A recurrent network: four states go from frame to frame, and of the first frame of a clip they are zeros. It looks for
the person in the frame made smaller by a ratio, and refines what it finds at full size. Its published ONNX takes the
ratio, and frames and states of any size.
"""

from configs.schema import HopTolerance
from converter.architectures.base import TOLERANCES, Architecture, PortSpec, Shape, Size

STATES = ("r1", "r2", "r3", "r4")
STATE_SHAPE: Shape = (1, None, None, None)
"""Channels differ between backbones, height and width with the size of the frames and the ratio."""
LONGER_SIDE = 512
"""Pixels of the longer side in which the published program looks for the person."""


def ratio_for(size: Size) -> float:
    """Return the ratio that RobustVideoMatting's own program takes for frames of a size (`auto_downsample_ratio`)."""
    return min(LONGER_SIDE / max(size), 1.0)


ARCHITECTURE = Architecture(
    name="robust-video-matting",
    title="RobustVideoMatting",
    inputs=(
        PortSpec("src", "source"),
        *(PortSpec(f"{name}i", "state", shape=STATE_SHAPE, state=name) for name in STATES),
        PortSpec("downsample_ratio", "ratio", shape=(1,), value=ratio_for),
    ),
    outputs=(
        PortSpec("fgr", "foreground"),
        PortSpec("pha", "alpha"),
        *(PortSpec(f"{name}o", "state", shape=STATE_SHAPE, state=name) for name in STATES),
    ),
    # Weights of 16 bits move what the network is unsure of: the published MobileNetV3's alpha of a drawn figure by
    # 31/255 in a block, and onnxruntime with the weights so rounded gives the same.
    tolerances={**TOLERANCES, "ir-fp16": HopTolerance(mean=2e-3, quantile=0.1)},
    stimuli_factors={"fp16": 8.0},
)
