"""The tensors of an OpenVINO model as its graph declares them."""

from collections.abc import Iterator

import openvino

from converter.forms.shapes import Found, Sides


def graph_tensors(model: openvino.Model) -> dict[str, Found]:
    """Return the inputs and outputs of a model by name: sides, 0 for one that is not fixed, and element type."""
    ports = [port for port in (*model.inputs, *model.outputs) if port.get_names()]
    return {port.get_any_name(): (sides_of(port), str(port.get_element_type().to_string())) for port in ports}


def sides_of(port: openvino.Output) -> Sides:
    """Return a port's sides, 0 for one that is not fixed; empty where even their number is not known."""
    shape = port.get_partial_shape()
    if shape.rank.is_dynamic:
        return ()
    return tuple(0 if side.is_dynamic else side.get_length() for side in shape)


def all_tensors(model: openvino.Model) -> Iterator[tuple[str, Sides]]:
    """Yield every tensor of a model: the name of the operation that makes it, and its sides."""
    for operation in model.get_ops():
        for port in operation.outputs():
            yield str(operation.get_friendly_name()), sides_of(port)
