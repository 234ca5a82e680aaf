"""The verbs from any folder: what was made in one is found from another, and what is ours from everywhere."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from outcome import Outcome
from outcome import Run as Mattekit
from tiny_model import write_tiny_onnx

from configs.places import HOME_VARIABLE, INSTALLED
from converter.forms.record import Conversion


@pytest.fixture
def project(run: Mattekit, tmp_path: Path, job: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a configuration of relative paths, its original, its model and a run, made in there."""
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    settings = yaml.safe_load(job(evaluate={"worst": 0}, convert={"precisions": ["fp32"]}).read_text())
    settings["model"], settings["convert"]["out"] = {"onnx": "mine.onnx"}, "models/tiny"
    settings["evaluate"]["variants"] = ["onnx", "ir-fp32@f32"]
    settings["gate"]["baseline"] = "baseline.json"
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "job.yaml").write_text(yaml.safe_dump(settings))
    write_tiny_onnx(folder / "mine.onnx")
    monkeypatch.chdir(folder)
    for arguments in (
        ("convert", "--config", "job.yaml"),
        ("evaluate", "--config", "job.yaml", "--out", "reports/tiny-20260101-120000"),
        ("gate", "--config", "job.yaml", "--update-baseline", "--reason", "the first"),
    ):
        outcome = run(*arguments)
        assert outcome.code == 0, outcome.text
    return folder


def _succeeds(outcome: Outcome) -> str:
    assert outcome.code == 0, outcome.text
    return outcome.text


def test_models_and_runs_are_found_from_elsewhere(
    run: Mattekit, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "all 3 forms proved" in _succeeds(run("verify", "--config", "job.yaml"))
    (project / "sub").mkdir()
    monkeypatch.chdir(project / "sub")
    config, models, made = "../job.yaml", "../models/tiny", "../reports/tiny-20260101-120000"
    assert "all 3 forms proved" in _succeeds(run("verify", models, "--config", config))
    again = run("evaluate", "--config", config, "--models", models, "--out", "again")
    assert "report: again/report.md" in _succeeds(again)
    # Both runs, each made in another folder, have models that are there and unchanged, seen from a third.
    monkeypatch.chdir(tmp_path)
    baseline = ("--baseline", project / "baseline.json", "--config", project / "job.yaml")
    for folder in (project / "reports" / "tiny-20260101-120000", project / "sub" / "again"):
        assert "its models, project/models/tiny, are present and unchanged" in _succeeds(run("gate", folder, *baseline))
    monkeypatch.chdir(project / "sub")
    assert "onnx" in _succeeds(run("attribute", made, "--config", config))
    assert {path.name for path in (project / "sub").iterdir()} == {"again"}


def test_home_is_where_models_data_and_reports_are(
    run: Mattekit, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.setenv(HOME_VARIABLE, str(project))
    config = ("--config", "job.yaml")
    assert "nothing to do" not in _succeeds(run("convert", *config, "--out", "other"))
    assert "all 3 forms proved" in _succeeds(run("verify", *config))
    assert "report:" in _succeeds(run("evaluate", *config))
    assert "judging the newest run of tiny" in _succeeds(run("gate", *config))
    made = ("dataset", "synthesize", "--count", 1, "--size", "96x64")
    assert f"{project}/data/" in _succeeds(run(*made))
    assert {path.name for path in Path.cwd().iterdir()} == {"other"}
    assert len(list((project / "reports").iterdir())) == 2


def test_a_moved_model_says_where_its_original_was_looked_for(
    run: Mattekit, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = ("--config", project / "job.yaml")
    moved = shutil.move(project / "models" / "tiny", tmp_path / "moved")
    assert "all 3 forms proved" in _succeeds(run("verify", moved, *config))  # its original is where it was
    (project / "mine.onnx").unlink()
    outcome = run("verify", "moved", *config)
    assert outcome.code == 3
    # As seen from the folder the project would be two above it, and it was at its own place.
    places = [tmp_path.parent / "mine.onnx", project / "mine.onnx"]
    assert all(str(place) in outcome.text for place in places), outcome.text
    assert "put it back, or run `mattekit convert` again" in outcome.text


def test_records_of_earlier_versions_are_read_as_before(run: Mattekit, project: Path) -> None:
    for file in (project / "models/tiny/conversion.json", project / "reports/tiny-20260101-120000/results.json"):
        content = json.loads(file.read_text())
        assert content.pop("origin") is not None
        file.write_text(json.dumps(content))
    assert Conversion.read(Path("models/tiny")).source.path == "mine.onnx"
    assert "all 3 forms proved" in _succeeds(run("verify", "--config", "job.yaml"))
    assert "models/tiny, are present and unchanged" in _succeeds(run("gate", "--config", "job.yaml"))


def test_defaults_are_ours_in_an_empty_folder(run: Mattekit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    assert "parameters" in _succeeds(run("info", "training/checkpoints/mattekit-mobilenetv2.safetensors"))
    assert "bgm_mobilenetv2.onnx" in _succeeds(run("download", "--list"))
    nothing = run("gate")
    assert nothing.code == 2
    assert f"no run named default-* under {tmp_path}/reports" in nothing.text
    assert HOME_VARIABLE in nothing.text
    # A baseline of ours is read, and never written: a new one goes into the working folder.
    example = INSTALLED / "reports" / "example"
    if example.is_dir():
        shutil.copytree(example, tmp_path / "run")
        judged = run("gate", "run")
        assert judged.code in (0, 1, 5), judged.text
    assert not (tmp_path / "configs").exists()
