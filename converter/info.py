"""What a model is: parameters, arithmetic, operations and I/O contract, of a checkpoint, an ONNX or an IR."""

from collections import Counter
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import onnx
import openvino

from configs.errors import DataError
from configs.schema import ModelSection
from converter.architectures import architecture_named
from converter.forms.contract import ONNX_KEY, RT_INFO_PATH, Contract, parse_contract
from converter.forms.record import Conversion
from converter.runners.openvino_ir import contract_of_ir, read_ir
from converter.steps.onnx_file import read_onnx
from converter.steps.static_graph import dynamic_ir_values, dynamic_onnx_values


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Facts about a model file.

    Attributes:
        kind: what the file is.
        facts: name to value, in the order they are to be shown.
        operations: operation type to count, for graphs.
        contract: the I/O contract the file carries, if it is a converted form.
    """

    kind: str
    facts: dict[str, str]
    operations: dict[str, int] = field(default_factory=dict)
    contract: Contract | None = None


def describe_model(path: Path, model: ModelSection, size: tuple[int, int]) -> ModelInfo:
    """Describe a checkpoint (as the network that `model` configures, at `size`), an ONNX file or an IR's XML.

    Raises:
        DataError: the file is missing, broken or of another kind.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such model file; give a .pth, .safetensors, .onnx or an IR's .xml")
    if path.suffix == ".onnx":
        return _describe_onnx(path)
    if path.suffix == ".xml":
        return _describe_ir(path)
    return _describe_checkpoint(model.replaced(checkpoint=path, onnx=None), size)


def _describe_checkpoint(model: ModelSection, size: tuple[int, int]) -> ModelInfo:
    architecture = architecture_named(model.architecture)
    network = architecture.network(model)
    facts = architecture.facts(network, model, size)
    if read_as := getattr(network, "read_as", ()):
        facts = {"read as": "; ".join(read_as), **facts}
    return ModelInfo(f"PyTorch checkpoint of {architecture.title}", facts)


def _describe_onnx(path: Path) -> ModelInfo:
    model = read_onnx(path)
    text = next((entry.value for entry in model.metadata_props if entry.key == ONNX_KEY), None)
    domains = ", ".join(f"{entry.domain or 'ai.onnx'} {entry.version}" for entry in model.opset_import)
    facts = {
        "opset": domains,
        "producer": f"{model.producer_name} {model.producer_version}".strip(),
        "parameters": f"{sum(prod(tensor.dims) for tensor in model.graph.initializer):,}",
        "GFLOPs, convolutions": _gflops(_onnx_convolution_flops(model)),
        **_graph_fact(path),
        "shapes": _shapes(dynamic_onnx_values(model)),
    }
    operations = Counter(node.op_type for node in model.graph.node)
    contract = parse_contract(text, str(path)) if text else None
    return ModelInfo("ONNX", facts, dict(sorted(operations.items())), contract)


def _shapes(dynamic: list[str]) -> str:
    return f"{len(dynamic)} are dynamic, first {dynamic[0]}" if dynamic else "all static"


def _graph_fact(path: Path) -> dict[str, str]:
    """Return which arrangement of the network a form is, if it lies in the folder of its conversion."""
    path = path.resolve()
    for folder in path.parents[:4]:
        record = Conversion.read(folder) if (folder / Conversion.FILE).is_file() else None
        if record is not None and path.relative_to(folder).as_posix() in record.holds():
            return {"graph": record.graph} if record.graph else {}
    return {}


def _gflops(flops: int | None) -> str:
    return "unknown (the file leaves shapes free)" if flops is None else f"{flops / 1e9:.4f}"


def _onnx_convolution_flops(model: onnx.ModelProto) -> int | None:
    """Return the FLOPs of all convolutions, None unless every one of them has a fixed output shape and kernel."""
    inferred = onnx.shape_inference.infer_shapes(model)
    shapes = {
        value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in (*inferred.graph.value_info, *inferred.graph.output)
    }
    kernels = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    total = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            outputs, kernel = prod(shapes.get(node.output[0], [0])), kernels.get(node.input[1])
            if not outputs or kernel is None:
                return None
            total += 2 * outputs * prod(kernel[1:])
    return total


def _describe_ir(path: Path) -> ModelInfo:
    model = read_ir(path)
    operations = Counter(operation.get_type_name() for operation in model.get_ordered_ops())
    constants = [operation for operation in model.get_ordered_ops() if operation.get_type_name() == "Constant"]
    stored = Counter(str(constant.get_element_type().to_string()) for constant in constants)
    facts = {
        "weights stored as": ", ".join(f"{kind} ({count})" for kind, count in sorted(stored.items())),
        "constant values": f"{sum(prod(constant.get_output_shape(0)) for constant in constants):,}",
        "GFLOPs, convolutions": _gflops(_ir_convolution_flops(model)),
        **_graph_fact(path),
        "shapes": _shapes(dynamic_ir_values(model)),
        "made by": f"OpenVINO {_rt_info(model, 'OpenVINO Runtime')}",
    }
    contract = contract_of_ir(model, path) if model.has_rt_info(list(RT_INFO_PATH)) else None
    return ModelInfo("OpenVINO IR", facts, dict(sorted(operations.items())), contract)


def _ir_convolution_flops(model: openvino.Model) -> int | None:
    """Return the FLOPs of all convolutions, None unless every one of them has a fixed output shape and kernel."""
    total = 0
    for operation in model.get_ordered_ops():
        kind = operation.get_type_name()
        if kind in ("Convolution", "GroupConvolution"):
            if operation.output(0).get_partial_shape().is_dynamic or operation.input(1).get_partial_shape().is_dynamic:
                return None
            # Kernels are (out, in, h, w), or (groups, out, in, h, w): what follows the outputs is summed over.
            kernel = list(operation.input(1).get_shape())[2 if kind == "GroupConvolution" else 1 :]
            total += 2 * prod(operation.get_output_shape(0)) * prod(kernel)
    return total


def _rt_info(model: openvino.Model, key: str) -> str:
    return str(model.get_rt_info([key]).value) if model.has_rt_info([key]) else "unknown"
