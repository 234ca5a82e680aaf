"""`conversion.json`: what a converted model folder holds, how it was made, and what was proved of it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, ValidationError

from configs.errors import DataError
from configs.files import sha256_of
from configs.places import Origin
from configs.reading import PlainPath, inside
from configs.records import Frozen, Record
from configs.schema import HOPS, Graph, ModelSection
from converter.forms.contract import Contract
from converter.forms.placement import Placement
from converter.forms.proofs import Counterfactuals, Parity, Recurrence, StimuliProof
from datasets.samples.coverage import Coverage


class SourceFile(Frozen):
    """The file the conversion started from: the original.

    Attributes:
        kind: of file.
        path: of the file.
        sha256: its hash; of an ONNX that keeps weights in further files, that of the list of all their hashes.
        files: path to hash of every file that is read, the first one `path`; empty in records of earlier versions.
        read_as: what was unwrapped of it and left off its keys, a sentence each; empty where it was read as it is.
        tried: where it was looked for in vain when the record was read; not in the file.
    """

    kind: Literal["checkpoint", "onnx"]
    path: str
    sha256: str
    files: dict[str, str] = Field(default_factory=dict)
    read_as: tuple[str, ...] = ()
    tried: Annotated[tuple[str, ...], Field(exclude=True)] = ()

    @property
    def all_files(self) -> dict[str, str]:
        """Path to hash of every file that is read, as far as it is known."""
        return self.files or {self.path: self.sha256}


class Candidate(Frozen):
    """A way to quantize that was tried.

    Attributes:
        kept_float: patterns of the weights' names of convolutions that are not quantized.
        convolutions: how many are quantized.
        all_convolutions: how many there are; `of` in the file.
        multiply_adds: their share of those of all convolutions.
        alpha_mad_drift: Alpha MAD (x 1e-3) minus the original's, on the validation samples.
        parity: with the original, on the validation samples.
    """

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    kept_float: tuple[str, ...]
    convolutions: int
    all_convolutions: Annotated[int, Field(alias="of")]
    multiply_adds: float
    alpha_mad_drift: float
    parity: Parity


class Quantization(Frozen):
    """How a quantized form came about.

    Attributes:
        calibration: where the samples came from.
        calibration_sha256: of all their pixels, in order.
        sources: hash of the pixels of every sample's source, of calibration, then validation: never to be evaluated.
        calibration_samples, validation_samples: how many set the ranges, and how many judged.
        original_alpha_mad: the original's Alpha MAD on the validation samples.
        drift_limit: by how much a candidate's might differ.
        candidates: those that were tried, in order; the last one was taken.
    """

    calibration: str
    calibration_sha256: str
    sources: tuple[str, ...]
    calibration_samples: int
    validation_samples: int
    original_alpha_mad: float
    drift_limit: float
    candidates: Annotated[tuple[Candidate, ...], Field(min_length=1)]


class DeviceProof(Frozen):
    """What was proved of an IR on another device than the CPU, or at another inference precision than f32.

    Attributes:
        device: that was asked for, in OpenVINO's words.
        executed_on: the devices that really ran it.
        precision: the inference precision that really ran.
    """

    device: str
    executed_on: tuple[str, ...]
    precision: str
    parity: Parity
    counterfactuals: Counterfactuals
    recurrence: Recurrence | None = None
    stimuli: StimuliProof | None = None


class Form(Frozen):
    """A converted form: its hop, its files (relative to the folder) with hashes, its contract, and its proofs.

    `recurrence` is there of forms that carry states from frame to frame.
    `stimuli` is there where the size allows for the battery and the job asked for it; old records have none.
    `device_proof` is there where the conversion was asked to prove IRs on a device (`convert.device`).
    """

    hop: Annotated[str, Field(pattern=r"^(onnx|onnx-simplified|ir-[a-z0-9]+)$")]
    files: dict[PlainPath, str]
    contract: Contract
    parity: Parity
    counterfactuals: Counterfactuals | None = None
    recurrence: Recurrence | None = None
    stimuli: StimuliProof | None = None
    device_proof: DeviceProof | None = None
    details: dict[str, str]
    quantization: Quantization | None = None


class Conversion(Record):
    """The whole record.

    Attributes:
        key: hash of everything that decides the result; equal keys need no second conversion.
        source: the original.
        settings: the configuration's model and convert sections.
        exporter: that made the ONNX; None where a ready one was taken.
        graph: which arrangement of the network was exported; None where a ready ONNX was taken.
        versions: of the libraries that took part.
        stimuli: what the battery of stimuli shows, on which the forms were proved; None where there was none.
        forms: in the order of the hops.
        placement: where their files lie.
        origin: the working folder that the paths of source and settings are of; None once read, where they are of the
            reader's, and in records of earlier versions.
    """

    FILE: ClassVar[str] = "conversion.json"
    REMEDY: ClassVar[str] = "run `mattekit convert` to make it"

    key: str
    source: SourceFile
    settings: dict[str, object]
    exporter: str | None
    graph: Graph | None = None
    versions: dict[str, str | None]
    stimuli: Coverage | None = None
    forms: Annotated[tuple[Form, ...], Field(min_length=1)]
    placement: Placement = Placement()
    origin: Origin | None = None

    @classmethod
    def read(cls, place: Path) -> Self:
        """Read the record in the folder, or from the file, `place`; the paths of its source are as seen from here.

        Raises:
            DataError: as `Record.read`.
        """
        return super().read(place)._seen_from_here(cls.file_at(place).parent)

    def write(self, place: Path) -> None:
        """Write the record with the working folder that its paths are of; otherwise as `Record.write`."""
        origin = Origin.here(self.file_at(place).parent)
        super(Conversion, self.model_copy(update={"origin": origin})).write(place)

    def _seen_from_here(self, folder: Path) -> Self:
        origin, source = self.origin, self.source
        if origin is None:
            return self
        base = origin.base(folder, source.path, Path.is_file)
        if base is None:
            lost = source.model_copy(update={"tried": origin.tried(folder, source.path)})
            return self.model_copy(update={"source": lost, "origin": None})
        files = {origin.from_here(base, path): sha256 for path, sha256 in source.files.items()}
        changes = {"path": origin.from_here(base, source.path), "files": files}
        model = self.settings.get("model")
        settings = dict(self.settings)
        if isinstance(model, dict):
            named = {key: origin.from_here(base, path) for key in _ORIGINALS if isinstance(path := model.get(key), str)}
            settings["model"] = {**model, **named}
        found = source.model_copy(update=changes)
        return self.model_copy(update={"source": found, "settings": settings, "origin": None})

    def holds(self) -> frozenset[str]:
        """Return what a converted model folder may hold: the record, its forms' files, and those of any other form.

        A record that was changed may list too few files.
        """
        files = {path.as_posix() for hop in HOPS for path in self.placement.files(hop)}
        return self.names() | files | {name for form in self.forms for name in form.files}

    def form(self, hop: str) -> Form | None:
        """Return the form made by `hop`, if there is one."""
        return next((form for form in self.forms if form.hop == hop), None)

    def calibrated_sources(self, hops: Iterable[str | None]) -> frozenset[str]:
        """Return the hashes of the sources of all samples that the forms made by `hops` were fitted to or chosen by."""
        wanted = set(hops)
        made = (form.quantization for form in self.forms if form.hop in wanted)
        return frozenset(source for quantization in made if quantization for source in quantization.sources)


_ORIGINALS = ("checkpoint", "onnx")
"""The keys of the model's section that name a file."""


