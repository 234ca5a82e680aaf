"""Folders that a command makes once: whether one is there already, and whether it may be replaced.

The rule is the same for every command. Nothing there, or an empty folder: the folder is made. Something that the
command did not make: an error, whatever the options. Its own folder: the very one that is wanted, intact, is kept;
any other is refused, or replaced where the command's options say so.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from configs.errors import DataError, UsageError

Made = TypeVar("Made")


def find_made(
    out: Path,
    read: Callable[[Path], Made | None],
    *,
    foreign: str,
    fault: Callable[[Made], str] | None = None,
    replace: bool = False,
) -> Made | None:
    """Return what `read` finds in `out` if that is to be kept; None where the folder is to be made or made again.

    Make it with `configs.files.new_folder`, which replaces what is there only when the new one is whole.

    Args:
        out: the folder.
        read: returns what tells that a folder is this command's, such as its record; None, or a `DataError`, where it
            is not.
        foreign: the error for a folder that is not, after its path.
        fault: returns the error for a folder of this command that is another than the wanted one, an empty text where
            it is to be kept; raises `DataError` for the wanted one that is no longer intact. None: none is kept, all of
            this command's are made again.
        replace: a folder with a fault is made again instead of refused.

    Raises:
        UsageError: `out` is not this command's folder, or is another than the wanted one and `replace` is not given.
        DataError: it was the wanted one and was changed, and `replace` is not given.
    """
    try:
        if not out.exists() or (out.is_dir() and not any(out.iterdir())):
            return None
        made = read(out) if out.is_dir() else None
    except OSError as error:
        raise UsageError(f"{out}: cannot be read ({error.strerror}); choose another folder with --out") from error
    except DataError as error:
        raise UsageError(f"{out}: {foreign}\n{error}") from error
    if made is None:
        raise UsageError(f"{out}: {foreign}")
    if fault is None:
        return None
    try:
        message = fault(made)
    except DataError:
        if replace:
            return None
        raise
    if message and not replace:
        raise UsageError(message)
    return None if message else made
