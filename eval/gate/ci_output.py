"""What a workflow on GitHub reads of a verdict: annotations, step outputs, and a badge for shields.io.

Formats: GitHub's workflow commands and environment files; shields.io's endpoint schema, version 1.
"""

import json
import os
import re
import secrets
from pathlib import Path

from configs.errors import UsageError
from configs.files import write_atomically
from configs.text import visible
from eval.gate.verdict import CHECK_TITLES, GateReport, GateRow, Verdict
from eval.metrics.measures import title_of
from eval.run.results import Results

ACTIONS_VARIABLE = "GITHUB_ACTIONS"
OUTPUT_VARIABLE = "GITHUB_OUTPUT"
MOST_ANNOTATIONS = 10
"""GitHub shows that many of a kind for one step."""
_LEVELS: dict[Verdict, str] = {"fail": "error", "inconclusive": "warning", "not compared": "notice"}
_COLOURS = {"passed": "brightgreen", "failed": "red", "inconclusive": "yellow"}


def annotations(report: GateReport) -> list[str]:
    """Return workflow commands for failures (errors), what is not settled (warnings), and no baseline (a notice).

    None outside a GitHub workflow. Of more than `MOST_ANNOTATIONS` of a kind the last one says how many are left.
    """
    if os.environ.get(ACTIONS_VARIABLE) != "true":
        return []
    lines: list[str] = []
    for verdict, level in _LEVELS.items():
        rows = [row for row in report.rows if row.verdict == verdict]
        shown = rows if len(rows) <= MOST_ANNOTATIONS else rows[: MOST_ANNOTATIONS - 1]
        lines += [_command(level, _title(row), row.reason) for row in shown]
        if len(shown) < len(rows):
            left = f"{len(rows) - len(shown)} more judgements: {verdict}"
            lines.append(_command(level, "mattekit gate", f"{left}; the job's summary lists all"))
    return lines


def append_outputs(report: GateReport, results: Results, page: Path) -> None:
    """Append `status`, `report_path`, `run_dir` and every drift to the file that `GITHUB_OUTPUT` names, if it is set.

    Raises:
        UsageError: that file cannot be written.
    """
    target = os.environ.get(OUTPUT_VARIABLE)
    if not target:
        return
    values = {"status": report.verdict, "report_path": page.as_posix(), "run_dir": page.parent.as_posix()}
    values |= {output_name(d.variant, d.metric): repr(d.mean) for d in results.drift if d.mean is not None}
    try:
        with Path(target).open("a", encoding="utf-8", errors="surrogateescape") as stream:
            stream.write("".join(_assignment(name, value) for name, value in values.items()))
    except OSError as error:
        raise UsageError(f"{target}: ${OUTPUT_VARIABLE} cannot be written ({error.strerror})") from error


def output_name(variant: str, metric: str) -> str:
    """Return the name of a drift among a step's outputs, such as `drift_ir-fp16_f32_alpha_mad`."""
    return "drift_" + re.sub(r"[^A-Za-z0-9_-]", "_", f"{variant}_{metric}")


def write_badge(path: Path, report: GateReport) -> None:
    """Write the verdict as a badge that shields.io renders from its `endpoint` address.

    Raises:
        UsageError: the folder cannot be written.
    """
    badge = {
        "schemaVersion": 1,
        "label": "mattekit agreement" if report.agreement else "mattekit gate",
        "message": report.verdict if report.uncompared is None else f"{report.verdict}, no baseline",
        "color": _COLOURS[report.verdict],
    }
    write_atomically(path, json.dumps(badge, indent=2) + "\n")


def _title(row: GateRow) -> str:
    return f"{row.variant}: {title_of(row.metric)} ({CHECK_TITLES[row.check]})"


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_escaped(title, ':,')}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    """Return text in which no character ends a command or one of its properties, or moves a log's cursor."""
    text = visible(text, keep="\r\n")
    for letter in f"%\r\n{more}":
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text


def _assignment(name: str, value: str) -> str:
    """Return one entry of an environment file; a value of several lines stands between lines that nobody can guess."""
    if "\n" not in value and "\r" not in value:
        return f"{name}={value}\n"
    end = f"end-{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"
