"""IRs that another program made: which contract they are taken to keep."""

from pathlib import Path

import openvino

from configs.errors import DataError
from configs.files import sha256_of
from converter.forms.contract import ALPHA, BACKGROUND, FOREGROUND, RT_INFO_PATH, SOURCE, Contract, ir_contract
from converter.runners.openvino_ir import contract_of_ir


def contract_or_published(model: openvino.Model, path: Path) -> tuple[Contract, bool]:
    """Return the contract of an IR, and whether it had to be assumed.

    An IR without one is taken to keep the published contract (NCHW float32, BGR 0..255 in; alpha and RGB foreground
    0..1 out), as Model Optimizer's IRs of this network do. Names, shapes and element types are checked; that colour
    order and range are the published ones, no IR says.

    Raises:
        DataError: the IR has other tensors than the published contract.
    """
    if model.has_rt_info(list(RT_INFO_PATH)):
        return contract_of_ir(model, path), False
    found = {port.get_any_name(): _shape_and_type(port) for port in (*model.inputs, *model.outputs)}
    names = (SOURCE, BACKGROUND, ALPHA, FOREGROUND)
    if set(found) != set(names):
        raise DataError(
            f"{path}: expected the inputs {SOURCE}, {BACKGROUND} and the outputs {ALPHA}, {FOREGROUND}, "
            f"found {', '.join(sorted(found))}"
        )
    shape = found[SOURCE][0]
    if len(shape) != 4 or 0 in shape:
        raise DataError(
            f"{path}: {SOURCE}: expected a fixed shape (1, 3, H, W), found {model.input(SOURCE).partial_shape}"
        )
    contract = ir_contract((shape[2], shape[3]), sha256_of(path.with_suffix(".bin")))
    for port in (*contract.inputs, *contract.outputs):
        if found[port.name] != (port.shape, port.element_type):
            raise DataError(
                f"{path}: {port.name}: expected {port.element_type} {port.shape} as in the published contract, "
                f"found {found[port.name][1]} {found[port.name][0]}"
            )
    return contract, True


def _shape_and_type(port: openvino.Output) -> tuple[tuple[int, ...], str]:
    """Return shape and element type; 0 stands for a side that is not fixed."""
    shape = port.get_partial_shape()
    if shape.rank.is_dynamic:
        return (), ""
    sides = tuple(0 if side.is_dynamic else side.get_length() for side in shape)
    return sides, str(port.get_element_type().to_string())
