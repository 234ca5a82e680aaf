"""Sizes of images as people write and read them, WIDTHxHEIGHT such as `1280x720`; in code (height, width)."""

import re
from collections.abc import Sequence

from configs.errors import UsageError, shortened

Size = tuple[int, int]
"""Height and width in pixels."""
WRITTEN = "WIDTHxHEIGHT"
_MOST_DIGITS = 12


def size_text(size: Sequence[int]) -> str:
    """Return a size as people write it; of a shape (H, W, ...) its size."""
    return f"{size[1]}x{size[0]}"


def size_of_text(text: str) -> Size | None:
    """Return height and width of a size as people write it; None where the text is something else."""
    match = re.fullmatch(r"\s*0*([1-9][0-9]*)x0*([1-9][0-9]*)\s*", text, re.ASCII)
    if match is None:
        return None
    # A number of thousands of digits cannot be read, and is beyond any size.
    width, height = (int(digits[:_MOST_DIGITS]) for digits in match.groups())
    return height, width


def read_size(text: str) -> Size:
    """Return height and width of a size as people write it.

    Raises:
        UsageError: the text is something else.
    """
    size = size_of_text(text)
    if size is None:
        raise UsageError(f"expected a size as {WRITTEN}, such as 1280x720, found {shortened(repr(text))}")
    return size
