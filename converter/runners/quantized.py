"""How much of an OpenVINO graph runs in 8 bits, read from the graph itself.

A convolution does where both of its inputs are quantized to at most 256 levels: its weights stored as bytes, or under a
FakeQuantize, and its images behind FakeQuantizes with nothing but moves of values between. A FakeQuantize anywhere
else, or one of so many levels that it rounds nothing, makes no form int8.
"""

from collections.abc import Iterator

import openvino

from converter.runners.base import Quantized

CONVOLUTIONS = frozenset({"Convolution", "GroupConvolution"})
_MOST_LEVELS = 256
_BYTES = frozenset({"i8", "u8"})
_SCALING = frozenset({"Convert", "Multiply", "Subtract", "Reshape"})
_MOVING = frozenset(
    [
        "Broadcast",
        "Concat",
        "Gather",
        "MaxPool",
        "Pad",
        "Reshape",
        "Slice",
        "Split",
        "Squeeze",
        "StridedSlice",
        "Transpose",
        "Unsqueeze",
        "VariadicSplit",
    ]
)


def quantized_convolutions(model: openvino.Model) -> Quantized:
    """Count the convolutions of a graph that run in 8 bits."""
    convolutions = [operation for operation in model.get_ordered_ops() if operation.get_type_name() in CONVOLUTIONS]
    return Quantized(sum(map(_is_quantized, convolutions)), len(convolutions))


def _is_quantized(convolution: openvino.Node) -> bool:
    image, weights = (convolution.input_value(index).get_node() for index in (0, 1))
    images = [node for node in _before(image, _MOVING) if node.get_type_name() != "Constant"]  # such as zeros beside it
    return (
        bool(images)
        and all(map(_rounds, images))
        and all(_rounds(node) or _is_bytes(node) for node in _before(weights, _SCALING))
    )


def _before(node: openvino.Node, passed: frozenset[str]) -> Iterator[openvino.Node]:
    """Yield what a value comes from, looking behind the operations `passed`; a Concat's images all count."""
    kind = node.get_type_name()
    if kind not in passed:
        yield node
        return
    inputs = range(node.get_input_size()) if kind == "Concat" else (0,)
    for index in inputs:
        yield from _before(node.input_value(index).get_node(), passed)


def _rounds(node: openvino.Node) -> bool:
    """Tell whether a node is a FakeQuantize to few levels, over a range that is one."""
    if node.get_type_name() != "FakeQuantize" or int(node.get_attributes()["levels"]) > _MOST_LEVELS:
        return False
    bounds = [node.input_value(index).get_node() for index in (1, 2)]
    if any(bound.get_type_name() != "Constant" for bound in bounds):
        return False
    low, high = (bound.get_data() for bound in bounds)
    return bool((low < high).all())


def _is_bytes(node: openvino.Node) -> bool:
    return node.get_type_name() == "Constant" and str(node.get_output_element_type(0).to_string()) in _BYTES
