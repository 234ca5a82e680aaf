"""The step that makes an OpenVINO IR: preprocessing built in, weights at an explicit precision, contract attached."""

from pathlib import Path

import openvino
from openvino.preprocess import PrePostProcessor

from configs.errors import ConversionError
from configs.schema import Precision
from converter.contract import RT_INFO_PATH, Contract
from converter.runners.openvino_ir import contract_of_ir, read_ir


def ir_from_onnx(source: Path, contract: Contract, precision: Precision, target: Path) -> None:
    """Convert an ONNX of the network (RGB 0..1 in) to an IR that keeps `contract` (BGR 0..255 in).

    The reversal of the channels and the division by the scale become part of the IR; `precision` is that of the
    stored weights, `fp32` or `fp16`.

    Raises:
        ConversionError: OpenVINO refuses the model, or the written IR is not what the contract says.
    """
    core = openvino.Core()
    try:
        model = core.read_model(source)
        processor = PrePostProcessor(model)
        for port in contract.inputs:
            entry = processor.input(port.name)
            entry.tensor().set_element_type(openvino.Type.f32).set_layout(openvino.Layout(port.layout))
            entry.model().set_layout(openvino.Layout("NCHW"))
            if port.colour_order == "BGR":
                entry.preprocess().reverse_channels()
            if contract.scale != 1:
                entry.preprocess().scale(contract.scale)
        model = processor.build()
        model.set_rt_info(contract.model_dump_json(), list(RT_INFO_PATH))
        openvino.save_model(model, target, compress_to_fp16=precision == "fp16")
    except RuntimeError as error:
        raise ConversionError(f"ir-{precision}: OpenVINO refuses the model: {error}") from error
    _check_ir(core, target, contract)


def _check_ir(core: openvino.Core, path: Path, contract: Contract) -> None:
    model = read_ir(core, path)
    found = {
        port.get_any_name(): tuple(port.get_partial_shape().get_dimension(axis).get_length() for axis in range(4))
        if port.get_partial_shape().is_static
        else str(port.get_partial_shape())
        for port in (*model.inputs, *model.outputs)
    }
    expected = {port.name: port.shape for port in (*contract.inputs, *contract.outputs)}
    if found != expected:
        raise ConversionError(f"{path.name}: expected the static tensors {expected}, found {found}")
    if contract_of_ir(model, path) != contract:
        raise ConversionError(f"{path.name}: its rt_info does not give the contract back")
