"""A camera as an input, through OpenCV."""

from collections.abc import Iterator
from fractions import Fraction
from time import perf_counter

import cv2
import numpy as np

from configs.errors import DataError
from demo.media.frames import FrameSource, TimedFrame, read_only, require_size


class CameraSource(FrameSource):
    """The camera of this index; its frames come until someone stops.

    Raises:
        DataError: there is none, or it gives nothing.
    """

    def __init__(self, index: int) -> None:
        super().__init__()
        self.what = f"camera {index}"
        cv2.utils.logging.setLogLevel(
            cv2.utils.logging.LOG_LEVEL_SILENT
        )  # its warnings about devices that are not there say nothing that the error does not
        self._camera = cv2.VideoCapture(index)
        if not self._camera.isOpened():
            raise DataError(f"{self.what}: cannot be opened; is it there, and does no other program hold it?")
        told = self._camera.get(cv2.CAP_PROP_FPS)
        self.rate = Fraction(told).limit_denominator(1001) if 1 <= told <= 1000 else self.rate

    def frames(self) -> Iterator[TimedFrame]:
        """Yield frames, each with the time at which it came."""
        started, index = perf_counter(), 0
        while True:
            good, image = self._camera.read()
            if not good:
                raise DataError(f"{self.what}: stopped giving frames after {index}")
            require_size(self.what, image.shape[1], image.shape[0])
            time = Fraction(round((perf_counter() - started) * 1e6), 1_000_000)
            if index == 0:
                started, time = perf_counter(), Fraction(0)
            upright = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
            yield TimedFrame(f"{index:06}", read_only(upright), time)
            index += 1

    def close(self) -> None:
        """Let the camera go."""
        self._camera.release()
