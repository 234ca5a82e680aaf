"""The Python API: models as functions of two images, conversions and evaluations as objects, nothing heavy early."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from tiny_model import METRICS, SIZE, tiny_answer, tiny_settings

import mattekit
from configs.places import HOME_VARIABLE
from mattekit import ConvertedModel, DataError, Run, UsageError, convert, evaluate, load, open_run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(tiny_onnx: Path, tiny_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Return a job as a mapping; the working folder is empty."""
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    content = tiny_settings(tiny_onnx, Path("models/tiny"), tiny_set)
    return {**content, "evaluate": {**content["evaluate"], "worst": 0}}


def test_importing_is_light_and_every_name_is_there() -> None:
    heavy = ("torch", "openvino", "onnxruntime", "pandas", "numpy", "pydantic", "typer")
    code = f"import sys, mattekit; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert all(getattr(mattekit, name).__doc__ for name in mattekit.__all__)
    assert set(mattekit.__all__) <= set(dir(mattekit))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mattekit.nothing  # type: ignore[attr-defined]


def test_reading_a_run_needs_no_framework() -> None:
    code = "import sys, mattekit; print(mattekit.open_run('reports/example')); "
    code += "print([name for name in ('torch', 'openvino', 'onnxruntime', 'onnx') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    described, imported = done.stdout.splitlines()
    assert described.startswith("Run('reports/example': torch, onnx, ir-fp32@f32")
    assert imported == "[]"


def test_drift_has_every_variant_and_metric_with_its_interval() -> None:
    run = open_run(ROOT / "reports" / "example")
    assert len(run.drift) == len(run.results.drift)
    for record in run.results.drift:
        row = run.drift.loc[(record.variant, record.metric)]
        assert record.interval is not None
        assert (row["mean"], row["low"], row["high"]) == (record.mean, record.interval.low, record.interval.high)
        assert (row["max_abs"], row["worst_sample"]) == (record.max_abs, record.worst_sample)
        assert row["samples"] == record.samples


def test_a_model_is_a_function_of_image_and_plate(tiny_models: Path) -> None:
    generator = np.random.default_rng(3)
    image, plate = (generator.integers(0, 256, (*SIZE, 3), dtype=np.uint8) for _ in range(2))
    with load(tiny_models, precision="f32", variant="ir-fp32@f32") as matter:
        alpha, foreground = matter(image, plate)
        kept = alpha.copy()
        matter(plate, image[::-1].copy())
    expected_alpha, expected_foreground = tiny_answer(image, plate)
    assert (alpha.dtype, alpha.shape, foreground.shape) == (np.float32, SIZE, (*SIZE, 3))
    assert np.abs(alpha - expected_alpha).max() < 1e-5
    assert np.abs(foreground - expected_foreground).max() < 1e-5
    assert (alpha == kept).all(), "a later frame wrote into an earlier matte"


@pytest.mark.parametrize(
    ("image", "plate", "words"),
    [
        ([[0]], None, "expected an .* NumPy array, found a list"),
        (np.zeros((8, 8, 3)), np.zeros((8, 8, 3)), "uint8 RGB, found .*float64"),
        (np.zeros((8, 8), np.uint8), None, r"found \(8, 8\) uint8"),
        (np.zeros((8, 8, 3), np.uint8), None, "takes a background plate"),
        (np.zeros((8, 8, 3), np.uint8), "plate.png", "expected the plate as a NumPy array .* found a str"),
        (np.zeros((8, 8, 3), np.uint8), np.zeros((9, 8, 3), np.uint8), "the plate is 8x9, the frame 8x8"),
    ],
)
def test_wrong_images_are_said(image: object, plate: object, words: str, tiny_models: Path) -> None:
    with load(tiny_models) as matter, pytest.raises(DataError, match=words):
        matter(image, plate)  # type: ignore[arg-type]


