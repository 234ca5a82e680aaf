"""A variant at work on one sample after another, with the next inference begun before the last one is looked at."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from converter.runners.base import Runner, decode_outputs, encode_inputs
from converter.runners.requests import Request
from datasets.samples.sample import Pair, Prediction

AHEAD = 2
"""Inferences of one form at a time: one that runs, and one that is ready to."""


class Begun(NamedTuple):
    """An inference that was begun."""

    request: Request
    sample: Pair


class VariantAtWork:
    """Infers on samples in the background, in order; used by one thread.

    Args:
        runner: the variant.
        name: its name, for errors.
        sequential: whether frames of a clip follow each other in time.
        warm_up: whether the very first inference is done twice, so that its time is that of any other.
    """

    def __init__(self, runner: Runner, name: str, sequential: bool, warm_up: bool = True) -> None:
        self.name = name
        self._runner = runner
        self._sequential = sequential
        self._requests = tuple(runner.requests(AHEAD))
        self._free = list(self._requests)
        self._warm = not warm_up

    @property
    def ready(self) -> bool:
        """Whether another inference may be begun."""
        return bool(self._free)

    def begin(self, sample: Pair) -> Begun:
        """Begin to infer on a sample; `ready` tells whether that can be.

        Raises:
            DataError: the sample lacks an image that the variant takes, or it cannot be run.
        """
        feed = encode_inputs(self._runner.contract, sample.images)
        if not self._warm:
            self._runner.infer(feed)
            self._warm = True
            self._runner.start_clip()
        request = self._free.pop(0)
        # Frames that do not follow each other have nothing to hand on.
        self._runner.enter_clip(sample.clip if self._sequential else sample.id)
        request.start(feed)
        return Begun(request, sample)

    def finish(self, begun: Begun) -> tuple[Prediction, float]:
        """Return the prediction and the milliseconds of the inference, when it is done.

        Raises:
            DataError: the variant returned something that is not a matte.
        """
        outputs = begun.request.wait()
        try:
            prediction = decode_outputs(self._runner.contract, outputs)
        except DataError as error:
            raise DataError(f"variant {self.name}, sample {begun.sample.id}: {error}") from error
        # What is no copy yet lies in the request's memory, which its next inference overwrites.
        foreground = None if prediction.foreground is None else _owned(prediction.foreground)
        self._free.append(begun.request)
        return Prediction(_owned(prediction.alpha), foreground), begun.request.milliseconds

    def close(self) -> None:
        """Give back what the requests hold."""
        for request in self._requests:
            request.close()


def _owned(values: NDArray[np.float32]) -> NDArray[np.float32]:
    base = values
    while base.base is not None and isinstance(base.base, np.ndarray):
        base = base.base
    return values if base.flags.owndata else values.copy()
