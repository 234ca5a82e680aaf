"""Variants: forms ready to run, by name; and forms that are named by their file.

`torch` is the checkpoint, `onnx` the simplified ONNX, `ir-<weights>@<inference precision>` an IR such as
`ir-fp16@default`, where `default` is the precision that OpenVINO picks by itself. `ir-fp16` is short for
`ir-fp16@f32`. In `ir-int8@bf16` the inference precision is that of what is not quantized. A device other than the CPU
stands before the precision, in OpenVINO's words: `ir-fp16@GPU.f16`, `ir-fp16@HETERO:GPU,CPU.f16`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from configs.errors import DataError, UsageError
from configs.schema import InferencePrecision
from converter.forms.placement import Placement
from converter.forms.record import Conversion, Form, ir_hop, is_ir

PRECISIONS: tuple[InferencePrecision, ...] = get_args(InferencePrecision)
CPU = "CPU"
TORCH = "torch"
ORIGINAL = "original"
"""In the place of a hop: the checkpoint, run by PyTorch; the original, whatever runs it."""
_ONNX = "onnx-simplified"
_MODEL_ENDS = (".xml", ".onnx")
_IR = re.compile(r"ir-(?P<weights>[a-z0-9]+)(@(?P<place>.+))?")
_OPEN_DEVICE = re.compile(r"ir-[a-z0-9]+@[^,]*:.*")


@dataclass(frozen=True, slots=True)
class FormFile:
    """A form named by its file: an ONNX or an IR's XML, wherever it comes from.

    Attributes:
        path: of the file.
        device: where an IR runs, in OpenVINO's words.
        precision: the inference precision asked for; an ONNX runs in f32.
    """

    path: Path
    device: str = CPU
    precision: InferencePrecision = "f32"


@dataclass(frozen=True, slots=True)
class Variant:
    """A form of a converted model folder, ready to run.

    Attributes:
        hop: that made the form; `torch` and `original` are the original.
        weights: the precision that the weights are stored in.
        device: where an IR runs, in OpenVINO's words.
        precision: the inference precision asked for.
    """

    hop: str
    weights: str = "fp32"
    device: str = CPU
    precision: InferencePrecision = "f32"

    @property
    def name(self) -> str:
        """What it is called: see this module's docstring."""
        if self.is_ir:
            return f"{self.hop}@{place_name(self.device, self.precision)}"
        return {_ONNX: "onnx", "onnx": "onnx-exported"}.get(self.hop, self.hop)

    @property
    def is_ir(self) -> bool:
        """Whether OpenVINO runs it."""
        return is_ir(self.hop)

    @property
    def is_original(self) -> bool:
        """Whether it is what the conversion started from, rather than what a hop made."""
        return self.hop in (TORCH, ORIGINAL)

    def file(self, folder: Path, placement: Placement) -> FormFile:
        """Return the file of a converted form in its model folder, which is laid out so, and how it runs."""
        return FormFile(folder / placement.path(self.hop), self.device, self.precision)


def ir_variant(hop: str, device: str = CPU, precision: InferencePrecision = "f32") -> Variant:
    """Return the variant of the IR that `hop` made."""
    return Variant(hop, hop.removeprefix(ir_hop("")), device, precision)


def parse_variants(names: Sequence[str], device: str = CPU) -> tuple[Variant, ...]:
    """Return the variants of these names, in order; IRs whose name has no device run on `device`.

    Raises:
        UsageError: a name is unknown, or two are of one variant.
    """
    variants = tuple(parse_variant(name.strip(), device) for name in names)
    seen: set[Variant] = set()
    for variant in variants:
        if variant in seen:
            raise UsageError(f"variant {variant.name} is named twice")
        seen.add(variant)
    if not variants:
        raise UsageError("no variant to run; name at least one, such as torch,onnx,ir-fp32@f32")
    return variants


