"""The errors the toolkit raises, each with the exit code its command ends with.

    MattekitError
    ├── ParityError        1  a converted form, or a run, differs by more than its tolerance
    ├── UsageError         2  a wrong option or configuration
    ├── DataError          3  data, a checkpoint or a result is missing or corrupt
    ├── ConversionError    4  a conversion step could not produce its output
    └── InconclusiveError  5  a run does not settle what was asked of it

The gate ends with 5 as well, inconclusive, which is a verdict and no error.

A message says which file or key, what was expected, what was found, and what to do next.
"""

from typing import ClassVar


class OldForm(FutureWarning):
    """Something is written as it was of old, which is still read; the message says how it is written now."""


class MattekitError(Exception):
    """The root of every error that a user can cause or mend; the process ends with `exit_code`."""

    exit_code: ClassVar[int] = 4


class ParityError(MattekitError):
    """A converted form, or a run, differs from its reference by more than the tolerance."""

    exit_code = 1


class UsageError(MattekitError):
    """A wrong command-line option or configuration value."""

    exit_code = 2


class DataError(MattekitError):
    """An input file (image, data set, checkpoint, results) is missing, unreadable or inconsistent."""

    exit_code = 3


class ConversionError(MattekitError):
    """A conversion step failed, or its output breaks the step's postcondition."""

    exit_code = 4


class InconclusiveError(MattekitError):
    """A run, such as one of few samples, does not settle whether it is fit for what was asked."""

    exit_code = 5


def shortened(text: str, longest: int = 80) -> str:
    """Return a text that was found somewhere as a message shows it: its start, where it is long."""
    return text if len(text) <= longest else f"{text[:longest]}..."
