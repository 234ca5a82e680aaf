"""Folders that a command makes once: whether one is there already, and whether it may be replaced.

The rule is the same for every command. Nothing there, or an empty folder: the folder is made. Something that the
command did not make: an error, whatever the options. Its own folder: the very one that is wanted, intact, is kept;
any other is refused, or replaced where the command's options say so and it holds nothing else.
"""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

from configs.errors import DataError, UsageError
from configs.files import contents, target_of
from configs.temporaries import sweep

Made = TypeVar("Made")


def find_made(
    out: Path,
    read: Callable[[Path], Made | None],
    *,
    foreign: str,
    holds: Callable[[Made], Collection[str]],
    fault: Callable[[Made], str] | None = None,
    replace: bool = False,
) -> Made | None:
    """Return what `read` finds in `out` if that is to be kept; None where the folder is to be made or made again.

    Make it with `configs.files.new_folder(out, replace=True)`, which replaces what is there when the new one is whole.

    Args:
        out: the folder, or a link to it.
        read: returns what tells that a folder is this command's, such as its record; None, or a `DataError`, where it
            is not.
        foreign: the error for a folder that is not, after its path.
        holds: returns what a folder of this command with that record may hold, as paths below it with `/`.
        fault: returns the error for a folder of this command that is another than the wanted one, an empty text where
            it is to be kept; raises `DataError` for the wanted one that is no longer intact. None: none is kept, all of
            this command's are made again.
        replace: a folder with a fault is made again instead of refused.

    Raises:
        UsageError: `out` is not this command's folder, or is another than the wanted one and `replace` is not given, or
            is to be made again and holds something else besides; the message names the first such file.
        DataError: it was the wanted one and was changed, and `replace` is not given.
    """
    place = target_of(out)
    sweep(place.parent)
    found: frozenset[str] = frozenset()
    try:
        if not place.exists():
            return None
        if place.is_dir():
            next(place.iterdir(), None)  # refuses what cannot be read
            found = contents(place)
            if not found:
                return None
        made = read(place) if place.is_dir() else None
    except OSError as error:
        raise UsageError(f"{out}: cannot be read ({error.strerror}); choose another folder with --out") from error
    except DataError as error:
        raise UsageError(f"{out}: {foreign}, or remove this one\n{error}") from error
    if made is None:
        raise UsageError(f"{out}: {foreign}{f' (it holds {min(found)})' if found else ''}")
    if not _to_be_kept(made, fault, replace):
        if others := found - set(holds(made)):
            raise UsageError(
                f"{out}: not replaced, because it also holds {min(others)}, which this command did not make; move that "
                "away, or choose another folder with --out"
            )
        return None
    return made


def _to_be_kept(made: Made, fault: Callable[[Made], str] | None, replace: bool) -> bool:
    """Tell whether a folder is the wanted one; raise where it is not, and is not to be made again."""
    if fault is None:
        return False
    try:
        message = fault(made)
    except DataError:
        if replace:
            return False
        raise
    if message and not replace:
        raise UsageError(message)
    return not message
