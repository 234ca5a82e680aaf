"""BackgroundMattingV2 (Lin et al., "Real-Time High-Resolution Background Matting"), with its three backbones.

The one place that says what its tensors are called. `bgr` is the published name of the background plate; it says
nothing about colour order.
"""

from typing import Any

from configs.schema import HopTolerance, ModelSection
from configs.sizes import size_text
from converter.architectures.base import Architecture, PortSpec, Size, weight_facts

CELL = 4
"""Side of the cells that the refiner chooses, in pixels."""
_EXACT = HopTolerance(mean=1e-5, quantile=1e-4, cells=1e-3)


def _load(model: ModelSection) -> Any:
    from converter.network.checkpoint import load_network

    return load_network(model)


def _run(network: Any, *images: Any) -> Any:
    """Refine the chosen cells alone: a graph of static shapes, which is what is exported, cannot."""
    return network(*images, crop=True)


def _fast(network: Any, size: Size) -> Any:
    from converter.fast import fast_network

    return fast_network(network, size)


def _facts(network: Any, model: ModelSection, size: Size) -> dict[str, str]:
    from converter.network.cost import network_gflops

    base, per_cell = network_gflops(network, size)
    facts = {
        "backbone": model.backbone,
        **weight_facts(network, model, size),
        f"GFLOPs, base network at {size_text(size)}": f"{base:.4f}",
    }
    if model.refine_mode == "sampling":
        cells = model.refine_sample_pixels // CELL**2
        facts[f"GFLOPs, refiner with {cells:,} cells"] = f"{per_cell * cells:.4f}"
    return facts


ARCHITECTURE = Architecture(
    name="background-matting-v2",
    title="BackgroundMattingV2",
    inputs=(PortSpec("src", "source"), PortSpec("bgr", "background")),
    outputs=(PortSpec("pha", "alpha"), PortSpec("fgr", "foreground")),
    divisible_by=4,
    load=_load,
    run=_run,
    fast=_fast,
    cell=CELL,
    tolerances={
        "onnx": _EXACT,
        "onnx-simplified": _EXACT,
        "ir-fp32": _EXACT,
        "ir-fp16": HopTolerance(mean=1e-3, quantile=2e-2, cells=5e-2),
        # Foreground colours count where nothing is opaque too, where they mean nothing and int8 moves them most.
        "ir-int8": HopTolerance(mean=3e-2, quantile=0.5, cells=0.2),
        # The bundled checkpoint in bf16: mean 1.4e-3 and quantile 0.023 of the foreground, 0.35 % of the cells; on the
        # stimuli quantile 0.12 of alpha and 3 % of the cells.
        "f16": HopTolerance(mean=2e-3, quantile=4e-2, cells=5e-2),
        "bf16": HopTolerance(mean=5e-3, quantile=0.15, cells=5e-2),
    },
    int8_candidates=(
        # Not `()`: decoder.conv4 in 8 bits too makes the bundled checkpoint's foreground 1.5/255 less blue.
        ("decoder.conv4",),
        ("decoder.conv4", "refiner.conv4"),
        ("decoder.conv4", "refiner"),
        ("decoder.conv4", "refiner", "backbone.features.[0-2].*"),
    ),
    facts=_facts,
    paper="https://arxiv.org/abs/2012.07810",
)
