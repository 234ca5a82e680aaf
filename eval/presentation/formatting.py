"""Numbers and tables as text, the same in every report."""

import math
from collections.abc import Iterable, Sequence

NOTHING = "-"
SIGNIFICANT = 4


def number(value: float | None) -> str:
    """Return four significant digits, without exponents in the usual range; a dash for None."""
    if value is None:
        return NOTHING
    if value == 0:
        return "0"
    if not math.isfinite(value) or not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{SIGNIFICANT - 2}e}"
    decimals = max(0, SIGNIFICANT - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}"


def signed(value: float | None) -> str:
    """Return a difference with its sign; `0` for none at all, a dash for None."""
    if value is None or value == 0:
        return number(value)
    return f"{'+' if value > 0 else '-'}{number(abs(value))}"


def span(low: float, high: float) -> str:
    """Return an interval of differences."""
    return f"{signed(low)} to {signed(high)}"


def code(text: str) -> str:
    """Return text as markdown code, so that nothing in it is taken for markup."""
    return f"`{text.replace('`', chr(39))}`"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    """Return a GitHub-flavoured table; `right` lists the columns of numbers. Bars and line breaks are escaped.

    Raises:
        ValueError: a row has another number of cells than the header.
    """
    numeric = set(right)
    rule = ["---:" if column in numeric else "---" for column in range(len(header))]
    lines = [_line(header), _line(rule)]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"expected {len(header)} cells, found {len(row)}: {row}")
        lines.append(_line(row))
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
