"""What a gate's verdict is written as: JSON, JUnit XML, tables for the terminal, markdown for a CI job's summary."""

import os
from itertools import groupby
from pathlib import Path
from typing import ClassVar, Self
from xml.etree import ElementTree as ET

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as TerminalTable

from configs.errors import UsageError
from configs.files import write_atomically
from configs.records import Record
from eval.gate.verdict import CHECK_TITLES, GateReport, GateRow, Verdict
from eval.presentation.blocks import Block, Note, Section, Table, markdown_page
from eval.presentation.formatting import NOTHING, code, number, plain, signed, span
from eval.presentation.xml import xml_text

JUNIT_FILE = "junit.xml"
BADGE_FILE = "badge.json"
SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
_STYLES: dict[Verdict, str] = {
    "pass": "green",
    "improved": "cyan",
    "fail": "bold red",
    "inconclusive": "yellow",
    "not compared": "yellow",
}


class GateRecord(Record):
    """`gate.json`: the verdict and every row; a value that is not finite was judged a failure and reads null."""

    FILE: ClassVar[str] = "gate.json"
    REMEDY: ClassVar[str] = "run `mattekit gate` again"
    BESIDE: ClassVar[tuple[str, ...]] = (JUNIT_FILE, BADGE_FILE)

    verdict: str
    exit_code: int
    notes: tuple[str, ...]
    rows: tuple[GateRow, ...]

    @classmethod
    def from_report(cls, report: GateReport) -> Self:
        """Return the record of a judgement."""
        return cls(verdict=report.verdict, exit_code=report.exit_code, notes=report.notes, rows=report.rows)

    @property
    def report(self) -> GateReport:
        """The judgement."""
        return GateReport(self.rows, self.notes)


def write_junit(path: Path, report: GateReport) -> None:
    """Write one JUnit test case per row; an inconclusive one is an error of that type, one not compared is skipped.

    Raises:
        UsageError: the folder cannot be written.
    """
    totals = {
        "tests": str(len(report.rows)),
        "failures": str(report.count("fail")),
        "errors": str(report.count("inconclusive")),
        "skipped": str(report.count("not compared")),
    }
    root = ET.Element("testsuites", totals)
    name = "mattekit gate, agreement with the original" if report.agreement else "mattekit gate"
    suite = ET.SubElement(root, "testsuite", {"name": name, **totals})
    for row in report.rows:
        case_name = {"classname": xml_text(f"gate.{row.check}.{row.variant}"), "name": xml_text(row.metric)}
        case = ET.SubElement(suite, "testcase", case_name)
        if row.verdict in ("fail", "inconclusive"):
            tag = "failure" if row.verdict == "fail" else "error"
            problem = ET.SubElement(case, tag, {"type": row.verdict, "message": xml_text(row.reason)})
            problem.text = _values(row)
        elif row.verdict == "not compared":
            ET.SubElement(case, "skipped", {"message": xml_text(row.reason)})
        else:
            ET.SubElement(case, "system-out").text = f"{row.verdict}: {_values(row)}"
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode", xml_declaration=False)
    write_atomically(path, f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n')


def append_step_summary(report: GateReport) -> None:
    """Append the verdict as markdown to the file that `GITHUB_STEP_SUMMARY` names; nothing when it is not set.

    Raises:
        UsageError: that file cannot be written.
    """
    target = os.environ.get(SUMMARY_VARIABLE)
    if not target:
        return
    try:
        with Path(target).open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(gate_markdown(report))
    except OSError as error:
        raise UsageError(f"{target}: ${SUMMARY_VARIABLE} cannot be written ({error.strerror})") from error


def gate_markdown(report: GateReport) -> str:
    """Return the verdict, the notes and a table of all rows, as GitHub-flavoured markdown that more may follow."""
    title = "Gate, agreement with the original" if report.agreement else "Gate"
    return markdown_page([Section(f"{title}: {report.verdict}", judgement_blocks(report))], level=2) + "\n"


def judgement_blocks(report: GateReport) -> list[Block]:
    """Return the verdict in one sentence, the notes, and a table of all rows."""
    header = ("Check", "Variant", "Metric", "Obtained", "Expected", "Difference", "95 % interval", "Limit", "Verdict")
    rows = [
        (
            CHECK_TITLES[row.check],
            code(row.variant),
            plain(row.metric),
            number(row.obtained),
            number(row.expected),
            signed(row.difference),
            _interval(row),
            number(row.limit),
            row.verdict,
            plain(row.reason),
        )
        for row in report.rows
    ]
    table = Table((*header, "Reason"), rows, right=(3, 4, 5, 6, 7), label="Every judgement of the gate")
    alone = [] if report.uncompared is None else [f"No baseline was compared: {report.uncompared}."]
    return [headline(report), *(Note(plain(note)) for note in (*alone, *report.notes)), table]


def headline(report: GateReport) -> str:
    """Return the verdict in one sentence."""
    counts = [f"{report.count('fail')} failed", f"{report.count('inconclusive')} inconclusive"]
    if improved := report.count("improved"):
        counts.append(f"{improved} improved beyond the limit")
    alone = "" if report.uncompared is None else "; no baseline was compared"
    return f"{report.judged} judgements: {', '.join(counts)}{alone}."


def print_gate(report: GateReport, console: Console) -> None:
    """Print the verdict as tables of at most 80 columns, one per check and variant, then notes and reasons."""
    for (check, variant), group in groupby(report.rows, key=lambda row: (row.check, row.variant)):
        table = TerminalTable(
            title=f"[bold]{escape(variant)}[/bold]: {CHECK_TITLES[check]}",
            title_justify="left",
            title_style="",
            box=box.SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
            padding=0,
        )
        table.add_column("metric", min_width=14)
        for name in ("obtained", "difference", "95 % low", "95 % high", "limit"):
            table.add_column(name, justify="right", min_width=9, no_wrap=True)
        table.add_column("verdict", min_width=12, no_wrap=True)
        for row in group:
            ends = (None, None) if row.interval is None else (row.interval.low, row.interval.high)
            figures = number(row.obtained), *map(signed, (row.difference, *ends)), number(row.limit)
            table.add_row(escape(row.metric), *figures, f"[{_STYLES[row.verdict]}]{row.verdict}[/]")
        console.print(table)
        console.print()
    for note in report.notes:
        console.print(f"[yellow]note[/]: {escape(note)}")
    for row in report.rows:
        if row.verdict != "pass":
            where = escape(f"{row.variant}, {row.metric} ({CHECK_TITLES[row.check]}): {row.reason}")
            console.print(f"[{_STYLES[row.verdict]}]{row.verdict}[/]: {where}")
    style = {0: "bold green", 1: "bold red"}.get(report.exit_code, "bold yellow")
    what = "agreement with the original: gate" if report.agreement else "gate"
    console.print(f"[{style}]{what} {report.verdict}[/]: {headline(report)}")


def _interval(row: GateRow) -> str:
    return NOTHING if row.interval is None else span(row.interval.low, row.interval.high)


def _values(row: GateRow) -> str:
    figures = {"obtained": number(row.obtained), "expected": number(row.expected), "difference": signed(row.difference)}
    if row.interval is not None:
        figures["95 % interval"] = _interval(row)
    return " | ".join(f"{name} {figure}" for name, figure in {**figures, "limit": number(row.limit)}.items())
