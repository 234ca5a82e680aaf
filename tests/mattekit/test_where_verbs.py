"""`mattekit locate` and `mattekit attribute` from the command line."""

from collections.abc import Callable
from pathlib import Path

from outcome import Run

from datasets.samples.layout import open_set


def test_locate_says_so_where_forms_agree_and_ends_with_zero(
    run: Run, job: Callable[..., Path], tiny_models: Path, tiny_set: Path
) -> None:
    sample = open_set(tiny_set).refs[0].id
    model = tiny_models / "model.onnx"
    done = run("locate", tiny_models, model, "--sample", sample, "--config", job(), "--out", "found")
    assert done.code == 0, done.text
    assert "A and B agree on all" in done.text
    assert Path("found/growth.png").is_file()


def test_locate_ends_with_one_where_they_part(
    run: Run, job: Callable[..., Path], tiny_models: Path, tiny_set: Path
) -> None:
    sample = open_set(tiny_set).refs[0].id
    a, b = tiny_models / "fp32/model.xml", tiny_models / "fp16/model.xml"
    done = run(
        *("locate", a, b, "--sample", sample, "--config", job(), "--tolerance", 0, "--out", "found", "--until-parted")
    )
    assert done.code == 1, done.text
    assert "A and B part at" in done.text
    assert Path("found/reproduction/reproduce.py").is_file()


def test_locate_an_unknown_sample_is_corrupt_or_missing_data(
    run: Run, job: Callable[..., Path], tiny_models: Path
) -> None:
    done = run("locate", tiny_models, tiny_models, "--sample", "no/such", "--config", job())
    assert done.code == 3
    assert "has no sample 'no/such'" in done.text
    assert not Path("reports").exists()


def test_attribute_a_run(run: Run, job: Callable[..., Path]) -> None:
    config = job()
    assert run("evaluate", "--config", config, "--out", "run").code == 0
    done = run("attribute", "run", "--limit", 1)
    assert done.code == 0, done.text
    assert "added most" in done.text
    assert Path("run/attribution.json").is_file()
    assert "## Where the drift entered" in Path("run/report.md").read_text(encoding="utf-8")
