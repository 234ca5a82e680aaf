"""Open what a person names as a model: a converted model's folder, an IR, an ONNX, or a checkpoint."""

from collections.abc import Mapping
from pathlib import Path

from configs.errors import DataError, UsageError
from configs.schema import ConvertSection, InferencePrecision, ModelSection
from converter.forms.record import Conversion, is_ir
from converter.forms.variant import CPU, ORIGINAL, FormFile, Variant, ir_variant, parse_variant
from converter.runners.base import Runner
from converter.runners.devices import LATENCY
from converter.runners.opening import open_runner
from converter.runners.original import open_original

_BEST = ("ir-fp16", "ir-fp32")


def open_model(
    model: Path,
    variant: str | None = None,
    device: str = CPU,
    precision: InferencePrecision = "default",
    properties: Mapping[str, str] = LATENCY,
) -> Runner:
    """Open a model by its path.

    Args:
        model: a folder that `mattekit convert` made; an IR's `.xml`; an `.onnx`; or a checkpoint of
            BackgroundMattingV2, which PyTorch runs at 1280x720.
        variant: of a folder, such as `ir-int8@default`; by default its FP16 IR.
        device: where an IR runs, in OpenVINO's words.
        precision: of an IR; `default` is what OpenVINO picks by itself.
        properties: of OpenVINO, which an IR is compiled with.

    Raises:
        UsageError: a variant of what is no folder, or an unknown one; a device or precision of what is no IR.
        DataError: nothing there, or it is no such model.
    """
    if model.is_dir():
        return open_runner(_chosen(model, variant, device, precision), model, properties)
    if variant is not None:
        raise UsageError(f"{model}: a variant ({variant}) is chosen of a converted model's folder; this is none")
    if not model.is_file():
        raise DataError(
            f"{model}: no such model; give a folder made by `mattekit convert`, an IR (.xml), an ONNX or a checkpoint"
        )
    if model.suffix.lower() != ".xml" and (device != CPU or precision not in ("f32", "default")):
        raise UsageError(
            f"{model}: runs on the {CPU} in f32, found {device} and {precision}; convert it with `mattekit convert`, "
            "and name an IR or its folder"
        )
    if model.suffix.lower() in (".xml", ".onnx"):
        return open_runner(FormFile(model, device, precision), properties=properties)
    return open_runner(open_original(ModelSection(checkpoint=model), ConvertSection().size))


def _chosen(folder: Path, variant: str | None, device: str, precision: InferencePrecision) -> Variant:
    if variant is not None:
        return parse_variant(variant, device)
    hops = [form.hop for form in Conversion.read(folder).forms]
    chosen = [hop for hop in _BEST if hop in hops] or [hop for hop in hops if is_ir(hop)]
    return ir_variant(chosen[0], device, precision) if chosen else Variant(ORIGINAL)
