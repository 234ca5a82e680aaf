"""What a run took: frames per second, latency, and where each stage's time went."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from demo.pipeline.line import StageTimes


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage's times.

    Attributes:
        mean_ms, p90_ms: of a frame at work.
        starved, blocked: share of the run in which its thread waited for a frame, and for the next stage, 0..1.
    """

    name: str
    mean_ms: float
    p90_ms: float
    starved: float
    blocked: float


@dataclass(frozen=True, slots=True)
class RunTimes:
    """The times of a run.

    Attributes:
        frames: how many were done.
        seconds: from the first frame's decoding to the last one's end.
        fps: frames per second over that time.
        latency_ms: mean time of a frame from its decoding to its end, waiting included.
        stages: in order.
    """

    frames: int
    seconds: float
    fps: float
    latency_ms: float
    stages: tuple[StageRow, ...]


def run_times(
    stages: Sequence[StageTimes], inference_ms: Sequence[float], latencies: Sequence[float], seconds: float
) -> RunTimes | None:
    """Sum up a run; None where no frame went through.

    Args:
        stages: of the line.
        inference_ms: what each inference took; the stage of that name only waits for it.
        latencies: of every frame, in seconds.
        seconds: that the run took.
    """
    if not latencies:
        return None
    rows = []
    for stage in stages:
        work = list(inference_ms) if stage.name == "inference" else [spent * 1e3 for spent in stage.work]
        if work:
            p90 = float(np.percentile(work, 90))
            rows.append(StageRow(stage.name, fmean(work), p90, stage.starved / seconds, stage.blocked / seconds))
    return RunTimes(len(latencies), seconds, len(latencies) / seconds, fmean(latencies) * 1e3, tuple(rows))
