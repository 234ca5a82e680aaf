"""The step `onnx` from a checkpoint: torch's dynamo exporter writes the arranged network as ONNX."""

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from configs.errors import ConversionError
from configs.schema import Graph
from converter.fast import FastNetwork, arranged
from converter.forms.contract import ALPHA, BACKGROUND, FOREGROUND, SOURCE, Contract
from converter.forms.made import Made
from converter.network import MattingNetwork
from converter.steps.onnx_file import check_onnx, save_onnx
from converter.steps.step import Step

EXPORTER = "torch.onnx dynamo"


@dataclass(frozen=True, slots=True, eq=False)
class ExportOnnx(Step):
    """Export the network, in the arrangement `graph`, at the contract's size, everything in one file.

    Raises, when it runs:
        UsageError: the network cannot take this size.
        ConversionError: the exporter fails, or the file is not what the contract says.
    """

    network: MattingNetwork
    graph: Graph
    contract: Contract
    opset: int
    target: Path

    @property
    def hop(self) -> str:
        """See `Step.hop`."""
        return "onnx"

    def make(self) -> Made:
        """See `Step.make`."""
        network = arranged(self.network, self.contract.size, self.graph)
        model = export_program(network, self.contract, self.opset).model_proto
        return Made(self.hop, self.target, self.contract, save_onnx(model, self.contract, self.target))

    def ensure(self, made: Made) -> None:
        """See `Step.ensure`."""
        check_onnx(made.path, self.contract)


class _PublishedOutputs(nn.Module):
    """The network with the published tensor names and only the two published outputs."""

    def __init__(self, network: MattingNetwork | FastNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, src: Tensor, bgr: Tensor) -> tuple[Tensor, Tensor]:
        output = self.network(src, bgr)
        return output.pha, output.fgr


def export_program(network: MattingNetwork | FastNetwork, contract: Contract, opset: int) -> torch.onnx.ONNXProgram:
    """Run torch's dynamo exporter at the contract's size; its result holds the ONNX and the program it was made from.

    Raises:
        UsageError: the network cannot take this size.
        ConversionError: the exporter returns nothing.
    """
    # Two tensors, not one twice: the exporter would take an alias for a fact about the model.
    example = tuple(torch.zeros(port.shape) for port in contract.inputs)
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
                _PublishedOutputs(network).eval(),
                example,
                dynamo=True,
                opset_version=opset,
                input_names=[SOURCE, BACKGROUND],
                output_names=[ALPHA, FOREGROUND],
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    if program is None:
        raise ConversionError("onnx: torch's exporter returned nothing")
    return program
