"""A verdict as JSON, JUnit, markdown and tables."""

from pathlib import Path

import pytest
from eval_runs import MakeRun
from gate_reports import MakeMoved, of
from html_pages import content_of
from rich.console import Console

from configs.errors import DataError
from configs.schema import GateSection
from eval.gate.baseline import Baseline
from eval.gate.judge import judge, judge_original
from eval.gate.output import GateRecord, gate_markdown, print_gate, write_junit
from eval.gate.verdict import GateReport
from eval.presentation.formatting import minus, signed
from eval.report.markdown import render_markdown


@pytest.fixture
def mixed(make_run: MakeRun, baseline: Baseline, gate: GateSection) -> GateReport:
    """Return a report with every verdict."""
    run = make_run({"ir-fp32@f32": 1.0, "ir-fp16@default": -1.0}, cpu_class="amx")
    report = judge(run, baseline, gate)
    assert {row.verdict for row in report.rows} == {"pass", "improved", "fail", "inconclusive"}
    return report


def test_markdown_table_is_rectangular(mixed: GateReport) -> None:
    table = [line for line in gate_markdown(mixed).splitlines() if line.startswith("|")]
    assert len(table) == len(mixed.rows) + 2
    assert {line.count("|") for line in table} == {11}


@pytest.mark.parametrize("width", [80, 120])
def test_terminal_tables_fit(mixed: GateReport, width: int, tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    with output.open("w") as stream:
        print_gate(mixed, Console(file=stream, width=width, color_system=None))
    text = output.read_text()
    assert max(len(line) for line in text.splitlines()) <= width
    line = next(line for line in text.splitlines() if line.startswith("alpha_mad"))
    assert line.split() == ["alpha_mad", "6.500", "+1.000", "-", "-", "0.1000", "fail"]
    assert sum(line.endswith("inconclusive") for line in map(str.rstrip, text.splitlines())) >= 8
    assert "gate failed: 20 judgements" in text
    assert "note: this run's CPU class is amx" in text


def test_a_verdict_that_is_not_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gate.json").write_text('{"schema_version": 1, "rows": [], "notes": []}', encoding="utf-8")
    with pytest.raises(
        DataError, match=r"gate\.json: verdict: expected a value, found nothing .*run `mattekit gate` again"
    ):
        GateRecord.read(tmp_path)


def test_every_output_shows_the_interval(moved_run: MakeMoved, gate: GateSection, tmp_path: Path) -> None:
    run = moved_run((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.2))
    report = judge_original(run, gate)
    row = of(report, "original")
    assert row.interval is not None
    GateRecord.from_report(report).write(tmp_path)
    assert GateRecord.read(tmp_path).report == report
    write_junit(tmp_path / "junit.xml", report)
    console = Console(record=True, width=80, color_system=None, file=(tmp_path / "o").open("w"))
    print_gate(report, console)
    terminal = console.export_text()
    console.file.close()
    stored = (tmp_path / "gate.json").read_text()
    assert f'"low": {row.interval.low}' in stored
    assert f'"samples_needed": {row.samples_needed}' in stored
    text = f"{signed(row.interval.low)} to {signed(row.interval.high)}"
    assert f"95 % interval {text}" in (tmp_path / "junit.xml").read_text()
    assert f"| {minus(text)} |" in gate_markdown(report)
    assert "| \u22120.0274 to +0.2105 |" in render_markdown(content_of(run, gate))
    assert signed(row.interval.high) in terminal
    assert f"about {row.samples_needed} would settle it" in terminal.replace("\n", " ")
