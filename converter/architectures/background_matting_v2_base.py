"""BackgroundMattingV2 without its refiner (`MattingBase`), with its three backbones: the matte of a small image.

It takes the checkpoint of the whole network, whose refiner is ignored, or one of the base network alone. `err` is the
predicted |alpha error| and `hid` the features, which a refiner of whoever runs it may go on with.
"""

from typing import Any

from configs.schema import ModelSection
from configs.sizes import size_text
from converter.architectures.base import Architecture, PortSpec, Size, weight_facts


def _load(model: ModelSection) -> Any:
    from converter.network.checkpoint import load_base_network

    return load_base_network(model)


def _facts(network: Any, model: ModelSection, size: Size) -> dict[str, str]:
    from converter.network.cost import base_gflops

    gflops = f"{base_gflops(network, size):.4f}"
    return {
        "backbone": model.backbone,
        **weight_facts(network, model, size),
        f"GFLOPs at {size_text(size)}": gflops,
    }


ARCHITECTURE = Architecture(
    name="background-matting-v2-base",
    title="BackgroundMattingV2 without refiner",
    inputs=(PortSpec("src", "source"), PortSpec("bgr", "background")),
    outputs=(
        PortSpec("pha", "alpha"),
        PortSpec("fgr", "foreground"),
        PortSpec("err", "auxiliary", shape=(1, 1, None, None)),
        PortSpec("hid", "auxiliary", shape=(1, 32, None, None)),
    ),
    load=_load,
    # Of the candidates that the whole network needs, what is left without a refiner.
    int8_candidates=(("decoder.conv4",), ("decoder.conv4", "backbone.features.[0-2].*")),
    facts=_facts,
    paper="https://arxiv.org/abs/2012.07810",
)
