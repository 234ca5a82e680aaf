"""Steps that make an ONNX file: export from PyTorch, or adoption of a ready one; checks; simplification.

Each takes a path in and a path out, checks what it needs before and what it promises after, and raises
`ConversionError` otherwise.
"""

import json
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import onnx
import onnxsim
import torch
from google.protobuf.message import DecodeError
from torch import Tensor, nn

from configs.errors import ConversionError, DataError
from converter.forms.contract import ONNX_KEY, Contract, Port
from converter.runners.pytorch import output_tensors

EXPORTER = "torch.onnx dynamo"
FIXED_KEY = "mattekit.fixed_weights"
"""Metadata of an ONNX: names of the convolutions' weights that hold nothing learnt, as JSON."""


class _PublishedOutputs(nn.Module):
    """The network with only the contract's outputs, in order."""

    def __init__(self, network: nn.Module, contract: Contract) -> None:
        super().__init__()
        self.network = network
        self._contract = contract

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return output_tensors(self.network(*inputs), self._contract)


def onnx_from_torch(network: nn.Module, contract: Contract, opset: int, target: Path) -> None:
    """Export the network at the contract's size with torch's dynamo exporter, everything in one file.

    Raises:
        UsageError: the network cannot take this size.
        ConversionError: the exporter fails, or the file is not what the contract says.
    """
    fixed = [f"network.{name}" for name in getattr(network, "fixed_weights", ())]
    save_onnx(export_program(network, contract, opset).model_proto, contract, target, fixed)


