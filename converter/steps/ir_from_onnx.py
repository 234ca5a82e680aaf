"""The steps `ir-fp32` and `ir-fp16`: preprocessing built in, weights at an explicit precision, contract attached."""

from dataclasses import dataclass
from pathlib import Path

from configs.schema import Precision
from converter.forms.contract import Contract
from converter.forms.made import Made
from converter.forms.record import ir_hop
from converter.steps.ir_file import check_ir, model_from_onnx, save_ir
from converter.steps.step import Step


@dataclass(frozen=True, slots=True)
class IrFromOnnx(Step):
    """Convert an ONNX of the network (RGB in, in its own range) to an IR that keeps `contract` (BGR 0..255 in).

    The reversal of the channels and the division by the scale become part of the IR; `precision` is that of the
    stored weights, `fp32` or `fp16`.

    Raises, when it runs:
        ConversionError: OpenVINO refuses the model, or the written IR is not what the contract says.
    """

    source: Path
    contract: Contract
    precision: Precision
    target: Path

    @property
    def hop(self) -> str:
        """See `Step.hop`."""
        return ir_hop(self.precision)

    def make(self) -> Made:
        """See `Step.make`."""
        model = model_from_onnx(self.source, self.contract, self.precision)
        save_ir(model, self.contract, self.precision, self.source, self.target)
        return Made(self.hop, self.target, self.contract)

    def ensure(self, made: Made) -> None:
        """See `Step.ensure`."""
        check_ir(made.path, self.contract)
