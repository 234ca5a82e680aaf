"""A stored run gated, attributed and timed: what is written, and that each command reads and judges once."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from outcome import Run
from tiny_model import tiny_config

from configs.errors import DataError
from configs.schema import Config
from eval.attribution.text import attribution_page, explain
from eval.gate import judge as judge_module
from eval.gate.run import update_baseline
from mattekit.stages.attribution import attribute_run
from mattekit.stages.evaluation import evaluate_into
from mattekit.stages.stored import gate_run

Job = Callable[..., Path]


@pytest.fixture
def config(tiny_onnx: Path, tiny_models: Path, tiny_set: Path) -> Config:
    return tiny_config(tiny_onnx, tiny_models, tiny_set)


@pytest.fixture(scope="module")
def whole_run(tiny_onnx: Path, tiny_models: Path, tiny_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_dir = tmp_path_factory.mktemp("stored") / "run"
    evaluate_into(run_dir, tiny_config(tiny_onnx, tiny_models, tiny_set))
    return run_dir


@pytest.fixture
def run_dir(whole_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole_run, tmp_path / "run"))


def test_the_gate_writes_its_verdict_everywhere(
    config: Config, run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    baseline = tmp_path / "baseline.json"
    update_baseline(run_dir, config.gate, "first", baseline_path=baseline)
    content = json.loads(baseline.read_text(encoding="utf-8"))
    content["original"] = "another"
    baseline.write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    report = gate_run(run_dir, config.gate, (), baseline)
    assert report.exit_code == 1
    for name in ("gate.json", "junit.xml", "badge.json"):
        assert (run_dir / name).is_file()
    assert json.loads((run_dir / "badge.json").read_text(encoding="utf-8"))["message"] == "failed"
    page = (run_dir / "report.html").read_text(encoding="utf-8")
    assert "Gate failed" in page
    assert "Nothing was lost" in page  # against the original
    assert f"report_path={(run_dir / 'report.html').as_posix()}\n" in (tmp_path / "output").read_text(encoding="utf-8")
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("## Gate: failed\n")


def test_no_verdict_of_another_time_outlives_an_error(config: Config, run_dir: Path, tmp_path: Path) -> None:
    for name in ("gate.json", "junit.xml", "badge.json"):
        (run_dir / name).write_text("stale", encoding="utf-8")
    with pytest.raises(DataError, match=r"none\.json: there is no such file"):
        gate_run(run_dir, config.gate, (), tmp_path / "none.json")
    assert not {"gate.json", "junit.xml", "badge.json"} & {path.name for path in run_dir.iterdir()}


def test_an_attribution_is_written_and_shown_on_both_pages(run_dir: Path) -> None:
    attribution = attribute_run(run_dir)
    assert (run_dir / "attribution.md").read_text(encoding="utf-8") == attribution_page(attribution)
    assert "Where the drift entered" in (run_dir / "report.html").read_text(encoding="utf-8")
    report = (run_dir / "report.md").read_text(encoding="utf-8")
    assert explain(attribution) in report
    assert "](attribution.md)" in report


def test_an_attribution_that_is_refused_writes_nothing(run_dir: Path, tmp_path: Path) -> None:
    results = json.loads((run_dir / "results.json").read_text(encoding="utf-8"))
    for variant in results["variants"]:
        variant["model_sha256"] = "0" * 64
    (run_dir / "results.json").write_text(json.dumps(results), encoding="utf-8")
    with pytest.raises(DataError, match="onnx: model_sha256 is not among the hashes of its files"):
        attribute_run(run_dir)
    assert not (run_dir / "attribution.json").exists()
    with pytest.raises(DataError, match="run `mattekit evaluate`"):
        attribute_run(tmp_path)


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count reads of a run's files, and judgements, from now on."""
    counted: Counter[str] = Counter()
    open_file, report_of = os.open, judge_module._report

    def opening(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if Path(path).name in ("results.json", "per_sample.csv", "report.md") and not flags & (os.O_WRONLY | os.O_RDWR):
            counted[Path(path).name] += 1
        return open_file(path, flags, *arguments, **options)

    def judging(*arguments: Any, **options: Any) -> Any:
        counted["judgements"] += 1
        return report_of(*arguments, **options)

    monkeypatch.setattr(os, "open", opening)
    monkeypatch.setattr(judge_module, "_report", judging)
    return counted


def test_an_evaluation_reads_nothing_back_and_judges_once(run: Run, job: Job, count: Counter[str]) -> None:
    assert run("evaluate", "--config", job(), "--out", "run").code == 0
    assert count == {"judgements": 1}


@pytest.mark.parametrize(
    "command",
    [
        ("gate", "run"),
        ("attribute", "run", "--limit", "1"),
        ("bench", "--run", "run", "--frames", "1", "--no-throughput"),
    ],
)
def test_a_command_on_a_stored_run_reads_once_and_judges_once(
    run: Run, job: Job, run_dir: Path, config: Config, tmp_path: Path, count: Counter[str], command: tuple[str, ...]
) -> None:
    update_baseline(run_dir, config.gate, "first", baseline_path=tmp_path / "baseline.json")
    count.clear()
    verb, *rest = command
    assert run(verb, *rest, "--config", job()).code == 0
    assert count == {"results.json": 1, "per_sample.csv": 1, "judgements": 1}
