"""What a page is made of, as data: paragraphs, tables, notes, code and sections; and the markdown that they make.

A paragraph, a cell and a title are markdown themselves, for their code spans and bold words; what others wrote goes
into them by `code` or `plain` of `eval.presentation.formatting`. HTML is made of the same blocks by
`eval.report.html.text`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from configs.text import visible
from eval.presentation.formatting import fence, markdown_table, minus


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        header: one cell per column.
        rows: as many cells each.
        right: the columns of numbers, counted from 0; they are aligned right, with minus signs for hyphens.
        label: what it shows, for readers who cannot see it; by default the title of its section.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int] = ()
    label: str = ""

    @property
    def shown(self) -> list[list[str]]:
        """The rows as they are written."""
        numeric = set(self.right)
        return [[minus(cell) if at in numeric else cell for at, cell in enumerate(row)] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence that a reader must not miss."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Fence:
    """Commands or settings, printed as they are; `language` is `sh` or `yaml`."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Details:
    """What is folded away under a summary."""

    summary: str
    content: Fence


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that lies beside the page: what it shows, and its path as a URL."""

    title: str
    path: str


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a title; a section within them is one level lower."""

    title: str
    blocks: Sequence["Block"]


Block: TypeAlias = str | Table | Note | Items | Fence | Details | Picture | Section
"""A string is a paragraph."""


def markdown_page(blocks: Iterable[Block], level: int = 1) -> str:
    """Return blocks as a page of GitHub-flavoured markdown; sections among them have headings of `level`."""
    return visible(_joined(blocks, level), keep="\n\t") + "\n"


def _line(text: str) -> str:
    """Return what must stay in one line."""
    return " ".join(text.splitlines())


def _joined(blocks: Iterable[Block], level: int) -> str:
    return "\n\n".join(_markdown(block, level) for block in blocks)


def _markdown(block: Block, level: int) -> str:
    match block:
        case str():
            return block
        case Table():
            return markdown_table(block.header, block.shown, block.right).rstrip("\n")
        case Note():
            return f"> {_line(block.text)}"
        case Items():
            return "\n".join(f"- {_line(line)}" for line in block.lines)
        case Fence():
            return fence(block.language, block.text)
        case Details():
            summary, content = escape(block.summary), _markdown(block.content, level)
            return f"<details>\n<summary>{summary}</summary>\n\n{content}\n\n</details>"
        case Picture():
            return f"![{_line(block.title)}]({block.path})"
        case Section():
            return _joined((f"{'#' * level} {_line(block.title)}", *block.blocks), level + 1)
