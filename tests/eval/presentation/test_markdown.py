"""What others wrote, in markdown: read by a parser that allows HTML, it is text and nothing else."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hostile_texts import HOSTILE
from markdown_it import MarkdownIt
from markdown_it.token import Token

from configs.text import visible
from eval.presentation.blocks import Details, Fence, Items, Note, Section, Table, markdown_page
from eval.presentation.formatting import code, plain
from eval.report.html.text import line

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def parsed(page: str) -> list[Token]:
    return PARSER.parse(page)


def inlines(tokens: list[Token], around: str) -> Iterator[list[Token]]:
    for before, token in pairwise(tokens):
        if before.type == f"{around}_open" and token.type == "inline":
            yield token.children or []


def text_in(children: list[Token]) -> str:
    assert {child.type for child in children} <= {"text", "text_special", "code_inline"}
    return "".join(child.content for child in children)


def shown(text: str) -> str:
    return visible(text).strip(" ")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_in_a_heading_a_note_an_item_and_a_cell(text: str) -> None:
    table = Table(("Name", "Code"), [(plain(text), code(text)), ("x", "y")])
    page = markdown_page([Section(plain(text), [f"say {code(text)}", Note(plain(text)), Items([plain(text)]), table])])

    tokens = parsed(page)
    opened = [token.type.removesuffix("_open") for token in tokens if token.type.endswith("_open")]
    cells = [*["tr", "th", "th"], "tbody", *["tr", "td", "td"] * 2]
    assert opened == [
        *("heading", "paragraph", "blockquote", "paragraph", "bullet_list", "list_item", "paragraph"),
        *("table", "thead", *cells),
    ]
    expected = shown(text).replace("`", "") if text == HOSTILE["code"] else shown(text)
    [heading] = inlines(tokens, "heading")
    assert text_in(heading) == expected
    _, noted, listed = inlines(tokens, "paragraph")
    assert text_in(noted) == text_in(listed) == expected
    name, shown_as_code, *_ = inlines(tokens, "td")
    assert text_in(name) == expected
    assert [(child.type, child.content) for child in shown_as_code] == [("code_inline", visible(text))]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_in_a_fence_and_folded_away(text: str) -> None:
    page = markdown_page([Fence("yaml", text), Details("Settings </summary>", Fence("sh", text)), "end"])

    fences = [token for token in parsed(page) if token.type == "fence"]
    assert [fence.info for fence in fences] == ["yaml", "sh"]
    for fence in fences:
        assert fence.content == visible(text.rstrip("\n"), keep="\n\t") + "\n"
    assert page.count("</summary>") - 2 * visible(text, "\n\t").count("</summary>") == 1


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_same_markdown_as_html_shows_the_same(text: str) -> None:
    page = f"{line(plain(text))} {line(code(text))}"

    assert "<script" not in page and "<img" not in page and "<a " not in page and "<h1" not in page


def test_code_within_a_reason_stays_code() -> None:
    assert plain("add `gate.x_y` to a_b <c> *d*") == r"add `gate.x_y` to a_b \<c\> \*d\*"
