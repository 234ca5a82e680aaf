"""What a benchmark runs: variants of a converted model folder, and forms that are named by their file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from configs.schema import NamedModel
from converter.forms.named import NamedForm, named_forms
from converter.forms.record import Conversion
from converter.forms.variant import PRECISIONS, FormFile, Variant, file_at, place_name, recorded_file
from eval.run.variants import weights_file


@dataclass(frozen=True, slots=True)
class TimedForm:
    """A form to be timed.

    Attributes:
        name: printed.
        form: a variant of the converted model folder; a model of anybody's that the job names; or a file, named with
            --against, that others are measured against.
        path: the file that runs.
        sha256: of the file that tells forms apart: an IR's weights.
        ir: the IR that OpenVINO runs; None where PyTorch or onnxruntime runs the form.
    """

    name: str
    form: Variant | NamedForm | FormFile
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


def against_forms(given: Sequence[str], device: str) -> list[TimedForm]:
    """Return the IRs named as `path/to/model.xml`, `path/to/model.xml@bf16` or `path/to/model.xml@GPU.f16`.

    Args:
        given: the names; the precision is f32 unless said.
        device: where those run that name no device.

    Raises:
        UsageError: a path is no XML, or a precision is unknown.
        DataError: its files are missing.
    """
    return [_against(text, device) for text in given]


def model_forms(models: Mapping[str, NamedModel], device: str) -> list[TimedForm]:
    """Return the models of anybody's that a job names as forms to be timed.

    Raises:
        UsageError, DataError: as `converter.forms.named.named_forms`.
    """
    return [
        TimedForm(form.name, form, form.file.path, sha256_of(weights_file(form)), ir=form.file if form.is_ir else None)
        for form in named_forms(models, device)
    ]


def _against(text: str, device: str) -> TimedForm:
    file = file_at(text, device)
    if file is None or file.path.suffix != ".xml":
        raise UsageError(
            f"--against: expected an IR's path such as model.xml, or model.xml@PRECISION (model.xml@DEVICE.PRECISION) "
            f"with one of {', '.join(PRECISIONS)}; found {text!r}"
        )
    for each in (file.path, file.path.with_suffix(".bin")):
        if not each.is_file():
            raise DataError(f"{each}: no such file of an IR; check the path given with --against")
    # `models/published-recipe/fp16/model.xml` is `published-recipe/fp16`.
    parts = [part for part in file.path.with_suffix("").parts if part != "model"][-2:]
    name = f"{'/'.join(parts)}@{place_name(file.device, file.precision)}"
    return TimedForm(name, file, file.path, sha256_of(file.path.with_suffix(".bin")), file)
