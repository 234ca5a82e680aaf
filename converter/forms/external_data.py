"""Which files an ONNX reads besides itself: weights may lie in files of their own."""

from collections.abc import Iterator
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError, Message

from configs.errors import DataError


def external_files(path: Path) -> tuple[Path, ...]:
    """Return the further files in which an ONNX keeps weights, in alphabetical order.

    Raises:
        DataError: the ONNX or one of them is missing, or it is no ONNX model.
    """
    try:
        model = onnx.load(path, load_external_data=False)
    except (OSError, DecodeError) as error:
        raise DataError(f"{path}: not a readable ONNX model ({error})") from error
    places = {
        entry.value
        for tensor in _tensors(model)
        if tensor.data_location == onnx.TensorProto.EXTERNAL
        for entry in tensor.external_data
        if entry.key == "location"
    }
    files = tuple(path.parent / place for place in sorted(places))
    for file in files:
        if not file.is_file():
            raise DataError(
                f"{file}: no such file; {path} keeps weights in it: put it there under this very name, or save the "
                "ONNX anew with all weights inside (`onnx.save(onnx.load(...), 'whole.onnx')`)"
            )
    return files


def _tensors(message: Message) -> Iterator[onnx.TensorProto]:
    """Yield every tensor in an ONNX message, at whatever depth: in subgraphs, functions and attributes too."""
    if isinstance(message, onnx.TensorProto):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for each in value if field.is_repeated else (value,):
                yield from _tensors(each)
