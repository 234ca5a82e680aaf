"""The golden cases of the network: settings, weights, inputs and the outputs that they must give."""

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converter.network import MattingNetwork

GOLDEN = Path(__file__).parent.parent / "golden"
CASES: list[dict[str, Any]] = json.loads((GOLDEN / "network_cases.json").read_text(encoding="utf-8"))
KEYS: dict[str, dict[str, list[int]]] = json.loads((GOLDEN / "network_keys.json").read_text(encoding="utf-8"))
SETTINGS = ("backbone", "backbone_scale", "refine_mode", "refine_sample_pixels", "refine_threshold")


def _recipe() -> Any:
    specification = importlib.util.spec_from_file_location("golden_weights", GOLDEN / "golden_weights.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


RECIPE = _recipe()


@cache
def golden_state(backbone: str) -> dict[str, Tensor]:
    """Return the golden weights; shared, not to be changed in place."""
    return {key: torch.from_numpy(value) for key, value in RECIPE.build(KEYS[backbone]).items()}


def golden_images(height: int, width: int, batch: int = 1) -> tuple[Tensor, Tensor]:
    """Return source and background of the golden cases, (B, 3, H, W), RGB 0..1."""
    source, background = RECIPE.inputs(height, width, batch)
    return torch.from_numpy(source), torch.from_numpy(background)


def golden_network(**settings: Any) -> MattingNetwork:
    """Return a network with golden weights, which it may change: they are its own."""
    with torch.device("meta"):  # spares the random initialisation
        network = MattingNetwork(**settings)
    state = golden_state(settings.get("backbone", "mobilenetv2"))
    network.load_state_dict({key: value.clone() for key, value in state.items()}, strict=True, assign=True)
    return network.eval()


def golden_outputs(name: str) -> dict[str, NDArray[Any]]:
    with np.load(GOLDEN / "network_outputs.npz") as outputs:
        return {key.split("/")[1]: outputs[key] for key in outputs.files if key.split("/")[0] == name}
