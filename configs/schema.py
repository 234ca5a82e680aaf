"""The typed form of a job's YAML file: what may be set, its default, and what it means.

Every section refuses unknown keys; `configs.load.load_config` turns that into an error naming the nearest known one.
"""

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from configs.limits import Limits, default_limits
from configs.limits import Tolerance as Tolerance
from configs.section import ImageSize
from configs.section import NonNegative as NonNegative
from configs.section import Positive as Positive
from configs.section import Section as Section
from configs.urls import url_fault, without_secrets

Precision = Literal["fp32", "fp16", "int8"]
InputForm = Literal["nchw-f32", "nhwc-u8"]
"""How the IR takes its images: planes of float32 as published, or frames as OpenCV and cameras give them."""
Graph = Literal["fast", "reference"]
Layout = Literal["plain", "omz"]
"""Where the IRs of a converted model folder lie in it: `fp16/model.xml`, or where the Open Model Zoo's tools look."""
MAX_SIDE = 2048
"""Longest side in pixels that an import leaves as it is: enough for frames of 1920x1080, even of a narrow figure."""
Plate = Literal["exact", "handheld"]
Align = Literal["auto", "off", "always"]
"""Whether plates are aligned to their frames: when it measurably helps, never, or wherever an alignment is found."""
CutSides = Literal["hide", "keep"]
"""What becomes of a foreground that its picture cut off at the left and at the right: its cuts hidden, or in view."""
PhotographSource = Literal["openimages"]
"""Where photographs for backgrounds can be fetched from."""
Split = Literal["train", "validation", "test"]
"""The parts of Open Images."""
OnFailure = Literal["replace", "fail"]
"""Whether another photograph is drawn for one that cannot be fetched, or the command fails."""
InferencePrecision = Literal["f32", "bf16", "f16", "default"]
"""What an IR is asked to infer in; `default` leaves it to OpenVINO."""
Executor = Literal["local", "ray"]
"""What does the work of an evaluation: this process, or the nodes of a Ray cluster."""

PEOPLE = "people"
SYNTHETIC = "synthetic"
BUNDLED = (PEOPLE, SYNTHETIC)
"""The sets that are made at first use, kept under `data/`."""


MAX_COUNT = 100_000
"""Most samples of a set that is made."""


Count = Annotated[int, Field(gt=0, le=MAX_COUNT)]
Seed = Annotated[int, Field(ge=0, lt=1 << 63)]


class ModelSection(Section):
    """The original: a PyTorch checkpoint, or a ready ONNX, of an architecture in `converter/architectures`.

    `download` names the published model (`mattekit download --list`) that the file at `checkpoint` or `onnx` is:
    `mattekit convert` fetches it there where it is missing, and verifies it where it is there.

    `downsample_ratio` is of a family that takes one as an input, such as RobustVideoMatting: the scale at which it
    looks for the person. Converted forms have it built in. Left out, it is the family's own for the size of the images.

    The keys from `backbone` on are settings of BackgroundMattingV2's network.
    """

    architecture: str = "background-matting-v2"
    checkpoint: Path | None = Path("training/checkpoints/mattekit-mobilenetv2.safetensors")
    onnx: Path | None = None
    download: str | None = None
    downsample_ratio: Annotated[float, Field(gt=0, le=1)] | None = None
    backbone: Literal["mobilenetv2", "resnet50", "resnet101"] = "mobilenetv2"
    backbone_scale: Annotated[float, Field(gt=0, le=0.5)] = 0.25
    refine_mode: Literal["sampling", "thresholding", "full"] = "sampling"
    refine_sample_pixels: Positive = 80_000
    refine_threshold: Annotated[float, Field(ge=0, le=1)] = 0.1

    @model_validator(mode="before")
    @classmethod
    def _onnx_alone(cls, given: object) -> object:
        if isinstance(given, dict) and given.get("onnx") is not None and "checkpoint" not in given:
            return {**given, "checkpoint": None}
        return given

    @model_validator(mode="after")
    def _one_original(self) -> "ModelSection":
        if (self.checkpoint is None) == (self.onnx is None):
            raise ValueError("give exactly one of `checkpoint` and `onnx`")
        return self


