"""A model in the Open Model Zoo's layout works with every verb, as one in ours does."""

import json
from collections.abc import Callable
from pathlib import Path

import openvino
from outcome import Run

import mattekit
from eval.run.identity import require_run_models
from eval.run.stored import read_run


def test_a_model_in_omz_s_layout_is_converted_evaluated_verified_timed_and_described(
    run: Run, job: Callable[..., Path], tmp_path: Path
) -> None:
    config = job()
    converted = run("convert", "--config", config, "--layout", "omz", "--out", "zoo/tiny-matting")
    assert converted.code == 0, converted.text
    folder = tmp_path / "zoo/tiny-matting"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
        "conversion.json",
        "exported.onnx",
        "model.onnx",
        *(
            f"public/tiny-matting/{precision}/tiny-matting.{end}"
            for precision in ("FP32", "FP16")
            for end in ("xml", "bin")
        ),
    }
    assert json.loads((folder / "conversion.json").read_text())["placement"] == {
        "layout": "omz",
        "model": "tiny-matting",
    }

    again = run("convert", "--config", config, "--layout", "omz", "--out", "zoo/tiny-matting")
    assert "nothing to do" in again.text
    assert "all 4 forms proved" in run("verify", "zoo/tiny-matting", "--config", config).text

    evaluated = run("evaluate", "--config", config, "--models", "zoo/tiny-matting", "--out", "run")
    assert evaluated.code == 0, evaluated.text
    stored = read_run(tmp_path / "run").results
    require_run_models(stored)
    assert stored.variants[-1].model_path == "zoo/tiny-matting/public/tiny-matting/FP16/tiny-matting.xml"

    xml = "zoo/tiny-matting/public/tiny-matting/FP16/tiny-matting.xml"
    assert "I/O contract" in run("info", xml, "--config", config).text
    timed = run(
        *("bench", "--config", config, "--models", "zoo/tiny-matting", "--variants", "ir-fp16@f32"),
        *("--frames", 2, "--warmup", 0, "--no-throughput", "--out", "timed"),
    )
    assert timed.code == 0, timed.text
    assert [port.any_name for port in openvino.Core().read_model(tmp_path / xml).inputs] == ["src", "bgr"]


def test_another_layout_or_folder_s_name_is_another_conversion(
    run: Run, job: Callable[..., Path], tmp_path: Path
) -> None:
    config = job()
    assert run("convert", "--config", config, "--out", "mine").code == 0
    moved = run("convert", "--config", config, "--layout", "omz", "--out", "mine")
    assert moved.code == 0 and "nothing to do" not in moved.text
    assert not (tmp_path / "mine/fp16").exists()
    (tmp_path / "mine").rename(tmp_path / "yours")
    assert run("verify", "yours", "--config", config).code == 0  # it holds what its record says
    assert "nothing to do" not in run("convert", "--config", config, "--layout", "omz", "--out", "yours").text
    assert (tmp_path / "yours/public/yours/FP16/yours.xml").is_file()


def test_python_converts_in_that_layout_too(run: Run, job: Callable[..., Path], tmp_path: Path) -> None:
    made = mattekit.convert(job(), layout="omz", out="api", precisions=["fp32"])

    assert made.path == Path("api")
    assert (tmp_path / "api/public/api/FP32/api.xml").is_file()
    refused = run("convert", "--config", job(), "--layout", "zoo")
    assert refused.code == 2 and "'omz'" in refused.text
