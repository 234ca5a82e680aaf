"""A variant at work, and what results say of it and of its network."""

from pathlib import Path

from configs.errors import DataError
from configs.files import sha256_of
from configs.schema import Config
from converter.forms.named import NamedForm
from converter.forms.record import Conversion, recorded_model
from converter.forms.variant import Variant, recorded_file, recorded_files, recorded_form
from converter.proof.named import Reference, open_named
from converter.proof.parity import parity_samples
from converter.runners.base import Runner
from converter.runners.opening import open_runner
from eval.run.results import ModelRecord, QuantizedRecord, VariantRecord


def model_of(record: Conversion) -> ModelRecord:
    """Return what results say of the network that a folder's forms were converted from.

    Raises:
        DataError: the record does not hold its settings.
    """
    settings = recorded_model(record)
    contract = record.forms[0].contract
    return ModelRecord(
        source_sha256=record.source.sha256,
        architecture=contract.architecture,
        input_size=contract.size,
        settings=settings.model_dump(mode="json", exclude={"checkpoint", "onnx", "architecture"}),
    )


def open_variant(variant: Variant, record: Conversion, folder: Path) -> tuple[Runner, VariantRecord]:
    """Open a variant of the converted model in `folder`; return its runner and what results say of it.

    A form counts as int8, with the limits of that precision, where the conversion quantized it. One whose graph came
    with quantized convolutions, as a ready ONNX may, is judged by what the rest of it runs in, as its original is.

    Raises:
        DataError: the folder does not hold this form, the original is not what it was, or the graph has other
            quantized convolutions than the conversion made.
        UsageError: OpenVINO has no such device here, or cannot infer there at the precision asked for.
    """
    path, digest = recorded_file(variant, record, folder)
    form = None if variant.is_original else recorded_form(variant, record, folder)
    runner = open_runner(variant, folder)
    quantization = None if form is None else form.quantization
    made = 0 if quantization is None else quantization.candidates[-1].convolutions
    if quantization is not None and runner.quantized[0] != made:
        runner.close()
        raise DataError(
            f"{path}: {runner.quantized[0]} of its {runner.quantized[1]} convolutions are quantized, its conversion "
            f"quantized {made}; convert again with --force"
        )
    precision, rest = runner.precision, runner.rest_precision
    if quantization is None and rest is not None:
        precision, rest = rest, None
    return runner, VariantRecord(
        name=variant.name,
        framework=runner.framework,
        precision=precision,
        rest_precision=rest,
        weights=variant.weights,
        model_path=path.as_posix(),
        model_sha256=digest,
        files=recorded_files(variant, record, folder),
        parity=None if form is None else form.parity,
        quantized=_quantized(runner),
        device=runner.device,
        executed_on=runner.executed_on,
    )


def reference_of(config: Config, original: Runner) -> Reference:
    """Return what a job's models of anybody's are proved against: the original on the first composites of the set."""
    parity = config.convert.parity
    return Reference(
        original,
        lambda: parity_samples(
            config.dataset, original.contract.size, parity.samples, takes_plate=original.contract.takes_plate
        ),
        parity.counterfactual_margin,
    )


def open_model(form: NamedForm, reference: Reference) -> tuple[Runner, VariantRecord]:
    """Open a model of anybody's; return its runner and what results say of it.

    Raises:
        DataError, UsageError: as `converter.proof.named.open_named`.
    """
    files = files_of(form)
    runner, proof = open_named(form, reference)
    return runner, VariantRecord(
        name=form.name,
        framework=runner.framework,
        precision=runner.precision,
        rest_precision=runner.rest_precision,
        model_path=form.file.path.as_posix(),
        model_sha256=files[weights_file(form).as_posix()],
        files=files,
        quantized=_quantized(runner),
        device=runner.device,
        executed_on=runner.executed_on,
        contract=proof,
    )


def weights_file(form: NamedForm) -> Path:
    """Return the file of a model that tells it from others: an IR's weights."""
    return form.file.path.with_suffix(".bin") if form.is_ir else form.file.path


def files_of(form: NamedForm) -> dict[str, str]:
    """Return path and hash of every file that a model of anybody's reads.

    Raises:
        DataError: one is missing, or it is no ONNX.
    """
    path = form.file.path
    return {file.as_posix(): sha256_of(file) for file in (path, *_further_files(form))}


def _further_files(form: NamedForm) -> tuple[Path, ...]:
    path = form.file.path
    if form.is_ir:
        return (path.with_suffix(".bin"),)
    from converter.forms.external_data import external_files  # loads onnx

    return external_files(path)


def _quantized(runner: Runner) -> QuantizedRecord | None:
    convolutions, all_convolutions = runner.quantized
    return QuantizedRecord(convolutions=convolutions, all_convolutions=all_convolutions) if convolutions else None
