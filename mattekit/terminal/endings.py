"""How a command that raised ends: one message, and the exit code that goes with it."""

import errno
import os
import re
import resource
from collections.abc import Iterator
from pathlib import Path

import typer

from configs.errors import DataError, MattekitError, UsageError, shortened
from mattekit.terminal.console import errors, say_error

INTERNAL_ERROR = 70
LONGEST_LINE = 2000
"""Most characters of a message's line: names in files may be of any length."""
LEAST_MEMORY = 1 << 30
"""Bytes of address space below which libraries hang or end the process while they load."""

_NO_MEMORY_LINE = (
    "there is not enough memory for this; take smaller images (--size), fewer workers or a smaller model, or raise the "
    "limit (`ulimit -v`)"
)
_MACHINE = frozenset(
    (
        *(errno.EACCES, errno.EPERM, errno.EROFS),
        *(errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE),
        *(errno.EMFILE, errno.ENFILE, errno.ENAMETOOLONG, errno.ELOOP),
    )
)
"""What the system says of files that it does not let us use; a defect of ours says something else."""
_NO_MEMORY = re.compile(
    r"(can.t|cannot|failed to) allocate|bad_alloc|insufficient memory|out of memory|failed to map segment"
    r"|can't start new thread|could not create a primitive",
    re.IGNORECASE,
)


def require_surroundings() -> None:
    """Raise `UsageError` where the folder that the command was started in is gone, or memory is limited too far."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and limit < LEAST_MEMORY:
        raise UsageError(f"memory is limited to {limit >> 20} MiB, too little to start; raise the limit (`ulimit -v`)")
    try:
        Path.cwd()
    except OSError as error:
        raise UsageError(f"the working folder is gone ({error.strerror}); change to one that is there") from error


def end_with(error: Exception) -> int:
    """Print what there is to say of an error, and return the process's exit code."""
    code, message = exit_code_and_message(error)
    if any(_is_of_memory(each) for each in _chain(error)):
        os.write(2, f"error: {_NO_MEMORY_LINE}\n".encode())  # as plainly as can be, for want of memory
    elif code == INTERNAL_ERROR:
        errors.print_exception()
        say_error("internal error: please report it with the lines above")
    else:
        say_error(f"error: {message}")
    return code


def exit_code_and_message(error: Exception) -> tuple[int, str | None]:
    """Return the exit code that an error ends the process with, and what there is to say of it, None for nothing."""
    if isinstance(error, typer.Exit):
        return error.exit_code, None
    if any(_is_of_memory(each) for each in _chain(error)):
        return UsageError.exit_code, _NO_MEMORY_LINE
    foreseen = _foreseen(error)
    if foreseen is None:
        return INTERNAL_ERROR, f"internal error: {type(error).__name__}"
    lines = "\n".join([str(foreseen), *getattr(foreseen, "__notes__", [])]).splitlines()
    return foreseen.exit_code, "\n".join(shortened(line, LONGEST_LINE) for line in lines)


def _foreseen(error: Exception) -> MattekitError | None:
    """Return an error of the toolkit's, or what is to be said of one of the machine's; None for a defect."""
    if isinstance(error, MattekitError):
        return error
    if isinstance(error, OSError) and error.errno in _MACHINE:
        named = f"{error.filename}: " if error.filename is not None else ""
        return DataError(f"{named}cannot be used ({error.strerror}); check its permissions and the disk")
    return None


def _is_of_memory(error: BaseException) -> bool:
    if isinstance(error, MattekitError):
        return False
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    return bool(_NO_MEMORY.search(str(error)[:2000]))  # torch, OpenVINO, onnxruntime and OpenCV have no type for it


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it was raised from."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__
