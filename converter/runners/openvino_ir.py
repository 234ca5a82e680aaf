"""An OpenVINO IR, run by OpenVINO on an explicit device at an explicit inference precision."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import openvino

from configs.errors import DataError, UsageError, shortened
from configs.reading import read_text, require_regular
from converter.forms.contract import RT_INFO_PATH, Contract, parse_contract
from converter.forms.shapes import require_bearable, require_ports
from converter.forms.variant import CPU, FormFile
from converter.runners.base import Feed, Outputs, Runner, unfed_inputs
from converter.runners.devices import (
    LATENCY,
    executed_on,
    openvino_core,
    require_device,
    running_precision,
    threads_of,
)
from converter.runners.foreign import assumed_contract, drop_other_outputs
from converter.runners.ir_graph import all_tensors, graph_ports, graph_tensors
from converter.runners.quantized import quantized_convolutions
from converter.runners.requests import Request


class OpenVinoRunner(Runner):
    """Runs an IR, compiled for latency unless told otherwise, by the contract in its rt_info.

    Args:
        file: the IR's XML, its device, and the inference precision: `f32`, `bf16`, `f16`, or `default` for what an
            ordinary user gets; `precision` then says what OpenVINO chose.
        contract: that of an IR which carries none.
        assume: take an IR that carries no contract, and for which none is given, to keep that of the architecture whose
            tensors it has.
        properties: of OpenVINO, to compile with; `LATENCY` or `throughput(...)` of `converter.runners.devices`.
        open_inputs: open the inputs to float32 values of any range where the IR takes bytes; `contract` then says so.

    Raises:
        DataError: the IR is missing or unreadable, or carries no contract.
        UsageError: OpenVINO has no such device here, or cannot run this precision there.
    """

    framework = "openvino"
    reuses_memory: ClassVar[bool] = True

    def __init__(
        self,
        file: FormFile,
        *,
        contract: Contract | None = None,
        assume: bool = False,
        open_inputs: bool = False,
        properties: Mapping[str, str] = LATENCY,
    ) -> None:
        model = read_ir(file.path)
        foreign = not model.has_rt_info(list(RT_INFO_PATH))
        self.assumed = assume and foreign and contract is None
        self._given = contract if foreign else None
        if self._given is not None:
            ports = graph_ports(model, [port.name for port in (*self._given.inputs, *self._given.outputs)])
            require_ports(self._given, {**ports.inputs, **ports.outputs}, str(file.path))
            self.contract = self._given
        else:
            self.contract = assumed_contract(model, file.path) if self.assumed else contract_of_ir(model, file.path)
        if foreign:
            drop_other_outputs(model, self.contract)
        self._file = file
        if open_inputs:
            self.contract = _open_inputs(model, self.contract)
        compiled = compile_ir(model, file, properties)
        ran = running_precision(compiled)
        self.quantized = quantized_convolutions(model)
        self.precision, self.rest_precision = ("int8", ran) if self.quantized.convolutions else (ran, None)
        self.device, self.executed_on, self.threads = file.device, executed_on(compiled), threads_of(compiled)
        self._compiled = compiled
        self._request = compiled.create_infer_request()

    @contextmanager
    def with_float_inputs(self) -> Iterator[Runner]:
        """See `Runner.with_float_inputs`; the graph is the same, but for its inputs' element type."""
        if all(port.element_type == "f32" for port in self.contract.inputs):
            yield self
            return
        with OpenVinoRunner(self._file, contract=self._given, assume=self.assumed, open_inputs=True) as runner:
            yield runner

    def requests(self, count: int | None = None) -> Sequence[Request]:
        """See `Runner.requests`; by default one more than OpenVINO runs at once, so that the next is at hand."""
        if self.contract.states:
            return super().requests(count)
        number = count or int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")) + 1
        return tuple(
            _OpenVinoRequest(self._compiled.create_infer_request(), self.contract, self._file.path)
            for _ in range(number)
        )

    def _run(self, feed: Feed) -> Outputs:
        """Infer in place: inputs are read where they lie, outputs are the request's own memory."""
        with _told(self._file.path):
            results = self._request.infer(dict(feed), share_inputs=True, share_outputs=True)
        return {port.name: results[port.name] for port in self.contract.outputs}


