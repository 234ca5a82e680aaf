"""One broken file given to one reader, and what must hold: it is read or refused, soon, and with a message."""

import signal
import time
import warnings
from types import FrameType

from configs.errors import MattekitError, ParityError
from tools.fuzz.readers import Reader

SECONDS = 10.0
"""Longest time that a reader may take for one small file."""


class SlowError(Exception):
    """A reader took longer than `SECONDS`."""


def attempt(reader: Reader, content: bytes) -> str:
    """Give `content` to a reader; return `read`, or the name of the error that refused it.

    Any other error comes through: a defect.
    """
    reader.file.write_bytes(content)
    previous = signal.signal(signal.SIGALRM, _too_slow)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    begun = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            reader.read(reader.file)
    except MattekitError as error:
        assert not isinstance(error, ParityError), "a broken file is no drift"
        assert str(error), "an error without a message"
        return type(error).__name__
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    if time.monotonic() - begun > SECONDS:
        raise SlowError(reader.name)
    return "read"


def _too_slow(signum: int, frame: FrameType | None) -> None:
    raise SlowError(f"longer than {SECONDS:g} s")
