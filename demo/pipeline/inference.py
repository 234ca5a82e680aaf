"""Several frames inferred at once by one form, in order."""

from queue import Empty, SimpleQueue
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from converter.runners.base import Feed, InputTensor, encode_image
from converter.runners.requests import Request
from demo.matting.fitting import Fit
from demo.matting.matter import Frame, Matte, Matter, checked_plate

_MOMENT = 0.1

Value = TypeVar("Value", bound=np.generic)


class Inference:
    """Hands frames to a form's requests and takes mattes back.

    Each of the three steps below is to be called from one thread, for every frame in the same order.

    Args:
        matter: the form.
        requests: how many at once; None for what suits the form.
    """

    def __init__(self, matter: Matter, requests: int | None = None) -> None:
        self._matter = matter
        self.requests = matter.runner.requests(requests)
        self._free: SimpleQueue[Request] = SimpleQueue()
        for request in self.requests:
            self._free.put(request)
        self._next: Request | None = None
        self._plate: tuple[Frame, Fit, InputTensor] | None = None

    def ready(self) -> bool:
        """Wait a moment for a free request; tell whether there is one, which the next `start` takes."""
        if self._next is None:
            try:
                self._next = self._free.get(timeout=_MOMENT)
            except Empty:
                return False
        return True

    def start(self, image: Frame, plate: Frame | None) -> tuple[Request, Fit]:
        """Begin to infer on a frame; `ready` has told that there is a request."""
        fit = self._matter.fit(image)
        feed = self._encode(fit, image, plate)
        request, self._next = self._next, None
        assert request is not None, "ready() comes first"
        request.start(feed)
        return request, fit

    def finish(self, request: Request, fit: Fit) -> Matte:
        """Return the matte of what was started, when it is done, and free the request."""
        matte = self._matter.decode(request.wait(), fit)
        # What is no copy yet lies in the request's memory, which its next frame overwrites.
        kept = Matte(_owned(matte.alpha), None if matte.foreground is None else _owned(matte.foreground))
        self._free.put(request)
        return kept

    def close(self) -> None:
        """Give back what the requests hold."""
        for request in self.requests:
            request.close()

    def _encode(self, fit: Fit, image: Frame, plate: Frame | None) -> Feed:
        """Encode a frame; a plate that is the very one of the frame before is not encoded again."""
        background = self._matter.runner.contract.input("background")
        if background is None or plate is None or plate.flags.writeable:
            return self._matter.encode(fit, image, plate)
        if self._plate is None or self._plate[0] is not plate or self._plate[1] != fit:
            self._plate = plate, fit, encode_image(fit.enter(checked_plate(image, plate)), background)
        source = self._matter.runner.contract.source
        return {source.name: encode_image(fit.enter(image), source), background.name: self._plate[2]}


def _owned(values: NDArray[Value]) -> NDArray[Value]:
    return values if values.flags.owndata else values.copy()
