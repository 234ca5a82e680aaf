"""The stages that a converted model folder allows: its forms in the order of the hops, each after the one before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from configs.errors import UsageError
from configs.schema import InferencePrecision
from converter.forms.record import Conversion, form_path, ir_hop, is_ir
from converter.runners.base import Runner
from converter.runners.onnx_runtime import OnnxRunner
from converter.runners.openvino_ir import OpenVinoRunner, default_inference_precision
from converter.runners.original import original_of
from eval.attribution.record import Part

FULL = ir_hop("fp32")


@dataclass(frozen=True, slots=True)
class Stage:
    """A form at an inference precision.

    Attributes:
        name: `torch` (`original` where that is an ONNX), `onnx`, `onnx-simplified`, `ir-fp16@bf16`.
        hop: that made the form; None for the original.
        before: the stage that this one differs from by one change; None for the original.
        part: what that change is.
        inference: the inference precision it is run at.
    """

    name: str
    hop: str | None
    before: str | None
    part: Part
    inference: InferencePrecision = "f32"


def stages_of(record: Conversion, reduced: InferencePrecision) -> Iterator[Stage]:
    """Yield the stages of a converted model folder, each after its `before`.

    ONNX forms follow each other; ir-fp32@f32 comes after the last of them; IRs of other weights after ir-fp32@f32, and
    every IR at the `reduced` inference precision after itself at f32.
    """
    hops = [form.hop for form in record.forms]
    last = "torch" if record.source.kind == "checkpoint" else "original"
    yield Stage(last, None, None, "original")
    for hop in hops:
        if not is_ir(hop):
            yield Stage(hop, hop, last, "graph")
            last = hop
    irs = sorted((hop for hop in hops if is_ir(hop)), key=lambda hop: hop != FULL)
    for hop in irs:
        full = hop == FULL
        before = f"{FULL}@f32" if not full and FULL in hops else last
        yield Stage(f"{hop}@f32", hop, before, "graph" if full else "weights")
    for hop in irs:
        yield Stage(f"{hop}@{reduced}", hop, f"{hop}@f32", "inference", reduced)


def reduced_precision() -> InferencePrecision:
    """Return the reduced inference precision to attribute: what OpenVINO picks by itself, else bf16."""
    return "f16" if default_inference_precision() == "f16" else "bf16"


def open_stage(stage: Stage, record: Conversion, folder: Path) -> Runner | str:
    """Open a stage's runner, or return why this machine cannot run it.

    Raises:
        DataError: a form is missing or broken.
    """
    if stage.hop is None:
        return original_of(record).runner()
    path = folder / form_path(stage.hop)
    if not is_ir(stage.hop):
        return OnnxRunner(path)
    try:
        return OpenVinoRunner(path, stage.inference)
    except UsageError as error:
        if stage.part != "inference":
            raise
        return str(error)
