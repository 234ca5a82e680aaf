"""Names of operations that do not depend on what the process has made before."""

import numpy as np
import openvino
from onnx import TensorProto, helper
from openvino import opset13

from converter.steps.steady_names import name_steadily, names_of


def _model() -> openvino.Model:
    image = opset13.parameter([1, 3], openvino.Type.f32)
    image.set_friendly_name("src")
    lifted = opset13.add(image, np.float32(1))
    own = opset13.relu(lifted)
    own.set_friendly_name("Relu_0")
    weighted = opset13.multiply(opset13.relu(own), np.float32(2))
    weighted.set_friendly_name("node/weights_2")
    return openvino.Model([opset13.relu(weighted)], [image], "model")


def _names(model: openvino.Model) -> list[str]:
    return [operation.get_friendly_name() for operation in model.get_ordered_ops()]


def test_only_what_openvino_numbered_is_numbered_anew() -> None:
    first, second = _model(), _model()
    assert _names(first) != _names(second)

    for model in (first, second):
        name_steadily(model, {"src", "Relu_0"})

    assert _names(first) == _names(second)
    named = set(_names(first))
    assert named >= {"src", "Relu_0", "Relu_1", "Relu_2", "Add_0", "node/weights_2"}
    assert len(named) == len(_names(first))
    before = _names(first)
    name_steadily(first, {"src", "Relu_0"})
    assert _names(first) == before


def test_every_name_of_an_onnx_is_known() -> None:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    nodes = [helper.make_node("Relu", ["x"], ["Relu_5"], name="first"), helper.make_node("Add", ["Relu_5", "w"], ["y"])]
    constant = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
    graph = helper.make_graph(nodes, "g", [value], [helper.make_tensor_value_info("y", 1, [1])], [constant])

    assert names_of(helper.make_model(graph)) == {"x", "first", "Relu_5", "y", "w"}
