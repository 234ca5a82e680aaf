"""The published recipe's ONNX: traced by torch's TorchScript exporter, opset 12, batch norms folded.

What is written is compared with the reference network on composites of the configured set, in onnxruntime.
"""

import logging
import warnings
from pathlib import Path

import onnx
import torch

from configs.errors import UsageError
from configs.schema import Config
from converter.architectures import with_defaults
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import network_contract
from converter.forms.proofs import Parity
from converter.network.checkpoint import load_network
from converter.proof.parity import check_parity, measure_parity, parity_samples, predict_all
from converter.runners.onnx_runtime import OnnxRunner
from converter.runners.original import source_file
from converter.runners.pytorch import TorchRunner
from tools.published_recipe.recipe_network import RecipeNetwork

OPSET = 12
SIZE = (720, 1280)
OUT = Path("models/published-recipe")
ONNX_FILE = "recipe.onnx"
OUTPUTS = ["pha", "fgr", "pha_sm", "fgr_sm", "err_sm", "ref_sm"]


def export_recipe(config: Config, target: Path, size: tuple[int, int] = SIZE) -> Parity:
    """Write the recipe's ONNX of the configured checkpoint to `target`; return how far it is from the network itself.

    Raises:
        UsageError: the configuration starts from an ONNX, or the network cannot take this size.
        ParityError: the written file differs from the reference network by more than the hop `onnx` may.
    """
    if config.model.checkpoint is None:
        raise UsageError("model.checkpoint: expected a checkpoint, found none; the recipe is traced from the network")
    network = load_network(config.model)
    write_onnx(RecipeNetwork(network), size, target)
    contract = network_contract(ARCHITECTURE, size, source_file(config.model).sha256)
    samples = parity_samples(config.dataset, size, config.convert.parity.samples)
    with TorchRunner(network, contract) as reference, OnnxRunner(target, contract) as recipe:
        parity = measure_parity(predict_all(reference, samples), predict_all(recipe, samples), ARCHITECTURE.cell)
    check_parity("published recipe", parity, with_defaults(config, ARCHITECTURE).convert.parity.tolerances["onnx"])
    return parity


def write_onnx(network: RecipeNetwork, size: tuple[int, int], target: Path) -> None:
    """Trace the network as the published exporter did, with torch's TorchScript exporter."""
    # Noise, because the tracer needs cells to refine.
    example = (torch.rand(1, 3, *size), torch.rand(1, 3, *size))
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # The exporter is deprecated, and warns of every size that it takes for a constant, which is what is wanted.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
        torch.onnx.export(
            network.eval(),
            example,
            target,
            dynamo=False,
            opset_version=OPSET,
            do_constant_folding=True,
            input_names=[port.name for port in ARCHITECTURE.inputs],
            output_names=OUTPUTS,
        )
    onnx.checker.check_model(onnx.load(target))
