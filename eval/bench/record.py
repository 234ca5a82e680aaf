"""The result of a benchmark: its single times, and the record `bench.json`."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from configs.environment import Environment
from configs.records import Frozen, Record
from converter.forms.proofs import ContractProof
from eval.run.dataset_record import Count
from eval.statistics.intervals import Interval

CSV_FILE = "bench.csv"
MARKDOWN_FILE = "bench.md"
Phase = Literal["latency", "throughput"]
Positive = Annotated[int, Field(gt=0)]
Time = Annotated[float, Field(gt=0)]


@dataclass(frozen=True, slots=True)
class Timing:
    """One time: `milliseconds` per frame, of one frame (latency) or the mean of a block (throughput)."""

    phase: Phase
    round: int
    frame: str
    model: str
    milliseconds: float


class Ratio(Frozen):
    """How many times as fast as another model: the median over the rounds of (its time / this model's time).

    Attributes:
        against: the name of the other model.
        median: above 1 is faster.
        interval: of the median, 95 %; None with fewer than six rounds.
    """

    against: str
    median: Time
    interval: Interval | None


class LatencyBench(Frozen):
    """One inference at a time.

    Attributes:
        median_ms, p90_ms: of an inference.
        fps: frames per second, from the median.
        rounds: how many inferences were timed.
        threads: that one inference may use; None where the framework does not tell.
        ratio: None for the model that is compared with.
    """

    median_ms: Time
    p90_ms: Time
    fps: Time
    rounds: Positive
    threads: int | None
    ratio: Ratio | None


class ThroughputBench(Frozen):
    """Several inferences at once.

    Attributes:
        fps: frames per second, the median over the rounds.
        rounds: how many blocks of frames were timed.
        frames: of one block.
        streams, requests, threads: what OpenVINO ran with; threads None where the device does not tell.
        ratio: None for the model that is compared with.
    """

    fps: Time
    rounds: Positive
    frames: Positive
    streams: Positive
    requests: Positive
    threads: Positive | None
    ratio: Ratio | None


class AlphaDifference(Frozen):
    """|alpha difference| from the first model on the first frame, 0..1 units, and cells that differ by > 1e-2.

    `cells` is None of a network that chooses no cells to refine.
    """

    mean: float
    max: float
    cells: Count | None


class OperationRecord(Frozen):
    """Where the time goes: all operations of one type, per frame, measured with OpenVINO's counters on."""

    operation: str
    nodes: Positive
    ms: Time
    share: Annotated[float, Field(gt=0, le=1)]
    kernels: tuple[str, ...]


class BenchModel(Frozen):
    """One model and how fast it was.

    Attributes:
        name: a variant's, or that of an IR named with --against.
        framework, precision, weights, model_path, model_sha256: see `VariantRecord`.
        inputs: such as `NCHW f32 BGR 0..255`.
        contract_assumed: whether the IR carries no contract and was taken to keep the published one.
        difference: from the first model; None for the first.
        latency: always measured.
        throughput: of IRs, unless it was left out.
        operations: with --profile, of IRs; the longest first.
        device, executed_on, contract: see `VariantRecord`.
    """

    name: str
    framework: str
    precision: str
    weights: str | None
    model_path: str
    model_sha256: str
    inputs: str
    contract_assumed: bool
    difference: AlphaDifference | None
    latency: LatencyBench
    throughput: ThroughputBench | None
    operations: tuple[OperationRecord, ...] = ()
    device: str = "CPU"
    executed_on: tuple[str, ...] = ()
    contract: ContractProof | None = None


class BenchRecord(Record):
    """A whole benchmark.

    Attributes:
        dataset: name of the set that the frames come from.
        manifest_sha256: of the set; None for one without.
        frames: ids of the different frames, used in turn.
        size: height and width that the models take.
        warmup: inferences per model before the clock counts.
        models: in the order they were named; the first is what alphas are compared with.
        rerun: the command that repeats it.
    """

    FILE: ClassVar[str] = "bench.json"
    REMEDY: ClassVar[str] = "run `mattekit bench` to make it"
    BESIDE: ClassVar[tuple[str, ...]] = (CSV_FILE, MARKDOWN_FILE)

    created: str
    environment: Environment
    dataset: str
    manifest_sha256: str | None
    frames: Annotated[tuple[str, ...], Field(min_length=1)]
    size: tuple[Positive, Positive]
    warmup: Count
    models: Annotated[tuple[BenchModel, ...], Field(min_length=1)]
    rerun: str
