"""Timing several models in turn, so that what slows the machine for a while slows them all, and their ratios stand.

A round gives every model the same frame (or the same frames), in an order drawn anew for each round: no model always
runs after the same other one, and finds the caches as that one left them. The draws are the same in every run.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, cycle, islice
from time import perf_counter

from configs.errors import DataError
from converter.runners.base import Feed, Runner, decode_outputs
from converter.runners.timing import IrStreams
from datasets.samples.sample import Prediction, clip_of
from eval.bench.record import Timing

Report = Callable[[str, int, int], None]

FEWEST_ROUNDS = 3
BLOCKS = 2
"""How many frames per request a round of throughput takes: filling and draining the queue is part of every block."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long to measure: `frames` rounds, or whole rounds until `seconds` have passed, at least three."""

    frames: int
    seconds: float | None = None

    def goes_on(self, done: int, started: float) -> bool:
        """Tell whether to run another round after `done` rounds since `started`."""
        if self.seconds is None:
            return done < self.frames
        return done < FEWEST_ROUNDS or perf_counter() - started < self.seconds

    def progress(self, done: int, started: float) -> tuple[int, int]:
        """Return what is done and how much there is, for a progress bar."""
        if self.seconds is None:
            return done, self.frames
        return min(int(perf_counter() - started), int(self.seconds)), int(self.seconds)


def first_predictions(runners: Mapping[str, Runner], frames: Mapping[str, Sequence[Feed]]) -> dict[str, Prediction]:
    """Return what every model makes of the first frame, checked to be a matte.

    Raises:
        DataError: a model returned something else, such as NaN.
    """
    predictions = {}
    for name, runner in runners.items():
        runner.start_clip()
        try:
            predictions[name] = decode_outputs(runner.contract, runner.infer(frames[name][0]))
        except DataError as error:
            raise DataError(f"{name}, first frame: {error}") from error
    return predictions


def time_latency(
    runners: Mapping[str, Runner],
    frames: Mapping[str, Sequence[Feed]],
    ids: Sequence[str],
    warmup: int,
    length: Length,
    report: Report,
) -> list[Timing]:
    """Time one inference at a time: the inference alone, into memory that the next one overwrites.

    Args:
        runners: by model.
        frames: the encoded frames of each model, in the order of `ids`.
        ids: of the frames.
        warmup: rounds before the clock counts.
        length: how long to measure.
        report: called with (what is being done, done, total).
    """
    rows = []
    started = perf_counter()
    for number in count(-warmup):
        if number == 0:
            started = perf_counter()
        if number >= 0:
            report("latency", *length.progress(number, started))
            if not length.goes_on(number, started):
                break
        which = number % len(ids)
        for name in drawn_order(list(runners), number):
            runners[name].enter_clip(clip_of(ids[which]))
            before = perf_counter()
            runners[name].run(frames[name][which])
            elapsed = perf_counter() - before
            if number >= 0:
                rows.append(Timing("latency", number, ids[which], name, elapsed * 1e3))
    return rows


def time_throughput(
    streams: Mapping[str, IrStreams],
    frames: Mapping[str, Sequence[Feed]],
    ids: Sequence[str],
    warmup: int,
    length: Length,
    report: Report,
) -> list[Timing]:
    """Time blocks of frames with several inferences at once; every model of a round gets the same number of frames.

    Arguments as for `time_latency`; `length.frames` counts frames, a round takes `block_size` of them.
    """
    block = block_size(streams.values())
    if length.seconds is None:
        length = Length(max(FEWEST_ROUNDS, -(-length.frames // block)))
    rows = []
    started = perf_counter()
    for number in count(-1 if warmup else 0):
        if number <= 0:
            started = perf_counter()
        if number >= 0:
            report("throughput", *length.progress(number, started))
            if not length.goes_on(number, started):
                break
        first = number * block % len(ids)
        for name in drawn_order(list(streams), number):
            chosen = list(islice(cycle(frames[name]), first, first + block))
            elapsed = streams[name].run(chosen)
            if number >= 0:
                rows.append(Timing("throughput", number, ids[first], name, elapsed * 1e3 / block))
    return rows


def block_size(streams: Iterable[IrStreams]) -> int:
    """Return how many frames a round of throughput takes."""
    return BLOCKS * max(stream.requests for stream in streams)


def drawn_order(names: list[str], number: int) -> list[str]:
    """Return the names in an order drawn for the round of this number, the same in every run."""
    random.Random(number).shuffle(names)
    return names
