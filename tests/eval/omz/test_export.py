"""What accuracy_checker is told: paths that are there, our samples and no others, our ports, our figures."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from checker import evaluations, fed, pairs
from tiny_model import SIZE, tiny_config
from toy_models import toy_config, write_alpha_only

from configs.errors import DataError, UsageError
from configs.schema import Config, DatasetSection
from converter.convert import convert
from datasets.samples.layout import open_set
from datasets.synthetic.make import synthesize
from eval.omz.export import CONFIG_FILE, export_of_models, export_of_run, write_export
from eval.pipeline.evaluate import evaluate
from eval.run.stored import write_run


@pytest.fixture
def own_set(tiny_set: Path, tmp_path: Path) -> Path:
    """Return a copy of the tiny set that came without a manifest, so that its files can be changed."""
    root = Path(shutil.copytree(tiny_set, tmp_path / "own"))
    (root / "manifest.json").unlink()
    return root


def _export(models: Path, root: Path, out: Path, **keys: object) -> list[str]:
    section = DatasetSection.model_validate({"path": str(root), **keys})
    return list(write_export(out, export_of_models(models, section)))


def _job(onnx: Path, models: Path, root: Path, *variants: str, **keys: object) -> Config:
    config = tiny_config(onnx, models, root, evaluate={"variants": list(variants)})
    return config.replaced(dataset=config.dataset.replaced(**keys))


def test_every_ir_is_checked_on_the_very_samples_of_the_set(tiny_models: Path, tiny_set: Path, tmp_path: Path) -> None:
    models = evaluations(_export(tiny_models, tiny_set, tmp_path / "check"))

    assert [model["name"] for model in models] == ["models-ir-fp32@f32", "models-ir-fp16@f32"]
    ours = [tuple(path.relative_to(tiny_set).as_posix() for path in ref.files) for ref in open_set(tiny_set).refs]
    for model in models:
        [launcher], [dataset] = model["launchers"], model["datasets"]
        assert launcher["model"].is_file() and launcher["weights"].is_file()
        assert launcher["model"].is_relative_to(tiny_models)
        assert launcher["device"] == "CPU"  # accuracy_checker has no default
        assert launcher["device_config"] == {"INFERENCE_PRECISION_HINT": "f32"}
        assert launcher["adapter"] == {
            "type": "background_matting_with_pha_and_fgr",
            "alpha_out": "pha",
            "foreground_out": "fgr",
        }
        assert pairs(dataset) == ours
        assert fed(launcher["inputs"], ours[0]) == {"src": ours[0][0], "bgr": ours[0][1]}
        colours, resize = dataset["preprocessing"]
        assert (colours["type"], resize["dst_height"], resize["dst_width"]) == ("rgb_to_bgr", *SIZE)
        assert resize["use_pillow"] is True and dataset["reader"] == "pillow_imread"
        assert not any("reference" in metric for metric in dataset["metrics"])


def test_a_run_gives_its_variants_its_samples_and_its_figures(
    tiny_onnx: Path, tiny_models: Path, tiny_set: Path, tmp_path: Path
) -> None:
    variants = ["onnx", "ir-fp16@f32", "ir-fp16@default"]
    config = _job(tiny_onnx, tiny_models, tiny_set, *variants, limit=2)
    run = evaluate(config)
    write_run(tmp_path / "run", run)

    export = export_of_run(tmp_path / "run")
    models = evaluations(list(write_export(tmp_path / "check", export)))

    assert [model["name"] for model in models] == ["models-ir-fp16@f32", "models-ir-fp16@default"]
    assert [model["launchers"][0].get("device_config") for model in models] == [
        {"INFERENCE_PRECISION_HINT": "f32"},
        None,
    ]
    assert len(pairs(models[0]["datasets"][0])) == 2
    expected = run.results.variants[1].metrics
    metrics = {metric["name"]: metric for metric in models[0]["datasets"][0]["metrics"]}
    for name, ours in (("alpha_MAD", "alpha_mad"), ("alpha_GRAD", "alpha_grad"), ("alpha_MSE", "alpha_mse")):
        assert metrics[name]["reference"] == pytest.approx(expected[ours].mean, abs=1e-6)
        assert (metrics[name]["prediction_source"], metrics[name]["process_type"]) == ("pha", "alpha")
    foreground = metrics["foreground_MSE"]
    assert foreground["reference"] == pytest.approx(expected["foreground_mse"].mean, abs=1e-6)
    assert (foreground["prediction_source"], foreground["use_mask"]) == ("fgr", True)
    assert "onnx: left out, for it is no IR on the CPU" in export.notes
    assert "# onnx: left out" in (tmp_path / "check" / CONFIG_FILE).read_text()


def test_a_run_that_is_not_what_it_was_is_not_exported(
    tiny_onnx: Path, tiny_models: Path, own_set: Path, tmp_path: Path
) -> None:
    write_run(tmp_path / "run", evaluate(_job(tiny_onnx, tiny_models, own_set, "ir-fp32@f32")))
    export_of_run(tmp_path / "run")

    shutil.copy(own_set / "com/synthetic/0001.png", own_set / "com/synthetic/0000.png")
    with pytest.raises(DataError, match="changed since the run"):
        export_of_run(tmp_path / "run")


def test_prepared_plates_cannot_be_exported(tiny_onnx: Path, tiny_models: Path, tiny_set: Path, tmp_path: Path) -> None:
    config = _job(tiny_onnx, tiny_models, tiny_set, "ir-fp32@f32", limit=1, match_plate=True)
    write_run(tmp_path / "run", evaluate(config))

    with pytest.raises(UsageError, match=r"its plates were prepared .*evaluate without --align and --match-plate"):
        export_of_run(tmp_path / "run")


def test_a_set_of_jpegs_is_found_under_its_ending(tiny_models: Path, own_set: Path, tmp_path: Path) -> None:
    for path in (own_set / "bgr").rglob("*.png"):
        path.rename(path.with_suffix(".jpg"))
    [model, _] = evaluations(_export(tiny_models, own_set, tmp_path / "check"))

    assert len(pairs(model["datasets"][0])) == 3


def _mixed(root: Path) -> None:
    (root / "com/synthetic/0001.png").rename(root / "com/synthetic/0001.jpg")


def _twice(root: Path) -> None:
    for role in ("com", "bgr", "fgr"):
        (root / role / "synthetic/0001.png").rename(root / role / "synthetic/a.png.b.png")


def _linked(root: Path) -> None:
    (root / "com/synthetic").rename(root / "elsewhere")
    (root / "com/synthetic").symlink_to(root / "elsewhere")


def _accents(root: Path) -> None:
    for role, name in (("com", "\u00e9"), ("bgr", "e\u0301"), ("fgr", "\u00e9")):
        (root / role / "synthetic/0001.png").rename(root / role / f"synthetic/{name}.png")


def _no_truth(root: Path) -> None:
    shutil.rmtree(root / "fgr")


def _litter(root: Path) -> None:
    for role in ("com", "bgr", "fgr"):
        (root / role / "synthetic/._0001.png").write_bytes(b"\0\5\26\7")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_mixed, r"com: accuracy_checker takes files of one ending alone, found \.jpg, \.png"),
        (_twice, r"pass over 1 sample, synthetic/a\.png\.b: .*has \.png in the middle of its name; rename it"),
        (_linked, r"pass over 3 samples.*is a link, and it looks into real folders alone; copy the folder"),
        (_accents, "pass over 1 sample.*accents in the names"),
        (_no_truth, r"has no ground truth \(no fgr/\)"),
        (_litter, r"would also take com/synthetic/\._0001\.png"),
    ],
)
def test_a_set_that_accuracy_checker_would_read_otherwise_is_refused(
    tiny_models: Path, own_set: Path, tmp_path: Path, change: Callable[[Path], None], message: str
) -> None:
    change(own_set)
    with pytest.raises(DataError, match=message):
        _export(tiny_models, own_set, tmp_path / "check")
    assert not (tmp_path / "check").exists()


def test_the_first_samples_must_be_the_first_for_both(tiny_models: Path, own_set: Path, tmp_path: Path) -> None:
    for role in ("com", "bgr", "fgr"):
        for old, new in (("0000", "9"), ("0001", "10"), ("0002", "11")):
            (own_set / role / f"synthetic/{old}.png").rename(own_set / role / f"synthetic/{new}.png")

    _export(tiny_models, own_set, tmp_path / "all")
    with pytest.raises(DataError, match="accuracy_checker takes others for the first 1 sample: it sorts"):
        _export(tiny_models, own_set, tmp_path / "one", limit=1)


def test_irs_for_frames_are_refused(int8_models: Path, tiny_set: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"takes frames \(nhwc-u8\).*--input-form nchw-f32"):
        _export(int8_models, tiny_set, tmp_path / "check")


@pytest.mark.usefixtures("toy_families")
def test_a_network_of_other_ports_is_refused(tiny_set: Path, tmp_path: Path) -> None:
    checkpoint = write_alpha_only(tmp_path / "mine.safetensors")
    model = {"architecture": "alpha-only", "checkpoint": str(checkpoint)}
    config = toy_config(model, tmp_path / "models", tiny_set)
    convert(config, say=lambda _: None)

    with pytest.raises(UsageError, match=r"found one that takes image \(source\) and gives matte \(alpha\)"):
        _export(config.convert.out, tiny_set, tmp_path / "check")


def test_only_a_folder_of_its_own_is_replaced(tiny_models: Path, tiny_set: Path, tmp_path: Path) -> None:
    out = tmp_path / "check"
    _export(tiny_models, tiny_set, out)
    first = (out / CONFIG_FILE).read_bytes()
    _export(tiny_models, tiny_set, out)
    assert (out / CONFIG_FILE).read_bytes() == first

    (out / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"also holds notes\.txt"):
        _export(tiny_models, tiny_set, out)
    (out / CONFIG_FILE).write_text(yaml.safe_dump({"models": []}))
    with pytest.raises(UsageError, match="no configuration for accuracy_checker that mattekit wrote"):
        _export(tiny_models, tiny_set, out)


def test_composed_sets_are_read_as_they_are(tmp_path: Path, tiny_models: Path) -> None:
    from datasets.compose.run import compose_set

    figures, places, out = tmp_path / "figures", tmp_path / "places", tmp_path / "composed"
    synthesize(tmp_path / "drawn", 2, 4, SIZE, workers=1)
    for number, path in enumerate(sorted((tmp_path / "drawn/fgr").rglob("*.png"))):
        figures.mkdir(exist_ok=True)
        shutil.copy(path, figures / f"one {number}.png")
    shutil.copytree(tmp_path / "drawn/bgr/synthetic", places)
    made = compose_set(figures, places, out, size=SIZE, per_foreground=2, seed=1)
    [model, _] = evaluations(_export(tiny_models, out, tmp_path / "check"))

    assert len(pairs(model["datasets"][0])) == len(made.refs) == 4
