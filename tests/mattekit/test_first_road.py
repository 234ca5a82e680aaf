"""The road of a model that is not the bundled one: from an empty folder to a green gate, and to a red one."""

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from outcome import Outcome, Run

from configs.places import INSTALLED
from eval.gate.baseline import Baseline

BUNDLED = INSTALLED / "training/checkpoints/mattekit-mobilenetv2.safetensors"


def _own_weights(path: Path, share: float) -> None:
    """Write the bundled weights, each off by about `share` of itself: weights that nobody else has."""
    generator = np.random.default_rng(7)
    weights = {
        name: (value.astype(np.float32) * (1 + share * generator.standard_normal(value.shape))).astype(np.float32)
        if value.dtype.kind == "f"
        else value
        for name, value in safetensors.numpy.load_file(BUNDLED).items()
    }
    safetensors.numpy.save_file(weights, path)


def _ends(outcome: Outcome, code: int) -> str:
    assert outcome.code == code, outcome.text
    return " ".join(outcome.text.split())


@pytest.mark.slow
def test_from_an_empty_folder_to_green_and_to_red(run: Run, tmp_path: Path) -> None:
    _own_weights(Path("mine.safetensors"), 0.001)
    _ends(run("dataset", "synthesize", "--count", 8, "--size", "288x160", "--out", "footage"), 0)
    told = _ends(run("init", "--checkpoint", "mine.safetensors", "--dataset", "footage"), 0)
    assert "mine.safetensors (BackgroundMattingV2 with mobilenetv2) at 288x160 on footage (8 samples)" in told
    assert "8 samples are fewer than the 24 of gate.minimum_samples" in told
    job = Path("mattekit.yaml")
    text = job.read_text(encoding="utf-8")
    for usual, small in (
        ("precisions: [fp32, fp16]", "precisions: [fp32]"),
        (", ir-fp16@f32, ir-fp16@default]", "]"),  # what a CPU infers in by itself differs from CPU to CPU
        ("minimum_samples: 24", "minimum_samples: 8"),
    ):
        assert usual in text
        text = text.replace(usual, small)
    job.write_text(text, encoding="utf-8")

    assert "job: mattekit.yaml" in _ends(run("convert"), 0)
    assert "no baseline was compared" not in _ends(run("evaluate"), 0)  # it asks for none
    first = _ends(run("gate"), 0)
    assert "gate passed: 8 judgements: 0 failed, 0 inconclusive; no baseline was compared." in first
    assert "baselines/mine.json is not there yet" in first
    _ends(run("gate", "--require-baseline"), 3)

    made = _ends(run("gate", "--update-baseline"), 0)
    assert "on 8 samples of synthetic-" in made
    assert "torch, onnx, ir-fp32@f32" in made
    assert Baseline.read(Path("baselines/mine.json")).reason == "the first baseline"
    green = _ends(run("gate", "--require-baseline"), 0)
    assert "no baseline" not in green
    assert "this run against the baseline" in green

    _own_weights(Path("mine.safetensors"), 0.01)
    assert "run `mattekit convert`" in _ends(run("evaluate"), 3)  # the converted model is of the weights before
    _ends(run("convert"), 0)
    _ends(run("evaluate"), 0)
    red = _ends(run("gate", "--require-baseline"), 1)
    assert (
        "fail: (all), model (this run against the baseline): the baseline is of another model (source (SHA-256)" in red
    )
    assert "on the same samples its original scores alpha_mad " in red
    assert "gate.require_baseline asks for one that fits" in red
    told = _ends(run("gate"), 0)
    assert "; no baseline was compared." in told
    assert "the baseline is of another model" in told
    bundled = _ends(run("gate", "--baseline", "configs/baselines/default.json"), 0)
    assert "the baseline is of another model" in bundled
    assert "input size 288x160, the baseline's 1280x720" in bundled

    assert _ends(run("gate", "--update-baseline"), 2).count("--reason") == 2
    _ends(run("gate", "--update-baseline", "--reason", "trained on"), 0)
    _ends(run("gate", "--require-baseline"), 0)
    assert [each.reason for each in Baseline.read(Path("baselines/mine.json")).history] == ["the first baseline"]
