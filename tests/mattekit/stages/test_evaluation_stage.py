"""A run's folder: what an evaluation puts there, and what it never touches."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_model import tiny_config

from configs.errors import DataError, UsageError
from configs.schema import Config
from converter.runners.base import Feed, Outputs
from converter.runners.onnx_runtime import OnnxRunner
from eval.run.stored import read_run
from mattekit.stages.evaluation import evaluate_into


@pytest.fixture
def config(tiny_onnx: Path, tiny_models: Path, tiny_set: Path) -> Config:
    return tiny_config(tiny_onnx, tiny_models, tiny_set)


def _quick(config: Config, limit: int | None = 1) -> Config:
    return config.model_copy(
        update={
            "evaluate": config.evaluate.model_copy(update={"variants": ("onnx",)}),
            "dataset": config.dataset.model_copy(update={"limit": limit}),
        }
    )


def test_report_and_pictures_of_the_worst_samples_are_written(config: Config, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    job = config.model_copy(update={"evaluate": config.evaluate.model_copy(update={"worst": 2})})
    _, results, judgement = evaluate_into(run_dir, job, rerun=("mattekit evaluate --config tiny.yaml",))
    assert judgement.original
    assert read_run(run_dir).results == results
    assert results.rerun == ("mattekit evaluate --config tiny.yaml",)
    assert len(results.worst) == 2
    report = (run_dir / "report.md").read_text(encoding="utf-8")
    assert "Nothing was lost" in report
    for record in results.worst:
        assert (run_dir / record.panel).read_bytes().startswith(b"\x89PNG")
        assert record.panel in report
    written = {"results.json", "per_sample.csv", "report.md", "report.html", "speed.png", "panels", "sbom.cdx.json"}
    assert {path.name for path in run_dir.iterdir()} == written
    page = (run_dir / "report.html").read_text(encoding="utf-8")
    assert page.count('src="data:image/webp;base64,') == sum(len(record.layers) for record in results.worst) > 0


def test_an_earlier_run_is_replaced_and_nothing_of_it_shown(config: Config, tmp_path: Path) -> None:
    job = _quick(config)
    evaluate_into(tmp_path / "run", job)
    for name in ("gate.json", "attribution.json", "bench.json", "compare.md"):
        (tmp_path / "run" / name).write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"run: holds a run, of 20.*; choose another --out, or give --force"):
        evaluate_into(tmp_path / "run", job)
    assert (tmp_path / "run" / "gate.json").exists()
    evaluate_into(tmp_path / "run", job, force=True)
    assert not (tmp_path / "run" / "gate.json").exists()
    assert (tmp_path / "run" / "results.json").is_file()


def test_a_folder_that_is_not_a_run_s_is_never_replaced(config: Config, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(UsageError, match="not an evaluation run"):
        evaluate_into(tmp_path / "letters", config)
    assert (tmp_path / "letters" / "dear.txt").read_text(encoding="utf-8") == "keep me"


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(("record", "named"), [("{}", "results.json"), (None, "panels/beach.jpg")])
def test_a_folder_with_a_file_of_a_run_s_name_is_never_replaced(
    config: Config, tmp_path: Path, record: str | None, named: str, force: bool
) -> None:
    run_dir = tmp_path / "run"
    evaluate_into(run_dir, _quick(config))
    if record is not None:
        (run_dir / "results.json").write_text(record, encoding="utf-8")
    (run_dir / "panels/beach.jpg").write_text("dear", encoding="utf-8")
    before = sorted(run_dir.rglob("*"))
    with pytest.raises(UsageError, match=named if force or record else "--force"):
        evaluate_into(run_dir, _quick(config), force=force)
    assert sorted(run_dir.rglob("*")) == before


def test_a_link_to_a_folder_stays_and_the_run_goes_where_it_points(config: Config, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(tmp_path / "runs/one")
    _, results, _ = evaluate_into(tmp_path / "latest", _quick(config))
    assert (tmp_path / "latest").is_symlink()
    assert read_run(tmp_path / "runs/one").results == results
    evaluate_into(tmp_path / "latest", _quick(config), force=True)
    assert (tmp_path / "latest").is_symlink()


def test_a_folder_that_cannot_be_made_is_refused_before_anything_runs(config: Config, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    seen: list[Any] = []
    with pytest.raises(UsageError, match="cannot be created"):
        evaluate_into(tmp_path / "file" / "run", config, report=lambda *step: seen.append(step))
    assert seen == []


def test_an_evaluation_that_fails_leaves_no_folder(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Any, feed: Feed) -> Outputs:
        outputs = infer(self, feed)
        return {**outputs, "fgr": np.full_like(outputs["fgr"], np.nan)}

    infer = OnnxRunner._run
    monkeypatch.setattr(OnnxRunner, "_run", broken)
    with pytest.raises(DataError, match=r"variant onnx, sample synthetic/0000: fgr: .*NaN"):
        evaluate_into(tmp_path / "run", _quick(config))
    assert list(tmp_path.iterdir()) == []


def test_a_sample_that_breaks_half_way_leaves_the_earlier_run_as_it_was(
    config: Config, tmp_path: Path, tiny_set: Path
) -> None:
    shutil.copytree(tiny_set, tmp_path / "set")
    dataset = config.dataset.model_copy(update={"path": str(tmp_path / "set")})
    job = config.model_copy(update={"dataset": dataset})
    evaluate_into(tmp_path / "run", _quick(job))
    before = (tmp_path / "run" / "results.json").read_bytes()
    (tmp_path / "set" / "com" / "synthetic" / "0002.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"com/synthetic/0002\.png"):
        evaluate_into(tmp_path / "run", job, force=True)
    assert (tmp_path / "run" / "results.json").read_bytes() == before
    assert json.loads(before)["dataset"]["samples"] == 1
    assert {path.name for path in tmp_path.iterdir()} == {"set", "run"}
