"""The step `onnx-simplified`: onnxsim folds constants and fuses nodes."""

from dataclasses import dataclass
from pathlib import Path

import onnxsim

from configs.errors import ConversionError
from converter.forms.contract import Contract
from converter.forms.made import Made
from converter.steps.onnx_file import check_onnx, fixed_weights, read_onnx, save_onnx
from converter.steps.step import Step


@dataclass(frozen=True, slots=True)
class SimplifyOnnx(Step):
    """Fold constants and fuse nodes with onnxsim.

    Raises, when it runs:
        DataError: the source is not readable.
        ConversionError: onnxsim fails, or what was written is not what the contract says.
    """

    source: Path
    contract: Contract
    target: Path

    @property
    def hop(self) -> str:
        """See `Step.hop`."""
        return "onnx-simplified"

    def make(self) -> Made:
        """See `Step.make`."""
        model = read_onnx(self.source)
        try:
            simplified, succeeded = onnxsim.simplify(model, certify=False)
        except Exception as error:  # onnxsim raises bare C++ errors of several kinds
            raise ConversionError(f"onnx-simplified: onnxsim failed: {error}") from error
        if not succeeded:
            raise ConversionError("onnx-simplified: onnxsim could not simplify the model")
        details = save_onnx(simplified, self.contract, self.target, fixed_weights(model))
        return Made(self.hop, self.target, self.contract, details)

    def ensure(self, made: Made) -> None:
        """See `Step.ensure`."""
        check_onnx(made.path, self.contract)
