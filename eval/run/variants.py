"""Variants: the runnable forms of a converted model folder, by name.

`torch` is the checkpoint, `onnx` the simplified ONNX, `ir-<weights>@<inference precision>` an IR such as
`ir-fp16@default`, where `default` is the precision that OpenVINO picks by itself. `ir-fp16` is short for
`ir-fp16@f32`. In `ir-int8@bf16` the inference precision is that of what is not quantized.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from configs.errors import DataError, UsageError
from configs.schema import InferencePrecision
from converter.forms.record import Conversion, form_files, form_path, ir_hop, is_ir
from converter.runners.base import Runner
from converter.runners.onnx_runtime import OnnxRunner
from converter.runners.openvino_ir import OpenVinoRunner
from converter.runners.original import original_of
from eval.run.results import VariantRecord

_IR = re.compile(r"ir-(?P<weights>[a-z0-9]+)(@(?P<inference>[a-z0-9]+))?")
_PRECISIONS = get_args(InferencePrecision)


@dataclass(frozen=True, slots=True)
class Variant:
    """A runnable form: its full name, the hop that made it (None for the checkpoint), and how it is to infer."""

    name: str
    hop: str | None
    weights: str
    inference: InferencePrecision


def parse_variants(names: Sequence[str]) -> tuple[Variant, ...]:
    """Return the variants of these names, in order.

    Raises:
        UsageError: a name is unknown or occurs twice.
    """
    variants = tuple(_parse(name.strip()) for name in names)
    seen: set[str] = set()
    for variant in variants:
        if variant.name in seen:
            raise UsageError(f"variant {variant.name} is named twice")
        seen.add(variant.name)
    if not variants:
        raise UsageError("no variant to run; name at least one, such as torch,onnx,ir-fp32@f32")
    return variants


def open_variant(variant: Variant, record: Conversion, folder: Path) -> tuple[Runner, VariantRecord]:
    """Open a variant of the converted model in `folder`; return its runner and what results say of it.

    Raises:
        DataError: the folder does not hold this form, or the original is not what it was.
        UsageError: OpenVINO cannot infer at the precision asked for.
    """
    path, digest = variant_file(variant, record, folder)
    runner: Runner
    if variant.hop is None:
        runner = original_of(record).torch_runner()
    else:
        runner = OpenVinoRunner(path, variant.inference) if is_ir(variant.hop) else OnnxRunner(path)
    return runner, VariantRecord(
        name=variant.name,
        framework=runner.framework,
        precision=runner.precision,
        rest_precision=runner.rest_precision,
        weights=variant.weights,
        model_path=path.as_posix(),
        model_sha256=digest,
    )


def variant_file(variant: Variant, record: Conversion, folder: Path) -> tuple[Path, str]:
    """Return the file that runs a variant, and the recorded hash that tells it from others.

    Raises:
        DataError: the folder does not hold this form.
    """
    if variant.hop is None:
        return Path(record.source.path), record.source.sha256
    form = record.form(variant.hop)
    if form is None:
        made = ", ".join(form.hop for form in record.forms)
        raise DataError(f"{folder}: holds no {variant.hop} for variant {variant.name} (it holds {made})")
    # Of an IR's two files the weights are what tells forms apart.
    return folder / form_path(variant.hop), form.files[form_files(variant.hop)[-1].as_posix()]


def _parse(name: str) -> Variant:
    if name == "torch":
        return Variant(name, None, "fp32", "f32")
    if name == "onnx":
        return Variant(name, "onnx-simplified", "fp32", "f32")
    match = _IR.fullmatch(name)
    inference = match["inference"] or "f32" if match else ""
    if match is None or inference not in _PRECISIONS:
        raise UsageError(
            f"variant {name!r} is unknown; expected torch, onnx, or ir-<weights>@<inference precision> "
            f"such as ir-fp16@default (inference precisions: {', '.join(_PRECISIONS)})"
        )
    weights = match["weights"]
    return Variant(f"ir-{weights}@{inference}", ir_hop(weights), weights, cast(InferencePrecision, inference))