def test_without_a_model_the_default_one_is_taken(
    tmp_path: Path, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    with load() as matter:
        assert matter.runner.framework == "torch"
    with pytest.raises(UsageError, match=r"safetensors: runs on the CPU in f32, found GPU"):
        load(device="GPU")
    Path("mattekit.yaml").write_text(f"convert: {{out: {tiny_models}}}\n")
    with load() as matter:
        assert (matter.runner.framework, matter.size) == ("openvino", SIZE)


def test_a_job_is_converted_evaluated_and_judged(settings: dict[str, object]) -> None:
    said: list[str] = []
    made = convert(settings, precisions=["fp32"], say=said.append)
    assert isinstance(made, ConvertedModel)
    assert made.path == Path("models/tiny")
    assert [form.hop for form in made.record.forms] == ["onnx", "onnx-simplified", "ir-fp32"]
    assert said[-1] == "models/tiny: converted and verified"
    with load(made) as matter:
        assert matter.size == SIZE
    run = evaluate(settings, models=made, variants=["onnx", "ir-fp32@f32"], limit=3, out="run")
    assert isinstance(run, Run)
    assert run.path == Path("run")
    assert run.scores.index.names == ["variant", "sample"]
    assert len(run.scores) == 6
    assert set(METRICS) <= set(run.scores.columns)
    drift = run.drift
    assert drift.index.names == ["variant", "metric"]
    assert set(drift.index.unique("variant")) == {"ir-fp32@f32"}
    means = run.scores["alpha_mad"].groupby("variant").mean()
    row = drift.loc[("ir-fp32@f32", "alpha_mad")]
    assert row["value"] == pytest.approx(means["ir-fp32@f32"])
    assert row["original"] == pytest.approx(means["onnx"])
    assert row["mean"] == pytest.approx(row["value"] - row["original"])
    assert "baseline.json is not there yet" in (run.gate().uncompared or "")
    with pytest.raises(DataError, match=r"none\.json: there is no such file"):
        run.gate("none.json")
    again = open_run("run")
    pd.testing.assert_frame_equal(again.drift, drift)
    pd.testing.assert_frame_equal(again.scores, run.scores)
    with pytest.raises(UsageError, match="holds a run"):
        evaluate(settings, models=made, variants=["onnx"], limit=1, out="run")


def test_a_verdict_is_that_of_the_verb(
    settings: dict[str, object], tiny_models: Path, tmp_path: Path, job: Callable[..., Path]
) -> None:
    from eval.gate.run import update_baseline

    run = evaluate({**settings, "gate": {**settings["gate"], "baseline": "b.json"}}, models=tiny_models, out="run")  # type: ignore[dict-item]
    update_baseline(run.path, run.config.gate, "the first")
    verdict = run.gate()
    assert verdict, verdict.failures()
    assert (verdict.verdict, verdict.exit_code) == ("passed", 0)
    assert (tmp_path / "run" / "gate.json").is_file()
    few = open_run("run", {**settings, "gate": {**settings["gate"], "minimum_samples": 9}})  # type: ignore[dict-item]
    assert few.gate("b.json").verdict == "inconclusive"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"checkpoint": "a.pth", "onnx": "b.onnx"}, "give `checkpoint` or `onnx`, not both"),
        ({"precisions": ["fp64"]}, "precisions: wrong configuration\n  convert.precisions.0"),
        ({"config": {"convrt": {}}}, "config: wrong configuration\n  convrt: unknown key; did you mean `convert`?"),
        ({"config": "nowhere.yaml"}, "nowhere.yaml: the configuration cannot be read"),
    ],
)
def test_wrong_options_are_said(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError) as raised:
        convert(**options)  # type: ignore[arg-type]
    assert words in str(raised.value)


def test_a_file_a_mapping_and_a_configuration_are_one_job(settings: dict[str, object], tiny_models: Path) -> None:
    Path("job.yaml").write_text(yaml.safe_dump(settings))
    run = evaluate("job.yaml", models=tiny_models, variants=["onnx"], limit=1, out="one")
    rerun = run.results.rerun
    assert rerun == (f"mattekit evaluate --config job.yaml --models {tiny_models} --variants onnx --limit 1",)
    other = evaluate(run.config, out="two")
    assert other.results.rerun == ()
    assert other.results.settings == run.results.settings
    pd.testing.assert_frame_equal(other.scores.drop(columns="latency_ms"), run.scores.drop(columns="latency_ms"))
