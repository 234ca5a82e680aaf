"""An OpenVINO IR, run by OpenVINO on the CPU at an explicit inference precision."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import openvino

from configs.errors import DataError, UsageError
from converter.contract import ALPHA, BACKGROUND, FOREGROUND, RT_INFO_PATH, SOURCE, Contract, parse_contract
from converter.runners.base import Runner, Tensor

LATENCY: Mapping[str, str] = {"PERFORMANCE_HINT": "LATENCY"}
InferencePrecision = Literal["f32", "bf16", "f16", "default"]


class OpenVinoRunner(Runner):
    """Runs an IR that carries its contract in its rt_info.

    Args:
        path: the IR's XML.
        inference_precision: `f32`, `bf16`, `f16`, or `default` for what an ordinary user gets; `precision` then says
            what OpenVINO chose.

    Raises:
        DataError: the IR is missing or unreadable, or carries no contract.
        UsageError: OpenVINO cannot run this precision here.
    """

    framework = "openvino"

    def __init__(self, path: Path, inference_precision: InferencePrecision) -> None:
        core = openvino.Core()
        model = read_ir(core, path)
        self.contract = contract_of_ir(model, path)
        compiled = compile_ir(core, model, path, inference_precision)
        self.precision = running_precision(compiled)
        self._request = compiled.create_infer_request()

    def infer(self, source: Tensor, background: Tensor) -> tuple[Tensor, Tensor]:
        """See `Runner.infer`; the returned arrays are copies."""
        results = self._request.infer({SOURCE: source, BACKGROUND: background})
        return results[ALPHA].copy(), results[FOREGROUND].copy()


def read_ir(core: openvino.Core, path: Path) -> openvino.Model:
    """Read an IR.

    Raises:
        DataError: the XML or its weights file is missing or unreadable.
    """
    weights = path.with_suffix(".bin")
    for file in (path, weights):
        if not file.is_file():
            raise DataError(f"{file}: no such file of an IR; run `mattekit convert`")
    try:
        return core.read_model(path, weights)
    except RuntimeError as error:
        raise DataError(f"{path}: OpenVINO cannot read it ({str(error).strip().splitlines()[-1]})") from error


def compile_ir(
    core: openvino.Core,
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
    compiled = core.compile_model(model, "CPU", {**properties, **hints})
    running = running_precision(compiled)
    if inference_precision not in ("default", running):
        raise UsageError(f"{path}: asked OpenVINO for {inference_precision}, but this CPU runs {running}")
    return compiled


def contract_of_ir(model: openvino.Model, path: Path) -> Contract:
    """Return the contract that an IR carries.

    Raises:
        DataError: it carries none.
    """
    if not model.has_rt_info(list(RT_INFO_PATH)):
        raise DataError(f"{path}: carries no I/O contract in its rt_info; it was not made by `mattekit convert`")
    return parse_contract(str(model.get_rt_info(list(RT_INFO_PATH)).value), str(path))


def default_inference_precision() -> str:
    """Return the precision that OpenVINO infers at on this CPU when nobody asks for one: `f32`, `bf16` or `f16`."""
    parameter = openvino.opset13.parameter([1, 8], openvino.Type.f32)
    model = openvino.Model([openvino.opset13.relu(parameter)], [parameter])
    compiled = openvino.Core().compile_model(model, "CPU", LATENCY)
    return running_precision(compiled)


def running_precision(compiled: openvino.CompiledModel) -> str:
    """Return the precision that a compiled model infers at: `f32`, `bf16` or `f16`."""
    return str(compiled.get_property("INFERENCE_PRECISION_HINT").to_string())
