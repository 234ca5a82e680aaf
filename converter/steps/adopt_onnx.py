"""The step `onnx` from a ready ONNX: its inputs fixed to one size, its outputs reduced to those of the contract."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from configs.errors import DataError
from converter.architectures import architecture_within
from converter.forms.contract import Contract, Port
from converter.forms.made import Made
from converter.steps.onnx_file import check_onnx, read_onnx, save_onnx, shape_of
from converter.steps.step import Step

_CONSTANTS_ARE_NO_INPUTS = 4
"""From which version of ONNX's file format on a constant need not be listed as an input too."""


@dataclass(frozen=True, slots=True)
class AdoptOnnx(Step):
    """Copy a ready ONNX, its inputs fixed to the contract's size and its outputs reduced to the contract's.

    Attributes:
        source: the ready ONNX.
        contract: what it must be able to keep.
        target: the file to write.
        settled: what that keeps, the inputs that the source takes beyond it built in; None for `contract`.

    Raises, when it runs:
        DataError: the file is no ONNX model, or its inputs or outputs are not the contract's.
        ConversionError: what was written is not what the contract says.
    """

    source: Path
    contract: Contract
    target: Path
    settled: Contract | None = None

    @property
    def hop(self) -> str:
        """See `Step.hop`."""
        return "onnx"

    def require(self) -> None:
        """See `Step.require`: the contract's tensors, of its element type, that can take its shapes."""
        graph = read_onnx(self.source).graph
        inputs, outputs = _by_name(graph.input), _by_name(graph.output)
        taken, given = self.contract.inputs, self.contract.outputs
        if set(inputs) - {tensor.name for tensor in graph.initializer} != {port.name for port in taken}:
            found = ", ".join(inputs) or "none"
            family = architecture_within([{name} for name in inputs], list(outputs))
            hint = "" if family is None else f"; {family.title} has these: give --architecture {family.name}"
            raise DataError(f"{self.source}: expected the {_listed('input', taken)}, found {found}{hint}")
        if missing := [port.name for port in given if port.name not in outputs]:
            lacking = ", ".join(missing)
            raise DataError(f"{self.source}: expected the {_listed('output', given)}, lacks {lacking}")
        for port in self.contract.inputs:
            _require_port(inputs[port.name], port, self.source)
        for port in self.contract.outputs:
            _require_port(outputs[port.name], port, self.source)

    def make(self) -> Made:
        """See `Step.make`."""
        model = read_onnx(self.source)
        model.ir_version = max(model.ir_version, _CONSTANTS_ARE_NO_INPUTS)
        del model.graph.input[:], model.graph.output[:]
        model.graph.input.extend(map(_fixed, self._kept.inputs))
        model.graph.output.extend(map(_fixed, self._kept.outputs))
        for port in self.contract.inputs:
            if port.name in self._kept.constants:
                value = np.full([side or 1 for side in port.shape], self._kept.constants[port.name], np.float32)
                model.graph.initializer.append(onnx.numpy_helper.from_array(value, port.name))
        del model.graph.value_info[:]  # inferred for other shapes, perhaps
        return Made(self.hop, self.target, self._kept, save_onnx(model, self._kept, self.target))

    def ensure(self, made: Made) -> None:
        """See `Step.ensure`."""
        check_onnx(made.path, self._kept)

    @property
    def _kept(self) -> Contract:
        return self.settled or self.contract


def _by_name(values: list[onnx.ValueInfoProto]) -> dict[str, onnx.ValueInfoProto]:
    return {value.name: value for value in values}


def _listed(kind: str, ports: tuple[Port, ...]) -> str:
    return f"{kind}{'s' * (len(ports) > 1)} {' and '.join(port.name for port in ports)}"


def _require_port(value: onnx.ValueInfoProto, port: Port, source: Path) -> None:
    found = shape_of(value)
    if len(found) != len(port.shape) or any(
        isinstance(side, int) and wanted not in (None, side) for side, wanted in zip(found, port.shape, strict=True)
    ):
        raise DataError(
            f"{source}: {value.name} has shape {found}, but the input shape asks for {port.shape}; "
            f"{_shape_remedy(found, port)}"
        )
    kind = value.type.tensor_type.elem_type
    if kind != onnx.TensorProto.FLOAT:
        raise DataError(
            f"{source}: {value.name} holds {onnx.TensorProto.DataType.Name(kind).lower()} values, expected float "
            "(float32); export it with float32 inputs and outputs, whatever its weights are, such as with "
            "keep_io_types=True of onnxconverter_common.float16.convert_float_to_float16"
        )


def _shape_remedy(found: tuple[int | str, ...], port: Port) -> str:
    """Say what to do about a shape: another batch must be exported anew, another size may be asked for."""
    batch = found[0] if found else "?"
    if len(found) == len(port.shape) and batch not in (1, port.shape[0]) and isinstance(batch, int):
        return f"its batch is {batch}: export it with a batch of 1, or with a free one (dynamic_axes)"
    if port.is_image and len(found) == 4 and found[1] == port.shape[1] and all(isinstance(s, int) for s in found[2:]):
        return f"convert it for its own size, --size {found[3]}x{found[2]}, or export it with free sides"
    return "export it with images as NCHW planes, a batch of 1, and sides that are free or of the input shape"


def _fixed(port: Port) -> onnx.ValueInfoProto:
    return onnx.helper.make_tensor_value_info(port.name, onnx.TensorProto.FLOAT, port.shape)
