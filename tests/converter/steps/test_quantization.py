"""Which operations are quantized: on a network of five convolutions with names as torch's exporter gives them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import openvino
import pytest
from onnx import TensorProto, helper, numpy_helper

from configs.errors import UsageError
from converter.steps.quantization import Share, convolution_weights, kept_float, quantize

CHANNELS, SIDE = 4, 16
CONVOLUTIONS = {
    "stem": "network.backbone.features.0.0.weight",
    "block": "network.backbone.features.1.conv.weight",
    "head": "network.decoder.conv4.weight",
    "shrink": "network.refiner.half_weights",
    "refine": "network.refiner.conv2_weight",
}
FIXED = ("network.refiner.half_weights",)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write x -> stem -> block -> + stem -> head -> top-k of head, and refine(shrink(x) + head) * (top value)."""
    rng = np.random.default_rng(0)
    weights = [
        numpy_helper.from_array(rng.normal(0, 0.3, (CHANNELS, CHANNELS, 3, 3)).astype(np.float32), name)
        for name in CONVOLUTIONS.values()
    ]
    constants = [
        numpy_helper.from_array(np.array([1]), "one"),
        numpy_helper.from_array(np.array([-1]), "flat"),
        numpy_helper.from_array(np.float32(0.5), "gain"),
    ]

    def convolve(name: str, source: str) -> onnx.NodeProto:
        return helper.make_node("Conv", [source, CONVOLUTIONS[name]], [f"{name}_out"], name=name, pads=[1] * 4)

    nodes = [
        helper.make_node("Mul", ["x", "gain"], ["dimmed"], name="before"),
        convolve("stem", "dimmed"),
        convolve("block", "stem_out"),
        helper.make_node("Add", ["stem_out", "block_out"], ["sum"], name="shortcut"),
        convolve("head", "sum"),
        helper.make_node("Mul", ["head_out", "gain"], ["error"], name="score"),
        helper.make_node("Reshape", ["error", "flat"], ["errors"], name="flatten"),
        helper.make_node("TopK", ["errors", "one"], ["value", "index"], name="select"),
        convolve("shrink", "dimmed"),
        helper.make_node("Add", ["shrink_out", "head_out"], ["joined"], name="join"),
        helper.make_node("Mul", ["joined", "value"], ["chosen"], name="choose"),
        convolve("refine", "chosen"),
        helper.make_node("Add", ["refine_out", "dimmed"], ["y"], name="after"),
    ]
    shape = [1, CHANNELS, SIDE, SIDE]
    ports = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)] for name in ("x", "y")]
    graph = helper.make_graph(nodes, "five", *ports, [*weights, *constants])
    path = tmp_path_factory.mktemp("five") / "five.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


def quantized_by(model: Path, patterns: Sequence[str], seed: int = 0) -> tuple[openvino.Model, Share]:
    kept = kept_float(convolution_weights(onnx.load(model)), patterns, FIXED)
    rng = np.random.default_rng(seed)
    feeds = [{"x": rng.normal(0, 1, (1, CHANNELS, SIDE, SIDE)).astype(np.float32)} for _ in range(3)]
    return quantize(openvino.Core().read_model(model), feeds, kept)


def in_8_bits(model: openvino.Model) -> set[str]:
    """Return the operations that read a quantized tensor."""
    marks = [operation for operation in model.get_ops() if operation.get_type_name() == "FakeQuantize"]
    users = (use.get_node() for mark in marks for output in mark.outputs() for use in output.get_target_inputs())
    return {user.get_friendly_name() for user in users}


def test_weights_are_known_by_the_names_of_their_modules(model: Path) -> None:
    assert convolution_weights(onnx.load(model)) == CONVOLUTIONS


def test_a_node_without_name_goes_by_its_output() -> None:
    node = helper.make_node("Conv", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "one", [], [])

    assert convolution_weights(helper.make_model(graph)) == {"y": "w"}


@pytest.mark.parametrize(
    ("patterns", "kept"),
    [
        ((), {"shrink"}),
        (("decoder.conv4",), {"shrink", "head"}),
        (("refiner",), {"shrink", "refine"}),
        (("backbone.features.[1-9].*", "decoder"), {"shrink", "block", "head"}),
    ],
)
def test_patterns_keep_what_they_name_and_fixed_weights_stay(patterns: tuple[str, ...], kept: set[str]) -> None:
    assert kept_float(CONVOLUTIONS, patterns, FIXED) == kept


def test_a_pattern_that_fits_nothing_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UsageError, match=r"no convolution's weights have a name with `decoder\.conv9`.*decoder\.conv4"):
        kept_float(CONVOLUTIONS, ("refiner", "decoder.conv9"))


@pytest.mark.parametrize("weights", [{}, {"shrink": CONVOLUTIONS["shrink"]}, CONVOLUTIONS])
def test_nothing_left_to_quantize_is_refused(weights: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"leaves nothing to quantize"):
        kept_float(weights, ("network",) if weights == CONVOLUTIONS else (), FIXED)


def test_convolutions_and_what_lies_between_are_quantized_and_nothing_else(model: Path) -> None:
    quantized, share = quantized_by(model, ())

    found = in_8_bits(quantized)
    assert {"stem", "block", "head", "refine"} <= found
    assert not found & {"shrink", "before", "after", "score", "select"}
    assert "shortcut" in found
    assert share == Share(4, 5, 0.8)


def test_a_kept_convolution_is_not_quantized_nor_what_follows_the_last_one(model: Path) -> None:
    quantized, share = quantized_by(model, ("decoder.conv4", "refiner"))

    found = in_8_bits(quantized)
    assert {"stem", "block"} <= found
    assert not found & {"head", "refine", "shrink", "before", "after", "join", "choose", "score"}
    assert share == Share(2, 5, 0.4)


def test_no_weight_needs_more_than_seven_bits(model: Path) -> None:
    """Two products of 8 and 8 bits would saturate where a CPU adds them in 16."""
    quantized, _ = quantized_by(model, ())

    constants = [
        operation.get_data()
        for operation in quantized.get_ops()
        if operation.get_type_name() == "Constant" and operation.get_element_type() == openvino.Type.i8
    ]
    assert len(constants) == 4
    assert all(np.abs(values.astype(int)).max() <= 64 for values in constants)


def test_the_same_samples_give_the_same_bytes(model: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        openvino.save_model(quantized_by(model, ())[0], tmp_path / f"{name}.xml", compress_to_fp16=False)
    openvino.save_model(quantized_by(model, (), seed=1)[0], tmp_path / "other.xml", compress_to_fp16=False)

    weights = [(tmp_path / f"{name}.bin").read_bytes() for name in ("first", "second", "other")]
    assert weights[0] == weights[1] != weights[2]


def test_nncf_writes_nothing_to_the_output(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quantized_by(model, ())

    assert capsys.readouterr().out == ""
