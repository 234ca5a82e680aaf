"""The result of timing the evaluation itself: the record `pipeline.json`."""

from typing import Annotated, ClassVar

from pydantic import Field

from configs.environment import Environment
from configs.records import Frozen, Record

PIPELINE_MARKDOWN, PIPELINE_PICTURE = "pipeline.md", "pipeline.png"
Time = Annotated[float, Field(ge=0)]
Positive = Annotated[int, Field(gt=0)]


class StageTime(Frozen):
    """The milliseconds of a stage for each sample: what passed in its threads, and what of that they worked."""

    stage: str
    wall_ms: Time
    cpu_ms: Time


class WayTime(Frozen):
    """A way to evaluate: a sample after the other, or all at once.

    Attributes:
        ms: that pass for each sample; the median over the rounds.
        cpu_ms: of all threads for each sample, those of the frameworks included; likewise.
        busy: share of the processors' time that was worked.
        times_bare: `ms` over that of bare inference, round by round; the median.
        stages: of the last round.
    """

    ms: Time
    cpu_ms: Time
    busy: Time
    times_bare: Time
    stages: tuple[StageTime, ...]


class PipelineSpan(Frozen):
    """A stage at work in a thread, in seconds since the start."""

    stage: str
    thread: str
    begin: Time
    end: Time


class PipelineRecord(Record):
    """Where the time of an evaluation goes.

    Attributes:
        created: ISO 8601, UTC.
        dataset: the set's name.
        samples: how many were evaluated in each round.
        variants: what ran.
        cores: processors that this process may use.
        threads: that read, and as many that scored.
        window: samples in the line at once.
        rounds: in which each way was timed once, in turn.
        bare_ms: of the inferences alone for each sample; the median over the rounds.
        in_turn, at_once: the two ways.
        spans: the first moments of the last round, all at once.
        peak_mb: largest memory of the process so far, in MB.
        rerun: the command that repeats it.
    """

    FILE: ClassVar[str] = "pipeline.json"
    REMEDY: ClassVar[str] = "run `mattekit bench --pipeline` again"
    BESIDE: ClassVar[tuple[str, ...]] = (PIPELINE_MARKDOWN, PIPELINE_PICTURE)

    created: str
    environment: Environment
    dataset: str
    samples: Positive
    variants: tuple[str, ...]
    cores: Positive
    threads: Positive
    window: Positive
    rounds: Positive
    bare_ms: Time
    in_turn: WayTime
    at_once: WayTime
    spans: tuple[PipelineSpan, ...] = ()
    peak_mb: Time
    rerun: str = ""
