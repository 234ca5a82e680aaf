"""What others wrote, on the terminal: every character of it is seen, none is obeyed."""

import re
from io import StringIO

import pytest
from hostile_texts import HOSTILE
from rich.markup import escape
from rich.table import Table

from configs.text import visible
from mattekit.terminal import console
from mattekit.terminal.console import SafeConsole

_OWN = re.compile(r"\x1b\[[0-9;]*m")
"""What the console writes itself: colours."""


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    stream = StringIO()
    for name in ("output", "errors"):
        made = SafeConsole(file=stream, force_terminal=True, color_system="standard", soft_wrap=True, highlight=False)
        monkeypatch.setattr(console, name, made)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return stream


def harmless(text: str) -> bool:
    return visible(_OWN.sub("", text), keep="\n\t") == _OWN.sub("", text)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_lines_errors_and_tables(screen: StringIO, text: str) -> None:
    console.say(text)
    console.say_error(f"error: {text}")
    table = Table()
    table.add_row(escape(text), "x")
    console.output.print(table)

    shown = screen.getvalue()
    assert harmless(shown)
    if "\t" not in text:  # which is as wide as its place makes it
        assert shown.startswith(visible(text, keep="\n") + "\n")
    assert "\x1b[1;31m" in shown  # the error's own colour


def test_a_traceback_is_harmless_too(screen: StringIO) -> None:
    try:
        raise RuntimeError(HOSTILE["escape"])
    except RuntimeError:
        console.errors.print_exception()

    assert harmless(screen.getvalue())
    assert r"\x1b]0;title" in _OWN.sub("", screen.getvalue())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_line_is_a_command_of_a_workflow(screen: StringIO, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    console.say(text)
    console.say_error(text)

    lines = [line.strip() for line in _OWN.sub("", screen.getvalue()).splitlines()]
    assert not [line for line in lines if line.startswith(("::", "##["))]


def test_a_command_of_our_own_is_one(screen: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    console.say_to_workflow("::error title=a::b")

    assert screen.getvalue() == "::error title=a::b\n"
