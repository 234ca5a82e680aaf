"""Markdown as HTML: the page shows the very tables of `report.md`, made by the same functions."""

from itertools import pairwise

from markdown_it import MarkdownIt
from markupsafe import Markup

VERDICT_WORDS = frozenset({"pass", "improved", "fail", "inconclusive"})

# Markup, a link or a picture in a name is shown, never obeyed.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "link", "autolink"])


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
