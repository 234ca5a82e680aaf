"""Where a set, or its ground truth, may be instead, to follow an error about a folder that is missing."""

import re
from collections.abc import Iterable
from pathlib import Path

from datasets.samples.foreign import frames_hint
from datasets.samples.litter import entries
from datasets.samples.names import readable

_TRUTH_BY_ANOTHER_NAME = re.compile(r"fgrs?|foregrounds?|pha|alphas?|mattes?|gt|truth|ground.?truth", re.IGNORECASE)


def truth_elsewhere(root: Path) -> str:
    """Say which folder of a set without fgr/ may hold its ground truth, so that none is overlooked; empty for none."""
    others = (path for path in entries(root) if path.is_dir() and _TRUTH_BY_ANOTHER_NAME.fullmatch(path.name))
    found = next(others, None)
    if found is None:
        return ""
    return f"; is the ground truth in {readable(found)}? Rename it, or move it away for a set without any"


def set_elsewhere(root: Path, roles: Iterable[str]) -> str:
    """Point at the set when it lies one folder further down, as archives often unpack."""
    found = entries(root)
    inner = [path for path in found if path.is_dir() and all((path / role).is_dir() for role in roles)]
    if len(inner) == 1:
        return f"; did you mean {readable(inner[0])}?"
    return frames_hint(found) or "; a set in another layout: see `mattekit dataset import --help`"
