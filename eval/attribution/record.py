"""`attribution.json`: what every hop of a run's models added, in tensor errors and in the task's metrics."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from configs.environment import Environment
from configs.records import Frozen, Record
from configs.schema import ModelSection
from converter.forms.proofs import Parity
from eval.run.results import MetricRecord

PAGE_FILE = "attribution.md"
Part = Literal["original", "graph", "weights", "inference", "model"]
"""What changes at a stage; `model` is another model altogether, one of `evaluate.models`, which no hop made."""
Drifts = dict[str, float | None]


class ErrorRecord(Frozen):
    """How far a stage's outputs are from another's, at the network's size.

    Attributes:
        parity: differences of alpha and foreground, and the cells refined otherwise.
        in_differing_cells: share of the summed |alpha difference| that lies in those cells.
    """

    parity: Parity
    in_differing_cells: Annotated[float, Field(ge=0, le=1)]


class StageRecord(Frozen):
    """A stage and what it added.

    Attributes:
        name, before, part: see `stages.Stage`.
        precision: the inference precision that really ran; None where it did not run.
        refused: why this machine cannot run it; empty where it ran.
        metrics: metric name to mean, at the samples' own size.
        drift: metric name to its drift from the original.
        added: metric name to its drift from the stage before.
        error: of the outputs, from the original.
        added_error: of the outputs, from the stage before.
    """

    name: str
    before: str | None
    part: Part
    precision: str | None = None
    refused: str = ""
    metrics: dict[str, MetricRecord] = Field(default_factory=dict)
    drift: Drifts = Field(default_factory=dict)
    added: Drifts = Field(default_factory=dict)
    error: ErrorRecord | None = None
    added_error: ErrorRecord | None = None

    @property
    def ran(self) -> bool:
        """Whether this machine could run it."""
        return not self.refused


class SplitRecord(Frozen):
    """One metric's drift of one stage, split: graph + weights + inference + resize = total.

    `resize` is None for a metric that sums over pixels where sizes differ: the sums of two sizes cannot be subtracted,
    and the other parts are then those at the samples' size.
    """

    stage: str
    metric: str
    total: float
    graph: float
    weights: float
    inference: float
    resize: float | None


class Attribution(Record):
    """The whole record.

    Attributes:
        created: UTC time in ISO 8601.
        environment: what it was measured on.
        run: `created` of the run's results.
        dataset: the set's name.
        samples: how many samples were run.
        architecture: the family that the models are of.
        input_size: of the network, (height, width).
        resized: how many of the samples have another size than the network's.
        resize_error: metric name to the original's value at the samples' size minus that at the network's.
        default_precision: what OpenVINO picks by itself on this CPU.
        stages: in order.
        splits: of every hop's stage that ran, for the published metrics.
        most: the hop's stage that moved a published metric farthest away from the original; None when none moved one.
    """

    FILE: ClassVar[str] = "attribution.json"
    REMEDY: ClassVar[str] = "run `mattekit attribute` again"
    BESIDE: ClassVar[tuple[str, ...]] = (PAGE_FILE,)

    created: str
    environment: Environment
    run: str
    dataset: str
    samples: Annotated[int, Field(gt=0)]
    architecture: str = ModelSection().architecture
    input_size: tuple[int, int]
    resized: Annotated[int, Field(ge=0)]
    resize_error: dict[str, float]
    default_precision: str
    stages: Annotated[tuple[StageRecord, ...], Field(min_length=1)]
    splits: tuple[SplitRecord, ...]
    most: str | None

    def stage(self, name: str) -> StageRecord:
        """Return the stage of this name."""
        return next(stage for stage in self.stages if stage.name == name)
