"""Where a set, or its ground truth, may be instead, to follow an error about a folder that is missing."""

import re
from collections.abc import Iterable
from pathlib import Path

from datasets.samples.foreign import frames_hint
from datasets.samples.litter import entries
from datasets.samples.names import readable

_BY_ANOTHER_NAME = {
    "fgr": ("ground truth is", r"fgrs?|foregrounds?|pha|alphas?|mattes?|gt|truth|ground.?truth"),
    "bgr": ("background plates are", r"bgrs?|bgs?|plates?|backs?|backgrounds?"),
}


def elsewhere(root: Path, role: str) -> str:
    """Say which folder of a set without fgr/ or bgr/ may hold what belongs there; empty for none.

    A set without it serves for less, so that none may be overlooked.
    """
    what, names = _BY_ANOTHER_NAME[role]
    others = (
        path for path in entries(root) if path.is_dir() and re.fullmatch(names, path.name, re.IGNORECASE) is not None
    )
    found = next(others, None)
    if found is None:
        return ""
    subject, verb = what.rsplit(" ", 1)
    return f"; {verb} the {subject} in {readable(found)}? Rename it, or move it away for a set without any"


def set_elsewhere(root: Path, roles: Iterable[str]) -> str:
    """Point at the set when it lies one folder further down, as archives often unpack."""
    found = entries(root)
    inner = [path for path in found if path.is_dir() and all((path / role).is_dir() for role in roles)]
    if len(inner) == 1:
        return f"; did you mean {readable(inner[0])}?"
    return frames_hint(found) or "; a set in another layout: see `mattekit dataset import --help`"
