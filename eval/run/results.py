"""The result of an evaluation: the typed form of `results.json`.

What ran, on what, and every figure that follows from the table of scores. As a file alone it proves nothing: a run is
read with its table, and the figures are taken from there (`eval.run.stored`).
"""

import hashlib
from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, JsonValue, ValidationError, model_validator

from configs.environment import Environment
from configs.errors import DataError
from configs.places import Origin
from configs.records import Frozen, Record
from configs.schema import Config
from configs.wording import explained
from converter.forms.proofs import ContractProof, Parity
from eval.run.dataset_record import Count, DatasetRecord
from eval.statistics.intervals import Interval

PER_SAMPLE_FILE = "per_sample.csv"
SBOM_FILE = "sbom.cdx.json"
"""The bill of materials of the run (`eval.provenance.sbom`)."""
TAG_METRIC = "alpha_mad"
"""The metric by whose drift tags are judged."""


class MetricRecord(Frozen):
    """A metric's value for a variant.

    Attributes:
        mean: over the samples for which it is defined, in the published unit; None when there are none.
        samples: how many those are.
        undefined: how many samples have no value.
        interval: of the mean; None where the samples do not allow one, and in results of earlier versions.
    """

    mean: float | None
    samples: Count
    undefined: Count = 0
    interval: Interval | None = None

    @model_validator(mode="after")
    def _mean_needs_samples(self) -> Self:
        if (self.mean is None) != (self.samples == 0):
            raise ValueError("a mean is given exactly when at least one sample counts")
        return self


class LatencyRecord(Frozen):
    """Time per sample in milliseconds."""

    median: Annotated[float, Field(ge=0)]
    p90: Annotated[float, Field(ge=0)]


def ran_in(precision: str, rest: str | None) -> str:
    """Return an inference precision in words, with that of the rest of a quantized form: `int8 (rest f32)`."""
    return precision if rest is None else f"{precision} (rest {rest})"


class ModelRecord(Frozen):
    """The network whose forms ran.

    Attributes:
        source_sha256: of what was converted: the checkpoint, or an ONNX and all files that it reads.
        architecture: the family.
        input_size: (height, width) of the images that the forms take.
        settings: those of the network (`ModelSection`), without the source's path and the family.
    """

    source_sha256: str
    architecture: str
    input_size: tuple[int, int]
    settings: dict[str, JsonValue] = Field(default_factory=dict)


class QuantizedRecord(Frozen):
    """How much of a form's graph runs in 8 bits: `convolutions` of the `all_convolutions` that it has."""

    convolutions: Annotated[int, Field(gt=0)]
    all_convolutions: int


class VariantRecord(Frozen):
    """One runnable form and what it scored.

    Attributes:
        name: such as `ir-fp16@default`.
        framework: `torch`, `onnxruntime` or `openvino`.
        precision: the inference precision that really ran: `f32`, `bf16`, `f16`, or `int8` for a quantized form.
        rest_precision: of a quantized form, what ran where it is not quantized; else None.
        weights: the precision the weights are stored in, such as `fp16`; None when unknown.
        model_path: the file that ran.
        model_sha256: its hash; of an IR that of its weights.
        files: path to hash of every file that the form reads; empty in results of earlier versions.
        parity: how far its conversion proved it to be from the original, on the CPU in f32; None of the original, and
            in results of earlier versions.
        quantized: how much of its graph runs in 8 bits; None of a form that is not quantized.
        scores_sha256: `scores_sha256` of its name, its files and its scores; None in results of earlier versions.
        metrics: metric name to value.
        latency_ms: inference alone; None when it was not measured.
        device: where it was asked to run, in OpenVINO's words.
        executed_on: the devices that really ran it; empty in results of earlier versions.
        contract: of a model of anybody's (`evaluate.models`), how its contract is known; None of a variant of the
            converted model, which carries it.
    """

    name: str
    framework: str
    precision: str
    rest_precision: str | None = None
    weights: str | None = None
    model_path: str | None = None
    model_sha256: str | None = None
    files: dict[str, str] = Field(default_factory=dict)
    parity: Parity | None = None
    quantized: QuantizedRecord | None = None
    scores_sha256: str | None = None
    metrics: dict[str, MetricRecord] = Field(default_factory=dict)
    latency_ms: LatencyRecord | None = None
    device: str = "CPU"
    executed_on: tuple[str, ...] = ()
    contract: ContractProof | None = None

    @property
    def ran_in(self) -> str:
        """The precision in words, such as `bf16` or `int8 (rest f32)`."""
        return ran_in(self.precision, self.rest_precision)

    @property
    def inference(self) -> str:
        """The inference precision that ran where nothing is quantized."""
        return self.rest_precision or self.precision


class DriftRecord(Frozen):
    """How far a variant's metric is from the original's, over the same samples.

    Attributes:
        variant: the variant.
        metric: the metric's name.
        mean: the variant's mean minus the original's; None when the metric is undefined for every sample.
        max_abs: the largest absolute difference on one sample.
        worst_sample: the id of that sample.
        samples: how many samples count.
        interval: of the mean, from the paired differences; None where the samples do not allow one, and in results of
            earlier versions.
    """

    variant: str
    metric: str
    mean: float | None
    max_abs: float | None
    worst_sample: str | None
    samples: Count
    interval: Interval | None = None

    @property
    def largest(self) -> tuple[str, float] | None:
        """The sample that moved most and by how much, None when no sample counts."""
        return None if self.worst_sample is None or self.max_abs is None else (self.worst_sample, self.max_abs)


