"""ONNX files: read, written with their contract, and held against it."""

import json
from collections.abc import Sequence
from pathlib import Path

import onnx

from configs.errors import ConversionError, DataError
from converter.forms.contract import ONNX_KEY, Contract
from converter.forms.external_data import external_files_of, read_graph

FIXED_KEY = "mattekit.fixed_weights"
"""Metadata of an ONNX: names of its convolutions' weights that hold nothing learnt, as JSON."""


def read_onnx(path: Path) -> onnx.ModelProto:
    """Read an ONNX file.

    Raises:
        DataError: the file is missing, truncated or no ONNX model.
    """
    try:
        model = read_graph(path)
        if external_files_of(model, path):
            onnx.load_external_data_for_model(model, str(path.parent))
    except (OSError, onnx.checker.ValidationError, ValueError) as error:
        raise DataError(f"{path}: not a readable ONNX model ({error})") from error
    if not model.graph.node:
        raise DataError(f"{path}: not an ONNX model, or one without nodes")
    return model


def fixed_weights(model: onnx.ModelProto) -> list[str]:
    """Return the names of an ONNX's convolutions' weights that hold nothing learnt, as its arrangement named them."""
    text = next((entry.value for entry in model.metadata_props if entry.key == FIXED_KEY), "[]")
    try:
        return [str(name) for name in json.loads(text)]
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(f"the ONNX's metadata `{FIXED_KEY}` is no list of names ({error}); convert again") from error


def save_onnx(model: onnx.ModelProto, contract: Contract, target: Path, fixed: Sequence[str] = ()) -> dict[str, str]:
    """Write the model with its contract as metadata, and without the exporter's notes on source files and lines.

    Args:
        model: the model.
        contract: its contract.
        target: the file.
        fixed: names of its convolutions' weights that hold nothing learnt.

    Returns:
        Its opset and number of nodes, for the record.
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
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)
    return {"opset": str(opset), "nodes": str(len(model.graph.node))}


def check_onnx(path: Path, contract: Contract) -> None:
    """Run onnx.checker with shape inference, and hold the file against the contract.

    Raises:
        ConversionError: the checker refuses the file, or names, shapes or types differ from the contract's.
    """
    model = read_onnx(path)
    try:
        onnx.checker.check_model(model, full_check=True)
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ConversionError(f"{path.name}: onnx.checker refuses it: {error}") from error
    found = {value.name: shape_of(value) for value in (*inferred.graph.input, *inferred.graph.output)}
    ports = {port.name: port for port in (*contract.inputs, *contract.outputs)}
    if set(found) != set(ports) or not all(ports[name].fits(shape) for name, shape in found.items()):
        expected = {name: port.shape for name, port in ports.items()}
        raise ConversionError(f"{path.name}: expected the tensors {expected}, found {found}")
    if mistyped := [
        value.name
        for value in (*model.graph.input, *model.graph.output)
        if value.type.tensor_type.elem_type != onnx.TensorProto.FLOAT
    ]:
        raise ConversionError(f"{path.name}: expected float32 tensors, {', '.join(mistyped)} are not")


def shape_of(value: onnx.ValueInfoProto) -> tuple[int | str, ...]:
    """Return the sides of a tensor; the name, or "?", of those that are free."""
    return tuple(dimension.dim_value or dimension.dim_param or "?" for dimension in value.type.tensor_type.shape.dim)
