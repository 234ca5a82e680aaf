"""Taps into an OpenVINO IR: the graph is cut at the wanted tensors and run by OpenVINO at an explicit precision.

OpenVINO keeps ONNX tensor names as the names of its own tensors, where conversion left such a tensor: what it splits in
two (a convolution and its bias, a clip into a maximum and a minimum) keeps the name on the last part.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import openvino

from configs.errors import DataError
from converter.forms.contract import Contract
from converter.forms.variant import FormFile
from converter.runners.base import Runner
from converter.runners.devices import running_precision, smallest_model
from converter.runners.openvino_ir import OpenVinoRunner, compile_ir, contract_of_ir, read_ir
from converter.taps.base import Array, Cut, Feed, Node, Tap, Taps

CHOOSING = frozenset({"TopK", "NonZero", "Greater", "GreaterEqual", "Less", "LessEqual"})


class OpenVinoTaps(Taps):
    """The inner tensors of an IR.

    Args:
        file: the IR, its device, and the inference precision at which it runs.
        contract: that of an IR which carries none, proved.

    Raises:
        DataError: the IR is missing or unreadable, or no contract is known.
        UsageError: OpenVINO has no such device here, or cannot run this precision there.
    """

    framework = "openvino"

    def __init__(self, file: FormFile, contract: Contract | None = None) -> None:
        self._file, self._path = file, file.path
        model = self._model()
        self.contract = contract or contract_of_ir(model, file.path)
        self.precision = running_precision(compile_ir(smallest_model(), file))
        self.label = f"{file.path} (openvino, {self.precision}{', contract proved' if contract else ''})"
        self._inputs = tuple(port.get_any_name() for port in model.inputs)
        self.taps = tuple(_taps(model))

    def read(self, names: Sequence[str], feed: Feed) -> dict[str, Array]:
        """See `Taps.read`.

        Raises:
            DataError: OpenVINO cannot run the graph.
        """
        model = self._model()
        ports = _ports(model)
        part = openvino.Model([ports[name] for name in names], model.get_parameters(), "taps")
        return dict(zip(names, self._run(part, feed), strict=True))

    def _runner(self) -> Runner:
        return OpenVinoRunner(self._file)

    def cut(self, target: str, known: Iterable[str], file: Path | None) -> Cut:
        """See `Taps.cut`; stored as `.xml` and `.bin`."""
        model = self._model()
        ports = _ports(model)
        ends = {ports[name]: name for name in sorted(known, reverse=True) if name in ports and name != target}
        ends |= {port: port.get_any_name() for port in model.inputs}
        operations, inputs = _part(ports[target], ends)
        order = {operation.get_friendly_name(): index for index, operation in enumerate(model.get_ordered_ops())}
        operations.sort(key=lambda operation: order[operation.get_friendly_name()])
        nodes = tuple(
            Node(operation.get_friendly_name(), operation.get_type_name())
            for operation in operations
            if operation.get_type_name() not in ("Constant", "Convert") or operation is operations[-1]
        )
        names = tuple(sorted(ends[port] for port in inputs))
        path = None if file is None else file.with_suffix(".xml")
        if path is not None:
            part = _cut_model(ports[target], {ends[port]: port for port in inputs}, target)
            openvino.save_model(part, path, compress_to_fp16=False)
        return Cut(nodes, names, path)

    def run_cut(self, cut: Cut, inputs: Mapping[str, Array]) -> Array:
        """See `Taps.run_cut`."""
        if cut.file is None:
            raise ValueError("the part was not stored")
        [result] = self._run(read_ir(cut.file), {name: inputs[name] for name in cut.inputs})
        return result

    def _model(self) -> openvino.Model:
        return read_ir(self._path)

    def _run(self, model: openvino.Model, feed: Mapping[str, Array]) -> list[Array]:
        try:
            compiled = compile_ir(model, self._file)
            request = compiled.create_infer_request()
            request.infer({name: _plain(array) for name, array in feed.items()})
            return [np.array(request.get_output_tensor(index).data) for index in range(len(compiled.outputs))]
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise DataError(f"{self._path}: OpenVINO cannot run it ({reason})") from error


def _plain(array: Array) -> Array:
    """Return an array whose type OpenVINO knows: of a scalar it refuses int64 by its other name, `longlong`."""
    return array if array.ndim else np.array(array.item(), array.dtype.name)


def _taps(model: openvino.Model) -> Iterator[Tap]:
    computed: set[str] = set()
    chosen: set[str] = set()
    for operation in model.get_ordered_ops():
        name, kind = operation.get_friendly_name(), operation.get_type_name()
        before = {value.get_node().get_friendly_name() for value in operation.input_values()}
        if kind == "Parameter":
            computed.add(name)
        if kind in ("Parameter", "Result") or computed.isdisjoint(before):
            continue
        computed.add(name)
        choice = kind in CHOOSING or not chosen.isdisjoint(before)
        if choice:
            chosen.add(name)
        for port in operation.outputs():
            for tensor in sorted(port.get_names()):
                yield Tap(tensor, name, kind, _size(port), choice)


def _size(port: Any) -> int | None:
    if not port.get_partial_shape().is_static:
        return None
    return int(prod(port.get_shape()) * port.get_element_type().to_dtype().itemsize)


def _ports(model: openvino.Model) -> dict[str, Any]:
    """Return every named output port that is computed or an input, by name."""
    ports = {}
    for operation in model.get_ordered_ops():
        if operation.get_type_name() not in ("Result", "Constant"):
            for port in operation.outputs():
                ports.update(dict.fromkeys(port.get_names(), port))
    return ports


def _part(target: Any, ends: Mapping[Any, str]) -> tuple[list[Any], list[Any]]:
    """Return the operations between `ends` and the target, and those of the ends that they read."""
    operations: dict[str, Any] = {}
    inputs: dict[Any, None] = {}
    waiting = [target]
    while waiting:
        port = waiting.pop()
        operation = port.get_node()
        if port in ends:
            inputs[port] = None
        elif operation.get_friendly_name() not in operations:
            operations[operation.get_friendly_name()] = operation
            waiting.extend(operation.input_values())
    return list(operations.values()), list(inputs)


def _cut_model(target: Any, inputs: Mapping[str, Any], name: str) -> openvino.Model:
    """Put parameters in place of the inputs, and end at the target; changes the model it is cut from."""
    parameters = []
    for tensor, port in sorted(inputs.items()):
        parameter = openvino.opset13.parameter(port.get_partial_shape(), port.get_element_type(), name=tensor)
        parameter.output(0).set_names({tensor})
        for reader in port.get_target_inputs():
            reader.replace_source_output(parameter.output(0))
        parameters.append(parameter)
    return openvino.Model([target], parameters, name)
