"""Where the time of an evaluation goes: the samples through its line in turn, and at once, beside bare inference."""

import os
import resource
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, islice
from time import perf_counter

from configs.environment import describe_environment
from configs.schema import Config
from converter.runners.base import encode_inputs
from datasets.samples.coverage import CoverageMeter
from datasets.samples.layout import load_pair
from eval.bench.pipeline_record import PipelineRecord, PipelineSpan, StageTime, WayTime
from eval.pipeline.line import Line, Task, threads
from eval.pipeline.opening import Opened, open_evaluation
from eval.pipeline.stages import STAGES, Clock, Span
from eval.run.opening import Report

ROUNDS = 3
DIFFERENT = 4
"""Samples whose tensors are kept for bare inference, in turn."""
_SPANS = 400


@dataclass(slots=True)
class _Way:
    ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    times_bare: list[float] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    def record(self, samples: int) -> WayTime:
        stages = (
            StageTime(
                stage=stage,
                wall_ms=1e3 * self.clock.wall[stage] / samples,
                cpu_ms=1e3 * self.clock.cpu[stage] / samples,
            )
            for stage in STAGES
        )
        return WayTime(
            ms=statistics.median(self.ms),
            cpu_ms=statistics.median(self.cpu_ms),
            busy=statistics.median(self.busy),
            times_bare=statistics.median(self.times_bare),
            stages=tuple(stages),
        )


def bench_pipeline(
    config: Config,
    samples: int | None = None,
    *,
    rounds: int = ROUNDS,
    rerun: str = "",
    report: Report = lambda *_: None,
) -> PipelineRecord:
    """Time the job's evaluation without its fixed cost: models are open and warm before any clock starts.

    Args:
        config: the job.
        samples: how many to evaluate in each round; None for the whole set.
        rounds: in each, bare inference, a sample after the other, and all at once are timed in turn.
        rerun: the command that repeats it, for the record.
        report: called with (what is being done, done, total).

    Raises:
        DataError, UsageError: as `eval.pipeline.evaluate.evaluate`.
    """
    with open_evaluation(config, report) as opened:
        refs = opened.refs[:samples]
        tasks = [Task(index, ref) for index, ref in enumerate(refs)]
        cores = len(os.sched_getaffinity(0))
        _pass(opened, tasks[:1], Clock())
        bare: list[float] = []
        in_turn, at_once = _Way(), _Way()
        for number in range(rounds):
            report("timing", number, rounds)
            bare.append(_bare(opened, len(tasks)))
            for way, window in ((in_turn, 1), (at_once, None)):
                way.clock = Clock(_SPANS)
                begun, used = perf_counter(), _used()
                _pass(opened, tasks, way.clock, window)
                wall, cpu = perf_counter() - begun, _used() - used
                way.ms.append(1e3 * wall / len(tasks))
                way.cpu_ms.append(1e3 * cpu / len(tasks))
                way.busy.append(cpu / wall / cores)
                way.times_bare.append(way.ms[-1] / bare[-1])
        report("timing", rounds, rounds)
        return PipelineRecord(
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            environment=describe_environment(),
            dataset=opened.sample_set.name,
            samples=len(tasks),
            variants=tuple(record.name for _, record in opened.variants),
            cores=cores,
            threads=threads(),
            window=Line(opened, timed=0).window,
            rounds=rounds,
            bare_ms=statistics.median(bare),
            in_turn=in_turn.record(len(tasks)),
            at_once=at_once.record(len(tasks)),
            spans=tuple(_span(span) for span in at_once.clock.spans),
            peak_mb=_peak_mb(),
            rerun=rerun,
        )


def _pass(opened: Opened, tasks: Sequence[Task], clock: Clock, window: int | None = None) -> None:
    """Take samples through the line, as an evaluation without pictures does."""
    meter = CoverageMeter(opened.size)
    for finished in Line(opened, clock, timed=0, window=window).run(tasks):
        with clock("write"):
            meter.merge(finished.meter)


def _bare(opened: Opened, samples: int) -> float:
    """Return the milliseconds for each sample that the inferences alone take, one after the other."""
    pairs = [opened.plates(load_pair(ref)) for ref in opened.refs[: min(DIFFERENT, samples)]]
    total = 0.0
    for runner, _ in opened.variants:
        feeds = [encode_inputs(runner.contract, pair.images) for pair in pairs]
        runner.start_clip()
        runner.run(feeds[0])
        begun = perf_counter()
        for feed in islice(cycle(feeds), samples):
            runner.run(feed)
        total += perf_counter() - begun
        runner.start_clip()
    return 1e3 * total / samples


def _used() -> float:
    """Return the seconds that this process has worked, in all of its threads."""
    times = os.times()
    return times.user + times.system


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / 1e3


def _span(span: Span) -> PipelineSpan:
    return PipelineSpan(stage=span.stage, thread=span.thread, begin=span.begin, end=span.end)
