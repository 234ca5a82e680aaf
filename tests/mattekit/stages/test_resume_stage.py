"""Runs that are broken off and gone on with: the same to the last bit, and never of anything else."""

import os
import shutil
from pathlib import Path

import pytest
from broken_off import after, same_runs
from tiny_model import SIZE, tiny_config, write_tiny_onnx
from toy_models import toy_config, write_recurrent

from configs.errors import DataError, UsageError
from configs.schema import Config
from configs.unfinished import folder_of
from converter.convert import convert
from datasets.samples.images import read_rgb, write_png
from datasets.samples.layout import SampleSet
from datasets.synthetic.make import synthesize
from eval.pipeline import journal
from eval.run.alike import differences
from mattekit.stages.evaluation import evaluate_into, resumed
from tools.kills.resume import kill_and_resume


@pytest.fixture(scope="module")
def own_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a set of six samples without a manifest."""
    root = tmp_path_factory.mktemp("own") / "six"
    synthesize(root, 6, 3, SIZE, workers=1)
    (root / "manifest.json").unlink()
    return root


@pytest.fixture
def job(tiny_onnx: Path, tiny_models: Path, own_set: Path, tmp_path: Path) -> Config:
    """Return a job on a copy of the set, with two samples that have pictures."""
    shutil.copytree(own_set, tmp_path / "set")
    return tiny_config(
        tiny_onnx, tiny_models, tmp_path / "set", evaluate={"variants": ["onnx", "ir-fp16@f32"], "worst": 2}
    )


def _break_off(job: Config, run_dir: Path, samples: int = 3) -> None:
    with pytest.raises(DataError, match="broken off"):
        evaluate_into(run_dir, job, execute=after(samples))
    assert not run_dir.exists()


@pytest.mark.parametrize("samples", [1, 3, 5])
def test_a_run_that_was_broken_off_is_finished_to_the_same_figures_and_pictures(
    job: Config, tmp_path: Path, samples: int
) -> None:
    evaluate_into(tmp_path / "whole", job)
    _break_off(job, tmp_path / "run", samples)
    said: list[str] = []

    evaluate_into(tmp_path / "run", job, say=said.append)

    assert said == [f"going on with a run that was broken off: {samples} of 6 samples are done"]
    assert not folder_of(tmp_path / "run").exists()
    same_runs(tmp_path / "run", tmp_path / "whole")


@pytest.mark.parametrize("states", [False, True], ids=["dtssd", "states"])
def test_a_clip_is_gone_on_with_in_its_middle(
    tiny_onnx: Path,
    tiny_models: Path,
    own_set: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    toy_families: None,
    states: bool,
) -> None:
    monkeypatch.setattr(SampleSet, "sequential", property(lambda _: True))
    if states:
        model = {"architecture": "recurrent", "onnx": str(write_recurrent(tmp_path / "recurrent.onnx"))}
        job = toy_config(
            model, tmp_path / "models", own_set, evaluate={"variants": ["onnx", "ir-fp32@f32"], "worst": 1}
        )
        convert(job, say=lambda _: None)
    else:
        job = tiny_config(tiny_onnx, tiny_models, own_set, evaluate={"variants": ["onnx"], "worst": 1})
    evaluate_into(tmp_path / "whole", job)
    with pytest.raises(DataError, match="broken off"):
        evaluate_into(tmp_path / "run", job, execute=after(1))

    evaluate_into(tmp_path / "run", job)

    same_runs(tmp_path / "run", tmp_path / "whole")


def test_a_new_run_of_the_same_job_finishes_the_one_that_was_left(job: Config, tmp_path: Path) -> None:
    _break_off(job, tmp_path / "monday")
    other = job.model_copy(update={"evaluate": job.evaluate.replaced(worst=1)})
    assert evaluate_into(tmp_path / "tuesday", other, any_name=True).folder == tmp_path / "tuesday"
    assert evaluate_into(tmp_path / "wednesday", job, any_name=True).folder == tmp_path / "monday"
    assert evaluate_into(tmp_path / "thursday", job, any_name=True).folder == tmp_path / "thursday"


@pytest.mark.parametrize("spoil", [b"", b"half", None], ids=["empty", "cut off", "turned"])
def test_a_part_that_is_not_whole_is_evaluated_again(job: Config, tmp_path: Path, spoil: bytes | None) -> None:
    evaluate_into(tmp_path / "whole", job)
    _break_off(job, tmp_path / "run")
    part = sorted((folder_of(tmp_path / "run") / "parts").iterdir())[1]
    content = part.read_bytes()
    part.write_bytes(content.replace(b"0.", b"1.", 1) if spoil is None else content[:200] if spoil else b"")
    said: list[str] = []
    evaluate_into(tmp_path / "run", job, say=said.append)
    assert "2 of 6 samples are done" in said[0]
    same_runs(tmp_path / "run", tmp_path / "whole")


@pytest.mark.parametrize("spoil", ["gone", "cut off"])
def test_pictures_that_are_lost_are_made_again(job: Config, tmp_path: Path, spoil: str) -> None:
    evaluate_into(tmp_path / "whole", job)
    _break_off(job, tmp_path / "run", 4)
    first = sorted((folder_of(tmp_path / "run") / "pictures").iterdir())[0]
    if spoil == "gone":
        first.unlink()
    else:
        first.write_bytes(first.read_bytes()[:1000])
    evaluate_into(tmp_path / "run", job)
    same_runs(tmp_path / "run", tmp_path / "whole")


def test_a_sample_that_was_changed_is_refused_and_one_that_was_touched_is_not(job: Config, tmp_path: Path) -> None:
    _break_off(job, tmp_path / "run")
    first = sorted((Path(job.dataset.path) / "bgr").rglob("*.png"))[0]
    os.utime(first, (1, 1))
    with pytest.raises(DataError, match="broken off"):
        evaluate_into(tmp_path / "run", job, execute=after(0))
    write_png(first, 255 - read_rgb(first))
    with pytest.raises(DataError, match="sample synthetic/0000 was changed since it was evaluated"):
        evaluate_into(tmp_path / "run", job)
    evaluate_into(tmp_path / "run", job, force=True)


def test_another_job_is_refused_with_what_changed(job: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _break_off(job, tmp_path / "run")
    fewer = job.model_copy(update={"dataset": job.dataset.replaced(limit=5)})
    with pytest.raises(UsageError, match=r"settings\.dataset\.limit: none, now 5"):
        evaluate_into(tmp_path / "run", fewer)
    monkeypatch.setattr("eval.pipeline.opening.source_sha256", lambda: "0" * 64)
    with pytest.raises(UsageError, match="source_sha256: "):
        evaluate_into(tmp_path / "run", job)


def test_another_model_is_refused_by_its_file(job: Config, tmp_path: Path, tiny_onnx: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(job.convert.out, models)
    job = job.model_copy(update={"convert": job.convert.replaced(out=models)})
    _break_off(job, tmp_path / "run")
    shutil.rmtree(models)
    onnx = write_tiny_onnx(tmp_path / "other.onnx", gain=0.8)
    other = tiny_config(onnx, models, job.dataset.path, evaluate=job.evaluate.model_dump())
    convert(other, say=lambda _: None)
    with pytest.raises(UsageError, match=r"models\.onnx\.|settings\.model"):
        evaluate_into(tmp_path / "run", other)


def test_a_run_is_resumed_by_its_name_with_the_job_that_it_had(job: Config, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing unfinished"):
        resumed(tmp_path / "run")
    with pytest.raises(DataError, match="broken off"):
        evaluate_into(tmp_path / "run", job, execute=after(2), rerun=("mattekit evaluate",))
    for place in (tmp_path / "run", folder_of(tmp_path / "run")):
        assert resumed(place) == (tmp_path / "run", job, ("mattekit evaluate",))
    evaluate_into(*resumed(tmp_path / "run")[:2])
    with pytest.raises(UsageError, match="finished, there is nothing to resume"):
        resumed(tmp_path / "run")


def test_parts_are_closed_as_time_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(journal, "monotonic", lambda: now)
    kept = journal.Journal(tmp_path)
    now = 0.9
    assert not kept.due
    now = 1.0
    assert kept.due


@pytest.mark.slow
def test_a_run_that_is_killed_at_random_moments_ends_as_an_unbroken_one(
    job: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.yaml").write_text(job.model_dump_json(), encoding="utf-8")
    assert "to the last bit" in kill_and_resume(tmp_path / "work", 4, 1, ["--config", "job.yaml"])


def test_runs_that_differ_are_told_apart(job: Config, tmp_path: Path) -> None:
    first = evaluate_into(tmp_path / "one", job)
    evaluate_into(tmp_path / "other", job.model_copy(update={"dataset": job.dataset.replaced(limit=5)}))
    assert "samples, variants or metrics" in differences(tmp_path / "one", tmp_path / "other")
    (tmp_path / "one" / first.results.worst[0].panel).write_bytes(b"other")
    assert differences(tmp_path / "one", tmp_path / "one") == []
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    (tmp_path / "copy" / first.results.worst[0].panel).write_bytes(b"another")
    assert differences(tmp_path / "one", tmp_path / "copy") == [first.results.worst[0].panel]
