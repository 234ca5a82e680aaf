"""The report: whole markdown tables, relative links, and the verdict in the first lines."""

import re
from pathlib import Path

import pytest
from eval_runs import MakeRun, with_coverage, with_facts
from html_pages import content_of
from shown_samples import everything

from configs.schema import GateSection
from eval.gate.baseline import baseline_from
from eval.gate.judge import judge, judge_original
from eval.gate.output import gate_markdown
from eval.presentation.formatting import code, markdown_table, number, signed
from eval.report.html.page import render_html
from eval.report.markdown import render_markdown, write_report
from eval.run.results import WorstRecord
from eval.run.stored import Run

WORST = (
    WorstRecord(sample="a/0001", variant="ir-fp32@f32", original=0, drift=0, panel="panels/01-a-0001.png"),
    WorstRecord(sample="b/0001", variant=None, original=0, drift=None, panel="panels/02-b c.png"),
)


def tables_of(text: str) -> list[list[str]]:
    """Return the markdown tables of a text, each as its lines."""
    tables: list[list[str]] = []
    previous = ""
    for line in text.splitlines():
        if line.startswith("|"):
            if not previous.startswith("|"):
                assert previous == "", f"a table must follow a blank line, not {previous!r}"
                tables.append([])
            tables[-1].append(line)
        previous = line
    return tables


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_tables_are_rectangular(make_run: MakeRun, gate: GateSection) -> None:
    run = with_facts(make_run({"ir-fp32@f32": 0.05}), worst=WORST)
    for given in (None, gate):
        tables = tables_of(render_markdown(content_of(run, given)))
        assert len(tables) == 8  # overview, one per converted variant, published, latency, tags, environment, models
        for table in tables:
            assert re.fullmatch(r"\|( ---:? \|)+", table[1])
            assert len({len(cells(line)) for line in table}) == 1
            assert len(cells(table[0])) <= 9  # so much GitHub's page shows without scrolling


def test_verdict_comes_first(make_run: MakeRun, gate: GateSection) -> None:
    good = render_markdown(content_of(make_run({"ir-fp32@f32": 0.05}), gate)).splitlines()
    assert good[2].startswith("**Nothing was lost**: every converted variant stays within its limits")
    assert (
        good[4] == "- Largest drift: Alpha MAD +0.05000 with `ir-fp32@f32` (ran in f32), 50 % of its limit of 0.1000."
    )
    bad = render_markdown(content_of(make_run({"ir-fp32@f32": 0.5}), gate))
    assert "**Something was lost**: 4 of 8 judgements" in bad.splitlines()[2]
    assert "- fail: `ir-fp32@f32`, Alpha GRAD: moved by +0.5, more than the 0.1 allowed" in bad
    few = render_markdown(content_of(make_run(), gate.model_copy(update={"minimum_samples": 9})))
    assert few.splitlines()[2].startswith("**Not settled**")
    assert "Largest drift: none: every metric equals the original's." in few


def test_without_tolerances_nothing_is_claimed(make_run: MakeRun) -> None:
    lines = render_markdown(content_of(make_run({"ir-fp16@default": 0.55}))).splitlines()
    assert lines[2].startswith("**Not judged**")
    assert "Alpha MSE +0.5500 with `ir-fp16@default` (ran in bf16), 22 % of the original's value" in lines[4]


def test_published_style_table(make_run: MakeRun, gate: GateSection) -> None:
    text = render_markdown(content_of(make_run({"ir-fp32@f32": 0.05}), gate))
    section = text.split("### `ir-fp32@f32`: openvino, fp32 weights, ran in f32\n")[1]
    table = tables_of(section)[0]
    assert cells(table[0]) == [
        *("Metric", "Unit", "Original", "Converted", "Drift", "95 % interval", "Limit", "Largest on one sample")
    ]
    assert cells(table[2]) == [*("Alpha MAD", "x 1e-3", "5.500", "5.550", "+0.0500", "-", "\u2264 +0.100", "0.0500")]


def test_the_published_figures_stand_in_one_table(make_run: MakeRun, gate: GateSection) -> None:
    text = render_markdown(content_of(make_run({"ir-fp32@f32": 0.05}), gate))
    table = tables_of(text.split("### Published figures\n")[1])[0]
    assert cells(table[0])[2:] == [
        *("Direction", "Published original \\*", "Published converted \\*", "Original of this run")
    ]
    assert cells(table[2]) == ["Alpha MAD", "x 1e-3", "lower is better", "4.320", "4.350", "5.500"]
    assert text.count("4.320") == 1
    assert "\\* Not reproducible: set not public." in text


def test_a_column_has_one_style_and_minus_signs(make_run: MakeRun) -> None:
    text = render_markdown(content_of(make_run({"ir-fp32@f32": -3e-7, "ir-fp16@default": -0.25})))
    rows = [cells(line) for line in tables_of(text)[0][2:6]]
    assert {row[3].split("(")[1] for row in rows} == {"\u22123.00e\u221207)"}
    assert {row[4].split("(")[1] for row in rows} == {"\u22120.250)"}
    assert {len(row[2].partition(".")[2]) for row in rows} == {3}


