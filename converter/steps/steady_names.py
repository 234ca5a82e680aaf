"""Names of operations that are the same whatever a process has made before.

OpenVINO names an operation that came without a name `Reshape_3981`, by its kind and by how many the process has made so
far. The same conversion in two parts, or twice in one process, would so give IRs that differ in nothing but names.
"""

import re
from collections.abc import Collection, Iterator

import onnx
import openvino

_NUMBERED = re.compile(r"([A-Za-z][A-Za-z0-9]*)_\d+")


def names_of(model: onnx.ModelProto) -> frozenset[str]:
    """Return every name that an ONNX gives its operations and tensors."""
    graph = model.graph
    of_nodes = (name for node in graph.node for name in (node.name, *node.output))
    return frozenset((*of_nodes, *(tensor.name for tensor in (*graph.input, *graph.initializer)))) - {""}


def name_steadily(model: openvino.Model, known: Collection[str]) -> None:
    """Number the operations that OpenVINO named by their place in the model, `Reshape_0` the first of its kind.

    Args:
        model: is changed; only the names of its operations are.
        known: names that came with it and stay, `names_of` the ONNX it was read from.
    """
    operations = model.get_ordered_ops()
    names = [str(operation.get_friendly_name()) for operation in operations]
    kinds = {name: found[1] for name in names if name not in known and (found := _NUMBERED.fullmatch(name))}
    taken = {*known, *(name for name in names if name not in kinds)}
    free = {kind: _free_names(kind, taken) for kind in kinds.values()}
    steady = {name: next(free[kind]) for name, kind in kinds.items()}
    for operation, name in zip(operations, names, strict=True):
        if name in steady:
            operation.set_friendly_name(steady[name])


def _free_names(kind: str, taken: Collection[str]) -> Iterator[str]:
    number = 0
    while True:
        if (name := f"{kind}_{number}") not in taken:
            yield name
        number += 1