class _OpenVinoRequest(Request):
    """A request of OpenVINO's own; tensors are read where they lie, outputs are its memory."""

    def __init__(self, request: openvino.InferRequest, contract: Contract, path: Path) -> None:
        self._request, self._outputs = request, [port.name for port in contract.outputs]
        self._unfed, self._path = unfed_inputs(contract), path

    def start(self, feed: Feed) -> None:
        with _told(self._path):
            self._request.start_async({**self._unfed, **feed}, share_inputs=True)

    def wait(self) -> Outputs:
        with _told(self._path):
            self._request.wait()
        self.milliseconds = float(self._request.latency)
        return {name: self._request.get_tensor(name).data for name in self._outputs}


def read_ir(path: Path) -> openvino.Model:
    """Read an IR.

    Raises:
        DataError: the XML or its weights file is missing or unreadable.
    """
    weights = path.with_suffix(".bin")
    for file in (path, weights):
        if not file.is_file():
            raise DataError(f"{file}: no such file of an IR; run `mattekit convert`")
        require_regular(file)
    read_text(path)  # refuses what is too long for a graph, and names that OpenVINO cannot hand over
    try:
        model = openvino_core().read_model(path, weights)
    except (RuntimeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: OpenVINO cannot read it ({_last_line(error)})") from error
    require_bearable(all_tensors(model), str(path))
    return model


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what OpenVINO raises of an IR that it runs into `DataError`."""
    try:
        yield
    except RuntimeError as error:
        raise DataError(f"{path}: OpenVINO cannot run it ({_last_line(error)})") from error


def _last_line(error: Exception) -> str:
    return shortened((str(error).strip().splitlines() or ["no reason given"])[-1], 300)


def compile_ir(
    model: openvino.Model, file: FormFile, properties: Mapping[str, str] = LATENCY
) -> openvino.CompiledModel:
    """Compile an IR for its device at its inference precision.

    Raises:
        DataError: the CPU cannot run this model.
        UsageError: OpenVINO has no such device here, or cannot run this model or precision there.
    """
    require_device(file.device)
    hints = {} if file.precision == "default" else {"INFERENCE_PRECISION_HINT": file.precision}
    try:
        compiled = openvino_core().compile_model(model, file.device, {**properties, **hints})
    except RuntimeError as error:
        kind = DataError if file.device == CPU else UsageError
        raise kind(f"{file.path}: OpenVINO cannot run it on {file.device} ({_last_line(error)})") from error
    running = running_precision(compiled)
    if file.precision not in ("default", running):
        where = "this CPU" if file.device == CPU else file.device
        raise UsageError(
            f"{file.path}: asked OpenVINO for {file.precision}, but {where} runs {running}; leave the variant out, "
            f"or use @default, which takes what it has (`mattekit doctor` tells what that is on the CPU)"
        )
    return compiled


def carries_no_contract(path: Path) -> bool:
    """Tell whether an IR says nothing of its images, as one of another program; errors as `read_ir`."""
    return not read_ir(path).has_rt_info(list(RT_INFO_PATH))


def contract_of_ir(model: openvino.Model, path: Path) -> Contract:
    """Return the contract that an IR carries.

    Raises:
        DataError: it carries none.
    """
    if not model.has_rt_info(list(RT_INFO_PATH)):
        raise DataError(f"{path}: carries no I/O contract in its rt_info; it was not made by `mattekit convert`")
    try:
        text = str(model.get_rt_info(list(RT_INFO_PATH)).value)
    except RuntimeError as error:
        raise DataError(f"{path}: its I/O contract is not readable; convert the model again") from error
    contract = parse_contract(text, str(path))
    require_ports(contract, graph_tensors(model), str(path))
    return contract


def _open_inputs(model: openvino.Model, contract: Contract) -> Contract:
    """Give the model's inputs the element type float32; return the contract that then holds."""
    for parameter in model.get_parameters():
        parameter.set_element_type(openvino.Type.f32)
    model.validate_nodes_and_infer_types()
    return contract.with_images(element_type="f32")
