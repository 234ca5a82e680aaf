"""A contract's input side built into a model: every reader of the images sees what the network would be given."""

from dataclasses import replace

import numpy as np
import openvino
import pytest
from numpy.typing import NDArray
from openvino import opset13

from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import Contract, ir_contract, network_contract
from converter.steps.preprocessing import with_inputs_of

SIZE = (8, 12)
CENTRED = replace(ARCHITECTURE, inputs=tuple(replace(port, low=-1) for port in ARCHITECTURE.inputs))
CONTRACTS = {
    "nchw-f32": ir_contract(ARCHITECTURE, SIZE, "0" * 64),
    "nhwc-u8": ir_contract(ARCHITECTURE, SIZE, "0" * 64, "nhwc-u8"),
    "as the network": network_contract(ARCHITECTURE, SIZE, "0" * 64),
    "centred nchw-f32": ir_contract(CENTRED, SIZE, "0" * 64),
    "centred nhwc-u8": ir_contract(CENTRED, SIZE, "0" * 64, "nhwc-u8"),
    "centred as the network": network_contract(CENTRED, SIZE, "0" * 64),
}
FORMS = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)


def network() -> openvino.Model:
    """Return a model whose outputs show the images as a convolution, a resize, a nearest resize and a sum read them."""
    rng = np.random.default_rng(0)
    images = []
    for name in ("src", "bgr"):
        image = opset13.parameter((1, 3, *SIZE), np.float32)
        image.output(0).set_names({name})
        images.append(image)
    source, background = images
    weights = opset13.constant(rng.normal(size=(4, 3, 2, 2)).astype(np.float32))
    small, axes = opset13.constant(np.array([4, 6])), opset13.constant(np.array([2, 3]))
    outputs = {
        "convolved": opset13.convolution(source, weights, [2, 2], [1, 1], [1, 1], [1, 1]),
        "resized": opset13.interpolate(background, small, "linear_onnx", "sizes", axes=axes),
        "nearest": opset13.interpolate(background, small, "nearest", "sizes", axes=axes),
        "sum": opset13.add(source, background),
    }
    for name, output in outputs.items():
        output.output(0).set_names({name})
    return openvino.Model(list(outputs.values()), images)


def run(model: openvino.Model, source: NDArray[np.generic], background: NDArray[np.generic]) -> dict[str, NDArray]:
    compiled = openvino.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = compiled({"src": source, "bgr": background})
    return {port.get_any_name(): results[port].copy() for port in compiled.outputs}


def images_for(contract: Contract) -> tuple[list[NDArray[np.generic]], list[NDArray[np.float32]]]:
    """Return source and background as the contract takes them, and as the network does."""
    rng = np.random.default_rng(1)
    pixels = [rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8) for _ in range(2)]  # RGB
    port = contract.inputs[0]
    centred = contract.mean != 0 or port.low != 0
    planes = [image.transpose(2, 0, 1)[None].astype(np.float32) for image in pixels]
    plain = [values / np.float32(127.5) - 1 if centred else values / np.float32(255) for values in planes]
    if contract.scale == 1:
        return list(plain), plain
    given = [image[..., ::-1] if port.colour_order == "BGR" else image for image in pixels]
    given = [image if port.layout == "NHWC" else image.transpose(2, 0, 1) for image in given]
    kind = np.uint8 if port.element_type == "u8" else np.float32
    return [np.ascontiguousarray(image[None]).astype(kind) for image in given], plain


@FORMS
def test_every_reader_sees_the_same(contract: Contract) -> None:
    given, plain = images_for(contract)

    expected, found = run(network(), *plain), run(with_inputs_of(contract, network()), *given)

    assert found.keys() == expected.keys() == {"convolved", "resized", "nearest", "sum"}
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=0, atol=2e-6, err_msg=name)


@FORMS
def test_inputs_are_the_contracts(contract: Contract) -> None:
    model = with_inputs_of(contract, network())

    assert [(port.get_any_name(), tuple(port.get_shape())) for port in model.inputs] == [
        (port.name, port.shape) for port in contract.inputs
    ]
    assert {port.get_element_type().to_string() for port in model.inputs} == {contract.inputs[0].element_type}


def test_an_image_that_only_linear_operations_read_is_neither_reversed_nor_divided_before_them() -> None:
    model = with_inputs_of(CONTRACTS["nchw-f32"], network())

    readers = {reader.get_node().get_type_name() for reader in model.input("src").get_target_inputs()}

    assert readers == {"Convolution", "Gather"}  # the latter for the sum


def test_a_convolution_that_pads_gets_images_whose_mean_is_off() -> None:
    model = with_inputs_of(CONTRACTS["centred nchw-f32"], network())

    readers = {reader.get_node().get_type_name() for reader in model.input("src").get_target_inputs()}

    assert readers == {"Gather"}


def test_a_network_without_such_an_input_is_refused() -> None:
    other = opset13.parameter((1, 3, *SIZE), np.float32)
    other.output(0).set_names({"image"})

    with pytest.raises(RuntimeError, match="src"):
        with_inputs_of(CONTRACTS["nchw-f32"], openvino.Model([opset13.relu(other)], [other]))


def named_network() -> openvino.Model:
    """Return the network as an ONNX gives it: what it does has names."""
    model = network()
    for number, node in enumerate(model.get_ordered_ops()):
        node.set_friendly_name(f"node {number}")
    return model


@FORMS
def test_what_is_added_has_the_same_names_in_the_same_order_every_time(contract: Contract) -> None:
    made = [with_inputs_of(contract, named_network()) for _ in range(20)]
    names = [[node.get_friendly_name() for node in model.get_ordered_ops()] for model in made]
    assert all(each == names[0] for each in names)
    assert len(set(names[0])) == len(names[0])
