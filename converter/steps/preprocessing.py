"""A contract's input images, built into a network that takes RGB planes: layout, type, colour order, mean, scale.

Each of these is a pass over the image before the network sees it, and at 1280x720 an image is 11 MB. An image that is
read by a convolution W (without bias, as OpenVINO's are) or a linear resize R needs no pass for the reversal P of its
colours and for the scale s, since

    W * (P x / s) = ((W P) * x) / s        R(P x / s) = P R(x) / s

W takes over the reversal exactly, a resized image is smaller, and a convolution's output is divided while it is
written. Whole numbers up to 255 so stay whole up to there, and bfloat16 holds those exactly. Everything else that reads
an image (the source is also added to the foreground) gets it prepared before.

A mean m is subtracted before the division. A resize commutes with that too, its weights add up to 1. A convolution that
pads does not: at the border it would take zeros for images that are zero only once m is off. It gets its images ready.
bfloat16 holds x - 127.5 exactly as well.
"""

from typing import NamedTuple

import numpy as np
import openvino
from openvino import opset13

from converter.forms.contract import Contract, Port

_ELEMENT_TYPES = {"f32": openvino.Type.f32, "u8": openvino.Type.u8}
_NHWC_TO_NCHW = np.array([0, 3, 1, 2])


def with_inputs_of(contract: Contract, network: openvino.Model) -> openvino.Model:
    """Return the network with the contract's input images in place of its own, RGB and NCHW; `network` is used up.

    Inputs that are no images stay as they are.

    Raises:
        RuntimeError: OpenVINO refuses, or the network has no input of a port's name.
    """
    inputs = []
    for port in contract.inputs:
        own = network.input(port.name)
        if not port.is_image:
            inputs.append(own.get_node())
            continue
        own.set_names(set())
        image = opset13.parameter(port.shape, _ELEMENT_TYPES[port.element_type])
        image.set_friendly_name(port.name)
        image.output(0).set_names({port.name})
        _connect(image.output(0), _readers(own), port, _Range(contract.mean, contract.scale))
        inputs.append(image)
    return openvino.Model(network.get_results(), inputs, network.get_friendly_name())


class _Range(NamedTuple):
    """What is subtracted from images, and what they are divided by then."""

    mean: float
    scale: float


def _connect(image: openvino.Output, readers: list[openvino.Input], port: Port, values: _Range) -> None:
    planes = image
    if port.layout != "NCHW":
        planes = _named(opset13.transpose(image, _NHWC_TO_NCHW), f"{port.name}/planes")
    linear = [reader for reader in readers if _commutes(reader, values.mean)]
    others = [reader for reader in readers if reader not in linear]
    if linear:
        floats = _floats(planes, f"{port.name}/floats")
        for reader in linear:
            reader.replace_source_output(floats)
            _prepare_behind(reader.get_node(), port, values)
    if others:
        ordered = _reversed(planes, f"{port.name}/reversed") if port.colour_order == "BGR" else planes
        ready = _floats(ordered, f"{port.name}/ready")
        # By a number for each channel, though all are equal: a single one would be moved before the reversal, to
        # be a pass of its own there instead of a part of the operation behind.
        ready = _in_range(ready, values, port.name, (1, 3, 1, 1))
        for reader in others:
            reader.replace_source_output(ready)


def _commutes(reader: openvino.Input, mean: float) -> bool:
    """Say whether an image is read by what commutes with its preprocessing."""
    node = reader.get_node()
    if reader.get_index() != 0:
        return False
    if node.get_type_name() == "Interpolate":
        return str(node.get_attributes()["mode"]) in ("linear", "linear_onnx")
    if node.get_type_name() != "Convolution" or mean != 0:
        return False
    return bool(node.input_value(1).get_node().get_type_name() == "Constant")


def _readers(output: openvino.Output) -> list[openvino.Input]:
    """Return what reads an output, by name: OpenVINO gives them in the order of their addresses."""
    return sorted(
        output.get_target_inputs(), key=lambda reader: (reader.get_node().get_friendly_name(), reader.get_index())
    )


def _named(node: openvino.Node, name: str) -> openvino.Output:
    """Name a new operation and its constants; by themselves they are numbered by how many the process has made."""
    node.set_friendly_name(name)
    for index, value in enumerate(node.input_values()):
        if (source := value.get_node()).get_type_name() == "Constant":
            source.set_friendly_name(f"{name}/{index}")
    return node.output(0)


def _floats(image: openvino.Output, name: str) -> openvino.Output:
    if image.get_element_type() == openvino.Type.f32:
        return image
    return _named(opset13.convert(image, "f32"), name)


def _reversed(planes: openvino.Output, name: str) -> openvino.Output:
    return _named(opset13.gather(planes, np.array([2, 1, 0]), np.array(1)), name)


def _in_range(image: openvino.Output, values: _Range, name: str, shape: tuple[int, ...] = ()) -> openvino.Output:
    """Subtract the mean and divide by the scale, each a constant of `shape`; what changes nothing is left out."""
    if values.mean != 0:
        image = _named(opset13.subtract(image, np.full(shape, values.mean, np.float32)), f"{name}/centred")
    if values.scale != 1:
        image = _named(opset13.divide(image, np.full(shape, values.scale, np.float32)), f"{name}/scaled")
    return image


def _prepare_behind(node: openvino.Node, port: Port, values: _Range) -> None:
    """Let a linear operation read an image as it comes; what it gives, under the same names, is as it was."""
    result = output = node.output(0)
    readers, names, name = _readers(output), output.get_names(), node.get_friendly_name()
    if port.colour_order == "BGR" and node.get_type_name() == "Convolution":
        weights = np.ascontiguousarray(node.input_value(1).get_node().get_data()[:, ::-1])
        reversed_weights = opset13.constant(weights)
        reversed_weights.set_friendly_name(f"{name}/weights")
        node.input(1).replace_source_output(reversed_weights.output(0))
    elif port.colour_order == "BGR":
        result = _reversed(result, f"{name}/reversed")
    result = _in_range(result, values, name)
    output.set_names(set())
    result.set_names(names)
    for reader in readers:
        reader.replace_source_output(result)
