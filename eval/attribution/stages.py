"""The stages that a converted model folder allows: its forms in the order of the hops, each after the one before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.errors import UsageError
from configs.schema import InferencePrecision
from converter.forms.named import NamedForm
from converter.forms.record import Conversion, ir_hop, is_ir
from converter.forms.variant import ORIGINAL, Variant, ir_variant
from converter.proof.named import Reference, open_named
from converter.runners.base import Runner
from converter.runners.devices import default_inference_precision
from converter.runners.opening import open_runner
from eval.attribution.record import Part

FULL = ir_hop("fp32")


@dataclass(frozen=True, slots=True)
class Stage:
    """A variant in the order of the hops.

    Attributes:
        name: `torch` (`original` where that is an ONNX), `onnx`, `onnx-simplified`, `ir-fp16@bf16`.
        variant: that runs; or a model of anybody's.
        before: the stage that this one differs from by one change; None for the original.
        part: what that change is.
    """

    name: str
    variant: Variant | NamedForm
    before: str | None
    part: Part


def stages_of(record: Conversion, reduced: InferencePrecision) -> Iterator[Stage]:
    """Yield the stages of a converted model folder, each after its `before`.

    ONNX forms follow each other; ir-fp32@f32 comes after the last of them; IRs of other weights after ir-fp32@f32, and
    every IR at the `reduced` inference precision after itself at f32.
    """
    hops = [form.hop for form in record.forms]
    last = "torch" if record.source.kind == "checkpoint" else "original"
    yield Stage(last, Variant(ORIGINAL), None, "original")
    for hop in hops:
        if not is_ir(hop):
            yield Stage(hop, Variant(hop), last, "graph")
            last = hop
    irs = sorted((hop for hop in hops if is_ir(hop)), key=lambda hop: hop != FULL)
    for hop in irs:
        full = hop == FULL
        before = f"{FULL}@f32" if not full and FULL in hops else last
        yield Stage(f"{hop}@f32", ir_variant(hop), before, "graph" if full else "weights")
    for hop in irs:
        variant = ir_variant(hop, precision=reduced)
        yield Stage(variant.name, variant, f"{hop}@f32", "inference")


def model_stages(models: Sequence[NamedForm], original: str) -> Iterator[Stage]:
    """Yield a stage for each model of anybody's, after the original."""
    for form in models:
        yield Stage(form.name, form, original, "model")


def reduced_precision() -> InferencePrecision:
    """Return the reduced inference precision to attribute: what OpenVINO picks by itself, else bf16."""
    return "f16" if default_inference_precision() == "f16" else "bf16"


def open_stage(stage: Stage, folder: Path, reference: Reference | None) -> Runner | str:
    """Open a stage's runner, or return why this machine cannot run it, or why it cannot be compared.

    Args:
        stage: the stage.
        folder: the converted model folder.
        reference: what models of anybody's are proved against; needed for them alone.

    Raises:
        DataError: a form is missing or broken.
    """
    try:
        if not isinstance(stage.variant, NamedForm):
            return open_runner(stage.variant, folder)
        assert reference is not None, "the original is the first stage"
        runner = open_named(stage.variant, reference).runner
    except UsageError as error:
        if stage.part not in ("inference", "model"):
            raise
        return str(error)
    ours, theirs = reference.contract, runner.contract
    if ours.size == theirs.size and (ours.output("foreground") is None) == (theirs.output("foreground") is None):
        return runner
    runner.close()
    return "its outputs are not those of the original (another size, or a foreground of one alone)"
