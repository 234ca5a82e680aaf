"""Faults to plant in an ONNX or an IR, each at one named node: proof material for `mattekit locate`.

Each fault changes what its node computes, and keeps the graph's names and shapes, as real faults of exporters,
converters and kernels do.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import openvino
from onnx import numpy_helper

Edit = Callable[[np.ndarray], np.ndarray]


def perturbed(values: np.ndarray) -> np.ndarray:
    """Return the values, each off by up to 1 %."""
    noise = np.random.default_rng(0).uniform(-0.01, 0.01, values.shape)
    return (values * (1 + noise)).astype(values.dtype)


def shifted(values: np.ndarray) -> np.ndarray:
    """Return the values, moved by a hundredth of the largest."""
    return np.asarray(values + np.float32(0.01) * np.abs(values).max())


def one_channel_scaled(values: np.ndarray) -> np.ndarray:
    """Return the weights with those of the first output channel 10 % larger."""
    scaled = values.copy()
    scaled[0] *= 1.1
    return scaled


def transposed(values: np.ndarray) -> np.ndarray:
    """Return the weights with each kernel's height and width exchanged."""
    return np.ascontiguousarray(np.swapaxes(values, -1, -2))


def nine_tenths(values: np.ndarray) -> np.ndarray:
    """Return nine tenths of the values."""
    return (values * 0.9).astype(values.dtype)


def onnx_constant(index: int, edit: Edit) -> Callable[[onnx.ModelProto, str], None]:
    """Return a fault that edits the constant at a node's input; other readers of that constant keep it."""

    def plant(model: onnx.ModelProto, name: str) -> None:
        node = onnx_node(model, name)
        [constant] = [tensor for tensor in model.graph.initializer if tensor.name == node.input[index]]
        edited = edit(numpy_helper.to_array(constant))
        node.input[index] = f"{constant.name}.faulty"
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(edited), node.input[index]))

    return plant


def onnx_attribute(**values: Any) -> Callable[[onnx.ModelProto, str], None]:
    """Return a fault that sets attributes of a node."""

    def plant(model: onnx.ModelProto, name: str) -> None:
        node = onnx_node(model, name)
        kept = [attribute for attribute in node.attribute if attribute.name not in values]
        del node.attribute[:]
        node.attribute.extend(kept + [onnx.helper.make_attribute(key, value) for key, value in values.items()])

    return plant


def onnx_passed_through(model: onnx.ModelProto, name: str) -> None:
    """Make a node return its first input; its name and its tensor stay."""
    node = onnx_node(model, name)
    node.op_type = "Identity"
    del node.attribute[:], node.input[1:]


def onnx_removed(model: onnx.ModelProto, name: str) -> None:
    """Take a node out; the readers of its tensor now read its first input."""
    node = onnx_node(model, name)
    for reader in model.graph.node:
        for index, tensor in enumerate(reader.input):
            if tensor == node.output[0]:
                reader.input[index] = node.input[0]
    model.graph.node.remove(node)


def onnx_reversed_inputs(model: onnx.ModelProto, name: str) -> None:
    """Exchange the order of a node's inputs."""
    node = onnx_node(model, name)
    inputs = list(node.input)[::-1]
    del node.input[:]
    node.input.extend(inputs)


def onnx_node(model: onnx.ModelProto, name: str) -> onnx.NodeProto:
    """Return the node of this name."""
    [node] = [node for node in model.graph.node if node.name == name]
    return node


def ir_constant(index: int, edit: Edit) -> Callable[[openvino.Model, str], None]:
    """Return a fault that edits the constant at an operation's input."""

    def plant(model: openvino.Model, name: str) -> None:
        value = ir_operation(model, name).input(index)
        source = value.get_source_output().get_node()
        edited = np.asarray(edit(np.array(source.data)), dtype=np.float32).reshape(source.data.shape)
        value.replace_source_output(openvino.opset13.constant(edited).output(0))

    return plant


def ir_bypassed(model: openvino.Model, name: str) -> None:
    """Take an operation out; its readers now read its first input."""
    operation = ir_operation(model, name)
    for reader in operation.output(0).get_target_inputs():
        reader.replace_source_output(operation.input_value(0))


def ir_reversed_inputs(model: openvino.Model, name: str) -> None:
    """Exchange an operation's first two inputs."""
    first, second = ir_operation(model, name).inputs()
    source, other = first.get_source_output(), second.get_source_output()
    first.replace_source_output(other)
    second.replace_source_output(source)


def ir_channels_not_reversed(model: openvino.Model, name: str) -> None:
    """Take the reversal of the channels from an input, wherever it stands: before a reader or behind a resize."""
    for reader in ir_operation(model, name).output(0).get_target_inputs():
        node = reader.get_node()
        while node.get_type_name() != "Gather":
            [behind] = node.output(0).get_target_inputs()
            node = behind.get_node()
        ir_bypassed(model, node.get_friendly_name())


def ir_operation(model: openvino.Model, name: str) -> Any:
    """Return the operation of this friendly name."""
    [operation] = [entry for entry in model.get_ordered_ops() if entry.get_friendly_name() == name]
    return operation


def ir_attribute(**values: str) -> Callable[[Path, str], None]:
    """Return a fault that sets attributes of a layer in an IR's XML."""

    def plant(xml: Path, name: str) -> None:
        tree = ET.parse(xml)
        [layer] = [layer for layer in tree.iter("layer") if layer.get("name") == name]
        [data] = layer.iter("data")
        data.attrib.update(values)
        tree.write(xml)

    return plant


def faulty_onnx(source: Path, node: str, plant: Callable[[onnx.ModelProto, str], None], target: Path) -> Path:
    """Write `source` with a fault planted at `node`."""
    model = onnx.load(source)
    plant(model, node)
    target.write_bytes(model.SerializeToString())
    return target


def faulty_ir(source: Path, node: str, plant: Callable[[Any, str], None], target: Path) -> Path:
    """Write the IR `source` with a fault planted at `node`; one in the XML is planted after writing."""
    model = openvino.Core().read_model(source)
    in_xml = plant.__qualname__.startswith(ir_attribute.__name__)
    if not in_xml:
        plant(model, node)
        model.validate_nodes_and_infer_types()
    openvino.save_model(model, target, compress_to_fp16=False)
    if in_xml:
        plant(target, node)
    return target
