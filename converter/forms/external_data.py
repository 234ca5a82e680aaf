"""ONNX files as they lie on disk: the graph, and which files it reads besides itself, as weights may lie in others."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError, Message

from configs.errors import DataError, shortened
from configs.reading import inside, read_bytes, require_regular
from converter.forms.shapes import Found, GraphPorts, Sides, require_bearable

MAX_ONNX_BYTES = (1 << 31) - 1
"""Longest ONNX, which is the longest that its format allows; weights beyond that lie in files of their own."""
_KINDS = {onnx.TensorProto.FLOAT: "f32", onnx.TensorProto.UINT8: "u8"}


def read_graph(path: Path) -> onnx.ModelProto:
    """Read an ONNX without the weights that it keeps in further files.

    Raises:
        DataError: the file is missing, truncated or no ONNX model, or declares a tensor that is larger than any that
            is taken.
    """
    try:
        model = onnx.load_model_from_string(read_bytes(path, MAX_ONNX_BYTES))
    except FileNotFoundError as error:
        raise DataError(f"{path}: not a readable ONNX model ({error.strerror})") from error
    except (DecodeError, ValueError) as error:
        raise DataError(f"{path}: not a readable ONNX model ({error})") from error
    _require_text(model, path)
    require_bearable(((tensor.name, tuple(tensor.dims)) for tensor in _tensors(model)), str(path))
    require_bearable(_declared(model, path), str(path))
    return model


def external_files(path: Path) -> tuple[Path, ...]:
    """Return the further files in which an ONNX keeps weights, in alphabetical order.

    Raises:
        DataError: the ONNX or one of them is missing, it is no ONNX model, or one lies outside its folder.
    """
    return external_files_of(read_graph(path), path)


def external_files_of(model: onnx.ModelProto, path: Path) -> tuple[Path, ...]:
    """Return the further files of an ONNX that was read from `path`; see `external_files`."""
    places = {
        entry.value
        for tensor in _tensors(model)
        if tensor.data_location == onnx.TensorProto.EXTERNAL
        for entry in tensor.external_data
        if entry.key == "location"
    }
    files = tuple(inside(path.parent, place) for place in sorted(places))
    for file in files:
        if not file.is_file():
            raise DataError(
                f"{file}: no such file; {path} keeps weights in it: put it there under this very name, or save the "
                "ONNX anew with all weights inside (`onnx.save(onnx.load(...), 'whole.onnx')`)"
            )
        require_regular(file)
    return files


def graph_tensors(model: onnx.ModelProto) -> dict[str, Found]:
    """Return the inputs and outputs of an ONNX by name; constants are none."""
    ports = graph_ports(model)
    return {**ports.inputs, **ports.outputs}


def graph_ports(model: onnx.ModelProto) -> GraphPorts:
    """Return the inputs and outputs of an ONNX apart; constants are none."""
    constants = {tensor.name for tensor in model.graph.initializer}

    def by_name(values: Iterable[onnx.ValueInfoProto]) -> dict[str, Found]:
        return {
            value.name: (_sides(value), _KINDS.get(value.type.tensor_type.elem_type, "another type"))
            for value in values
            if value.name not in constants
        }

    return GraphPorts(by_name(model.graph.input), by_name(model.graph.output))


def _require_text(model: onnx.ModelProto, path: Path) -> None:
    """Raise `DataError` where a name is no text, which protobuf hands over as bytes."""
    named = (*model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer)
    names = [model.producer_name, model.producer_version, *(value.name for value in named)]
    for node in model.graph.node:
        names += [node.op_type, node.name, node.domain, *node.input, *node.output]
    names += [text for entry in model.metadata_props for text in (entry.key, entry.value)]
    names += [entry.domain for entry in model.opset_import]
    if odd := next((name for name in names if not isinstance(name, str)), None):
        raise DataError(f"{path}: not a readable ONNX model (the name {shortened(repr(odd))} is no text in UTF-8)")


def _declared(model: onnx.ModelProto, path: Path) -> Iterator[tuple[str, Sides]]:
    """Yield name and sides of every tensor of a graph, as far as they follow from it."""
    try:
        graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    except (onnx.shape_inference.InferenceError, ValueError, RuntimeError) as error:
        # Too large for this inference, or wrong in a way that whoever loads it says.
        if "2GB" not in str(error) and "2GiB" not in str(error):
            raise DataError(
                f"{path}: its graph is not a sound one ({shortened(' '.join(str(error).split()), 200)})"
            ) from error
        graph = model.graph
    for value in (*graph.input, *graph.value_info, *graph.output):
        yield value.name, _sides(value)


def _sides(value: onnx.ValueInfoProto) -> Sides:
    return tuple(side.dim_value for side in value.type.tensor_type.shape.dim)


def _tensors(message: Message) -> Iterator[onnx.TensorProto]:
    """Yield every tensor in an ONNX message, at whatever depth: in subgraphs, functions and attributes too."""
    if isinstance(message, onnx.TensorProto):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for each in value if field.is_repeated else (value,):
                yield from _tensors(each)
