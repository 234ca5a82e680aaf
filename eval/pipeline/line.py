"""Samples read, inferred and scored at once.

    reading threads -> inference, in the thread that asks -> scoring threads -> results, in order

While a network works on one sample, others are decoded and scored beside it. At most `Line.window` samples are in the
line at once, so memory does not grow with the set. The first few are inferred with nothing else at work: their times
are what one inference takes, as reports state it.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice

from configs.errors import MattekitError
from datasets.samples.coverage import CoverageMeter
from datasets.samples.histograms import Histograms
from datasets.samples.layout import load_pair
from datasets.samples.refs import SampleRef, Stamp
from datasets.samples.sample import Pair, Prediction, Sample, clip_of
from eval.metrics.constant import constant_scores
from eval.metrics.scoring import Scorer, original_matte
from eval.metrics.truth import Truth, as_sample
from eval.pipeline.opening import Opened
from eval.pipeline.outcome import Outcome
from eval.pipeline.stages import TIMED, Clock
from eval.pipeline.variant import Begun, VariantAtWork
from eval.run.plates import Prepared
from eval.run.scores import ScoreRow

_MOST_THREADS = 8


@dataclass(frozen=True, slots=True)
class Task:
    """A sample to go through the line.

    Attributes:
        index: its place in the set.
        ref: where it lies.
        counted: whether its scores are asked for; else it only precedes, in its clip, one whose are.
    """

    index: int
    ref: SampleRef
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Finished:
    """A sample that went through.

    Attributes:
        sample: as the variants saw it.
        predictions: by variant.
        outcome: what was found.
        meter: what it shows.
    """

    sample: Pair
    predictions: dict[str, Prediction]
    outcome: Outcome
    meter: CoverageMeter


@dataclass(frozen=True, slots=True)
class _Read:
    sample: Pair
    images: tuple[tuple[str, str], ...]
    stamps: tuple[Stamp, ...]
    plates: Prepared


@dataclass(frozen=True, slots=True)
class _Scored:
    truth: Truth
    finished: Finished


@dataclass(slots=True, eq=False)
class _Place:
    """A sample in the line."""

    task: Task
    reading: Future[_Read]
    predictions: dict[str, Prediction] = field(default_factory=dict)
    latencies: dict[str, float] = field(default_factory=dict)
    scoring: Future[_Scored] | None = None


def threads() -> int:
    """Return how many threads read, and as many score: half as many as there are processors, at least 2, at most 8."""
    return min(max(2, len(os.sched_getaffinity(0)) // 2), _MOST_THREADS)


class Line:
    """Takes samples through an evaluation's variants; for one use, in one thread.

    Args:
        opened: the evaluation.
        clock: counts the time of each stage.
        timed: how many samples at the start are inferred with nothing beside them, and timed.
        window: how many samples are in the line at once; with 1 each is read, inferred and scored before the next. By
            default what keeps every thread busy.
    """

    def __init__(
        self, opened: Opened, clock: Clock | None = None, timed: int = TIMED, window: int | None = None
    ) -> None:
        self._opened = opened
        self._clock = clock or Clock()
        self._timed = timed
        self._sequential = opened.sample_set.sequential
        self.window = window or max(2 * threads() + 2, timed)
        self._line: deque[_Place] = deque()
        self._begun: deque[tuple[_Place, VariantAtWork, Begun]] = deque()
        self._before: _Place | None = None

    def run(self, tasks: Iterable[Task]) -> Iterator[Finished]:
        """Yield what was found on every counted sample, in order.

        Raises:
            DataError, UsageError: of the first sample that is broken or refused, or on which a variant fails; what came
                before it has been yielded.
        """
        with ExitStack() as stack:
            self._variants = []
            for runner, record in self._opened.variants:
                variant = VariantAtWork(runner, record.name, self._sequential)
                stack.callback(variant.close)
                self._variants.append(variant)
            self._readers, self._scorers = (ThreadPoolExecutor(threads(), name) for name in ("read", "score"))
            for pool in (self._readers, self._scorers):
                stack.callback(pool.shutdown, cancel_futures=True)
            waiting = iter(tasks)
            self._infer_alone(list(islice(waiting, self._timed)))
            unread: deque[_Place] = deque()
            while True:
                unread += map(self._enter, islice(waiting, self.window - len(self._line)))
                if not unread:
                    break
                try:
                    self._infer(unread.popleft())
                except MattekitError:
                    yield from self._end()
                    raise
                yield from self._leave(self.window - 1)
            yield from self._end()

    def _enter(self, task: Task) -> _Place:
        place = _Place(task, self._readers.submit(self._read, task))
        self._line.append(place)
        return place

    def _infer_alone(self, tasks: list[Task]) -> None:
        """Infer on samples with nothing beside, and time it; they are scored when the last one is done."""
        places = [self._enter(task) for task in tasks]
        samples = [place.reading.result().sample for place in places]
        for variant in self._variants if samples else ():
            variant.warm_up(samples[0])
        for place, sample in zip(places, samples, strict=True):
            for variant in self._variants:
                place.predictions[variant.name], milliseconds = variant.finish(variant.begin(sample))
                place.latencies[variant.name] = milliseconds
        for place in places:
            self._begin_scoring(place)

    def _infer(self, place: _Place) -> None:
        """Begin to infer on a sample, and finish what was begun before."""
        with self._clock("wait"):
            sample = place.reading.result().sample
        for variant in self._variants:
            while not variant.ready:
                self._finish_inference()
            with self._clock("prepare"):
                begun = variant.begin(sample)
            self._begun.append((place, variant, begun))
            while len(self._begun) > 1:
                self._finish_inference()

    def _finish_inference(self) -> None:
        place, variant, begun = self._begun.popleft()
        with self._clock("infer"):
            place.predictions[variant.name], _ = variant.finish(begun)
        if len(place.predictions) == len(self._variants):
            self._begin_scoring(place)

    def _begin_scoring(self, place: _Place) -> None:
        before, self._before = self._before, place
        follows = self._sequential and before is not None and clip_of(before.task.ref.id) == clip_of(place.task.ref.id)
        place.scoring = self._scorers.submit(self._score, place, before if follows else None)

    def _end(self) -> Iterator[Finished]:
        """Yield what is still in the line, up to the first sample that was not inferred wholly."""
        while self._begun:
            self._finish_inference()
        while self._line and self._line[0].scoring is not None:
            yield from self._leave(len(self._line) - 1)

    def _leave(self, most: int) -> Iterator[Finished]:
        """Yield what is scored, from the first; wait until at most so many samples are in the line."""
        while self._line and (len(self._line) > most or self._is_scored(self._line[0])):
            place = self._line[0]
            if place.scoring is None:
                self._finish_inference()
                continue
            with self._clock("wait"):
                scored = place.scoring.result()
            self._line.popleft()
            place.predictions = {}
            if place.task.counted:
                yield scored.finished

    @staticmethod
    def _is_scored(place: _Place) -> bool:
        return place.scoring is not None and place.scoring.done()

    def _read(self, task: Task) -> _Read:
        with self._clock("read"):
            sample = load_pair(task.ref)
            stamps = task.ref.stamps()
        with self._clock("check"):
            images = tuple(self._opened.sample_set.decoded_sha256(task.ref, sample))
            self._opened.require_fit(sample, task.index)
        with self._clock("prepare"):
            sample, plates = self._opened.plates.prepare(sample)
        return _Read(sample, images, stamps, plates)

    def _score(self, place: _Place, before: _Place | None) -> _Scored:
        """Score a sample's predictions; `before` is the frame before it in its clip."""
        read, sample = place.reading.result(), place.reading.result().sample
        scored_before = None if before is None or before.scoring is None else before.scoring.result()
        with self._clock("score"):
            names = [variant.name for variant in self._variants]
            # in the order of the run, in which inferences need not end
            predictions = {name: place.predictions[name] for name in names}
            meter = CoverageMeter(self._opened.size)
            truth: Truth
            counts = None
            if isinstance(sample, Sample):
                truth, counts = sample, Histograms(sample.alpha, sample.foreground)
                meter.add(sample, counts)
            else:
                truth = original_matte(sample, predictions[names[0]])
                meter.add(as_sample(sample, truth))
            constants = constant_scores(truth, counts)
            scores = {}
            for name, prediction in predictions.items():
                scorer = Scorer(name, self._sequential)
                if scored_before is not None:
                    scorer.follow(scored_before.truth, scored_before.finished.predictions[name])
                scores[name] = scorer.score(truth, prediction)
            for name in names:  # refuses numbers that are not finite, naming sample and variant
                ScoreRow(sample.id, name, scores[name], place.latencies.get(name), sample.tags, constants)
            outcome = Outcome(
                sample=sample.id,
                tags=sample.tags,
                size=sample.size,
                images=read.images,
                stamps=read.stamps,
                scores=scores,
                latency_ms=place.latencies,
                constants=constants,
                plates=read.plates,
            )
        return _Scored(truth, Finished(sample, predictions, outcome, meter))
