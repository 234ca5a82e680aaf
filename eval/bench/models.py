"""What a benchmark runs: variants of a converted model folder, and forms that are named by their file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from converter.forms.record import Conversion
from converter.forms.variant import PRECISIONS, FormFile, Variant, parse_place, place_name, recorded_file


@dataclass(frozen=True, slots=True)
class TimedForm:
    """A form to be timed.

    Attributes:
        name: printed.
        form: a variant of the converted model folder; or a file, named with --against, that others are measured
            against.
        path: the file that runs.
        sha256: of the file that tells forms apart: an IR's weights.
        ir: the IR that OpenVINO runs; None where PyTorch or onnxruntime runs the form.
    """

    name: str
    form: Variant | FormFile
    path: Path
    sha256: str
    ir: FormFile | None

    @property
    def is_reference(self) -> bool:
        """Whether it was named with --against."""
        return isinstance(self.form, FormFile)

    @property
    def weights(self) -> str | None:
        """The precision the weights are stored in; None when unknown."""
        return self.form.weights if isinstance(self.form, Variant) else None


def variant_forms(variants: Sequence[Variant], record: Conversion, folder: Path) -> list[TimedForm]:
    """Return the variants of a converted model folder as forms to be timed.

    Raises:
        DataError: the folder does not hold one of them.
    """
    return [
        TimedForm(
            variant.name,
            variant,
            *recorded_file(variant, record, folder),
            ir=variant.file(folder, record.placement) if variant.is_ir else None,
        )
        for variant in variants
    ]


def named_forms(given: Sequence[str], device: str) -> list[TimedForm]:
    """Return the IRs named as `path/to/model.xml`, `path/to/model.xml@bf16` or `path/to/model.xml@GPU.f16`.

    Args:
        given: the names; the precision is f32 unless said.
        device: where those run that name no device.

    Raises:
        UsageError: a path is no XML, or a precision is unknown.
        DataError: its files are missing.
    """
    return [_named_form(text, device) for text in given]


def _named_form(text: str, device: str) -> TimedForm:
    path_text, at, place_text = text.partition(".xml@")
    path = Path(f"{path_text}.xml" if at else text)
    place = parse_place(place_text if at else "f32", device)
    if path.suffix != ".xml" or place is None:
        raise UsageError(
            f"--against: expected an IR's path such as model.xml, or model.xml@PRECISION (model.xml@DEVICE.PRECISION) "
            f"with one of {', '.join(PRECISIONS)}; found {text!r}"
        )
    for file in (path, path.with_suffix(".bin")):
        if not file.is_file():
            raise DataError(f"{file}: no such file of an IR; check the path given with --against")
    # `models/published-recipe/fp16/model.xml` is `published-recipe/fp16`.
    parts = [part for part in path.with_suffix("").parts if part != "model"][-2:]
    ir = FormFile(path, *place)
    name = f"{'/'.join(parts)}@{place_name(ir.device, ir.precision)}"
    return TimedForm(name, ir, path, sha256_of(path.with_suffix(".bin")), ir)