class HopTolerance(Section):
    """How far a hop's outputs may be from the original's, on real composites; differences in 0..1 units.

    `mean` and `quantile` (the 99.9 % one) hold for alpha and foreground alike; `cells` is the largest share of the
    architecture's cells in which any alpha differs by more than 1e-2, that is, of refined cells that were chosen
    differently; None where it has no cells, and for the architecture's own limit.
    There is no limit on the maximum: one cell chosen differently is a large difference, and no sign of a fault.
    """

    mean: NonNegative
    quantile: NonNegative
    cells: Annotated[float, Field(ge=0, le=1)] | None = None


HOPS = ("onnx", "onnx-simplified", *(f"ir-{precision}" for precision in get_args(Precision)))
REDUCED = ("f16", "bf16")
"""Inference precisions below f32, by which a proof on a device is judged more widely."""


class ParitySection(Section):
    """How the hops of a conversion are judged.

    `tolerances` are by hop. A proof on a device that infers in `f16` or `bf16` is judged by the wider, figure by
    figure, of the hop's and the one of that name. What is not given is the architecture's.

    `stimuli` proves every form on the battery of stimuli as well (`docs/proof.md`). Its limits are what the bundled
    checkpoint needs at each precision; `stimuli_factor` widens them all, for a network that needs more.
    """

    samples: Count = 2
    tolerances: dict[str, HopTolerance] = Field(default_factory=dict)
    counterfactual_margin: Annotated[float, Field(ge=1)] = 5.0
    stimuli: bool = True
    stimuli_factor: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0

    @field_validator("tolerances")
    @classmethod
    def _known_hops(cls, given: dict[str, HopTolerance]) -> dict[str, HopTolerance]:
        known = (*HOPS, *REDUCED)
        if unknown := sorted(set(given) - set(known)):
            raise ValueError(f"unknown hops {', '.join(unknown)}; known are {', '.join(known)}")
        return given


class Int8Section(Section):
    """How the int8 IR is made: calibrated on `calibration_samples`, chosen on `validation_samples` others.

    `calibration` is `synthetic`, figures drawn with `seed` at the input size, or a folder (OMZ's layout) from which
    samples are taken evenly; none of them may be a sample of `dataset`, the set that is evaluated. A candidate lists
    what stays float: shell patterns for parts of the names of convolutions' weights. Candidates are tried in order,
    so list the most quantized first. The conversion takes the first one within the hop's tolerance whose Alpha
    MAD on the validation samples differs from the original's by at most `drift` (x 1e-3, either way). Left out,
    candidates are the architecture's.
    """

    calibration: str = SYNTHETIC
    seed: Seed = 20_011
    calibration_samples: Count = 16
    validation_samples: Count = 8
    candidates: Annotated[tuple[tuple[str, ...], ...], Field(min_length=1)] | None = None
    drift: NonNegative = 0.25


