"""Tables of comma-separated values, written so that no spreadsheet takes a cell of text for a formula.

A cell that begins as a formula does gets an apostrophe before it, which is how spreadsheets mark text; `text_of_cell`
takes it away again.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""How cells begin that a spreadsheet calculates, full-width signs included; behind apostrophes, so that reading one
takes away no apostrophe of the text's own."""


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]], *, marked: bool = True) -> str:
    """Return a table as CSV with line feeds; texts become cells by `cell_of`, numbers stay as they are.

    Not `marked`, texts stay as they are too, as earlier versions wrote them.
    """
    texts = ([cell_of(value) if marked and isinstance(value, str) else value for value in row] for row in rows)
    return "".join(_line(row) for row in (header, *texts))


def _line(row: Sequence[object]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerow(row)  # a carriage return is quoted only where lines end with one
    return stream.getvalue().removesuffix("\r\n") + "\n"


def cell_of(text: str) -> str:
    """Return the cell that stands for a text; half of a surrogate pair, which no file can hold, is written out."""
    whole = _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return f"'{whole}" if _FORMULA.match(whole) else whole


def text_of_cell(cell: str) -> str:
    """Return the text that a cell stands for."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
