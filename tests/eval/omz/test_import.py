"""Jobs made of the Open Model Zoo's files: what is taken, what is held against mattekit, and that nothing is lost."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from zoo_files import CHECKSUM, accuracy_yml, model_yml, write_zoo

from configs.catalogue import read_catalogue
from configs.errors import UsageError
from configs.load import load_config
from configs.schema import DatasetSection
from eval.omz.export import export_of_models, write_export
from eval.omz.job import ImportedJob, import_job


def _imported(root: Path, model: Any, accuracy: Any = None) -> ImportedJob:
    return import_job(*write_zoo(root, model, accuracy))


def _texts(job: ImportedJob, outcome: str) -> list[str]:
    return [f"{finding.key}: {finding.text}" for finding in job.findings if finding.outcome == outcome]


def test_a_model_of_the_zoo_becomes_a_job_that_loads(tmp_path: Path) -> None:
    job = _imported(tmp_path, model_yml())
    (tmp_path / "job.yaml").write_text(job.text("both"))
    read = load_config(tmp_path / "job.yaml")

    assert read.name == "toy" and read.model.architecture == "background-matting-v2"
    assert read.model.onnx == Path("data/public/toy/toy.onnx") and read.model.checkpoint is None
    assert read.model.download is None
    assert read.convert.size == (64, 96) and read.convert.precisions == ("fp32", "fp16")
    assert read.dataset.path == "data/Clips"
    assert job.published == {"alpha_mad": 4.5, "alpha_mse": 1, "foreground_mse": 2.5}
    fetch, verify = job.hints
    assert fetch.endswith("data/public/toy/toy.onnx 'https://example.org/toy.onnx?a=1&b=2'") and "1,234 bytes" in fetch
    assert f"echo '{CHECKSUM}  data/public/toy/toy.onnx' | sha384sum -c" in verify
    assert _texts(job, "by hand") == ["model.yml: license: read it: https://example.org/LICENSE"]
    assert f"# {fetch}" in (tmp_path / "job.yaml").read_text()


def test_a_file_that_the_catalogue_has_is_downloaded_by_name(tmp_path: Path) -> None:
    name = "background-matting-mobilenetv2"
    known = read_catalogue()[name]
    checksum = str(known.checksum).partition(":")[2]
    files = [{"name": known.file, "size": known.size, "checksum": checksum, "source": known.url}]
    arguments = ["--output=pha,fgr", "--scale_values=src[255,255,255],bgr[255]", f"--input_model=$dl_dir/{known.file}"]
    path, _ = write_zoo(tmp_path, model_yml(files=files, model_optimizer_args=arguments))
    path.parent.rename(tmp_path / name)

    job = import_job(tmp_path / name / "model.yml")

    assert job.content["model"]["download"] == name and job.hints == ()
    assert any("takes RGB; mattekit's takes BGR" in text for text in _texts(job, "by hand"))


def test_quantizable_asks_for_int8(tmp_path: Path) -> None:
    content = _imported(tmp_path, model_yml(quantizable=True)).content

    assert content["convert"]["precisions"] == ["fp32", "fp16", "int8"]
    assert content["evaluate"]["variants"][-1] == "ir-int8@f32"


def test_every_key_that_is_not_understood_is_named(tmp_path: Path) -> None:
    model, accuracy = model_yml(novelty=1), accuracy_yml(batch=2)
    model["files"][0]["signature"] = "x"
    model["input_info"][0]["range"] = [0, 1]
    model["model_optimizer_args"] += ["--transform=LowLatency", "--data_type=FP16"]
    entry = accuracy["models"][0]
    entry["tags"] = ["slow"]
    entry["launchers"][0]["cpu_extensions"] = "AUTO"
    entry["launchers"][0]["adapter"]["smooth"] = True
    entry["launchers"][0]["inputs"].append({"name": "ratio", "type": "CONST_INPUT", "value": 0.25})
    entry["datasets"][0]["preprocessing"].append({"type": "normalization", "mean": 127})
    entry["datasets"][0]["postprocessing"] = [{"type": "resize", "size": 512}]
    entry["datasets"][0]["metrics"] += [{"type": "mae", "name": "MAD", "reference": {"mean": 5.2}}]

    by_hand = "\n".join(_texts(_imported(tmp_path, model, accuracy), "by hand"))

    for named in (
        *("model.yml: novelty:", "model.yml: files.0.signature:", "model.yml: input_info.0.range:"),
        *("model.yml: model_optimizer_args --transform:", "accuracy-check.yml: models.0.tags:"),
        *("models.0.launchers.0.cpu_extensions:", "models.0.launchers.0.adapter.smooth:"),
        *("models.0.launchers.0.inputs.2.type: ratio: CONST_INPUT", "models.0.datasets.0.batch:"),
        *("preprocessing.2.type: normalization", "preprocessing.2.mean:", "postprocessing.0.type: resize"),
        *("postprocessing.0.size:", "metrics.3.type: MAD: mattekit has no metric of this definition"),
    ):
        assert named in by_hand
    assert "--data_type" not in by_hand


def test_what_files_say_stays_a_comment(tmp_path: Path) -> None:
    job = _imported(tmp_path, model_yml(license="https://example.org\nname: other"))

    assert yaml.safe_load(job.text("both"))["name"] == "toy"


def test_an_onnx_that_is_made_of_a_checkpoint_is_left_to_the_user(tmp_path: Path) -> None:
    model = model_yml(framework="pytorch", conversion_to_onnx_args=["--model-name=Toy"])
    model["model_optimizer_args"][-1] = "--input_model=$conv_dir/toy.onnx"
    model["files"] = [{"name": "toy.ckpt", "size": 1, "source": {"$type": "google_drive", "id": "abc"}}]

    by_hand = "\n".join(_texts(_imported(tmp_path, model), "by hand"))

    assert "conversion_to_onnx_args: make toy.onnx of the checkpoint" in by_hand
    assert "fetch it yourself: google_drive abc" in by_hand
    assert "put the ONNX that is made of them at data/public/toy/toy.onnx" in by_hand


def _shape(*sides: int) -> dict[str, Any]:
    return {"input_info": [{"name": name, "shape": list(sides)} for name in ("src", "bgr")]}


def _arguments(*arguments: str) -> dict[str, Any]:
    return {"model_optimizer_args": ["--output=pha,fgr", "--input_model=$dl_dir/toy.onnx", *arguments]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task_type": "detection"}, r"task_type: expected background_matting, found detection"),
        ({"framework": "caffe"}, r"framework: expected onnx or pytorch, found caffe"),
        ({"files": "toy.onnx"}, r"files: expected a list, found str 'toy.onnx'"),
        ({"files": [{"name": "../toy.onnx"}]}, r"files\.0\.name: expected a file's name, found '\.\./toy\.onnx'"),
        ({"files": []}, r"files: toy\.onnx, which is converted, is not among them"),
        ({"input_info": []}, r"input_info: expected the inputs with their shapes, found none"),
        (_shape(1, 3, 64), r"src: expected an image's shape \[1, 3, height, width\], found \[1, 3, 64\]"),
        (_shape(1, 64, 96, 3), r"src: expected an image's shape"),
        (_shape(1, 3, -1, 96), r"input_info\.0\.shape: expected fixed sides"),
        (_shape(1, 3, 63, 96), r"must be divisible by 4"),
        (_arguments(), r"src: expected mean 0 and scale 255, .*found mean 0 and scale 1; .*another architecture"),
        (_arguments("--scale=127.5", "--mean_values=[127.5]"), r"found mean 127.5 and scale 1;"),
        (_arguments("--scale=much"), r"--scale: expected numbers, found 'much'"),
        (_arguments("--scale_values=src:255"), r"--scale_values: expected such as src\[255,255,255\]"),
        (_arguments("scale"), r"expected arguments such as --scale=255, found 'scale'"),
        (
            {"input_info": [{"name": "image", "shape": [1, 3, 64, 96]}]},
            r"expected the tensors of an architecture .*found inputs image; outputs pha, fgr",
        ),
    ],
)
def test_a_wrong_model_yml_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _imported(tmp_path, model_yml(**changes))


def _swapped(content: dict[str, Any]) -> None:
    content["models"][0]["launchers"][0]["inputs"][0]["value"] = "bgr*"


def _other_adapter(content: dict[str, Any]) -> None:
    content["models"][0]["launchers"][0]["adapter"] = "ssd"


def _other_output(content: dict[str, Any]) -> None:
    content["models"][0]["launchers"][0]["adapter"]["alpha_out"] = "fgr"


def _other_size(content: dict[str, Any]) -> None:
    content["models"][0]["datasets"][0]["preprocessing"][1] = {"type": "resize", "size": 512}


def _other_names(content: dict[str, Any]) -> None:
    content["models"] = [{**content["models"][0], "name": name} for name in ("one", "two")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_swapped, r"src: BackgroundMattingV2 takes pictures of com/ there, found the pattern bgr\*"),
        (_other_adapter, r"adapter: expected background_matting_with_pha_and_fgr or background_matting, found ssd"),
        (_other_output, r"adapter: fgr is no alpha of BackgroundMattingV2"),
        (_other_size, r"expected a resize to the model's 96x64 \(width x height\), found 512x512"),
        (_other_names, r"models: expected one called toy, found one, two"),
        (lambda content: content.clear(), r"models: expected one called toy, found none"),
    ],
)
def test_what_is_measured_must_be_what_is_converted(tmp_path: Path, change: Any, message: str) -> None:
    accuracy = accuracy_yml()
    change(accuracy)
    with pytest.raises(UsageError, match=message):
        _imported(tmp_path, model_yml(), accuracy)


@pytest.mark.parametrize("text", ["- a\n", "a: [", "42\n"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path, _ = write_zoo(tmp_path, model_yml())
    path.write_text(text)
    with pytest.raises(UsageError, match=r"model\.yml: (expected a mapping|not valid YAML)"):
        import_job(path)


def test_what_was_exported_is_read_back(tiny_models: Path, tiny_set: Path, tmp_path: Path) -> None:
    export = export_of_models(tiny_models, DatasetSection(path=str(tiny_set), limit=2))
    write_export(tmp_path / "check", export)
    path, _ = write_zoo(tmp_path, model_yml())
    accuracy = tmp_path / "check/accuracy-check.yml"
    content = yaml.safe_load(accuracy.read_text())
    content["models"][0]["name"] = "toy"
    accuracy.write_text(yaml.safe_dump(content))

    job = import_job(path, accuracy)

    assert job.content["dataset"] == {"path": f"data/{export.samples.name}", "limit": 2}
    agreed = "\n".join(_texts(job, "agrees"))
    assert all(f"is `{name}`" in agreed for name in ("alpha_mad", "alpha_grad", "alpha_mse", "foreground_mse"))
    # Device settings are the variants' in a job, and the licence is for whoever reads it.
    assert [text for text in _texts(job, "by hand") if "license" not in text and "device_config" not in text] == []
