"""Inferences that run while the caller does something else."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

Fed = Mapping[str, NDArray[np.float32] | NDArray[np.uint8]]
"""Input's name to its tensor."""
Given = dict[str, NDArray[np.float32]]
"""Output's name to its tensor."""


class Request(ABC):
    """One inference at a time, in the background.

    Attributes:
        milliseconds: that the last one took, once `wait` has returned.
    """

    milliseconds: float = 0.0

    @abstractmethod
    def start(self, feed: Fed) -> None:
        """Begin to infer on tensors, one for each image that the form takes; they are read while it runs."""

    @abstractmethod
    def wait(self) -> Given:
        """Return the outputs when they are there; the next `start` may overwrite them."""

    def close(self) -> None:  # noqa: B027 - most hold nothing that must be given back
        """Give back what the request holds."""


class ThreadRequest(Request):
    """Runs a function that infers, in a thread of its own."""

    def __init__(self, infer: Callable[[Fed], Given]) -> None:
        self._infer = infer
        self._thread = ThreadPoolExecutor(1)
        self._future: Future[Given] | None = None

    def start(self, feed: Fed) -> None:
        """See `Request.start`."""
        self._future = self._thread.submit(self._timed, feed)

    def wait(self) -> Given:
        """See `Request.wait`."""
        assert self._future is not None, "start() comes first"
        return self._future.result()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    def _timed(self, feed: Fed) -> Given:
        started = perf_counter()
        outputs = self._infer(feed)
        self.milliseconds = (perf_counter() - started) * 1e3
        return outputs
