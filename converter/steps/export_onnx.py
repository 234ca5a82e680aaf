"""The step `onnx` from a checkpoint: torch's dynamo exporter writes the arranged network as ONNX."""

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from configs.errors import ConversionError
from configs.schema import Graph
from converter.forms.contract import Contract
from converter.forms.made import Made
from converter.runners.original import Original
from converter.runners.pytorch import output_tensors
from converter.steps.onnx_file import check_onnx, save_onnx
from converter.steps.step import Step

EXPORTER = "torch.onnx dynamo"


@dataclass(frozen=True, slots=True, eq=False)
class ExportOnnx(Step):
    """Export the original's network, in the arrangement `graph`, at the contract's size, everything in one file.

    Raises, when it runs:
        UsageError: the network cannot take this size.
        ConversionError: the exporter fails, or the file is not what the contract says.
    """

    original: Original
    graph: Graph
    opset: int
    target: Path
    settled: Contract | None = None

    @property
    def hop(self) -> str:
        """See `Step.hop`."""
        return "onnx"

    def make(self) -> Made:
        """See `Step.make`."""
        contract = self.settled or self.original.contract
        network = self.original.arranged(self.graph)
        fixed = [f"network.{name}" for name in getattr(network, "fixed_weights", ())]
        model = export_program(network, contract, self.opset).model_proto
        return Made(self.hop, self.target, contract, save_onnx(model, contract, self.target, fixed))

    def ensure(self, made: Made) -> None:
        """See `Step.ensure`."""
        check_onnx(made.path, made.contract)


class _PublishedOutputs(nn.Module):
    """The network with only the contract's outputs, in order."""

    def __init__(self, network: nn.Module, contract: Contract) -> None:
        super().__init__()
        self.network = network
        self._contract = contract

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return output_tensors(self.network(*inputs), self._contract)


def export_program(network: nn.Module, contract: Contract, opset: int) -> torch.onnx.ONNXProgram:
    """Run torch's dynamo exporter at the contract's size; its result holds the ONNX and the program it was made from.

    Raises:
        UsageError: the network cannot take this size.
        ConversionError: the exporter returns nothing.
    """
    # Two tensors, not one twice: the exporter would take an alias for a fact about the model.
    example = tuple(torch.full([side or 1 for side in port.shape], port.value or 0.0) for port in contract.inputs)
    with torch.inference_mode():
        network(*example)  # the network's own errors are clearer than the exporter's
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it reports that torchvision, which nothing here needs, is not installed
    try:
        with warnings.catch_warnings():
            # torch's exporter uses an interface that torch itself deprecates.
            warnings.filterwarnings("ignore", "`isinstance.treespec, LeafSpec.`", FutureWarning)
            program = torch.onnx.export(
                _PublishedOutputs(network, contract).eval(),
                example,
                dynamo=True,
                opset_version=opset,
                input_names=[port.name for port in contract.inputs],
                output_names=[port.name for port in contract.outputs],
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    if program is None:
        raise ConversionError("onnx: torch's exporter returned nothing")
    return program