def export_program(network: nn.Module, contract: Contract, opset: int) -> torch.onnx.ONNXProgram:
    """Run torch's dynamo exporter at the contract's size; its result holds the ONNX and the program it was made from.

    Raises:
        UsageError: the network cannot take this size.
        ConversionError: the exporter returns nothing.
    """
    # Two tensors, not one twice: the exporter would take an alias for a fact about the model.
    example = tuple(torch.full([side or 1 for side in port.shape], port.value or 0.0) for port in contract.inputs)
    with torch.inference_mode():
        network(*example)  # the network's own errors are clearer than the exporter's
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)  # it reports that torchvision, which nothing here needs, is not installed
    try:
        with warnings.catch_warnings():
            # torch's exporter uses an interface that torch itself deprecates.
            warnings.filterwarnings("ignore", "`isinstance.treespec, LeafSpec.`", FutureWarning)
            program = torch.onnx.export(
                _PublishedOutputs(network, contract).eval(),
                example,
                dynamo=True,
                opset_version=opset,
                input_names=[port.name for port in contract.inputs],
                output_names=[port.name for port in contract.outputs],
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    if program is None:
        raise ConversionError("onnx: torch's exporter returned nothing")
    return program


def adopt_onnx(source: Path, contract: Contract, target: Path) -> None:
    """Copy a ready ONNX, its inputs fixed to the contract's size and its outputs reduced to the contract's.

    Raises:
        DataError: the file is no ONNX model, or its inputs or outputs are not the contract's.
    """
    model = read_onnx(source)
    inputs = {value.name: value for value in model.graph.input}
    initialized = {tensor.name for tensor in model.graph.initializer}
    wanted = [port.name for port in contract.inputs]
    if set(inputs) - initialized != set(wanted):
        raise DataError(
            f"{source}: expected the input{'s' * (len(wanted) > 1)} {' and '.join(wanted)}, found "
            f"{', '.join(inputs) or 'none'}"
        )
    outputs = {value.name: value for value in model.graph.output}
    wanted = [port.name for port in contract.outputs]
    if missing := [name for name in wanted if name not in outputs]:
        raise DataError(
            f"{source}: expected the output{'s' * (len(wanted) > 1)} {' and '.join(wanted)}, lacks {', '.join(missing)}"
        )
    fixed = {port.name: _fixed({**inputs, **outputs}[port.name], port, source) for port in _ports(contract)}
    kept = [value for value in model.graph.input if value.name in initialized]
    del model.graph.input[:], model.graph.output[:]
    model.graph.input.extend([*(fixed[port.name] for port in contract.inputs), *kept])
    model.graph.output.extend(fixed[port.name] for port in contract.outputs)
    del model.graph.value_info[:]  # inferred for other shapes, perhaps
    save_onnx(model, contract, target)


def check_onnx(path: Path, contract: Contract) -> dict[str, str]:
    """Run onnx.checker with shape inference, and hold the file against the contract; return its opset and op count.

    Raises:
        ConversionError: the checker refuses the file, or names, shapes or types differ from the contract's.
    """
    model = read_onnx(path)
    try:
        onnx.checker.check_model(model, full_check=True)
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ConversionError(f"{path.name}: onnx.checker refuses it: {error}") from error
    found = {value.name: _shape_of(value) for value in (*inferred.graph.input, *inferred.graph.output)}
    ports = {port.name: port for port in _ports(contract)}
    if set(found) != set(ports) or not all(ports[name].fits(shape) for name, shape in found.items()):
        expected = {name: port.shape for name, port in ports.items()}
        raise ConversionError(f"{path.name}: expected the tensors {expected}, found {found}")
    if mistyped := [
        value.name
        for value in (*model.graph.input, *model.graph.output)
        if value.type.tensor_type.elem_type != onnx.TensorProto.FLOAT
    ]:
        raise ConversionError(f"{path.name}: expected float32 tensors, {', '.join(mistyped)} are not")
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    return {"opset": str(opset), "nodes": str(len(model.graph.node))}


def simplify_onnx(source: Path, contract: Contract, target: Path) -> None:
    """Fold constants and fuse nodes with onnxsim.

    Raises:
        ConversionError: onnxsim fails.
    """
    model = read_onnx(source)
    try:
        simplified, succeeded = onnxsim.simplify(model, certify=False)
    except Exception as error:  # onnxsim raises bare C++ errors of several kinds
        raise ConversionError(f"onnx-simplified: onnxsim failed: {error}") from error
    if not succeeded:
        raise ConversionError("onnx-simplified: onnxsim could not simplify the model")
    save_onnx(simplified, contract, target, fixed_weights(model))


def fixed_weights(model: onnx.ModelProto) -> list[str]:
    """Return the names of an ONNX's convolutions' weights that hold nothing learnt, as its arrangement named them."""
    text = next((entry.value for entry in model.metadata_props if entry.key == FIXED_KEY), "[]")
    return [str(name) for name in json.loads(text)]


def read_onnx(path: Path) -> onnx.ModelProto:
    """Read an ONNX file.

    Raises:
        DataError: the file is missing, truncated or no ONNX model.
    """
    try:
        model = onnx.load(path)
    except (OSError, DecodeError, onnx.checker.ValidationError, ValueError) as error:
        raise DataError(f"{path}: not a readable ONNX model ({error})") from error
    if not model.graph.node:
        raise DataError(f"{path}: not an ONNX model, or one without nodes")
    return model


def save_onnx(model: onnx.ModelProto, contract: Contract, target: Path, fixed: Sequence[str] = ()) -> None:
    """Write the model with its contract as metadata, and without the exporter's notes on source files and lines.

    Args:
        model: the model.
        contract: its contract.
        target: the file.
        fixed: names of its convolutions' weights that hold nothing learnt.
    """
    del model.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        del value.metadata_props[:]
        value.doc_string = ""
    del model.graph.metadata_props[:]
    model.metadata_props.add(key=ONNX_KEY, value=contract.model_dump_json())
    if fixed:
        model.metadata_props.add(key=FIXED_KEY, value=json.dumps(list(fixed)))
    target.write_bytes(model.SerializeToString(deterministic=True))


def _ports(contract: Contract) -> tuple[Port, ...]:
    return *contract.inputs, *contract.outputs


def _shape_of(value: onnx.ValueInfoProto) -> tuple[int | str, ...]:
    return tuple(dimension.dim_value or dimension.dim_param or "?" for dimension in value.type.tensor_type.shape.dim)


def _fixed(value: onnx.ValueInfoProto, port: Port, source: Path) -> onnx.ValueInfoProto:
    found = _shape_of(value)
    if len(found) != len(port.shape) or any(
        isinstance(side, int) and side != (wanted or side) for side, wanted in zip(found, port.shape, strict=True)
    ):
        raise DataError(f"{source}: {value.name} has shape {found}, but the input shape asks for {port.shape}")
    if value.type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        raise DataError(f"{source}: {value.name} must hold float32 values")
    sides = [wanted or side for wanted, side in zip(port.shape, found, strict=True)]
    return onnx.helper.make_tensor_value_info(value.name, onnx.TensorProto.FLOAT, sides)
