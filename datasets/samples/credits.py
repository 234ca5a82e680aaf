"""ATTRIBUTION.csv of a composed set: the manifest's credits as a table, and whether the file still is that."""

from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path

from configs.errors import DataError
from configs.reading import read_bytes
from configs.tables import csv_text
from datasets.samples.manifest import ATTRIBUTION_NAME, MANIFEST_NAME, CreditEntry

UNKNOWN = "unknown"
"""What ATTRIBUTION.csv says where the manifest has no licence or author."""

_COLUMNS = ("role", "file", "licence", "author", "author_url", "landing_url", "title")


def attribution(credits: Iterable[CreditEntry], *, marked: bool = True) -> str:
    """Return the text of a composed set's ATTRIBUTION.csv; not `marked`, as earlier versions wrote it."""
    rows = ([getattr(credit, column) for column in _COLUMNS] for credit in credits)
    return csv_text(_COLUMNS, ([UNKNOWN if value is None else value for value in row] for row in rows), marked=marked)


def attribution_damage(root: Path, credits: Iterable[CreditEntry]) -> str:
    """Return how ATTRIBUTION.csv of the set at `root` differs from its manifest's credits; empty where it does not."""
    path, credits = root / ATTRIBUTION_NAME, tuple(credits)
    expected = attribution(credits)
    try:
        found = read_bytes(path).decode()
    except FileNotFoundError:
        return f"{path}: missing, though {MANIFEST_NAME} credits pictures"
    except (DataError, UnicodeDecodeError) as error:
        return f"{path}: cannot be read ({error})"
    if found in (expected, attribution(credits, marked=False)):
        return ""
    for number, lines in enumerate(zip_longest(found.splitlines(), expected.splitlines()), start=1):
        if lines[0] != lines[1]:
            found_line, expected_line = ("no such line" if line is None else repr(line) for line in lines)
            return f"{path}: line {number}: found {found_line}; {MANIFEST_NAME} gives {expected_line}"
    return f"{path}: differs in its line ends from what {MANIFEST_NAME} gives"
