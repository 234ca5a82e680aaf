"""From an input to an output: decode, plate, inference, compositing and encoding, all at once."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from converter.runners.requests import Request
from demo.composing.targets import Target
from demo.matting.fitting import Fit, Size
from demo.matting.matter import Frame, Matte, Matter
from demo.media.frames import FrameSource, TimedFrame, looped
from demo.media.writing import Output, Result, open_output
from demo.pipeline.inference import Inference
from demo.pipeline.line import Line, Stage
from demo.pipeline.plates import Plates
from demo.pipeline.timing import RunTimes, run_times
from demo.pipeline.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """How to run.

    Attributes:
        out: what to write, None for nothing: see `demo.media.writing.check_output`.
        limit: frames to take at most.
        loop: start again when the input ends.
        beside: put each frame beside its result.
        largest: height and width that results must fit into; they are scaled with their aspect kept.
        requests: inferences at once; None for what suits the model.
        sound: whether to take the input's sound along.
    """

    out: Path | None = None
    limit: int | None = None
    loop: bool = False
    beside: bool = False
    largest: Size | None = None
    requests: int | None = None
    sound: bool = True


@dataclass(slots=True, eq=False)
class _Work:
    """A frame on its way; each stage adds what it makes."""

    frame: TimedFrame
    begun: float
    plate: Frame | None = None
    started: tuple[Request, Fit] | None = None
    matte: Matte | None = None
    image: NDArray[np.uint8] | None = None


@dataclass(slots=True)
class DemoRun:
    """What a run came to.

    Attributes:
        times: None where no frame went through.
        notes: what a user should know of input, plate and output.
        stopped: whether it was stopped before the input's end.
    """

    times: RunTimes | None
    notes: tuple[str, ...]
    stopped: bool


@dataclass(slots=True)
class _Pipeline:
    matter: Matter
    inference: Inference
    plates: Plates
    target: Target
    options: DemoOptions
    output: Output | None
    window: Window | None
    report: Callable[[int], None]
    inference_ms: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def stages(self) -> list[Stage[_Work]]:
        return [
            Stage("plate", self._plate),
            Stage("preprocess", self._preprocess, self.inference.ready),
            Stage("inference", self._wait),
            Stage("postprocess", self._postprocess),
            Stage("render", self._render),
            Stage("encode", self._encode),
        ]

    def _plate(self, work: _Work) -> None:
        if self.matter.takes_plate:
            work.plate = self.plates.plate_for(work.frame.image)

    def _preprocess(self, work: _Work) -> None:
        if work.frame.begins:
            self.matter.runner.start_clip()  # a form with a state has one request, which is free now
        work.started = self.inference.start(work.frame.image, work.plate)

    def _wait(self, work: _Work) -> None:
        assert work.started is not None
        work.started[0].wait()
        self.inference_ms.append(work.started[0].milliseconds)

    def _postprocess(self, work: _Work) -> None:
        assert work.started is not None
        work.matte = self.inference.finish(*work.started)

    def _render(self, work: _Work) -> None:
        assert work.matte is not None
        image = self.target.compose(work.matte, work.frame.image, work.plate)
        if self.options.beside:
            image = _beside(work.frame.image, image)
        work.image = image if self.options.largest is None else within(image, self.options.largest)
        work.plate = work.matte = work.started = None  # of a large frame they are large

    def _encode(self, work: _Work) -> None:
        assert work.image is not None
        if self.output is not None:
            self.output.write(Result(work.frame.name, work.image, work.frame.time))
        if self.window is not None:
            self.window.offer(work.image)
        self.latencies.append(perf_counter() - work.begun)
        self.report(len(self.latencies))


def run_demo(
    source: FrameSource,
    matter: Matter,
    plates: Plates,
    target: Target,
    options: DemoOptions,
    *,
    window: Window | None = None,
    report: Callable[[int], None] = lambda _: None,
    around: Callable[[Callable[[], None]], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> DemoRun:
    """Matte an input's frames, lay them over a target, and write what comes out.

    Args:
        source, matter, plates, target, options: what, with what, over what, and how.
        window: shows results too.
        report: called with the number of frames done.
        around: entered around the run, given the function that stops it in order: frames inside are finished, and the
            output is whole.

    Raises:
        DataError, UsageError: of any stage; nothing then appears under the output's name.
    """
    matter.runner.start_clip()
    inference = Inference(matter, options.requests)
    opened: Any = nullcontext(None)
    if options.out is not None:
        sound = options.sound and not options.loop
        opened = open_output(options.out, source, transparent=target.transparent, sound=sound)
    seconds = 0.0
    try:
        with opened as output:
            pipeline = _Pipeline(matter, inference, plates, target, options, output, window, report)
            line = Line(_works(source, options), pipeline.stages())

            def meanwhile() -> None:
                if window is not None and window.refresh():
                    line.stop()

            started = perf_counter()
            with around(line.stop):
                line.run(meanwhile)
            seconds = perf_counter() - started
            if not pipeline.latencies and not line.stopped:
                raise DataError(f"{source.what}: has no frames")
    finally:
        inference.close()
    notes = [*source.notes, *plates.notes, *(output.notes if output is not None else ())]
    if source.sound and options.loop and options.sound:
        notes.append(f"{source.what}: its sound is left out of a loop")
    times = run_times(line.times, pipeline.inference_ms, pipeline.latencies, seconds)
    return DemoRun(times, tuple(dict.fromkeys(notes)), line.stopped)


def within(image: NDArray[np.uint8], largest: Size) -> NDArray[np.uint8]:
    """Scale a result with its aspect kept so that it just fits into (height, width)."""
    scale = min(largest[0] / image.shape[0], largest[1] / image.shape[1])
    width, height = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    if image.shape[2] == 3:
        return np.asarray(cv2.resize(image, (width, height), interpolation=how), np.uint8)
    # Straight colours are weighed by alpha, so that what is transparent does not darken an edge.
    alpha = image[..., 3:].astype(np.float32) / 255
    resized = cv2.resize(np.concatenate((image[..., :3] * alpha, alpha), axis=2), (width, height), interpolation=how)
    straight = resized[..., :3] / np.maximum(resized[..., 3:], 1e-6)
    return np.concatenate((straight, resized[..., 3:] * 255), axis=2).round().clip(0, 255).astype(np.uint8)


def _works(source: FrameSource, options: DemoOptions) -> Iterator[_Work]:
    frames = looped(source) if options.loop else source.frames()
    begun = perf_counter()
    for frame in islice(frames, options.limit):
        yield _Work(frame, begun)
        begun = perf_counter()


def _beside(source: Frame, result: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if result.shape[2] == 4:
        source = np.dstack((source, np.full(source.shape[:2], 255, np.uint8)))
    return np.hstack((source, result))