def test_tags_are_broken_down_by_every_published_metric(make_run: MakeRun) -> None:
    section = render_markdown(content_of(make_run({"ir-fp16@default": 0.25}))).split("## By tag\n")[1]
    table = tables_of(section)[0]
    assert cells(table[0]) == [
        *("Tag", "Samples", "Alpha MAD, original", "Alpha MSE, original", "Alpha GRAD, original"),
        *("Foreground MSE, original", "Largest drift of Alpha MAD", "Variant"),
    ]
    assert cells(table[2]) == ["`motion-blur`", "2", "4.500", "1.500", "2.500", "4.000", "+0.250", "`ir-fp16@default`"]


def test_undefined_samples_are_counted(make_run: MakeRun) -> None:
    text = render_markdown(content_of(make_run()))
    assert "> Foreground MSE is undefined for 1 of 4 samples; its mean is over the other 3." in text


def test_estimated_foregrounds_are_said_beside_the_metrics(make_run: MakeRun, gate: GateSection) -> None:
    run = make_run()
    note = (
        "Foreground colours of 3 of 4 samples were estimated, so Foreground MSE measures agreement with an estimate "
        "there, not with true colours."
    )
    assert "estimated" not in render_markdown(content_of(run, gate))
    assert not any("estimated" in note for note in judge_original(run, gate).notes)
    marked = with_facts(run, dataset=run.results.dataset.model_copy(update={"estimated_foregrounds": 3}))
    text = render_markdown(content_of(marked, gate))
    assert f"\n> {note}\n" in text
    assert text.index(note) < text.index("## Each converted variant")
    assert f"> {note}\n" in gate_markdown(judge_original(marked, gate))


def test_what_the_set_never_shows_is_said_in_both_pages_and_by_the_gate(make_run: MakeRun, gate: GateSection) -> None:
    samples = everything((32, 160))
    for sample in samples:
        sample.alpha[:, 144:][sample.alpha[:, 144:] == 255] = 0
    run = with_coverage(make_run(), samples)
    note = (
        "This set does not show everything, and what differs only there moves no figure: right 10 % of the frame never "
        "opaque."
    )
    markdown, page = render_markdown(content_of(run, gate)), render_html(content_of(run, gate))
    assert f"\n> {note}\n" in markdown
    assert markdown.index(note) < markdown.index("## Each converted variant")
    assert note in page
    assert judge_original(run, gate).notes[0] == note
    assert judge(run, baseline_from(run, "first", "now", None), gate).notes[0] == note


def test_a_set_that_shows_everything_is_said_to_and_nothing_of_one_that_was_not_measured(
    make_run: MakeRun, gate: GateSection
) -> None:
    whole, unknown = with_coverage(make_run(), everything((32, 160))), make_run()
    assert judge_original(whole, gate).notes == judge_original(unknown, gate).notes
    for run, said in ((whole, True), (unknown, False)):
        for page in (render_markdown(content_of(run, gate)), render_html(content_of(run, gate))):
            assert ("The set shows everything" in page) == said
            assert "does not show everything" not in page


def test_links_are_relative_and_quoted(make_run: MakeRun) -> None:
    text = render_markdown(content_of(with_facts(make_run({"ir-fp32@f32": -0.25}), worst=WORST)))
    links = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", text)
    assert links == ["speed.png", "panels/01-a-0001.png", "panels/02-b%20c.png"]
    assert "1. `a/0001`: Alpha MAD 4.000 with the original, \u22120.2500 with `ir-fp32@f32`" in text


def test_only_the_original_ran(make_run: MakeRun, gate: GateSection) -> None:
    run = make_run()
    facts = run.results.model_copy(update={"variants": run.results.variants[:1]})
    alone = Run(facts, run.table.loc[["torch"]].assign(tags=[()] * 4))
    text = render_markdown(content_of(alone, gate))
    assert "**Nothing to compare**: only the original `torch` ran" in text
    assert "## By tag" not in text
    assert "| Alpha MAD | x 1e-3 | lower is better | 5.500 |" in text
    assert "| lower is better | 4.320 | 4.350 | 5.500 |" in text


def test_settings_environment_and_rerun(make_run: MakeRun) -> None:
    text = render_markdown(content_of(make_run()))
    settings = "name: test\nmodel:\n  checkpoint: original/m.pth\nconvert:\n  precisions:\n  - fp32\n  out: gone\n"
    assert f"```yaml\n{settings}```\n" in text
    assert "| openvino | `not installed` |" in text
    assert "mattekit evaluate --dataset synthetic --variants torch,ir-fp32@f32,ir-fp16@default\n" in text
    given = with_facts(make_run(), rerun=("make evaluate",))
    assert "```sh\nmake evaluate\n```" in render_markdown(content_of(given))
    assert "\n\n\n" not in text


def test_writing(make_run: MakeRun, tmp_path: Path) -> None:
    path = write_report(tmp_path / "run", content_of(make_run()))
    assert path == tmp_path / "run" / "report.md"
    assert path.read_text() == render_markdown(content_of(make_run()))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0"),
        (4.35, "4.350"),
        (12345.6, "12346"),
        (0.00123456, "0.001235"),
        (1e-9, "1.00e-09"),
        (-0.5, "-0.5000"),
    ],
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


def test_signs_code_and_bars() -> None:
    assert [signed(value) for value in (None, 0.0, 0.25, -0.25)] == ["-", "0", "+0.2500", "-0.2500"]
    assert code("a`b") == "``a`b``"
    assert markdown_table(("x", "y"), [("a|b", "1\n2")], right=(1,)) == "| x | y |\n| --- | ---: |\n| a\\|b | 1 2 |\n"
    with pytest.raises(ValueError, match="expected 2 cells, found 1"):
        markdown_table(("x", "y"), [("a",)])
