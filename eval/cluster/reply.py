"""What a worker sends back: plain data, so that an error is the same one on whichever machine it arose."""

from dataclasses import dataclass

from configs import errors
from configs.errors import MattekitError


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of the evaluation itself: another worker would find the same.

    Attributes:
        kind: the name of its class, in `configs.errors`, or `OSError`.
        arguments: of the error.
        notes: that were added to it.
    """

    kind: str
    arguments: tuple[object, ...]
    notes: tuple[str, ...] = ()

    def error(self, where: str = "") -> Exception:
        """Return the error again; `where` is put before its message."""
        found: Exception
        if self.kind == OSError.__name__:
            found = OSError(*self.arguments)
        else:
            kind: type[MattekitError] = getattr(errors, self.kind)
            found = kind(f"{where}{self.arguments[0]}")
        for note in self.notes:
            found.add_note(note)
        return found


def failure_of(error: MattekitError | OSError) -> Failure:
    """Return what is sent of an error that a user can mend."""
    notes = tuple(getattr(error, "__notes__", ()))
    if isinstance(error, OSError):
        return Failure(OSError.__name__, (error.errno, error.strerror, error.filename), notes)
    known = next(kind for kind in type(error).__mro__ if getattr(errors, kind.__name__, None) is kind)
    return Failure(known.__name__, (str(error),), notes)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a shard.

    Attributes:
        part: the samples that are finished, as `eval.pipeline.outcome.part_of` reads it; None where none is.
        pictures: of those that are among the worst so far, as `Keeper.take` takes them.
        failure: what was wrong with the first sample that is not finished; None where all are.
    """

    part: str | None
    pictures: tuple[bytes, ...] = ()
    failure: Failure | None = None
