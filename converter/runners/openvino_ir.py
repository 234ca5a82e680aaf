"""An OpenVINO IR, run by OpenVINO on the CPU at an explicit inference precision."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import openvino

from configs.errors import DataError, UsageError
from configs.schema import InferencePrecision
from converter.forms.contract import ALPHA, BACKGROUND, FOREGROUND, RT_INFO_PATH, SOURCE, Contract, parse_contract
from converter.runners.base import InputTensor, Runner, Tensor, check_inputs

LATENCY: Mapping[str, str] = {"PERFORMANCE_HINT": "LATENCY"}


class OpenVinoRunner(Runner):
    """Runs an IR that carries its contract in its rt_info.

    Args:
        path: the IR's XML.
        inference_precision: `f32`, `bf16`, `f16`, or `default` for what an ordinary user gets; `precision` then says
            what OpenVINO chose.
        open_inputs: open the inputs to float32 values of any range where the IR takes bytes; `contract` then says so.

    Raises:
        DataError: the IR is missing or unreadable, or carries no contract.
        UsageError: OpenVINO cannot run this precision here.
    """

    framework = "openvino"

    def __init__(self, path: Path, inference_precision: InferencePrecision, *, open_inputs: bool = False) -> None:
        model = read_ir(path)
        self.contract = contract_of_ir(model, path)
        self._path, self._asked = path, inference_precision
        if open_inputs:
            self.contract = _open_inputs(model, self.contract)
        compiled = compile_ir(model, path, inference_precision)
        ran = running_precision(compiled)
        quantized = is_quantized(model)
        self.precision, self.rest_precision = ("int8", ran) if quantized else (ran, None)
        self._request = compiled.create_infer_request()

    @contextmanager
    def opened(self) -> Iterator[Runner]:
        """See `Runner.opened`; the graph is the same, but for its inputs' element type."""
        if all(port.element_type == "f32" for port in self.contract.inputs):
            yield self
            return
        with OpenVinoRunner(self._path, self._asked, open_inputs=True) as runner:
            yield runner

    def infer(self, source: InputTensor, background: InputTensor) -> tuple[Tensor, Tensor]:
        """See `Runner.infer`; the returned arrays are copies."""
        check_inputs(self.contract, source, background)
        results = self._request.infer({SOURCE: source, BACKGROUND: background})
        return results[ALPHA].copy(), results[FOREGROUND].copy()


@cache
def openvino_core() -> openvino.Core:
    """Return the one Core of this process; everything that reads or compiles a model uses it.

    The CPU plugin of each Core puts a signal stack of its own in place, and puts back the one before when it goes.
    Of two that go in another order than they came, a freed one stays, and the next signal that Python handles, such as
    Ctrl-C, ends the process with a segmentation fault (seen with OpenVINO 2026.4.1).
    """
    return openvino.Core()


def read_ir(path: Path) -> openvino.Model:
    """Read an IR.

    Raises:
        DataError: the XML or its weights file is missing or unreadable.
    """
    weights = path.with_suffix(".bin")
    for file in (path, weights):
        if not file.is_file():
            raise DataError(f"{file}: no such file of an IR; run `mattekit convert`")
    try:
        return openvino_core().read_model(path, weights)
    except RuntimeError as error:
        raise DataError(f"{path}: OpenVINO cannot read it ({str(error).strip().splitlines()[-1]})") from error


def compile_ir(
    model: openvino.Model,
    path: Path,
    inference_precision: InferencePrecision,
    properties: Mapping[str, str] = LATENCY,
) -> openvino.CompiledModel:
    """Compile an IR for the CPU at an explicit inference precision.

    Raises:
        UsageError: OpenVINO cannot run this precision here.
    """
    hints = {} if inference_precision == "default" else {"INFERENCE_PRECISION_HINT": inference_precision}
    compiled = openvino_core().compile_model(model, "CPU", {**properties, **hints})
    running = running_precision(compiled)
    if inference_precision not in ("default", running):
        raise UsageError(
            f"{path}: asked OpenVINO for {inference_precision}, but this CPU runs {running}; leave the variant out, "
            f"or use @default, which takes what the CPU has (`mattekit doctor` tells what that is)"
        )
    return compiled


def contract_of_ir(model: openvino.Model, path: Path) -> Contract:
    """Return the contract that an IR carries.

    Raises:
        DataError: it carries none.
    """
    if not model.has_rt_info(list(RT_INFO_PATH)):
        raise DataError(f"{path}: carries no I/O contract in its rt_info; it was not made by `mattekit convert`")
    return parse_contract(str(model.get_rt_info(list(RT_INFO_PATH)).value), str(path))


def is_quantized(model: openvino.Model) -> bool:
    """Tell whether a model holds the quantization marks by which OpenVINO infers in 8 bits."""
    return any(operation.get_type_name() == "FakeQuantize" for operation in model.get_ops())


def _open_inputs(model: openvino.Model, contract: Contract) -> Contract:
    """Give the model's inputs the element type float32; return the contract that then holds."""
    for parameter in model.get_parameters():
        parameter.set_element_type(openvino.Type.f32)
    model.validate_nodes_and_infer_types()
    source, background = (port.model_copy(update={"element_type": "f32"}) for port in contract.inputs)
    return contract.model_copy(update={"inputs": (source, background)})


def default_inference_precision() -> str:
    """Return the precision that OpenVINO infers at on this CPU when nobody asks for one: `f32`, `bf16` or `f16`."""
    parameter = openvino.opset13.parameter([1, 8], openvino.Type.f32)
    model = openvino.Model([openvino.opset13.relu(parameter)], [parameter])
    compiled = openvino_core().compile_model(model, "CPU", LATENCY)
    return running_precision(compiled)


def running_precision(compiled: openvino.CompiledModel) -> str:
    """Return the precision that a compiled model infers at: `f32`, `bf16` or `f16`."""
    return str(compiled.get_property("INFERENCE_PRECISION_HINT").to_string())
