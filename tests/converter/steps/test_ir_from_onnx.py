"""The step that makes an IR, and the check that it keeps its contract."""

from pathlib import Path

import numpy as np
import openvino
import pytest
from tiny_model import SIZE

from configs.errors import ConversionError
from configs.schema import Precision
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import Contract, ir_contract
from converter.runners.openvino_ir import contract_of_ir, read_ir
from converter.steps import ir_from_onnx
from converter.steps.ir_file import check_ir
from converter.steps.ir_from_onnx import IrFromOnnx

CONTRACT = ir_contract(ARCHITECTURE, SIZE, "0" * 64)


@pytest.mark.parametrize(("precision", "stored"), [("fp32", np.float32), ("fp16", np.float16)])
def test_an_ir_carries_its_contract_and_its_weights_at_the_asked_precision(
    adopted: Path, tmp_path: Path, precision: Precision, stored: type
) -> None:
    made = IrFromOnnx(adopted, CONTRACT, precision, tmp_path / precision / "model.xml").run()

    assert (made.hop, made.contract, made.quantization) == (f"ir-{precision}", CONTRACT, None)
    model = read_ir(made.path)
    assert contract_of_ir(model, made.path) == CONTRACT
    [convolution] = [node for node in model.get_ops() if node.get_type_name() == "Convolution"]
    weights = convolution.input_value(1).get_node()
    weights = weights.input_value(0).get_node() if weights.get_type_name() == "Convert" else weights
    assert weights.get_data().dtype == stored


def test_what_openvino_cannot_read_names_the_form(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"garbage")

    with pytest.raises(ConversionError, match=r"^ir-fp16: OpenVINO refuses the model"):
        IrFromOnnx(tmp_path / "broken.onnx", CONTRACT, "fp16", tmp_path / "model.xml").run()


def test_an_ir_of_another_size_is_refused(adopted: Path, tmp_path: Path) -> None:
    made = IrFromOnnx(adopted, CONTRACT, "fp32", tmp_path / "model.xml").run()

    with pytest.raises(ConversionError, match=r"model\.xml: expected the tensors .*64, 128.*found .*64, 96"):
        check_ir(made.path, ir_contract(ARCHITECTURE, (64, 128), "0" * 64))


def test_an_ir_that_says_another_contract_is_refused(
    adopted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = ir_from_onnx.save_ir

    def save_another(model: openvino.Model, contract: Contract, precision: Precision, *files: Path) -> None:
        save(model, contract.model_copy(update={"scale": 1.0}), precision, *files)

    monkeypatch.setattr(ir_from_onnx, "save_ir", save_another)

    with pytest.raises(ConversionError, match=r"model\.xml: its rt_info does not give the contract back"):
        IrFromOnnx(adopted, CONTRACT, "fp32", tmp_path / "model.xml").run()
