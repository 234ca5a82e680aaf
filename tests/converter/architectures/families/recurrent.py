"""A family that comes as ONNX alone and hands its matte on from frame to frame.

matte = gain * (0.5 red + 0.3 green + 0.2 blue) + 0.5 * matte of the frame before
"""

from converter.architectures.base import Architecture, PortSpec

ARCHITECTURE = Architecture(
    name="recurrent",
    title="Recurrent",
    inputs=(
        PortSpec("frame", "source"),
        PortSpec("before_in", "state", shape=(1, 1, None, None), state="before"),
        PortSpec("gain", "ratio", shape=(1,), value=0.5),
    ),
    outputs=(
        PortSpec("matte", "alpha"),
        PortSpec("before_out", "state", shape=(1, 1, None, None), state="before"),
    ),
)
