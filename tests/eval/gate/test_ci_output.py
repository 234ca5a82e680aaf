"""What a workflow reads: annotations that nothing in a name can break, outputs, and the badge."""

import json
import re
from pathlib import Path

import pytest
from eval_runs import METRIC_BASE, MakeRun
from hostile_texts import HOSTILE
from markdown_it import MarkdownIt

from configs.errors import UsageError
from configs.schema import GateSection
from configs.text import visible
from eval.gate.ci_output import MOST_ANNOTATIONS, annotations, append_outputs, output_name, write_badge
from eval.gate.judge import judge_original
from eval.gate.output import append_step_summary
from eval.gate.verdict import GateReport, GateRow

EVIL = "50 %, a: b\r\n::set-output name=x::y"


def unescaped(text: str) -> str:
    """Return what GitHub makes of the text of a workflow command."""
    for code, letter in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, letter)
    return text


def assignments(path: Path) -> dict[str, str]:
    """Read an environment file as GitHub does: `name=value`, or `name<<end`, lines, `end`."""
    found: dict[str, str] = {}
    lines = iter(path.read_text(encoding="utf-8").split("\n")[:-1])
    for line in lines:
        if match := re.fullmatch(r"([\w-]+)<<(.+)", line):
            value = []
            while (inner := next(lines)) != match[2]:
                value.append(inner)
            found[match[1]] = "\n".join(value)
        else:
            name, equals, value_ = line.partition("=")
            assert equals
            found[name] = value_
    return found


@pytest.fixture
def on_github(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")


@pytest.mark.usefixtures("on_github")
def test_a_failure_is_an_error_and_what_is_not_settled_a_warning() -> None:
    rows = (
        GateRow("original", "onnx", "alpha_mad", "pass"),
        GateRow("original", "onnx", "alpha_mse", "fail", reason="moved by +1"),
        GateRow("run", "(all)", "sample count", "inconclusive", reason="too few"),
    )
    assert annotations(GateReport(rows)) == [
        "::error title=onnx%3A Alpha MSE (converted against original)::moved by +1",
        "::warning title=(all)%3A sample count (the run itself)::too few",
    ]


@pytest.mark.usefixtures("on_github")
def test_nothing_in_a_name_or_a_reason_ends_the_command() -> None:
    [command] = annotations(GateReport((GateRow("original", EVIL, "alpha_mad", "fail", reason=EVIL),)))
    assert "\n" not in command
    assert "\r" not in command
    match = re.fullmatch(r"::error title=([^:,]*)::(.*)", command)
    assert match is not None
    assert unescaped(match[1]) == f"{EVIL}: Alpha MAD (converted against original)"
    assert unescaped(match[2]) == EVIL


@pytest.mark.usefixtures("on_github")
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_an_annotation_is_one_line_of_seen_characters(text: str) -> None:
    [command] = annotations(GateReport((GateRow("original", text, text, "fail", reason=text),)))
    assert visible(command) == command
    match = re.fullmatch(r"::error title=([^:,]*)::(.*)", command)
    assert match is not None
    assert unescaped(match[2]) == visible(text, keep="\r\n")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_summary_is_a_heading_sentences_and_one_table(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    append_step_summary(GateReport((GateRow("original", text, text, "fail", reason=text),), (text,)))
    page = MarkdownIt("commonmark", {"html": True}).enable("table").parse((tmp_path / "summary.md").read_text("utf-8"))
    kinds = [token.type for token in page if token.level == 0 and token.nesting != -1]
    assert kinds == ["heading_open", "paragraph_open", "blockquote_open", "table_open"]
    inner = {child.type for token in page for child in token.children or ()}
    assert inner <= {"text", "text_special", "code_inline"}
    assert sum(token.type == "td_open" for token in page) == 10


@pytest.mark.usefixtures("on_github")
def test_no_more_annotations_than_github_shows() -> None:
    rows = [GateRow("original", f"v{number}", "alpha_mad", "fail", reason="moved") for number in range(25)]
    lines = annotations(GateReport(tuple(rows)))
    assert len(lines) == MOST_ANNOTATIONS
    assert "16 more judgements" in lines[-1]
    assert len(annotations(GateReport(tuple(rows[:MOST_ANNOTATIONS])))) == MOST_ANNOTATIONS


def test_no_annotations_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert annotations(GateReport((GateRow("original", "onnx", "alpha_mad", "fail", reason="moved"),))) == []


def test_outputs_hold_the_status_the_paths_and_every_drift(
    make_run: MakeRun, gate: GateSection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run({"ir-fp32@f32": 0.25})
    target = tmp_path / "output"
    target.write_text("before=1\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_OUTPUT", str(target))
    append_outputs(judge_original(run, gate), run.results, Path("reports/a\nb/report.html"))
    found = assignments(target)
    assert found.pop("before") == "1"
    assert found.pop("status") == "failed"
    assert found.pop("report_path") == "reports/a\nb/report.html"
    assert found.pop("run_dir") == "reports/a\nb"
    assert set(found) == {
        output_name(variant, metric) for variant in ("ir-fp32@f32", "ir-fp16@default") for metric in METRIC_BASE
    }
    assert float(found["drift_ir-fp32_f32_alpha_mad"]) == 0.25
    assert float(found["drift_ir-fp16_default_alpha_mad"]) == 0.0


def test_an_output_file_that_cannot_be_written_is_an_error(
    make_run: MakeRun, gate: GateSection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path))
    with pytest.raises(UsageError, match=r"\$GITHUB_OUTPUT cannot be written"):
        append_outputs(judge_original(make_run(), gate), make_run().results, tmp_path)
    monkeypatch.delenv("GITHUB_OUTPUT")
    append_outputs(judge_original(make_run(), gate), make_run().results, tmp_path)


@pytest.mark.parametrize(
    ("verdict", "message", "colour"),
    [("pass", "passed", "brightgreen"), ("fail", "failed", "red"), ("inconclusive", "inconclusive", "yellow")],
)
def test_the_badge_follows_the_schema_of_shields(tmp_path: Path, verdict: str, message: str, colour: str) -> None:
    path = tmp_path / "badge.json"
    write_badge(path, GateReport((GateRow("original", "onnx", "alpha_mad", verdict),)))  # type: ignore[arg-type]
    badge = json.loads(path.read_text(encoding="utf-8"))
    assert badge == {"schemaVersion": 1, "label": "mattekit gate", "message": message, "color": colour}
