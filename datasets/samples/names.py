"""Names of files: which of them records and tables can hold, which are the same, their order, and how to show them."""

import os
import re
import unicodedata
from collections.abc import Iterable

_LISTED = 5
LONGEST_NAME = 240
"""Most bytes of a file's name with its ending; what is written beside it may need a few more."""


def same_name(text: str) -> str:
    """Return a name or path in NFC, in which spellings of it are equal: macOS takes letters and accents apart."""
    return unicodedata.normalize("NFC", text)


def readable(text: str | os.PathLike[str]) -> str:
    """Return a name or path as UTF-8 can hold it: bytes that are not UTF-8 are shown as `\\xff`."""
    whole = os.fspath(text)
    try:
        return os.fsencode(whole).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half of a character, which no file has in its name
        return whole.encode("utf-8", "backslashreplace").decode()


def name_fault(below: str) -> str:
    """Return why a file cannot be used under its name, with what to do; empty where it can.

    Args:
        below: the file's path below the folder that was named, with `/`; its folders count as well.
    """
    try:
        below.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8; rename it, for instance with `convmv -r -f latin1 -t utf8 --notest FOLDER`"
    if "\\" in below:
        return (
            "its name holds a backslash, perhaps from an archive made on Windows; unpack that once more with a program "
            "that makes folders of it, such as 7-Zip, or rename it"
        )
    longest = max((len(part.encode()) for part in below.split("/")), default=0)
    if longest > LONGEST_NAME:
        return f"its name has {longest} bytes; expected at most {LONGEST_NAME}: rename it"
    return ""


def listing(items: Iterable[str]) -> str:
    """Join the first five items and count the rest."""
    found = list(items)
    rest = len(found) - _LISTED
    return ", ".join(found[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")


def natural_key(text: str) -> tuple[object, ...]:
    """Sort key under which folders come before names, and runs of digits compare as numbers; total."""
    folders = (re.findall(r"\d+|\D+", part) for part in text.split("/"))
    return tuple(tuple((0, int(run), "") if run.isdecimal() else (1, 0, run) for run in runs) for runs in folders), text
