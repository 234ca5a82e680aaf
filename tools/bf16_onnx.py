"""Rewrite an ONNX so that float32 arithmetic gives what bfloat16 inference would: for CPUs that have no bfloat16.

OpenVINO's CPU plugin, told to infer in bf16, keeps sums in float32 and stores every tensor in bfloat16, with these
exceptions, which its public source shows: integers; constants, but for the weights of convolutions and products of
matrices; and the graph's tail, the operations met on the way up from an output before a convolution, a product of
matrices or a resize. Here every tensor that it would store so is rounded to bfloat16's 8 significant bits.

It is an emulation. Kernels fuse operations and then round once where this rounds twice, sums run in another order, and
an IR scales by 255 at another place than the ONNX that it was made from. The errors of the eight bits themselves are
reproduced; do not trust the last digit of a metric.

Rounding is T. J. Dekker's splitting (Numerische Mathematik 18, 1971): with c = (2^16 + 1) x, the number c - (c - x) is
x rounded to 24 - 16 bits, ties aside.
"""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_SPLITTER = 2.0**16 + 1
_SPLITTER_NAME = "bf16_splitter"
# Where the walk up from an output ends.
_SIGNIFICANT = frozenset({"Conv", "Gemm", "MatMul", "Resize"})
# These read the graph's inputs unrounded.
_ELEMENTWISE = frozenset({"Add", "Div", "Mul", "Sub"})


def emulate_bf16(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy of `model`, a float32 ONNX without subgraphs, that rounds to bfloat16 where OpenVINO would."""
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    result = onnx.ModelProto()
    result.CopyFrom(inferred)
    graph = result.graph
    floats = _float_tensors(graph)
    constants = {tensor.name for tensor in graph.initializer}
    constants |= {name for node in graph.node if node.op_type == "Constant" for name in node.output}
    inputs = {value.name for value in graph.input} & floats
    tail = _tail(graph)
    _round_weights(graph)

    nodes: list[onnx.NodeProto] = []
    for name in sorted(inputs):
        nodes.extend(_rounding(name, f"{name}_bf16"))
    for index, node in enumerate(graph.node):
        nodes.append(node)
        if index in tail:
            continue
        if node.op_type not in _ELEMENTWISE:
            node.input[:] = [f"{name}_bf16" if name in inputs else name for name in node.input]
        for place, name in enumerate(node.output):
            if name in floats and name not in constants:
                node.output[place] = f"{name}_f32"
                nodes.extend(_rounding(f"{name}_f32", name))
    del graph.node[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.append(numpy_helper.from_array(np.float32(_SPLITTER), _SPLITTER_NAME))
    return result


def _float_tensors(graph: onnx.GraphProto) -> set[str]:
    values = (*graph.input, *graph.value_info, *graph.output)
    return {value.name for value in values if value.type.tensor_type.elem_type == TensorProto.FLOAT}


def _tail(graph: onnx.GraphProto) -> set[int]:
    """Return the indices of the nodes that stay in float32."""
    makers = {name: index for index, node in enumerate(graph.node) for name in node.output}
    found: set[int] = set()
    waiting = [value.name for value in graph.output]
    while waiting:
        index = makers.get(waiting.pop())
        if index is None or index in found or graph.node[index].op_type in _SIGNIFICANT:
            continue
        found.add(index)
        waiting.extend(graph.node[index].input)
    return found


def _round_weights(graph: onnx.GraphProto) -> None:
    readers = {node.input[1] for node in graph.node if node.op_type in _SIGNIFICANT - {"Resize"}}
    for tensor in graph.initializer:
        if tensor.name in readers and tensor.data_type == TensorProto.FLOAT:
            values = numpy_helper.to_array(tensor)
            tensor.CopyFrom(numpy_helper.from_array(rounded(values), tensor.name))


def rounded(values: np.ndarray) -> np.ndarray:
    """Return float32 values rounded to bfloat16, still as float32."""
    larger = values * np.float32(_SPLITTER)
    return np.asarray(larger - (larger - values), np.float32)


def _rounding(source: str, target: str) -> Iterator[onnx.NodeProto]:
    yield helper.make_node("Mul", [source, _SPLITTER_NAME], [f"{target}_larger"])
    yield helper.make_node("Sub", [f"{target}_larger", source], [f"{target}_rest"])
    yield helper.make_node("Sub", [f"{target}_larger", f"{target}_rest"], [target])
