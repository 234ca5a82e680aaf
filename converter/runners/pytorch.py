"""The original network, run by PyTorch in float32."""

import torch

from converter.forms.contract import Contract
from converter.network import MattingNetwork
from converter.runners.base import InputTensor, Runner, Tensor, check_inputs


class TorchRunner(Runner):
    """Runs a `MattingNetwork` on the CPU."""

    framework = "torch"
    precision = "f32"

    def __init__(self, network: MattingNetwork, contract: Contract) -> None:
        self.contract = contract
        self.threads = torch.get_num_threads()
        self._network = network.eval()

    def infer(self, source: InputTensor, background: InputTensor) -> tuple[Tensor, Tensor]:
        """See `Runner.infer`."""
        check_inputs(self.contract, source, background)
        with torch.inference_mode():
            output = self._network(torch.from_numpy(source), torch.from_numpy(background), crop=True)
        return output.pha.numpy(), output.fgr.numpy()