class ConvertSection(Section):
    """Which forms are made of the original, for which input size, and where they go.

    `input_form` is how every IR of the folder takes its images: `nchw-f32` (1, 3, H, W) float32 0..255, the published
    contract, or `nhwc-u8` (1, H, W, 3) uint8; BGR both. `precisions` are those of the weights; `int8` also infers in
    8 bits where it is quantized.

    `graph` is what a checkpoint is exported as: `fast`, arranged for speed, proved equal and without dynamic shapes,
    or `reference`, the network as it is written down, which is also what a family without such an arrangement gets. A
    ready ONNX is taken as it is.

    `device`, such as `GPU`, proves every IR there as well, at the inference precision that the device takes by itself,
    or at a given one, `GPU.f16`; without it IRs are proved on the CPU in f32 alone.

    `layout` is where the IRs lie in the folder: `plain`, `fp16/model.xml`, or `omz`, where the Open Model Zoo's tools
    look, `public/<model>/FP16/<model>.xml` with the name of the folder `out` as the model's.
    """

    size: ImageSize = (720, 1280)
    graph: Graph = "fast"
    input_form: InputForm = "nchw-f32"
    opset: Annotated[int, Field(ge=18, le=23)] = 20
    precisions: Annotated[tuple[Precision, ...], Field(min_length=1)] = ("fp32", "fp16")
    device: str | None = None
    layout: Layout = "plain"
    out: Path = Path("models/background-matting-mobilenetv2")
    parity: ParitySection = ParitySection()
    int8: Int8Section = Int8Section()

    @model_validator(mode="before")
    @classmethod
    def _stored_earlier(cls, given: object) -> object:
        """Read the size of a job that an earlier version stored: height and width under `input_shape`."""
        if isinstance(given, dict) and "input_shape" in given and "size" not in given:
            return {("size" if key == "input_shape" else key): value for key, value in given.items()}
        return given

    @field_validator("precisions")
    @classmethod
    def _unique(cls, precisions: tuple[Precision, ...]) -> tuple[Precision, ...]:
        return tuple(dict.fromkeys(precisions))


class RecipeSection(Section):
    """How `mattekit dataset build` makes the set: imported foregrounds over photographs of Open Images.

    `kind` is the published set that foregrounds come from (`mattekit dataset import --help` lists them); `foregrounds`
    of them are drawn (None: all), and `backgrounds` photographs of `split`. `table` is the split's licence table, a
    path or URL, and `base_url` the place of the photographs; None is the public one. Seed and size are the dataset
    section's.
    """

    kind: str = "aisegment"
    foregrounds: Positive | None = None
    max_side: Annotated[int, Field(ge=16)] = MAX_SIDE
    skip_damaged: bool = False
    split: Split = "validation"
    backgrounds: Count = 100
    table: str | None = None
    base_url: str | None = None
    per_foreground: Positive = 1
    plate: Plate = "exact"


class DatasetSection(Section):
    """The composite set: `people` or `synthetic`, made at first use and kept under `data/`, or a folder (OMZ's layout).

    `people` are the bundled rendered people: the first `count` of 24, then of 12 copies of them, at their own
    `size`, before an exact or a hand-held `plate`; `seed` draws the sensor noise of low light and the hand-held plate.
    `synthetic` are drawn figures of any `count` and `size`; each `seed` gives another set. A folder is taken as it is:
    `count`, `seed` and `size` do not apply; one without `fgr/` has no ground truth, and is evaluated for agreement with
    the original (docs/agreement.md). It may lie in a store of objects, `s3://bucket/set` (docs/scale.md). With `limit`
    only the first samples are evaluated.

    `align` moves each plate to where its composite shows the background: `auto` where that measurably helps, `always`
    wherever it is found. `match_plate` evens the plate's exposure and white balance (docs/plates.md).
    """

    path: str = PEOPLE
    plate: Plate = "exact"
    count: Count = 36
    seed: Seed = 1
    size: ImageSize = (720, 1280)
    limit: Positive | None = None
    align: Align = "off"
    match_plate: bool = False
    recipe: RecipeSection | None = None

    @model_validator(mode="after")
    def _place(self) -> "DatasetSection":
        if fault := url_fault(self.path):  # of the section, so that no message repeats what the URL holds
            raise ValueError(f"`path`: {without_secrets(self.path)}: {fault}")
        return self

    @model_validator(mode="after")
    def _handheld_people(self) -> "DatasetSection":
        if self.plate != "exact" and self.path != PEOPLE:
            raise ValueError(
                f"`plate: {self.plate}` is made for `path: {PEOPLE}` alone; leave it out, or compose such a set "
                "with `mattekit dataset compose --plate handheld`"
            )
        return self