class WorstRecord(Frozen):
    """A sample worth a look.

    Attributes:
        sample: its id.
        variant: the converted variant that moved most there; None when only the original ran.
        original: the original's Alpha MAD.
        drift: Alpha MAD of `variant` minus the original's; None without a variant.
        panel: path of its picture relative to the run's folder, with forward slashes.
        layers: name of a layer of the before/after view (`eval.report.layers`) to its picture's path, likewise;
            empty in results of earlier versions.
        gain: by which the pictures multiply the difference of the two mattes; None without a variant, and in results
            of earlier versions, where it is 10.
    """

    sample: str
    variant: str | None
    original: float
    drift: float | None
    panel: str
    layers: dict[str, str] = Field(default_factory=dict)
    gain: Annotated[int | None, Field(gt=0)] = None


class TagRecord(Frozen):
    """The samples that carry a tag.

    Attributes:
        tag: the tag.
        samples: how many.
        original: the original's mean Alpha MAD over them.
        metrics: the original's values of every published metric over them; empty in results of earlier versions.
        variant: the converted variant whose mean Alpha MAD moved most; None when only the original ran.
        drift: by how much.
    """

    tag: str
    samples: Annotated[int, Field(gt=0)]
    original: float
    metrics: dict[str, MetricRecord] = Field(default_factory=dict)
    variant: str | None
    drift: float | None


class Results(Record):
    """A whole run; `original` names the variant that drift is counted from.

    `model` is the network whose forms ran, None in results of earlier versions.
    `interval_method` names how its intervals were made (`eval.statistics.intervals.METHOD`); None in results of earlier
    versions, which made them by the bootstrap.
    `origin` is the working folder that its paths are of; None in a run (`eval.run.stored`), where they are of the
    reader's, and in results of earlier versions.
    `sbom_sha256` is the hash of its bill of materials, `SBOM_FILE`; None in results of earlier versions.
    """

    FILE = "results.json"
    REMEDY = "run `mattekit evaluate` to make it"
    BESIDE = (PER_SAMPLE_FILE,)

    created: str
    environment: Environment
    dataset: DatasetRecord
    settings: dict[str, JsonValue]
    model: ModelRecord | None = None
    original: str
    variants: Annotated[tuple[VariantRecord, ...], Field(min_length=1)]
    drift: tuple[DriftRecord, ...] = ()
    tags: tuple[TagRecord, ...] = ()
    worst: tuple[WorstRecord, ...] = ()
    rerun: tuple[str, ...] = ()
    interval_method: str | None = None
    origin: Origin | None = None
    sbom_sha256: Annotated[str | None, Field(exclude_if=lambda sha256: sha256 is None)] = None

    def holds(self) -> frozenset[str]:
        """Return what `evaluate` itself puts into a run's folder besides the pages: record, scores, and pictures."""
        pictures = {path for worst in self.worst for path in (worst.panel, *worst.layers.values())}
        return self.names() | pictures | ({SBOM_FILE} if self.sbom_sha256 else frozenset())

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        names = [variant.name for variant in self.variants]
        if len(set(names)) != len(names):
            raise ValueError(f"variant names must differ, found {names}")
        if self.original not in names:
            raise ValueError(f"the original `{self.original}` is not among the variants {names}")
        unknown = {record.variant for record in self.drift} - set(names)
        if unknown:
            raise ValueError(f"drift of variants that are not there: {sorted(unknown)}")
        return self

    def configuration(self) -> Config:
        """Return the job that the run was of.

        Raises:
            DataError: its settings are of another version of the toolkit.
        """
        try:
            return Config.model_validate(self.settings)
        except ValidationError as error:
            problem = error.errors()[0]
            key = ".".join(str(part) for part in problem["loc"])
            raise DataError(
                f"results.json: settings.{key}: {explained(problem)}; the settings are not readable, the run is of "
                "another version: run `mattekit evaluate` again"
            ) from error

    def variant(self, name: str) -> VariantRecord | None:
        """Return the variant of this name, or None."""
        return next((variant for variant in self.variants if variant.name == name), None)

    def converted(self) -> tuple[VariantRecord, ...]:
        """Return every variant but the original."""
        return tuple(variant for variant in self.variants if variant.name != self.original)

    def drift_of(self, variant: str, metric: str) -> DriftRecord | None:
        """Return the drift of one variant in one metric, or None."""
        return next((record for record in self.drift if (record.variant, record.metric) == (variant, metric)), None)


def samples_sha256(ids: Iterable[str]) -> str:
    """Return a hash of a set of sample ids, whatever their order.

    Raises:
        DataError: there are none, or one occurs twice.
    """
    ordered = sorted(ids)
    if not ordered:
        raise DataError("sample ids: expected at least one, found none; nothing was evaluated")
    repeated = next((first for first, second in pairwise(ordered) if first == second), None)
    if repeated is not None:
        raise DataError(f"sample ids: expected each once, found `{repeated}` twice")
    return hashlib.sha256("\n".join(ordered).encode()).hexdigest()
