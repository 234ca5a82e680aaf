"""IR files: a model made of an ONNX, written with its contract, and held against it."""

from pathlib import Path

import openvino
from openvino.preprocess import PrePostProcessor

from configs.errors import ConversionError
from configs.schema import Precision
from converter.forms.contract import RT_INFO_PATH, Contract
from converter.runners.devices import openvino_core
from converter.runners.ir_graph import graph_tensors
from converter.runners.openvino_ir import contract_of_ir, read_ir
from converter.steps.onnx_file import read_onnx
from converter.steps.preprocessing import with_inputs_of
from converter.steps.steady_names import name_steadily, names_of


def model_from_onnx(source: Path, contract: Contract, precision: Precision) -> openvino.Model:
    """Return an ONNX of the network (RGB in) as a model that keeps `contract`; `precision` names it in errors.

    Raises:
        ConversionError: OpenVINO refuses the model.
    """
    try:
        # Built without a step of its own: that folds constants, and keeps the operations apart which `convert_model`
        # would fuse, so that `mattekit locate` can compare them one by one. The plugin fuses them when it compiles.
        network = PrePostProcessor(openvino_core().read_model(source)).build()
        name_steadily(network, names_of(read_onnx(source)))  # what reads an input is sorted by name
        return with_inputs_of(contract, network)
    except RuntimeError as error:
        raise ConversionError(f"ir-{precision}: OpenVINO refuses the model: {error}") from error


def save_ir(model: openvino.Model, contract: Contract, precision: Precision, source: Path, target: Path) -> None:
    """Write a model with its contract as an IR; floats are stored in FP16 for `fp16`, else in FP32.

    Args:
        model: that `model_from_onnx` has read from `source`, as it is or quantized.
        contract: that it keeps.
        precision: of its weights.
        source: the ONNX, whose names of operations are kept.
        target: the IR's XML.

    Raises:
        ConversionError: OpenVINO cannot write it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    name_steadily(model, names_of(read_onnx(source)))
    try:
        model.set_rt_info(contract.model_dump_json(), list(RT_INFO_PATH))
        openvino.save_model(model, target, compress_to_fp16=precision == "fp16")
    except RuntimeError as error:
        raise ConversionError(f"ir-{precision}: OpenVINO cannot write the model: {error}") from error


def check_ir(path: Path, contract: Contract) -> None:
    """Hold an IR's tensors, and the contract in its rt_info, against `contract`.

    Raises:
        ConversionError: they differ from it.
    """
    model = read_ir(path)
    found = graph_tensors(model)
    ports = {port.name: port for port in (*contract.inputs, *contract.outputs)}
    if set(found) != set(ports) or any(
        not ports[name].fits(shape) or kind != ports[name].element_type for name, (shape, kind) in found.items()
    ):
        expected = {name: (port.shape, port.element_type) for name, port in ports.items()}
        raise ConversionError(f"{path.name}: expected the tensors {expected}, found {found}")
    if contract_of_ir(model, path) != contract:
        raise ConversionError(f"{path.name}: its rt_info does not give the contract back")
