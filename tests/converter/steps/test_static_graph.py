from pathlib import Path

import numpy as np
import onnx
import openvino
import pytest
from onnx import TensorProto, helper, numpy_helper
from tiny_model import write_tiny_onnx

from configs.errors import ConversionError
from converter.steps.static_graph import check_static, dynamic_onnx_values


def value(name: str, *shape: int | str, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def write(path: Path, nodes: list[onnx.NodeProto], output: onnx.ValueInfoProto, *constants: onnx.TensorProto) -> Path:
    graph = helper.make_graph(nodes, "test", [value("x", 2, 3)], [output], list(constants))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


def as_ir(path: Path) -> Path:
    openvino.save_model(openvino.Core().read_model(path), path.with_suffix(".xml"), compress_to_fp16=False)
    return path.with_suffix(".xml")


@pytest.fixture
def static(tmp_path: Path) -> Path:
    return write(tmp_path / "static.onnx", [helper.make_node("Relu", ["x"], ["y"])], value("y", 2, 3))


@pytest.fixture
def positions(tmp_path: Path) -> Path:
    """Return a graph whose output is as long as the input has numbers other than zero."""
    node = helper.make_node("NonZero", ["x"], ["y"], name="find")
    return write(tmp_path / "positions.onnx", [node], value("y", 2, "found", kind=TensorProto.INT64))


def test_static_graph_passes(static: Path) -> None:
    check_static(static)
    check_static(as_ir(static))


def test_nonzero_is_named(positions: Path) -> None:
    with pytest.raises(ConversionError, match=r"positions.onnx: the fast graph must hold no NonZero, found find"):
        check_static(positions)
    with pytest.raises(ConversionError, match=r"positions.xml: the fast graph must hold no NonZero, found y"):
        check_static(as_ir(positions))


def test_dynamic_shape_is_named(tmp_path: Path) -> None:
    model = write_tiny_onnx(tmp_path / "free.onnx")  # height and width are free

    with pytest.raises(ConversionError, match=r"free.onnx: .* must be static, 7 are not, the first of both"):
        check_static(model)
    with pytest.raises(ConversionError, match=r"free.xml: .* must be static, \d+ are not"):
        check_static(as_ir(model))


def test_branch_is_named(tmp_path: Path) -> None:
    branches = [
        helper.make_graph([helper.make_node(kind, ["x"], [kind])], kind, [], [value(kind, 2, 3)])
        for kind in ("Relu", "Abs")
    ]
    node = helper.make_node("If", ["always"], ["y"], name="choose", then_branch=branches[0], else_branch=branches[1])
    always = numpy_helper.from_array(np.array(True), "always")
    path = write(tmp_path / "branch.onnx", [node], value("y", 2, 3), always)

    with pytest.raises(ConversionError, match="must hold no If, found choose"):
        check_static(path)


def test_shape_that_depends_on_a_constant_is_static(tmp_path: Path) -> None:
    node = helper.make_node("Reshape", ["x", "shape"], ["y"])
    shape = numpy_helper.from_array(np.array([3, -1]), "shape")

    assert dynamic_onnx_values(onnx.load(write(tmp_path / "shape.onnx", [node], value("y", 3, 2), shape))) == []
