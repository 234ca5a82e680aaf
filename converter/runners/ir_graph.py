"""The tensors of an OpenVINO model as its graph declares them."""

from collections.abc import Collection, Iterable, Iterator

import openvino

from converter.forms.shapes import Found, GraphPorts, Sides


def graph_tensors(model: openvino.Model) -> dict[str, Found]:
    """Return the inputs and outputs of a model by name: sides, 0 for one that is not fixed, and element type."""
    return {port.get_any_name(): _found(port) for port in (*model.inputs, *model.outputs) if port.get_names()}


def graph_ports(model: openvino.Model, known: Collection[str]) -> GraphPorts:
    """Return a model's inputs and outputs apart; of several names a tensor goes by one that is known, if it has one."""

    def by_name(ports: Iterable[openvino.Output]) -> dict[str, Found]:
        named = {port: port.get_names() for port in ports}
        return {min(names.intersection(known) or names): _found(port) for port, names in named.items() if names}

    return GraphPorts(by_name(model.inputs), by_name(model.outputs))


def _found(port: openvino.Output) -> Found:
    return sides_of(port), str(port.get_element_type().to_string())


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
