"""`report.html`: the figures of `report.md`, nothing from elsewhere, and notes where something is missing."""

import base64
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from eval_runs import IDS, MakeRun, shifted, with_facts
from html_pages import CREATED, SHIFT, content_of, write_page, write_pictured

from configs.schema import GateSection
from datasets.samples.sample import Sample
from eval.gate.baseline import baseline_from
from eval.gate.judge import judge, without_baseline
from eval.presentation.blocks import Note, Picture, Section, Table
from eval.report.content import Judgement, report_content
from eval.report.history import History, past_runs
from eval.report.html.page import plot_library, plot_script, render_html
from eval.report.html.pictures import LARGEST_PICTURES, worst_views
from eval.report.html.sealing import without_addresses
from eval.run.results import Results
from eval.run.stored import Run, write_run


class Page(HTMLParser):
    """A parsed page: its tags with their attributes, and its text without scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.scripts: dict[str, str] = {}
        self.text = ""
        self._open = ""
        self._script = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag in ("script", "style"):
            self._open, self._script = tag, given.get("id", "ours")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            self.scripts[self._script] = self.scripts.get(self._script, "") + data
        elif not self._open:
            self.text += data

    def values(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.scripts["data"])
        return found


@pytest.fixture
def page_of(tmp_path: Path, make_run: MakeRun, gate: GateSection, sample: Sample) -> Callable[..., Page]:
    def make(shift: dict[str, float] = SHIFT) -> Page:
        run = tmp_path / "reports" / "test-3"
        write_pictured(run, make_run(shift), sample)
        return Page(write_page(run, gate).read_text(encoding="utf-8"))

    return make


def status_of(page: Page) -> str:
    [status] = page.values("data-status")
    return status


def test_the_verdict_comes_first(page_of: Callable[..., Page]) -> None:
    page = page_of()
    assert status_of(page) == "passed"
    assert "Nothing was lost" in page.text[: page.text.index("Figures")]
    assert "Not judged against the baseline yet" in page.text


def test_a_drift_beyond_its_limit_is_red_and_named(page_of: Callable[..., Page]) -> None:
    page = page_of({"ir-fp32@f32": 0.5})
    assert status_of(page) == "failed"
    first = page.text[: page.text.index("Figures")]
    assert "Something was lost" in first
    assert "ir-fp32@f32, Alpha MAD: moved by +0.5" in first


def test_the_gate_s_verdict_is_the_page_s(make_run: MakeRun, gate: GateSection) -> None:
    run = make_run()
    moved = dict.fromkeys(("torch", "ir-fp32@f32", "ir-fp16@default"), 0.06)
    gated = judge(run, baseline_from(make_run(moved), "first", "2025", None), gate)
    judgement = Judgement(gate, without_baseline(gated, run.results), gated)
    page = Page(render_html(report_content(run, judgement)))
    assert status_of(page) == "failed"
    first = page.text[: page.text.index("Figures")]
    assert "Gate failed, with the baseline: 20 judgements: 12 failed" in first
    assert "torch, alpha_mad: moved by -0.06" in first
    assert "and 4 more" in first
    assert "verdict fail" in page.values("class")
    assert "verdict pass" in page.values("class")


def test_without_tolerances_nothing_is_claimed(make_run: MakeRun) -> None:
    page = Page(render_html(content_of(make_run())))
    assert status_of(page) == "unjudged"
    assert "Not judged" in page.text


def test_links_lead_nowhere_but_to_the_run(page_of: Callable[..., Page]) -> None:
    links = [attributes["href"] for tag, attributes in page_of().tags if tag == "a"]
    assert links
    assert not [link for link in links if "://" in link]


def test_the_plot_library_is_the_installed_one_without_addresses() -> None:
    file = Path(str(metadata.distribution("plotly").locate_file("plotly/package_data/plotly.min.js")))
    given = gzip.decompress(base64.b64decode(plot_library()))
    assert given == plot_script() == without_addresses(file.read_bytes())
    assert 0 < file.stat().st_size - len(given) < 10_000
    assert plot_library() == plot_library.__wrapped__()  # no time of its making inside


def test_the_plots_have_the_drift_the_limits_and_the_intervals(make_run: MakeRun, gate: GateSection) -> None:
    bare = Page(render_html(content_of(make_run(SHIFT), gate))).data["drift"]["alpha_mad"]["ir-fp32@f32"]
    assert bare == {"mean": 0.05, "allowed": {"least": None, "most": 0.1}, "low": None, "high": None}
    ids = tuple(f"a/{number:04d}" for number in range(8))
    run = shifted(make_run(ids=ids), {"ir-fp32@f32": dict.fromkeys(ids[:4], 0.1)})
    drift = run.results.drift_of("ir-fp32@f32", "alpha_mad")
    assert drift is not None
    assert drift.interval is not None
    full = Page(render_html(content_of(run, gate))).data["drift"]["alpha_mad"]["ir-fp32@f32"]
    assert (full["mean"], full["low"]) == (0.05, pytest.approx(drift.interval.low, rel=1e-4))
    assert full["high"] == pytest.approx(drift.interval.high, rel=1e-4)


def test_every_sample_has_a_line_and_the_pictured_ones_links(page_of: Callable[..., Page]) -> None:
    page = page_of()
    rows = [attributes for tag, attributes in page.tags if tag == "tr" and "data-row" in attributes]
    assert len(rows) == len(IDS)
    assert set(page.data["samples"]["ids"]) == set(IDS)
    assert page.data["samples"]["drift"]["alpha_mad"]["ir-fp32@f32"] == [0.05] * 4
    assert page.data["samples"]["original"]["foreground_mse"].count(None) == 1
    links = page.values("href")
    ids = page.values("id")
    for anchor, picture in (("worst-1", "panels/01-a-0002.png"), ("worst-2", "panels/02-b-0001.png")):
        assert f"#{anchor}" in links
        assert picture in links
        assert anchor in ids
    assert "+0.0500" in page.text


def test_every_link_within_the_page_leads_somewhere(page_of: Callable[..., Page]) -> None:
    page = page_of()
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    assert {link[1:] for link in page.values("href") if link.startswith("#")} <= set(ids)
    assert set(page.values("for")) <= set(ids)


def test_the_before_and_after_view_has_its_layers(page_of: Callable[..., Page]) -> None:
    page = page_of()
    layers = page.values("data-layer")
    assert len(layers) == 2 * 10
    pictures = [attributes for tag, attributes in page.tags if tag == "img" and "data-layer" in attributes]
    assert all(each["src"].startswith("data:image/webp;base64,") and each["alt"] for each in pictures)
    assert [attributes["type"] for tag, attributes in page.tags if tag == "input"].count("range") == 2


def test_an_older_run_without_layers_shows_its_one_picture(make_run: MakeRun, sample: Sample, tmp_path: Path) -> None:
    results = write_pictured(tmp_path / "run", make_run(), sample)
    older = results.model_copy(
        update={"worst": tuple(each.model_copy(update={"layers": {}}) for each in results.worst)}
    )
    views = worst_views(tmp_path / "run", older)
    assert [(view.comparable, len(view.pictures)) for view in views] == [(False, 1)] * 2
    assert views[0].pictures[0].uri.startswith("data:image/png;base64,")


def test_pictures_that_are_gone_elsewhere_or_too_large_are_left_out(
    make_run: MakeRun, sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = write_pictured(tmp_path / "run", make_run(), sample)
    (tmp_path / "secret.png").write_bytes(b"secret")
    first = results.worst[0].model_copy(update={"layers": {}, "panel": "../secret.png"})
    (tmp_path / "run" / results.worst[1].layers["truth"]).unlink()
    dirty = results.model_copy(update={"worst": (first, results.worst[1])})
    views = worst_views(tmp_path / "run", dirty)
    assert [view.pictures for view in views] == [(), ()]
    page = Page(render_html(content_of(with_facts(make_run(), worst=dirty.worst)), views))
    assert page.text.count("Its pictures are not in this page") == 2
    assert LARGEST_PICTURES * 4 / 3 <= 8_000_000  # as base64
    monkeypatch.setattr("eval.report.html.pictures.LARGEST_PICTURES", 10)
    assert [view.pictures for view in worst_views(tmp_path / "run", results)] == [(), ()]


def test_names_are_shown_and_never_obeyed(make_run: MakeRun, gate: GateSection, tmp_path: Path) -> None:
    evil = "</script><img/src=x/onerror=alert(1)>![x](http://e.org/x)"
    made, run = make_run(), tmp_path / "run"
    renamed = made.results.dataset.model_copy(update={"name": evil})
    facts = made.results.model_copy(update={"dataset": renamed, "settings": {"name": evil}})
    write_run(run, Run(facts, made.table.assign(tags=[(evil,)] * len(made.table))))
    page = Page(write_page(run, gate).read_text(encoding="utf-8"))
    assert evil in page.text
    assert [attributes for tag, attributes in page.tags if tag == "img" and "onerror" in attributes] == []
    assert "x" not in page.values("src")
    assert [value for value in page.values("src") if "e.org" in value] == []


def test_the_page_shows_what_the_content_holds_and_not_what_lies_in_report_md(
    make_run: MakeRun, gate: GateSection, tmp_path: Path
) -> None:
    write_run(tmp_path, make_run())
    (tmp_path / "report.md").write_text("# Another report\n\n## Elsewhere\n\nNothing.\n", encoding="utf-8")
    plain = Page(write_page(tmp_path, gate).read_text(encoding="utf-8"))
    assert "Elsewhere" not in plain.text
    assert not [each for each in plain.values("id") if each.startswith("more-")]
    table = Table(("Hop", "Drift"), [("`onnx`", "7 <b>")], right=(1,))
    added = Section("Where it entered", ["A **hop**.", table, Note("Mind it."), Picture("a chart", "chart.png")])
    page = Page(render_html(replace(content_of(make_run(), gate), added=(added,))))
    assert "more-1" in page.values("id")
    assert page.text.count("Where it entered") == 2  # its heading, and the link to it
    assert "7 <b>" in page.text
    assert "Where it entered" in page.values("aria-label")
    assert "Mind it." in page.text
    assert "chart.png" not in page.text


def test_only_the_original_ran(make_run: MakeRun, gate: GateSection) -> None:
    run = make_run()
    facts = run.results.model_copy(update={"variants": run.results.variants[:1]})
    page = Page(render_html(content_of(Run(facts, run.table.loc[["torch"]]), gate)))
    assert status_of(page) == "unjudged"
    assert "Nothing to compare" in page.text


def _forge_drift(folder: Path) -> None:
    results = Results.read(folder)
    results.model_copy(update={"drift": tuple(d.model_copy(update={"mean": 0.5}) for d in results.drift)}).write(folder)


def test_past_runs_of_the_configuration_are_shown(make_run: MakeRun, gate: GateSection, tmp_path: Path) -> None:
    def run(day: int, name: str = "test", ids: tuple[str, ...] = IDS, folder: str | None = None) -> Results:
        made = make_run({"ir-fp32@f32": day / 100}, ids=ids)
        dated = with_facts(made, created=CREATED.format(day), settings={"name": name})
        write_run(tmp_path / (folder or f"r{day}"), dated)
        return dated.results

    run(2)
    run(1)
    run(3, name="other")
    run(5)  # later than the run itself
    run(1, folder=".hidden")
    run(3, ids=("a/0001", "c/0001"), folder="less")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "results.json").write_text("{", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    run(2, folder="forged")
    _forge_drift(tmp_path / "forged")
    current = run(4)
    history = past_runs(tmp_path, current, "r4")
    assert [each.name for each in history.runs] == ["r1", "r2", "less"]
    broken, forged = history.unreadable
    assert broken.startswith("broken: ")
    assert re.match("forged: .* are not of one run", forged)
    assert past_runs(tmp_path / "nowhere", current, "r4") == History()

    page = Page(write_page(tmp_path / "r4", gate).read_text(encoding="utf-8"))
    assert "Left out, because it cannot be read: broken: " in page.text
    assert [link for link in page.values("href") if link.startswith("../")] == [
        *("../less/report.html", "../r2/report.html", "../r1/report.html")
    ]
    assert [(each["name"], each["same"]) for each in page.data["history"]] == [
        *(("r1", True), ("r2", True), ("less", False), ("r4", True))
    ]
    drifts = [each["drift"]["alpha_mad"]["ir-fp32@f32"]["mean"] for each in page.data["history"]]
    assert drifts == [0.01, 0.02, 0.03, 0.04]


def test_the_page_is_the_same_for_the_same_run(make_run: MakeRun, gate: GateSection) -> None:
    assert render_html(content_of(make_run(), gate)) == render_html(content_of(make_run(), gate))


def test_the_head_row_is_html_that_closes(page_of: Callable[..., Page], tmp_path: Path) -> None:
    page_of()
    html = (tmp_path / "reports" / "test-3" / "report.html").read_text(encoding="utf-8")
    for tag in ("table", "section", "article", "figure", "div", "ul", "main", "select", "p", "tr", "th", "td"):
        assert len(re.findall(rf"<{tag}[ >]", html)) == html.count(f"</{tag}>"), tag
