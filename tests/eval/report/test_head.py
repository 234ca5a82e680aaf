"""The first screen: drift against its limit on the side that counts, speed, what ran where, and distorted frames."""

import pytest
from eval_runs import MakeRun, with_facts
from html_pages import content_of

from configs.schema import GateSection
from eval.report.head import largest_drift
from eval.report.html.page import render_html
from eval.report.markdown import render_markdown
from eval.report.tables import DriftLimit
from eval.run.results import ModelRecord
from eval.run.stored import Run


def both_ways(gate: GateSection) -> GateSection:
    limits = {
        precision: {name: each.model_copy(update={"direction": "both"}) for name, each in own.items()}
        for precision, own in gate.against_original.items()
    }
    return gate.model_copy(update={"against_original": limits})


def test_an_improvement_takes_nothing_of_a_one_sided_limit(make_run: MakeRun, gate: GateSection) -> None:
    results = make_run({"ir-fp32@f32": 0.02, "ir-fp16@default": -0.09}).results
    assert largest_drift(results, gate).share == pytest.approx(20)
    assert "+0.02000 with `ir-fp32@f32`" in largest_drift(results, gate).text
    assert largest_drift(results, both_ways(gate)).share == pytest.approx(90)
    better = make_run({"ir-fp32@f32": -0.09, "ir-fp16@default": -0.09}).results
    assert largest_drift(better, gate).share == 0
    assert "\u22120.09000" in largest_drift(better, gate).text
    assert "for an increase alone" in largest_drift(better, gate).text


def test_a_limit_has_the_sides_that_it_judges() -> None:
    sides = {
        way: (limit.low, limit.high) for way in ("increase", "decrease", "both") if (limit := DriftLimit(0.1, way))
    }  # type: ignore[arg-type]
    assert sides == {"increase": (None, 0.1), "decrease": (-0.1, None), "both": (-0.1, 0.1)}


def test_both_pages_begin_with_drift_speed_and_what_ran_where(make_run: MakeRun, gate: GateSection) -> None:
    run = timed(make_run({"ir-fp32@f32": 0.05}), {"torch": 100.0, "ir-fp32@f32": 40.0, "ir-fp16@default": 20.0})
    content = content_of(run, gate)
    said = "**5.00 times as fast**: `ir-fp16@default` 20.00 ms a sample, the original `torch` 100.0 ms"
    assert content.speed == said
    markdown = render_markdown(content)
    assert markdown.index(said) < markdown.index("| Metric |")
    assert markdown.index("Ran with: ") < markdown.index("| Metric |")
    for part in ("OpenVINO on CPU (f32, bf16)", "torch 2.0 on CPU (f32)"):
        assert part in content.ran
    page = render_html(content)
    first = page[: page.index('<nav aria-label="Sections">')]
    assert "5.00 times as fast" in first
    assert 'aria-label="50 % of the limit"' in first
    assert "OpenVINO on CPU (f32, bf16)" in first


def test_a_slower_conversion_is_called_slower(make_run: MakeRun) -> None:
    run = timed(make_run(), {"torch": 10.0, "ir-fp32@f32": 40.0, "ir-fp16@default": 20.0})
    assert (content_of(run).speed or "").startswith("**0.50 times as fast, that is, slower**: `ir-fp16@default`")


def test_both_pages_warn_of_frames_of_another_aspect(make_run: MakeRun) -> None:
    model = ModelRecord(source_sha256="0" * 64, architecture="background-matting-v2", input_size=(720, 1280))
    run = with_facts(make_run(), model=model)
    same = with_facts(run, dataset=run.results.dataset.model_copy(update={"sizes": ((1080, 1920),)}))
    other = with_facts(run, dataset=run.results.dataset.model_copy(update={"sizes": ((1080, 1440), (1080, 1920))}))
    for given, warned in ((run, False), (same, False), (other, True)):
        for page in (render_markdown(content_of(given)), render_html(content_of(given))):
            assert ("another aspect than the model" in page) == warned
            assert ("frames of 1440x1080 were squeezed into 1280x720" in page) == warned
    assert "4 samples of 1440x1080, 1920x1080; the model takes 1280x720" in content_of(other).shown


def timed(run: Run, medians: dict[str, float]) -> Run:
    """Return the run with the same time on every sample."""
    times = [medians[variant] for variant, _ in run.table.index]
    return Run(run.results, run.table.assign(latency_ms=times))
