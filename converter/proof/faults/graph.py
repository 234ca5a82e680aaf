"""The faults that are planted inside an IR: in weights, constants, attributes, and in how operations are joined.

Operations are found by type and place, so that a fault can be planted into an IR of any size and precision.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13

from configs.errors import DataError
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.proof.perturb import perturb_weights
from converter.runners.openvino_ir import read_ir

Values = NDArray[np.float32]
Edit = Callable[[Values], Values]
Plant = Callable[[openvino.Model], None]
_CONVOLUTIONS = ("Convolution", "GroupConvolution")


@dataclass(frozen=True, slots=True)
class InXml:
    """Attributes to set, in the XML, of an operation, the `place`-th of its type."""

    type: str
    place: int
    values: Mapping[str, str]


def write_faulty(source: Path, target: Path, fault: "Plant | InXml | None") -> None:
    """Write a copy of an IR with a fault; None perturbs all weights by 1 %.

    Raises:
        DataError: the IR has no such operation.
    """
    if fault is None:
        perturb_weights(source, target)
        return
    model = read_ir(source)
    if isinstance(fault, InXml):
        openvino.save_model(model, target, compress_to_fp16=False)
        _set_attributes(target, fault)
        return
    fault(model)
    model.validate_nodes_and_infer_types()
    openvino.save_model(model, target, compress_to_fp16=False)


def constant(types: Sequence[str], place: int, port: int, edit: Edit) -> Plant:
    """Return a fault that edits the constant at an input of the `place`-th operation of these types."""

    def plant(model: openvino.Model) -> None:
        value = _found(model, types, place).input(port)
        node = value.get_source_output().get_node()
        while node.get_type_name() in ("Convert", "Reshape", "Multiply", "Subtract", "FakeQuantize"):
            value = node.input(0)
            node = value.get_source_output().get_node()
        if node.get_type_name() != "Constant":
            raise DataError(f"{'/'.join(types)} number {place}: its input {port} is no constant")
        before = np.array(node.data)
        after = np.asarray(edit(before.astype(np.float32))).astype(before.dtype).reshape(before.shape)
        value.replace_source_output(opset13.constant(after).output(0))

    return plant


def bypassed(types: Sequence[str], place: int) -> Plant:
    """Return a fault that takes the `place`-th operation of these types out; its readers read its first input."""

    def plant(model: openvino.Model) -> None:
        _bypass(_found(model, types, place))

    return plant


def not_reversed(place: int) -> Plant:
    """Return a fault that takes out the `place`-th reversal of three channels."""

    def plant(model: openvino.Model) -> None:
        reversals = [node for node in _operations(model, ("Gather",)) if _reverses(node)]
        if place >= len(reversals):
            raise DataError(f"the IR has {len(reversals)} reversals of channels, not {place + 1}")
        _bypass(reversals[place])

    return plant


def last_clip(output: str, bound: str, value: float) -> Plant:
    """Return a fault that moves the last bound, `Minimum` or `Maximum`, before an output."""

    def plant(model: openvino.Model) -> None:
        unread = [model.output(output).get_node()]
        seen: set[str] = set()
        for node in unread:
            if node.get_type_name() == bound:
                [limit] = [edge for edge in node.inputs() if _is_constant(edge.get_source_output().get_node())]
                before = limit.get_source_output()
                after = np.full(list(before.get_shape()), value, np.float32)
                limit.replace_source_output(opset13.constant(after).output(0))
                seen.add("found")
                continue
            unread.extend(
                edge.get_source_output().get_node()
                for edge in node.inputs()
                if node.get_type_name() not in _CONVOLUTIONS and edge.get_source_output().get_node() not in unread
            )
        if not seen:
            raise DataError(f"the IR has no {bound} before {output}")

    return plant


def _operations(model: openvino.Model, types: Sequence[str]) -> list[openvino.Node]:
    return [node for node in model.get_ordered_ops() if node.get_type_name() in types]


def _found(model: openvino.Model, types: Sequence[str], place: int) -> openvino.Node:
    nodes = _operations(model, types)
    if not -len(nodes) <= place < len(nodes):
        raise DataError(f"the IR has {len(nodes)} of {'/'.join(types)}, not {place + 1}")
    return nodes[place]


def _bypass(node: openvino.Node) -> None:
    for reader in node.output(0).get_target_inputs():
        reader.replace_source_output(node.input_value(0))


def _is_constant(node: openvino.Node) -> bool:
    while node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return str(node.get_type_name()) == "Constant"


def _reverses(node: openvino.Node) -> bool:
    indices = node.input_value(1).get_node()
    return indices.get_type_name() == "Constant" and np.array(indices.data).ravel().tolist() == [2, 1, 0]


def _set_attributes(xml: Path, fault: InXml) -> None:
    tree = ET.parse(xml)
    layers = [layer for layer in tree.iter("layer") if layer.get("type") == fault.type]
    if not -len(layers) <= fault.place < len(layers):
        raise DataError(f"{xml}: has {len(layers)} layers {fault.type}, not {fault.place + 1}")
    [data] = layers[fault.place].iter("data")
    data.attrib.update(fault.values)
    tree.write(xml)


def _first_channel(factor: float) -> Edit:
    def edit(values: Values) -> Values:
        changed = values.copy()
        changed[0] *= factor
        return changed

    return edit


def _transposed(values: Values) -> Values:
    return np.ascontiguousarray(np.swapaxes(values, -1, -2))


def _coarsened(values: Values) -> Values:
    step = np.abs(values).max() / 15
    return np.asarray(np.round(values / step) * step, np.float32)


def _times(factor: float) -> Edit:
    return lambda values: values * np.float32(factor)


def _plus(offset: float) -> Edit:
    return lambda values: values + np.float32(offset)


_ASYMMETRIC = {"coordinate_transformation_mode": "asymmetric"}
_CORNERS = {"coordinate_transformation_mode": "align_corners"}
_ALPHA, _FOREGROUND = (port.name for port in ARCHITECTURE.outputs)
GRAPH_FAULTS: Mapping[str, tuple[str, "Plant | InXml | None"]] = {
    "all weights off by 1 %": ("weights", None),
    "first convolution, one channel 1.1 times": ("weights", constant(_CONVOLUTIONS, 0, 1, _first_channel(1.1))),
    "first convolution, kernels transposed": ("weights", constant(_CONVOLUTIONS, 0, 1, _transposed)),
    "tenth convolution, one channel zero": ("weights", constant(_CONVOLUTIONS, 9, 1, _first_channel(0))),
    "thirtieth convolution of 4 bits": ("weights", constant(_CONVOLUTIONS, 29, 1, _coarsened)),
    "fiftieth convolution, kernels transposed": ("weights", constant(_CONVOLUTIONS, 49, 1, _transposed)),
    "last convolution of the refiner 0.99 times": ("weights", constant(_CONVOLUTIONS, -1, 1, _times(0.99))),
    "first bias + 0.05": ("constants", constant(("Add",), 0, 1, _plus(0.05))),
    "ReLU6 that ends at 5": ("constants", constant(("Minimum",), 0, 0, _times(5 / 6))),
    "alpha clipped at 0.99": ("constants", last_clip(_ALPHA, "Minimum", 0.99)),
    "alpha not below 0.01": ("constants", last_clip(_ALPHA, "Maximum", 0.01)),
    "foreground clipped at 0.9 inside": ("constants", last_clip(_FOREGROUND, "Minimum", 0.9)),
    "cells refined from an error of 0.1 on": ("constants", constant(("Greater",), 0, 1, _plus(0.1))),
    "first resize asymmetric": ("attributes", InXml("Interpolate", 0, _ASYMMETRIC)),
    "second resize aligned at its corners": ("attributes", InXml("Interpolate", 1, _CORNERS)),
    "decoder's resize asymmetric": ("attributes", InXml("Interpolate", 4, _ASYMMETRIC)),
    "decoder's last resize nearest": ("attributes", InXml("Interpolate", 5, {"mode": "nearest"})),
    "reversal left out on the first path": ("colour", not_reversed(0)),
    "reversal left out on the second path": ("colour", not_reversed(1)),
    "reversal left out on the third path": ("colour", not_reversed(2)),
    "scale 256 on the first path": ("scale", constant(("Divide",), 0, 1, _times(256 / 255))),
    "scale 256 on the second path": ("scale", constant(("Divide",), 1, 1, _times(256 / 255))),
    "scale 256 on the third path": ("scale", constant(("Divide",), 2, 1, _times(256 / 255))),
    "scale 256 on the fourth path": ("scale", constant(("Divide",), 3, 1, _times(256 / 255))),
    "refined alpha never written inside": ("cells", bypassed(("ScatterNDUpdate",), -1)),
    "refined foreground never written inside": ("cells", bypassed(("ScatterNDUpdate",), -2)),
    "cells at the border patched wrongly": ("cells", bypassed(("ScatterNDUpdate",), 0)),
}
"""Name to kind and what is planted."""
