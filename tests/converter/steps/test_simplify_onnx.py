from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx_models import CONTRACT, changed, run
from tiny_model import GAIN, OFFSET

from configs.errors import ConversionError
from converter.forms.contract import parse_contract
from converter.steps import simplify_onnx
from converter.steps.simplify_onnx import SimplifyOnnx


def test_simplifying_folds_constants_and_keeps_the_outputs(adopted: Path, tmp_path: Path) -> None:
    def unfold_gain(model: onnx.ModelProto) -> None:
        gain = next(tensor for tensor in model.graph.initializer if tensor.name == "gain")
        gain.CopyFrom(onnx.numpy_helper.from_array(np.full((1, 3, 1, 1), GAIN - OFFSET, np.float32), "less"))
        model.graph.node.insert(0, onnx.helper.make_node("Add", ["less", "offset"], ["gain"]))
        model.graph.node.insert(0, onnx.helper.make_node("Identity", ["src"], ["same"]))
        model.graph.node[2].input[0] = "same"

    source, target = changed(adopted, tmp_path / "long.onnx", unfold_gain), tmp_path / "simple.onnx"
    assert len(onnx.load(source).graph.node) == 9

    made = SimplifyOnnx(source, CONTRACT, target).run()

    assert (made.hop, made.details["nodes"]) == ("onnx-simplified", "7")
    for name, expected in run(source).items():
        np.testing.assert_allclose(run(target)[name], expected, rtol=0, atol=1e-6)
    model = onnx.load(target)
    assert parse_contract(model.metadata_props[0].value, "simple") == CONTRACT


@pytest.mark.parametrize("failure", ["raises", "reports"])
def test_simplifying_that_fails_is_a_conversion_error(
    adopted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    def simplify(model: onnx.ModelProto, certify: bool) -> tuple[onnx.ModelProto, bool]:
        if failure == "raises":
            raise RuntimeError("no such operator")
        return model, False

    monkeypatch.setattr(simplify_onnx.onnxsim, "simplify", simplify)

    with pytest.raises(
        ConversionError, match=r"onnx-simplified: onnxsim (failed: no such operator|could not simplify)"
    ):
        SimplifyOnnx(adopted, CONTRACT, tmp_path / "simple.onnx").run()

    assert not (tmp_path / "simple.onnx").exists()
