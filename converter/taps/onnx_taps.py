"""Taps into an ONNX file: the graph is cut at the wanted tensors and run by onnxruntime."""

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from pathlib import Path

import onnx
from onnx.utils import Extractor

from configs.errors import DataError
from converter.forms.contract import ONNX_KEY, Contract, parse_contract
from converter.runners.base import Runner
from converter.runners.onnx_runtime import OnnxRunner, open_session
from converter.steps.onnx_file import read_onnx
from converter.taps.base import Array, Cut, Feed, Node, Tap, Taps

CHOOSING = frozenset({"TopK", "ArgMax", "ArgMin", "NonZero", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"})


class OnnxTaps(Taps):
    """The inner tensors of an ONNX file, run in float32.

    Args:
        path: the file.
        contract: that of a file which carries none.

    Raises:
        DataError: the file is missing or unreadable, or no contract is known.
    """

    framework = "onnxruntime"
    precision = "f32"

    def __init__(self, path: Path, contract: Contract | None = None) -> None:
        model = read_onnx(path)
        text = next((entry.value for entry in model.metadata_props if entry.key == ONNX_KEY), None)
        known = parse_contract(text, str(path)) if text else contract
        if known is None:
            raise DataError(f"{path}: carries no I/O contract; convert it with `mattekit convert --onnx {path}`")
        self.contract = known
        self.label = f"{path} (onnxruntime, f32)"
        self._path = path
        del model.graph.value_info[:]  # shapes as this graph gives them, not as another program noted them
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
        self._extractor = Extractor(model)
        initialized = {tensor.name for tensor in model.graph.initializer}
        self._inputs = [value.name for value in model.graph.input if value.name not in initialized]
        self.taps = tuple(_taps(model, self._extractor.value_infos))

    def read(self, names: Sequence[str], feed: Feed) -> dict[str, Array]:
        """See `Taps.read`.

        Raises:
            DataError: onnxruntime cannot run the graph.
        """
        model = self._extractor.extract_model(self._inputs, list(names))
        return dict(zip(names, self._run(model, names, feed), strict=True))

    def cut(self, target: str, known: Iterable[str], file: Path | None) -> Cut:
        """See `Taps.cut`; stored as `.onnx`."""
        ends = set(known) - {target} | set(self._inputs)
        nodes, inputs = self._part(target, ends)
        path = None if file is None else file.with_suffix(".onnx")
        if path is not None:
            part = self._extractor.extract_model(list(inputs), [target])
            path.write_bytes(part.SerializeToString(deterministic=True))
        return Cut(tuple(Node(node.name, node.op_type) for node in nodes), inputs, path)

    def run_cut(self, cut: Cut, inputs: Mapping[str, Array]) -> Array:
        """See `Taps.run_cut`."""
        if cut.file is None:
            raise ValueError("the part was not stored")
        [result] = self._run(read_onnx(cut.file), None, {name: inputs[name] for name in cut.inputs})
        return result

    def _runner(self) -> Runner:
        return OnnxRunner(self._path, self.contract)

    def _run(self, model: onnx.ModelProto, names: Sequence[str] | None, feed: Mapping[str, Array]) -> list[Array]:
        session = open_session(model.SerializeToString(), str(self._path), arena=False)
        try:
            results: list[Array] = session.run(names, dict(feed))
        except Exception as error:  # onnxruntime's exceptions share no public base class
            raise DataError(f"{self._path}: onnxruntime cannot run it ({str(error).splitlines()[0]})") from error
        return results

    def _part(self, target: str, ends: set[str]) -> tuple[list[onnx.NodeProto], tuple[str, ...]]:
        producers, graph = self._extractor.outmap, self._extractor.graph
        found: set[int] = set()
        inputs: set[str] = set()
        waiting = [target]
        while waiting:
            name = waiting.pop()
            if name in ends:
                inputs.add(name)
            elif (index := producers.get(name)) is not None and index not in found:
                found.add(index)
                waiting.extend(name for name in graph.node[index].input if name)
        return [graph.node[index] for index in sorted(found)], tuple(sorted(inputs))


def _taps(model: onnx.ModelProto, infos: Mapping[str, onnx.ValueInfoProto]) -> Iterable[Tap]:
    chosen: set[str] = set()
    for node in model.graph.node:
        choice = node.op_type in CHOOSING or not chosen.isdisjoint(node.input)
        for name in filter(None, node.output):
            if choice:
                chosen.add(name)
            if name in infos:
                yield Tap(name, node.name, node.op_type, _size(infos[name]), choice)


def _size(value: onnx.ValueInfoProto) -> int | None:
    tensor = value.type.tensor_type
    if not tensor.HasField("shape") or any(not side.HasField("dim_value") for side in tensor.shape.dim):
        return None
    itemsize = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).itemsize
    return int(prod(side.dim_value for side in tensor.shape.dim) * itemsize)
