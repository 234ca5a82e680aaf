"""Taps into the module that was exported: torch's exported program, interpreted node by node.

The program is recorded by the very exporter that makes the ONNX, so that its values bear the names of its tensors.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.fx import Interpreter

from configs.errors import DataError
from converter.forms.contract import Contract
from converter.steps.export_onnx import export_program
from converter.taps.base import Array, Cut, Feed, Node, Tap, Taps

CHOOSING = frozenset({"topk", "argmax", "argmin", "nonzero", "gt", "ge", "lt", "le"})


class TorchTaps(Taps):
    """The inner tensors of a network, run by PyTorch in float32.

    Args:
        network: what was exported.
        contract: the network's.
        opset: that it is exported at; it decides how the exporter splits operations.
        origin: the checkpoint's path, for messages.
    """

    framework = "torch"
    precision = "f32"
    cuttable = False

    def __init__(self, network: nn.Module, contract: Contract, opset: int, origin: str) -> None:
        self.contract = contract
        self.label = f"{origin} (torch, f32)"
        program: Any = export_program(network, contract, opset).exported_program
        self._module = program.module()
        nodes = list(self._module.graph.nodes)
        [results] = nodes[-1].args
        inputs = [node for node in nodes if node.op == "placeholder"]
        ports = (*contract.inputs, *contract.outputs)
        renamed = {node.name: port.name for node, port in zip((*inputs, *results), ports, strict=True)}
        self._names = {node.name: renamed.get(node.name, node.name) for node in nodes}
        self._nodes = {self._names[node.name]: node for node in nodes}
        self.taps = tuple(self._taps(nodes))

    def read(self, names: Sequence[str], feed: Feed) -> dict[str, Array]:
        """See `Taps.read`.

        Raises:
            DataError: PyTorch cannot run the network that far.
        """
        reader = _Reader(self._module, {self._nodes[name].name: name for name in names})
        try:
            with torch.inference_mode(), suppress(_AllReadError):
                reader.run(*(torch.from_numpy(feed[port.name]) for port in self.contract.inputs))
        except (RuntimeError, IndexError, ValueError) as error:
            raise DataError(f"{self.label}: PyTorch cannot run it ({str(error).splitlines()[0]})") from error
        return {name: reader.found[name].numpy() for name in names}

    def cut(self, target: str, known: Iterable[str], file: Path | None) -> Cut:
        """See `Taps.cut`; a part of an exported program is not stored."""
        ends = set(known) - {target}
        found: dict[str, None] = {}
        inputs: set[str] = set()
        waiting = [self._nodes[target]]
        while waiting:
            node = waiting.pop()
            name = self._names[node.name]
            if name in ends or node.op == "placeholder":
                inputs.add(name)
            elif node.op == "call_function" and name not in found:
                found[name] = None
                waiting.extend(node.all_input_nodes)
        nodes = tuple(Node(name, _operation(node)) for name, node in self._nodes.items() if name in found)
        return Cut(nodes, tuple(sorted(inputs)), None)

    def run_cut(self, cut: Cut, inputs: Mapping[str, Array]) -> Array:
        """See `Taps.run_cut`.

        Raises:
            ValueError: always; a part of an exported program cannot be stored.
        """
        raise ValueError("a part of an exported program cannot be stored")

    def _taps(self, nodes: Iterable[Any]) -> Iterator[Tap]:
        computed: set[str] = set()
        chosen: set[str] = set()
        for node in nodes:
            before = {argument.name for argument in node.all_input_nodes}
            if node.op == "placeholder":
                computed.add(node.name)
            if node.op != "call_function" or computed.isdisjoint(before):
                continue
            computed.add(node.name)
            operation = _operation(node)
            choice = operation in CHOOSING or not chosen.isdisjoint(before)
            if choice:
                chosen.add(node.name)
            value = node.meta.get("val")
            if isinstance(value, torch.Tensor):
                size = value.numel() * value.element_size()
                yield Tap(self._names[node.name], self._names[node.name], operation, size, choice)


class _AllReadError(Exception):
    """Nothing after this node is wanted."""


class _Reader(Interpreter):
    """Runs a program and keeps the wanted values, node name to tensor name; others go when their last reader ran."""

    def __init__(self, module: Any, wanted: Mapping[str, str]) -> None:
        super().__init__(module)
        self._wanted = dict(wanted)
        self.found: dict[str, torch.Tensor] = {}

    def run_node(self, n: Any) -> Any:
        value = super().run_node(n)
        if n.name in self._wanted:
            self.found[self._wanted[n.name]] = value
            if len(self.found) == len(self._wanted):
                raise _AllReadError
        return value


def _operation(node: Any) -> str:
    """Return the kind of a node: `conv2d` for `aten.conv2d.default`; for a part of a result that of the whole."""
    if getattr(node.target, "__name__", "") == "getitem":
        return _operation(node.args[0])
    return str(node.target).removeprefix("aten.").partition(".")[0]
