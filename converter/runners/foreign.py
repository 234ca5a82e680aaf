"""IRs that carry no contract, because another program made them: which one they are taken to keep."""

from pathlib import Path

import openvino

from configs.errors import DataError
from configs.files import sha256_of
from converter.architectures import architecture_within, known_architectures
from converter.forms.contract import Contract, ir_contract
from converter.forms.shapes import require_ports
from converter.runners.ir_graph import graph_tensors


def assumed_contract(model: openvino.Model, path: Path) -> Contract:
    """Return the contract that an IR without one is taken to keep: that of the architecture whose tensors it has.

    Model Optimizer's IRs keep it (NCHW float32, BGR 0..255 in; alpha and RGB foreground 0..1 out). Names, shapes and
    element types are checked; that colour order and range are these, no IR says. It may have further outputs, as
    published models have: `drop_other_outputs` leaves them off.

    Raises:
        DataError: the IR has other inputs than any architecture, or lacks an output.
    """
    found = graph_tensors(model)
    outputs = {name for port in model.outputs for name in port.get_names()}
    architecture = architecture_within([port.get_names() for port in model.inputs], outputs)
    if architecture is None:
        expected = " or ".join(
            f"the inputs {', '.join(port.name for port in known.inputs)} and the outputs "
            f"{', '.join(port.name for port in known.outputs)}"
            for known in known_architectures().values()
        )
        raise DataError(f"{path}: expected {expected}, found {', '.join(sorted(found))}")
    if not architecture.telling_names:
        raise DataError(
            f"{path}: carries no contract, and its tensors, {' and '.join(architecture.port_names)}, may be any "
            f"network's; convert its ONNX with --architecture {architecture.name}, or run it beside an original, "
            f"`mattekit evaluate --model theirs={path}`, which proves what it takes"
        )
    source = next(port.name for port in architecture.inputs if port.role == "source")
    shape = found[source][0]
    if len(shape) != 4 or 0 in shape:
        raise DataError(
            f"{path}: {source}: expected a fixed shape (1, 3, H, W), found {model.input(source).partial_shape}"
        )
    contract = ir_contract(architecture, (shape[2], shape[3]), sha256_of(path.with_suffix(".bin")))
    contract = contract.fitted_to({name: sides for name, (sides, _) in found.items()})
    for port in (*contract.inputs, *contract.outputs):
        shape, kind = found[port.name]
        if not port.fits(shape) or kind != port.element_type:
            raise DataError(
                f"{path}: {port.name}: expected {port.element_type} {port.shape} as in the published contract, "
                f"found {kind} {shape}"
            )
    require_ports(contract, found, str(path))
    return contract


def drop_other_outputs(model: openvino.Model, contract: Contract) -> None:
    """Reduce a model's outputs to the contract's, so that nothing is computed for others alone, as in a conversion."""
    wanted = {port.name for port in contract.outputs}
    for output, result in list(zip(model.outputs, model.get_results(), strict=True)):
        if wanted.isdisjoint(output.get_names()):
            model.remove_result(result)
