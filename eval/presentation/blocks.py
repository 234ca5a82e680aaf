"""What a page is made of, as data: paragraphs, tables, notes, code and sections; and the markdown that they make.

A paragraph, a cell and a title are markdown themselves, for their code spans and bold words. HTML is made of the same
blocks by `eval.report.html.text`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from eval.presentation.formatting import markdown_table


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        header: one cell per column.
        rows: as many cells each.
        right: the columns of numbers, counted from 0.
        label: what it shows, for readers who cannot see it; by default the title of its section.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int] = ()
    label: str = ""


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
    return _joined(blocks, level) + "\n"


def _joined(blocks: Iterable[Block], level: int) -> str:
    return "\n\n".join(_markdown(block, level) for block in blocks)


def _markdown(block: Block, level: int) -> str:
    match block:
        case str():
            return block
        case Table():
            return markdown_table(block.header, block.rows, block.right).rstrip("\n")
        case Note():
            return f"> {block.text}"
        case Items():
            return "\n".join(f"- {line}" for line in block.lines)
        case Fence():
            return f"```{block.language}\n{block.text.rstrip(chr(10))}\n```"
        case Details():
            return f"<details>\n<summary>{block.summary}</summary>\n\n{_markdown(block.content, level)}\n\n</details>"
        case Picture():
            return f"![{block.title}]({block.path})"
        case Section():
            return _joined((f"{'#' * level} {block.title}", *block.blocks), level + 1)
