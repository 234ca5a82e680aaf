"""Where the time of an evaluation goes: measured on a network whose inference takes a known time."""

import time
from pathlib import Path
from typing import Any

import pytest
from tiny_model import tiny_config

from configs.schema import Config
from converter.runners.base import Feed, Outputs
from converter.runners.onnx_runtime import OnnxRunner
from eval.bench.pipeline import bench_pipeline
from eval.bench.pipeline_page import draw_pipeline, pipeline_markdown, write_pipeline_files
from eval.bench.pipeline_record import PipelineRecord, WayTime
from eval.pipeline.stages import STAGES, Clock

SLOW = 0.05


@pytest.fixture
def config(tiny_onnx: Path, tiny_models: Path, tiny_set: Path) -> Config:
    return tiny_config(tiny_onnx, tiny_models, tiny_set, evaluate={"variants": ["onnx"], "worst": 0})


@pytest.fixture
def record(config: Config, monkeypatch: pytest.MonkeyPatch) -> PipelineRecord:
    run = OnnxRunner._run

    def slow(self: Any, feed: Feed) -> Outputs:
        time.sleep(SLOW)
        return run(self, feed)

    monkeypatch.setattr(OnnxRunner, "_run", slow)
    return bench_pipeline(config, rounds=2, rerun="mattekit bench --pipeline")


def _stage(way: WayTime, name: str) -> float:
    return next(stage.wall_ms for stage in way.stages if stage.stage == name)


def test_a_slow_inference_is_seen_where_it_is(record: PipelineRecord) -> None:
    assert (record.samples, record.variants) == (3, ("onnx",))
    assert record.bare_ms >= 1e3 * SLOW
    for way in (record.in_turn, record.at_once):
        assert way.ms >= 1e3 * SLOW
        assert way.times_bare >= 0.9
    # in turn the sample waits for the network wholly
    assert _stage(record.in_turn, "infer") >= 0.9e3 * SLOW
    assert sum(stage.wall_ms for stage in record.in_turn.stages) == pytest.approx(record.in_turn.ms, rel=0.6)
    assert {span.stage for span in record.spans} <= set(STAGES)


def test_the_page_and_the_picture_show_every_stage(record: PipelineRecord, tmp_path: Path) -> None:
    write_pipeline_files(tmp_path, record)
    assert PipelineRecord.read(tmp_path) == record
    page = pipeline_markdown(record)
    assert all(f"`{stage}`" in page for stage in STAGES)
    assert "mattekit bench --pipeline" in page
    assert draw_pipeline(record).startswith(b"\x89PNG")
    assert {path.name for path in tmp_path.iterdir()} == {"pipeline.json", "pipeline.md", "pipeline.png"}


def test_a_clock_keeps_the_first_spans_and_all_sums() -> None:
    clock = Clock(spans=1)
    for stage in ("read", "score"):
        with clock(stage):
            time.sleep(0.01)
    assert [span.stage for span in clock.spans] == ["read"]
    assert clock.wall["score"] >= 0.009
    assert clock.cpu["score"] < clock.wall["score"]
