"""Unseen characters are written out, all others stay."""

import pytest
from hostile_texts import HOSTILE

from configs.text import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("name 1.png", "name 1.png"),
        ("n\u00e4me \u4e2d\u6587\u3000\U0001f468\u200d\U0001f469 \u0645\u06cc\u200c\u062e", None),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\x1b[31m\x07\x00\x7f\x9b", r"\x1b[31m\x07\x00\x7f\x9b"),
        ("\u202ea\u2066\u200f\ufeff\u2028", r"\u202ea\u2066\u200f\ufeff\u2028"),
        ("\udcff\ud800", r"\udcff\ud800"),
        ("\uffff\U0001fffe\U000e0041", r"\uffff\U0001fffe\U000e0041"),
    ],
)
def test_what_is_not_seen_is_written_out(text: str, shown: str | None) -> None:
    assert visible(text) == (text if shown is None else shown)


def test_line_breaks_may_stay() -> None:
    assert visible("a\n\x1bb\t", keep="\n\t") == "a\n\\x1bb\t"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_visible_can_be_encoded_and_stays(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert visible(text).encode().decode() == visible(text)
    assert "\x1b" not in visible(text)
