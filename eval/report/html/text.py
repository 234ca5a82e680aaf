"""The blocks of a report as HTML."""

import re
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markupsafe import Markup

from eval.presentation.blocks import Block, Details, Fence, Items, Note, Picture, Section, Table

VERDICTS = frozenset({"pass", "improved", "fail", "inconclusive"})

# Markup or a picture in a name is shown, never obeyed.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable(["image", "autolink"])


def line(markdown: str) -> Markup:
    """Return one line's bold words and code spans as HTML."""
    return Markup(_MARKDOWN.renderInline(markdown))


def section(content: Section, level: int = 2) -> Markup:
    """Return a title as a heading of `level`, and the blocks below it."""
    return Markup(f"<h{level}>{line(content.title)}</h{level}>\n") + blocks(content.blocks, level + 1, content.title)


def blocks(content: Iterable[Block], level: int, title: str = "") -> Markup:
    """Return blocks as HTML, sections among them with headings of `level`; `title` names tables without a label."""
    return Markup("").join(_block(block, level, title) for block in content)


def _block(block: Block, level: int, title: str) -> Markup:
    match block:
        case str():
            return Markup(_MARKDOWN.render(block))
        case Table():
            return _table(block, title)
        case Note():
            return Markup(f'<p class="note">{line(block.text)}</p>\n')
        case Items():
            lines = Markup("").join(Markup("<li>{}</li>\n").format(line(each)) for each in block.lines)
            return Markup("<ul>\n{}</ul>\n").format(lines)
        case Fence():
            return Markup("<pre>{}</pre>\n").format(block.text)
        case Details():
            folded = _block(block.content, level, title)
            return Markup("<details>\n<summary>{}</summary>\n{}</details>\n").format(block.summary, folded)
        case Picture():
            return Markup("")  # a file beside the page, which shows it in a form of its own
        case Section():
            return section(block, level)


def _table(table: Table, title: str) -> Markup:
    """Return a table that scrolls by itself where it is wide; a verdict in a cell gets its colour."""
    label = table.label or re.sub(r"[`*]", "", title)
    rows = Markup("").join(_row("td", cells, table.right) for cells in table.shown)
    return Markup(
        '<div class="scroll" role="region" aria-label="{}" tabindex="0">\n'
        "<table>\n<thead>\n{}</thead>\n<tbody>\n{}</tbody>\n</table>\n</div>\n"
    ).format(label, _row("th", table.header, table.right), rows)


def _row(tag: str, cells: Iterable[str], right: Iterable[int]) -> Markup:
    numeric = set(right)
    shown = Markup("")
    for column, cell in enumerate(cells):
        style = ' style="text-align:right"' if column in numeric else ""
        verdict = f' class="verdict {cell}"' if tag == "td" and cell in VERDICTS else ""
        shown += Markup(f"<{tag}{style}{verdict}>{line(cell)}</{tag}>\n")
    return Markup("<tr>\n{}</tr>\n").format(shown)