def parse_variant(name: str, device: str = CPU) -> Variant:
    """Return the variant of this name; an IR runs on `device` unless the name says where.

    Raises:
        UsageError: the name is unknown.
    """
    if name == "torch":
        return Variant(TORCH)
    if name == "onnx":
        return Variant(_ONNX)
    match = _IR.fullmatch(name)
    place = None if match is None else parse_place(match["place"] or "f32", device)
    if match is None or place is None:
        raise UsageError(
            f"variant {name!r} is unknown; expected torch, onnx, or ir-<weights>@<inference precision> "
            f"such as ir-fp16@default (inference precisions: {', '.join(PRECISIONS)}), with another device than the "
            "CPU before it: ir-fp16@GPU.f16"
        )
    return Variant(ir_hop(match["weights"]), match["weights"], *place)


def device_place(text: str) -> tuple[str, InferencePrecision]:
    """Return where to prove IRs: `GPU` is the device at the inference precision it takes itself, `GPU.f16` at this."""
    return parse_place(text) or (text, "default")


def variant_names(text: str) -> tuple[str, ...]:
    """Split a comma-separated list of variants' names, some of whose devices have commas in them."""
    names: list[str] = []
    for piece in (piece.strip() for piece in text.split(",")):
        last = names[-1] if names else ""
        if _OPEN_DEVICE.fullmatch(last) and parse_place(last.partition("@")[2]) is None:
            names[-1] = f"{last},{piece}"
        elif piece:
            names.append(piece)
    return tuple(names)


def place_name(device: str, precision: str) -> str:
    """Return where and how an IR runs as names have it: `f32` on the CPU, else `GPU.f16`."""
    return precision if device == CPU else f"{device}.{precision}"


def parse_place(text: str, device: str = CPU) -> tuple[str, InferencePrecision] | None:
    """Return device and inference precision of `GPU.f16`, or `f32` on `device`; None without a known precision."""
    named, dot, precision = text.rpartition(".")
    if precision not in PRECISIONS or (dot and not named):
        return None
    return named or device, precision


def file_at(text: str, device: str = CPU) -> FormFile | None:
    """Return the form that `model.xml`, `model.xml@bf16`, `model.xml@GPU.f16` or `model.onnx` names; None for no other.

    The precision is f32 unless said; an ONNX runs in f32 alone.
    """
    path, place = split_place(text)
    found = parse_place(place or "f32", device)
    if found is None or path.suffix not in _MODEL_ENDS:
        return None
    if path.suffix == ".onnx":
        return FormFile(path) if place in ("", "f32") else None
    return FormFile(path, *found)


def split_place(text: str) -> tuple[Path, str]:
    """Return path and place of `model.xml@GPU.f16`; the place is empty where none is said."""
    path, _, place = text.rpartition("@")
    return (Path(path), place) if Path(path).suffix in _MODEL_ENDS else (Path(text), "")


def recorded_form(variant: Variant, record: Conversion, folder: Path) -> Form:
    """Return what the record of a converted model folder says of a variant's form.

    Raises:
        DataError: the folder does not hold this form.
    """
    form = record.form(variant.hop)
    if form is None:
        made = ", ".join(form.hop for form in record.forms)
        raise DataError(f"{folder}: holds no {variant.hop} for variant {variant.name} (it holds {made})")
    return form


def recorded_file(variant: Variant, record: Conversion, folder: Path) -> tuple[Path, str]:
    """Return the file that runs a variant, and the recorded hash that tells it from others.

    Raises:
        DataError: the folder does not hold this form.
    """
    if variant.is_original:
        return Path(record.source.path), record.source.sha256
    form = recorded_form(variant, record, folder)
    # Of an IR's two files the weights are what tells forms apart.
    files = record.placement.files(variant.hop)
    return folder / files[0], form.files[files[-1].as_posix()]


def recorded_files(variant: Variant, record: Conversion, folder: Path) -> dict[str, str]:
    """Return path and recorded hash of every file that a variant reads.

    Raises:
        DataError: the folder does not hold this form.
    """
    if variant.is_original:
        return record.source.all_files
    form = recorded_form(variant, record, folder)
    return {(folder / name).as_posix(): sha256 for name, sha256 in form.files.items()}
