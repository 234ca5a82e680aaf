"""The original network, run by PyTorch in float32."""

from typing import Any

import torch
from torch import Tensor, nn

from converter.architectures import architecture_named
from converter.forms.contract import Contract
from converter.runners.base import Feed, Outputs, Runner


class TorchRunner(Runner):
    """Runs a network on the CPU.

    Args:
        network: of the contract's architecture.
        contract: the network's.
    """

    framework = "torch"
    precision = "f32"

    def __init__(self, network: nn.Module, contract: Contract) -> None:
        self.contract = contract
        self.threads = torch.get_num_threads()
        self._network = network.eval()
        self._run_network = architecture_named(contract.architecture).run

    def _run(self, feed: Feed) -> Outputs:
        with torch.inference_mode():
            result = self._run_network(
                self._network, *(torch.from_numpy(feed[port.name]) for port in self.contract.inputs)
            )
        tensors = output_tensors(result, self.contract)
        return {port.name: tensor.numpy() for port, tensor in zip(self.contract.outputs, tensors, strict=True)}


def output_tensors(result: Any, contract: Contract) -> tuple[Tensor, ...]:
    """Return the tensors of the contract's outputs from what a network gave: see `Architecture.load`."""
    if isinstance(result, Tensor):
        return (result,)
    return tuple(getattr(result, port.name) for port in contract.outputs)


def torch_threads() -> int:
    """Return how many threads PyTorch sums with here; with another number the last bits of its results are others."""
    return torch.get_num_threads()
