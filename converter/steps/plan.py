"""Which steps a job takes, in order, and what all of their results must keep."""

from pathlib import Path

from configs.errors import UsageError
from configs.schema import Config
from converter.forms.contract import as_ir
from converter.forms.placement import placement_of
from converter.forms.record import ir_hop
from converter.runners.original import Original
from converter.steps.adopt_onnx import AdoptOnnx
from converter.steps.chain import Postcondition, Say
from converter.steps.export_onnx import ExportOnnx
from converter.steps.int8_ir_from_onnx import Int8IrFromOnnx
from converter.steps.ir_from_onnx import IrFromOnnx
from converter.steps.settling import settled_contract
from converter.steps.simplify_onnx import SimplifyOnnx
from converter.steps.static_graph import check_static
from converter.steps.step import Step


def planned_steps(config: Config, original: Original, folder: Path, say: Say) -> list[Step]:
    """Return the steps from the original to every configured form, each at its place in `folder`.

    Raises:
        DataError: an original whose states are to be asked for cannot be run; it is another network, perhaps.
        UsageError: int8 is asked for of a network that carries states.
    """
    settings = config.convert
    placement = placement_of(settings)
    exported, simplified = folder / placement.path("onnx"), folder / placement.path("onnx-simplified")
    contract = settled_contract(original)
    if "int8" in settings.precisions:
        _require_no_states(original)
    steps: list[Step] = [
        ExportOnnx(original, settings.graph, settings.opset, exported, contract)
        if original.network
        else AdoptOnnx(Path(original.source.path), original.contract, exported, contract),
        SimplifyOnnx(exported, contract, simplified),
    ]
    declared = as_ir(contract, settings.input_form)
    for precision in settings.precisions:
        target = folder / placement.path(ir_hop(precision))
        if precision == "int8":
            steps.append(Int8IrFromOnnx(simplified, declared, original, config, target, say))
        else:
            steps.append(IrFromOnnx(simplified, declared, precision, target))
    return steps


def _require_no_states(original: Original) -> None:
    if states := [taken.name for taken, _ in original.contract.states]:
        raise UsageError(
            f"convert.precisions: no int8 of {original.architecture.title}: it carries states ({', '.join(states)}) "
            "from frame to frame, and the samples that set the ranges of int8 are stills, whose states are all zero; "
            "leave int8 out, such as with `--precisions fp32,fp16`"
        )


def planned_postconditions(config: Config, original: Original) -> tuple[Postcondition, ...]:
    """Return what must hold of every file: the fast graph promises static shapes, others promise nothing."""
    fast = original.network is not None and original.architecture.graph(config.convert.graph) == "fast"
    return (check_static,) if fast else ()