class NamedModel(Section):
    """An ONNX or IR of anybody's, which runs beside the variants: `path/to/model.xml`, or `path/to/model.xml@bf16`.

    `contract` says how it takes and gives images: a YAML file, or its keys as `colour=BGR,range=0..255`. What is left
    out is proved against the original (docs/variants.md).
    """

    path: str
    contract: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, given: object) -> object:
        return {"path": str(given)} if isinstance(given, str | Path) else given


class EvaluateSection(Section):
    """What is run and measured. The first variant is the original, from which drift is counted.

    `models` run after the variants, by name: `{omz: omz/model.xml@f32}`.
    `device` is where the IRs run whose variants name no device, in OpenVINO's words: `CPU`, `GPU`, `HETERO:GPU,CPU`.
    """

    variants: Annotated[tuple[str, ...], Field(min_length=1)] = (
        "torch",
        "onnx",
        "ir-fp32@f32",
        "ir-fp16@f32",
        "ir-fp16@default",
    )
    models: dict[str, NamedModel] = Field(default_factory=dict)
    device: str = "CPU"
    worst: Annotated[int, Field(ge=0)] = 5


class GateSection(Section):
    """When a run is red. Keys: inference precision that really ran (`f32`, `bf16`, `f16`, or `int8` for a quantized IR
    whatever the rest of it ran in), then metric name.

    `against_original` judges drift of each variant from the original of the same run; `against_baseline` judges each
    variant against the baseline. Every precision has limits (`configs/limits.py`); a job's YAML changes what it gives,
    key by key, and `null` takes a metric's limit away. A metric without a tolerance is not judged, a precision without
    tolerances is a failure. A run on fewer than `minimum_samples` samples (clips, where frames follow each other) can
    fail but cannot pass: it ends inconclusive. The default is the least number with which an interval misses the mean
    of skewed differences on the dangerous side in at most 5 % of sets; with 8 it is up to 7 %, with 6 up to 9 %
    (docs/gate.md).

    The gate judges the 95 % interval of a difference's mean: wholly within the limit passes, wholly beyond it fails,
    across it is inconclusive. With `inconclusive: fail` every inconclusive judgement is a failure.

    `agreement` takes the place of `against_original` for a set without ground truth: there a variant's scores are its
    distance from the original's own matte, the original's are 0, and only `absolute` and `largest` mean anything.

    `baseline` is the file of what a run is expected to score; without one a run is judged against its original alone.
    So it is, and is said, where the file is not there yet, or is of another model, set or size. With
    `require_baseline` each of these is red.

    `other_class` holds the wider limits against a baseline of another CPU class. A metric that it leaves out is judged
    there by `against_baseline`, and beyond that limit it is inconclusive. A variant that ran in another precision than
    the baseline's, as `default` may on another class, is judged by the limits of the coarser precision.

    Frames of another aspect than the model's are stretched to it. With `allow_stretch` such a run may pass; else it
    ends inconclusive.
    """

    minimum_samples: Positive = 24
    baseline: Path | None = None
    require_baseline: bool = False
    allow_stretch: bool = False
    against_original: Limits = Field(default_factory=lambda: default_limits("against_original"))
    agreement: Limits = Field(default_factory=lambda: default_limits("agreement"))
    against_baseline: Limits = Field(default_factory=lambda: default_limits("against_baseline"))
    other_class: Limits = Field(default_factory=lambda: default_limits("other_class"))
    inconclusive: Literal["inconclusive", "fail"] = "inconclusive"


class Config(Section):
    """A job, from the checkpoint to the verdict."""

    name: str = "default"
    model: ModelSection = ModelSection()
    convert: ConvertSection = ConvertSection()
    dataset: DatasetSection = DatasetSection()
    evaluate: EvaluateSection = EvaluateSection()
    gate: GateSection = GateSection()
