"""Numbers, names and tables as text, the same in every report; text that others wrote is shown, never obeyed."""

import math
import re
from collections.abc import Iterable, Sequence

from configs.text import visible

NOTHING = "-"
SIGNIFICANT = 4
MINUS = "\u2212"
_CODE_SPAN = re.compile(r"(`[^`]+`)")
_MARKUP = re.compile(r"[\\`*\[\]<>&#~$]|(?<![^\W_])_|_(?![^\W_])")
"""What markdown and HTML obey; `_` only at the edge of a word, where it is."""
_BLOCK = re.compile(r"[-+=]|\d+(?=[.)])")
"""What makes a list, a rule or a heading at the start of a line."""
_HYPHEN = re.compile(r"(?<![\w.)`-])-(?=\d)|(?<=\de)-(?=\d)")
"""A hyphen that stands for the sign of a number or of its exponent."""


def number(value: float | None) -> str:
    """Return four significant digits, without exponents in the usual range; a dash for None."""
    if value is None:
        return NOTHING
    if value == 0:
        return "0"
    if not math.isfinite(value) or not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{SIGNIFICANT - 2}e}"
    return f"{value:.{_decimals(value, SIGNIFICANT)}f}"


def signed(value: float | None) -> str:
    """Return a difference with its sign; `0` for none at all, a dash for None."""
    if value is None or value == 0:
        return number(value)
    return f"{'+' if value > 0 else '-'}{number(abs(value))}"


def column(values: Sequence[float | None], digits: int = SIGNIFICANT, *, sign: bool = False) -> list[str]:
    """Return the numbers of one column of a table, all with the same decimals or all with an exponent.

    The smallest keeps `digits` significant digits as far as the largest then has at most one more. `0` is exactly none;
    what only rounds to it keeps its decimals.

    Args:
        values: of the column; None and what is not finite become as in `number`.
        digits: of the smallest.
        sign: whether they are differences, with a sign each.
    """
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    if not sizes:
        return [number(value) for value in values]
    smallest, largest = min(sizes), max(sizes)
    if largest < 1e-3 or largest >= 1e6:
        style = f"{'+' if sign else ''}.{SIGNIFICANT - 2}e"
    else:
        decimals = min(_decimals(smallest, digits), _decimals(largest, digits + 1))
        style = f"{'+' if sign else ''}.{decimals}f"
    return [format(value, style) if value and math.isfinite(value) else number(value) for value in values]


def minus(text: str) -> str:
    """Return text in which negative numbers have a minus sign, as wide as a plus, instead of a hyphen."""
    return _HYPHEN.sub(MINUS, text)


def dimensions(size: Sequence[int]) -> str:
    """Return a size (height, width) as people write it: width first, as in `1280x720`."""
    height, width = size
    return f"{width}x{height}"


def span(low: float, high: float) -> str:
    """Return an interval of differences."""
    return f"{signed(low)} to {signed(high)}"


def code(text: str) -> str:
    """Return text as markdown code in one line, so that nothing in it is taken for markup."""
    shown = visible(text) or " "
    ticks = "`" * (_longest_run(shown) + 1)
    # One blank at each end is taken away again.
    pad = " " if "`" in (shown[0], shown[-1]) or (shown[0] == shown[-1] == " " and shown.strip()) else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def plain(text: str) -> str:
    """Return text as one line of markdown that shows it as it is; code between single backticks stays code.

    For whatever others may have a word in: names, reasons, notes, errors.
    """
    shown = visible(text).strip(" ")
    parts = [shown] if _longest_run(shown) > 1 else _CODE_SPAN.split(shown)
    escaped = "".join(
        part if index % 2 else _MARKUP.sub(lambda found: f"\\{found[0]}", part) for index, part in enumerate(parts)
    )
    start = _BLOCK.match(escaped)
    if start is None:
        return escaped
    number = start[0] if start[0].isdigit() else ""
    return f"{number}\\{escaped[len(number) :]}"


def fence(language: str, text: str) -> str:
    """Return a fenced block of markdown that no line of the text ends."""
    shown = visible(text.rstrip("\n"), keep="\n\t")
    ticks = "`" * max(3, _longest_run(shown) + 1)
    return f"{ticks}{language}\n{shown}\n{ticks}"


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


def _decimals(value: float, digits: int) -> int:
    """Return the decimals with which a value has so many significant digits."""
    return max(0, digits - 1 - math.floor(math.log10(abs(value))))


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(visible(cell.replace("\n", " ")).replace("|", "\\|") for cell in cells) + " |"