def recorded_model(record: Conversion) -> ModelSection:
    """Return the settings of the original, as they were when it was converted.

    Raises:
        DataError: the record does not hold them.
    """
    try:
        return ModelSection.model_validate(record.settings.get("model"))
    except ValidationError as error:
        raise DataError(
            f"{record.FILE} of {record.source.path}: its settings.model is not readable; convert again with --force "
            f"({error})"
        ) from error


def ir_hop(precision: str) -> str:
    """Return the name of the hop that makes the IR with weights of `precision`."""
    return f"ir-{precision}"


def is_ir(hop: str) -> bool:
    """Tell whether a hop makes an OpenVINO IR."""
    return hop.startswith("ir-")


def check_files(folder: Path, record: Conversion) -> int:
    """Hold a folder's files against its record, and return how many they are.

    Raises:
        DataError: the record lacks a form of its settings or a file of a form, or names another file; or a file is
            missing or differs from its hash. The message names the first one.
    """
    _require_forms(folder, record)
    for form in record.forms:
        for name, expected in form.files.items():
            found = sha256_of(inside(folder, name))
            if found != expected:
                raise DataError(
                    f"{folder / name}: changed since its conversion (SHA-256 {found[:12]}, recorded {expected[:12]}); "
                    "convert again with --force"
                )
    return sum(len(form.files) for form in record.forms)


def _require_forms(folder: Path, record: Conversion) -> None:
    """Raise `DataError` unless the record has the very forms that its settings ask for, each with all of its files."""
    hops = [form.hop for form in record.forms]
    settings = record.settings.get("convert")
    precisions = settings.get("precisions") if isinstance(settings, dict) else None
    if not isinstance(precisions, list | tuple):
        raise DataError(f"{folder / record.FILE}: settings.convert.precisions is not there; convert again with --force")
    expected = ["onnx", "onnx-simplified", *(ir_hop(str(precision)) for precision in precisions)]
    if hops != expected:
        raise DataError(
            f"{folder / record.FILE}: expected the forms {', '.join(expected)}, found {', '.join(hops)}; convert again "
            "with --force"
        )
    for form in record.forms:
        files = {path.as_posix() for path in record.placement.files(form.hop)}
        if odd := sorted(files ^ form.files.keys()):
            fault = "lacks the hash of" if odd[0] in files else "has a hash of the foreign file"
            raise DataError(f"{folder / record.FILE}: {form.hop} {fault} {odd[0]}; convert again with --force")
