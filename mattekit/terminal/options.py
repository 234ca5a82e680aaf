"""Options that several verbs share, and how they change a configuration."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from configs.errors import UsageError
from configs.load import DEFAULT_CONFIG

ConfigOption = Annotated[Path, typer.Option("--config", help="The job's YAML file; every key is in configs/schema.py.")]
CONFIG = DEFAULT_CONFIG


class PlateOption(StrEnum):
    """The plates that a set can be made with."""

    exact = "exact"
    handheld = "handheld"


class GraphOption(StrEnum):
    """The arrangements of the network that can be exported."""

    fast = "fast"
    reference = "reference"


def size_from(text: str | None, option: str, order: str) -> tuple[int, int] | None:
    """Read `AxB`, two positive whole numbers; `order` says what A and B are, for the error.

    Raises:
        UsageError: the text is something else.
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)x(\d+)", text.strip())
    if match is None or not (int(match[1]) and int(match[2])):
        raise UsageError(f"{option}: expected {order} such as 720x1280, found {text!r}")
    return int(match[1]), int(match[2])


def names_from(text: str | None) -> tuple[str, ...] | None:
    """Read a comma-separated list; None stays None."""
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())
