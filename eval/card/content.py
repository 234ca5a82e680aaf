"""What a card says, collected from a run and from what lies there of its models; nothing that does not match."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError
from configs.places import found
from configs.schema import Config, ModelSection
from converter.architectures import architecture_named
from converter.architectures.base import Architecture
from converter.forms.contract import Contract, ir_contract, network_contract
from converter.forms.record import Conversion, check_files
from converter.forms.variant import parse_variant
from converter.info import describe_model
from converter.runners.original import source_file
from eval.card.rights import Rights, rights_of
from eval.gate.judge import judge_original
from eval.gate.output import GateRecord
from eval.gate.verdict import GateReport
from eval.run.identity import AGAIN, RunModels, run_models
from eval.run.results import ModelRecord, Results, VariantRecord
from eval.run.stored import Run, read_run

Facts = Mapping[str, str]
"""What `mattekit info` says of a model, by name."""


@dataclass(frozen=True, slots=True)
class Card:
    """All that a card says.

    Attributes:
        results: the run.
        config: its job.
        model: the network whose forms ran.
        architecture: the family.
        judged: every converted variant against the original, judged anew by the run's own limits.
        gated: the gate's verdict with a baseline; None where the run was not gated.
        models: what became of the files that ran.
        converted: the variant that is shown beside the original; None where only the original ran.
        original_contract, converted_contract: what the two take and give; None of a form that there is not.
        original_facts, converted_facts: what their files were measured to be; None where they are not here.
        conversion: `conversion.json` of the models; None where they are not here.
        rights: licences.
    """

    results: Results
    config: Config
    model: ModelRecord
    architecture: Architecture
    judged: GateReport
    gated: GateReport | None
    models: RunModels
    converted: VariantRecord | None
    original_contract: Contract
    converted_contract: Contract | None
    original_facts: Facts | None
    converted_facts: Facts | None
    conversion: Conversion | None
    rights: Rights

    @property
    def name(self) -> str:
        """The model's name: that of its folder."""
        return self.config.convert.out.name

    @property
    def original(self) -> VariantRecord:
        """The variant that drift is counted from."""
        return next(variant for variant in self.results.variants if variant.name == self.results.original)

    @property
    def verdict(self) -> str:
        """The worse of both verdicts: `passed`, `failed`, or `inconclusive`; `nothing` where only the original ran."""
        if self.converted is None:
            return "nothing"
        reports = [report for report in (self.judged, self.gated) if report is not None]
        found = {report.verdict for report in reports}
        return next(verdict for verdict in ("failed", "inconclusive", "passed") if verdict in found)


def read_card(run_dir: Path, licence: str | None = None, training: str | None = None) -> Card:
    """Collect a run's card. Models and set may be gone; what is there must be what ran.

    Args:
        run_dir: the run's folder.
        licence: of the weights, where the user says so.
        training: what the weights were trained on, where the user says so.

    Raises:
        DataError: as `eval.run.stored.read_run` and `eval.run.identity.run_models`, the run is of a version that did
            not record its network, or the models' record is of another network.
        UsageError: no such architecture is known here.
    """
    run = read_run(run_dir)
    results = run.results
    config = results.configuration()
    if results.model is None:
        raise DataError(f"{run_dir}: does not say which network ran, being of an earlier version; {AGAIN}")
    models = run_models(results, str(run_dir))
    conversion = _conversion(config.convert.out, results.model)
    original = _original(config.model, results.model)
    gated = GateRecord.read_if_there(run_dir)
    return card_of(
        run,
        models,
        gated=None if gated is None else gated.report,
        conversion=conversion,
        original=original,
        rights=rights_of(
            results.model.source_sha256, original, results.dataset, config.dataset, licence=licence, training=training
        ),
    )


def card_of(
    run: Run,
    models: RunModels,
    *,
    gated: GateReport | None = None,
    conversion: Conversion | None = None,
    original: Path | None = None,
    rights: Rights | None = None,
) -> Card:
    """Return the card of a run.

    Args:
        run: the run, which records its network.
        models: what became of the files that ran.
        gated: the gate's verdict, where it gave one.
        conversion: the record of the models, where they are here.
        original: the file that was converted, where it is here.
        rights: licences; by default nothing is known of them.
    """
    results = run.results
    config, model = results.configuration(), results.model
    assert model is not None
    converted = shown_variant(results)
    section = config.model.replaced(architecture=model.architecture)
    return Card(
        results=results,
        config=config,
        model=model,
        architecture=architecture_named(model.architecture),
        judged=judge_original(run, config.gate),
        gated=gated,
        models=models,
        converted=converted,
        original_contract=_contract(config, model, None, conversion),
        converted_contract=None if converted is None else _contract(config, model, converted, conversion),
        original_facts=None if original is None else describe_model(original, section, model.input_size).facts,
        converted_facts=_converted_facts(converted, section, model),
        conversion=conversion,
        rights=rights or Rights(),
    )


def shown_variant(results: Results) -> VariantRecord | None:
    """Return the variant that stands for the converted model: what an IR's user gets, else the last form."""
    irs = [variant for variant in results.converted() if variant.framework == "openvino"]
    usual = [variant for variant in irs if variant.name.endswith("default")]
    return next(reversed(usual or irs or results.converted()), None)


def _conversion(folder: Path, model: ModelRecord) -> Conversion | None:
    record = Conversion.read_if_there(folder)
    if record is None:
        return None
    check_files(folder, record)
    if record.source.sha256 != model.source_sha256:
        raise DataError(
            f"{folder}: converted from another file (SHA-256 {record.source.sha256[:12]}) than the run's "
            f"({model.source_sha256[:12]}); {AGAIN}"
        )
    return record


def _original(section: ModelSection, model: ModelRecord) -> Path | None:
    """Return the file that was converted; None where it is not here, or another is in its place."""
    named = section.onnx or section.checkpoint
    assert named is not None
    path = found(named)
    if not path.is_file():
        return None
    key = "checkpoint" if section.onnx is None else "onnx"
    return path if source_file(section.replaced(**{key: path})).sha256 == model.source_sha256 else None


def _contract(
    config: Config, model: ModelRecord, variant: VariantRecord | None, conversion: Conversion | None
) -> Contract:
    """Return the contract of the original (`variant` None), or of a variant, as recorded, else as the family has it."""
    architecture = architecture_named(model.architecture)
    parsed = None if variant is None else parse_variant(variant.name)
    hop = None if parsed is None else parsed.hop
    form = None if conversion is None or hop is None else conversion.form(hop)
    if form is not None:
        return form.contract
    if variant is not None and variant.framework == "openvino":
        return ir_contract(architecture, model.input_size, model.source_sha256, config.convert.input_form)
    return network_contract(architecture, model.input_size, model.source_sha256)


def _converted_facts(variant: VariantRecord | None, section: ModelSection, model: ModelRecord) -> Facts | None:
    if variant is None or variant.model_path is None:
        return None
    path = Path(variant.model_path)
    return describe_model(path, section, model.input_size).facts if path.is_file() else None
