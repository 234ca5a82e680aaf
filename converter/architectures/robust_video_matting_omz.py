"""RobustVideoMatting as Open Model Zoo publishes it: for one size, its ratio built in, its states named otherwise."""

from dataclasses import replace

from converter.architectures.base import Architecture, PortSpec
from converter.architectures.robust_video_matting import ARCHITECTURE as PUBLISHED
from converter.architectures.robust_video_matting import STATE_SHAPE, STATES

ARCHITECTURE: Architecture = replace(
    PUBLISHED,
    name="robust-video-matting-omz",
    title="RobustVideoMatting of Open Model Zoo",
    inputs=(
        PortSpec("src", "source"),
        *(PortSpec(name, "state", shape=STATE_SHAPE, state=name) for name in STATES),
    ),
    outputs=(
        PortSpec("fgr", "foreground"),
        PortSpec("pha", "alpha"),
        *(PortSpec(f"r{name}", "state", shape=STATE_SHAPE, state=name) for name in STATES),
    ),
)
