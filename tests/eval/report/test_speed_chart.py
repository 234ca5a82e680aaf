"""The chart of accuracy against speed: what it shows, and when there is one."""

import io
from pathlib import Path

import numpy as np
import pytest
from eval_runs import MakeRun
from html_pages import content_of
from PIL import Image

from eval.report.charts import SPEED_FILE, draw_speed, has_speed, speed_points
from eval.report.markdown import render_markdown, write_report
from eval.run.stored import Run


def test_points_are_latency_and_the_share_of_the_original(make_run: MakeRun) -> None:
    results = make_run({"ir-fp16@default": 0.55}).results
    variant = results.variant("ir-fp16@default")
    assert variant is not None
    points = {name: (latency, share) for name, latency, share in speed_points(results, variant)}
    # Base 4 plus the sample's number 0..3: the original's Alpha MAD is 5.5, of which 0.55 is a tenth.
    assert points["alpha_mad"] == (25.0, pytest.approx(10))


def test_the_picture_is_small_and_the_same_each_time(make_run: MakeRun) -> None:
    results = make_run({"ir-fp16@default": 0.5, "ir-fp32@f32": 1e-6}).results
    drawn = draw_speed(results)
    assert drawn == draw_speed(results)
    assert len(drawn) <= 60_000
    image = np.asarray(Image.open(io.BytesIO(drawn)).convert("RGB"))
    assert image.shape[1] <= 1000
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 8


def test_a_drift_moves_a_mark(make_run: MakeRun) -> None:
    assert draw_speed(make_run({"ir-fp16@default": 0.5}).results) != draw_speed(
        make_run({"ir-fp16@default": 5}).results
    )


def test_the_report_shows_the_chart_that_lies_beside_it(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run({"ir-fp16@default": 0.5})
    text = write_report(tmp_path, content_of(run)).read_text(encoding="utf-8")
    assert f"]({SPEED_FILE})" in text
    assert (tmp_path / SPEED_FILE).read_bytes() == draw_speed(run.results)


def test_without_latency_there_is_no_chart(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    untimed = Run(run.results, run.table.assign(latency_ms=np.nan))
    assert not has_speed(untimed.results)
    assert SPEED_FILE not in render_markdown(content_of(untimed))
    write_report(tmp_path, content_of(untimed))
    assert not (tmp_path / SPEED_FILE).exists()
