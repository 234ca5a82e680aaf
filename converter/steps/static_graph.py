"""What the fast graph promises: static shapes everywhere, no operation whose output's shape depends on the data.

And no BatchNorm: all are folded, the refiner's by `converter.fast` and the others by the exporter.
"""

from pathlib import Path

import onnx
import openvino

from configs.errors import ConversionError
from converter.runners.openvino_ir import read_ir
from converter.steps.onnx_file import read_onnx

# ONNX's name, and OpenVINO's where that differs.
FORBIDDEN = frozenset(
    {
        "BatchNormInference",
        "BatchNormalization",
        "If",
        "Loop",
        "NonZero",
        "ROIAlign",
        "RoiAlign",
        "Scan",
        "TensorIterator",
    }
)


def dynamic_onnx_values(model: onnx.ModelProto) -> list[str]:
    """Return the names of the tensors whose shape is not known to be static, in the graph's order."""
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    static = {
        value.name
        for value in (*inferred.input, *inferred.value_info, *inferred.output)
        if value.type.tensor_type.HasField("shape")
        and all(dimension.HasField("dim_value") for dimension in value.type.tensor_type.shape.dim)
    }
    return [name for node in inferred.node for name in node.output if name and name not in static]


def dynamic_ir_values(model: openvino.Model) -> list[str]:
    """Return the names of the operations with an output whose shape is not static, in the graph's order."""
    return [
        operation.get_friendly_name()
        for operation in model.get_ordered_ops()
        if any(output.get_partial_shape().is_dynamic for output in operation.outputs())
    ]


def check_static(path: Path) -> None:
    """Raise `ConversionError`, naming the operation, unless an ONNX file or an IR's XML keeps the fast graph's promise.

    Raises:
        DataError: the file is not readable.
    """
    if path.suffix == ".onnx":
        proto = read_onnx(path)
        operations = [(node.op_type, node.name or node.output[0]) for node in proto.graph.node]
        dynamic = dynamic_onnx_values(proto)
    else:
        model = read_ir(path)
        operations = [(operation.get_type_name(), operation.get_friendly_name()) for operation in model.get_ops()]
        dynamic = dynamic_ir_values(model)
    for kind, name in operations:
        if kind in FORBIDDEN:
            raise ConversionError(f"{path.name}: the fast graph must hold no {kind}, found {name}")
    if dynamic:
        raise ConversionError(
            f"{path.name}: the fast graph's shapes must be static, {len(dynamic)} are not, the first of {dynamic[0]}"
        )
