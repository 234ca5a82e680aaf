"""Markdown as HTML: the page shows the very tables of `report.md`, made by the same functions."""

import re
from itertools import pairwise

from markdown_it import MarkdownIt
from markupsafe import Markup

VERDICT_WORDS = frozenset({"pass", "improved", "fail", "inconclusive"})

# Markup or a picture in a name is shown, never obeyed.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "autolink"])


def block(markdown: str) -> Markup:
    """Return paragraphs, lists and tables as HTML; a verdict in a cell gets its colour."""
    tokens = _MARKDOWN.parse(markdown)
    for previous, token in pairwise(tokens):
        if previous.type == "td_open" and token.content in VERDICT_WORDS:
            previous.attrSet("class", f"verdict {token.content}")
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def line(markdown: str) -> Markup:
    """Return one line's bold and code spans as HTML."""
    return Markup(_MARKDOWN.renderInline(markdown))


def sections(markdown: str) -> dict[str, str]:
    """Return the text below each heading of the second level, without the pictures, which are files beside it."""
    found: dict[str, str] = {}
    for part in re.split(r"^## ", markdown, flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        found[title.strip()] = re.sub(r"^!\[.*\n?", "", text, flags=re.MULTILINE)
    return found
