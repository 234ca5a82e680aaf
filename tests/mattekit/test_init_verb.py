"""`mattekit init`: the job that it writes for a model, and what it refuses."""

from pathlib import Path

import onnx
import pytest
from outcome import Run
from tiny_model import write_tiny_onnx

from configs.load import load_config
from configs.places import INSTALLED
from configs.schema import Config

BUNDLED = INSTALLED / "training/checkpoints/mattekit-mobilenetv2.safetensors"


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MATTEKIT_HOME", raising=False)


def test_without_a_model_the_job_is_the_default_one_by_another_name(run: Run) -> None:
    outcome = run("init")
    assert outcome.code == 0, outcome.text
    job, usual = load_config(), Config()
    assert job.name == "mattekit"
    assert job.model.checkpoint == BUNDLED
    assert job.model.replaced(checkpoint=None, onnx="x") == usual.model.replaced(checkpoint=None, onnx="x")
    assert job.convert.replaced(out=usual.convert.out) == usual.convert
    assert (job.dataset, job.evaluate) == (usual.dataset, usual.evaluate)
    assert job.gate.replaced(baseline=None) == usual.gate
    for line in Path("mattekit.yaml").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        assert not value or "#" in line or key.strip() in ("variants", "baseline", "require_baseline"), line


def test_a_job_in_another_folder_names_files_as_seen_from_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "odd: name.safetensors").write_bytes(BUNDLED.read_bytes())
    outcome = run("init", "--checkpoint", "odd: name.safetensors", "--out", "jobs/a.yaml", "--dataset", "synthetic")
    assert outcome.code == 0, outcome.text
    assert "next: mattekit convert --config jobs/a.yaml" in outcome.out
    job = load_config(Path("jobs/a.yaml"))
    assert (job.name, job.model.checkpoint) == ("odd-name", Path("../odd: name.safetensors"))
    assert (job.dataset.path, job.dataset.size) == ("synthetic", (720, 1280))


def test_an_onnx_gives_its_size_and_a_set_that_fits_it(run: Run) -> None:
    write_tiny_onnx(Path("mine.onnx"))
    outcome = run("init", "--onnx", "mine.onnx")
    assert outcome.code == 0, outcome.text
    job = load_config()
    assert (job.model.onnx, job.model.checkpoint) == (Path("mine.onnx"), None)
    assert job.evaluate.variants[0] == "onnx"


def test_an_onnx_of_a_fixed_size_is_evaluated_on_frames_of_its_aspect(run: Run) -> None:
    write_tiny_onnx(Path("free.onnx"))
    model = onnx.load("free.onnx")
    for value in model.graph.input:
        for side, length in zip(value.type.tensor_type.shape.dim[2:], (64, 96), strict=True):
            side.dim_value = length
    onnx.save(model, "fixed.onnx")
    outcome = run("init", "--onnx", "fixed.onnx")
    assert outcome.code == 0, outcome.text
    job = load_config()
    assert (job.convert.size, job.dataset.path, job.dataset.size) == ((64, 96), "synthetic", (64, 96))
    stretched = run("init", "--onnx", "fixed.onnx", "--dataset", "people", "--force")
    assert stretched.code == 0
    assert "warning: frames of 1280x720 are stretched to the model's 96x64" in stretched.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--checkpoint", "none.pth"), 3, "none.pth: no such checkpoint"),
        (("--checkpoint", "text.pth"), 3, "text.pth: not a readable checkpoint"),
        (("--onnx", "text.pth"), 3, "text.pth: not a readable ONNX model"),
        (("--checkpoint", "a.pth", "--onnx", "b.onnx"), 2, "not both"),
        (("--architecture", "background-mating"), 2, "did you mean `background-matting-v2`?"),
        (("--dataset", "nowhere"), 3, "nowhere: no such folder"),
        (("--out", "text.pth"), 2, "text.pth: is there already; choose another --out, or give --force"),
    ],
)
def test_what_is_wrong_is_said_at_once_and_nothing_is_written(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    (tmp_path / "text.pth").write_text("text", encoding="utf-8")
    outcome = run("init", *arguments)
    assert (outcome.code, words in outcome.text) == (code, True), outcome.text
    assert [path.name for path in tmp_path.iterdir()] == ["text.pth"]
    assert (tmp_path / "text.pth").read_text(encoding="utf-8") == "text"


def test_the_job_of_the_folder_is_read_and_named_and_another_s_default_is_not(run: Run, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/default.yaml").write_text("lr: 0.1\n", encoding="utf-8")  # of a repository of somebody's
    outcome = run("gate", "nowhere")
    assert (outcome.code, outcome.err.count("job:")) == (3, 0)
    (tmp_path / "mattekit.yaml").write_text("gate: {minimum_sample: 3}\n", encoding="utf-8")
    outcome = run("gate", "nowhere")
    assert outcome.code == 2
    assert outcome.err.startswith("job: mattekit.yaml\n")
    assert "gate.minimum_sample: unknown key; did you mean `minimum_samples`?" in outcome.err
    assert run("gate", "nowhere", "--config", "configs/default.yaml").err.startswith("job: configs/default.yaml\n")
