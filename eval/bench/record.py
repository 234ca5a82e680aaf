"""The result of a benchmark: its single times, and the typed form of `bench.json`, written and read here alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from configs.environment import Environment
from configs.records import Frozen, read_record, write_record
from eval.run.results import Count, Interval

BENCH_FILE = "bench.json"

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
        device, executed_on: see `VariantRecord`.
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


class BenchRecord(Frozen):
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

    schema_version: Literal[1] = 1
    created: str
    environment: Environment
    dataset: str
    manifest_sha256: str | None
    frames: Annotated[tuple[str, ...], Field(min_length=1)]
    size: tuple[Positive, Positive]
    warmup: Count
    models: Annotated[tuple[BenchModel, ...], Field(min_length=1)]
    rerun: str


def write_bench(path: Path, record: BenchRecord) -> None:
    """Write `bench.json`, whole or not at all.

    Raises:
        DataError: a value is not finite.
        UsageError: the folder cannot be written.
    """
    write_record(path, record)


def read_bench(path: Path) -> BenchRecord:
    """Read `bench.json`; `path` is the file or its folder.

    Raises:
        DataError: it is missing, is not JSON, holds NaN, has another schema version or breaks the schema.
    """
    file = path / BENCH_FILE if path.is_dir() else path
    return read_record(file, BenchRecord, "run `mattekit bench` to make it")
