"""`export accuracy-check` and `import-config` as a user meets them."""

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from outcome import Run
from tiny_model import SIZE

_MODEL = {
    "task_type": "background_matting",
    "framework": "onnx",
    "files": [{"name": "toy.onnx", "source": "https://example.org/toy.onnx"}],
    "input_info": [{"name": name, "shape": [1, 3, *SIZE], "layout": "NCHW"} for name in ("src", "bgr")],
    "model_optimizer_args": [
        *("--output=pha,fgr", "--scale=255", "--reverse_input_channels", "--input_model=$dl_dir/toy.onnx")
    ],
}
_MEASURED = {
    "models": [
        {
            "name": "toy",
            "launchers": [{"framework": "openvino", "adapter": "background_matting"}],
            "datasets": [{"name": "Clips", "subsample_size": 1, "shuffle": False}],
        }
    ]
}


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "model.yml").write_text(yaml.safe_dump(_MODEL))
    (folder / "accuracy-check.yml").write_text(yaml.safe_dump(_MEASURED))
    return folder


def test_a_model_of_the_zoo_is_imported_converted_and_exported(
    run: Run, zoo: Path, tiny_onnx: Path, tiny_set: Path, tmp_path: Path
) -> None:
    imported = run("import-config", zoo / "model.yml", zoo / "accuracy-check.yml", "--out", "toy.yaml")
    assert imported.code == 0, imported.text
    assert "taken: model.yml: input_info: convert.size: 96x64" in imported.text
    assert "curl -fL --create-dirs -o data/public/toy/toy.onnx https://example.org/toy.onnx" in imported.text
    (tmp_path / "data/public/toy").mkdir(parents=True)
    shutil.copy(tiny_onnx, "data/public/toy/toy.onnx")
    shutil.copytree(tiny_set, "data/Clips")

    converted = run("convert", "--config", "toy.yaml")
    assert converted.code == 0, converted.text
    exported = run("export", "accuracy-check", "models/toy", "--dataset", "data/Clips", "--out", "check")
    assert exported.code == 0, exported.text
    command = shlex.split(exported.out.strip().splitlines()[-1])
    assert command[0] == "accuracy_check" and command[1::2] == ["-c", "-d", "-m", "-s"]
    assert all(Path(path).is_absolute() and Path(path).exists() for path in command[2::2])

    again = run("import-config", zoo / "model.yml", "--out", "toy.yaml")
    assert again.code == 2 and "toy.yaml: is there already; choose another --out, or give --force" in again.text
    assert run("import-config", zoo / "model.yml", "--out", "toy.yaml", "--force").code == 0


def test_what_cannot_be_exported_is_said(run: Run, job: Callable[..., Path], tiny_set: Path, tmp_path: Path) -> None:
    nothing = run("export", "accuracy-check", tiny_set, "--out", "check")
    assert nothing.code == 3 and "expected a run's folder (results.json) or a converted model's" in nothing.text
    assert run("evaluate", "--config", job(), "--variants", "onnx", "--out", "run").code == 0
    twice = run("export", "accuracy-check", "run", "--dataset", "people", "--out", "check")
    assert twice.code == 2 and "has a set of its own" in twice.text
    no_ir = run("export", "accuracy-check", "run", "--out", "check")
    assert no_ir.code == 2 and "ran no IR on the CPU" in no_ir.text
    assert not (tmp_path / "check").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task_type: detection", "task_type: expected background_matting, found detection"),
        ("- 1", "model.yml: expected a mapping, found list"),
        ("a: [", "not valid YAML"),
    ],
)
def test_what_is_no_model_of_matting_is_refused(run: Run, zoo: Path, tmp_path: Path, text: str, message: str) -> None:
    (zoo / "model.yml").write_text(text)
    outcome = run("import-config", zoo / "model.yml")
    assert outcome.code == 2 and message in outcome.text
    assert not (tmp_path / "mattekit-job.yaml").exists()
