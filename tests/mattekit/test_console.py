"""Where a running step is shown, and where what is said of it goes."""

from io import StringIO

import pytest
from rich.console import Console

from mattekit.terminal import console


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    stream = StringIO()
    monkeypatch.setattr(console, "errors", Console(file=stream, force_terminal=True, width=100))
    return stream


def test_the_step_at_work_is_named_in_one_bar_that_goes_at_the_end(
    screen: StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    with console.step_bar() as (say, report):
        report("onnx", 0, 2)
        say("onnx: done")
        report("ir-fp32", 1, 2)
        say("ir-fp32: done")

    shown = screen.getvalue()
    assert shown.index("onnx") < shown.index("ir-fp32")
    assert "1/2" in shown
    assert "done" not in shown
    assert shown.endswith("\x1b[2K")  # the bar's line is erased
    assert capsys.readouterr().out == "onnx: done\nir-fp32: done\n"


def test_nothing_is_shown_where_nobody_looks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = StringIO()
    monkeypatch.setattr(console, "errors", Console(file=stream))

    with console.step_bar() as (say, report):
        report("onnx", 0, 1)
        say("onnx: done")

    assert stream.getvalue() == ""
    assert capsys.readouterr().out == "onnx: done\n"
