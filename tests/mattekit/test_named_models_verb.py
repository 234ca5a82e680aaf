"""`--model` and `--contract` as a user types them, and the same from Python."""

from collections.abc import Callable
from pathlib import Path

import openvino
import pytest
from outcome import Run

import mattekit
from eval.run.stored import read_run

Job = Callable[..., Path]


@pytest.fixture
def theirs(tiny_models: Path, tmp_path: Path) -> Path:
    """Return the tiny network's IR as another program would write it: RGB 0..1, no contract."""
    path = tmp_path / "theirs.xml"
    openvino.save_model(openvino.Core().read_model(tiny_models / "model.onnx"), path, compress_to_fp16=False)
    return path


def test_a_model_is_evaluated_judged_and_located(run: Run, job: Job, theirs: Path, tmp_path: Path) -> None:
    asked = ("--variants", "onnx", "--model", "theirs=theirs.xml@f32", "--contract", "theirs=range=0..1")
    outcome = run("evaluate", "--config", job(), *asked, "--out", "reports/mine")
    assert outcome.code == 0, outcome.text
    results = read_run(tmp_path / "reports/mine").results
    assert [variant.name for variant in results.variants] == ["onnx", "theirs"]
    assert results.variants[1].contract is not None and results.variants[1].contract.how == "given"
    assert "--model theirs=theirs.xml@f32 --contract theirs=range=0..1" in results.rerun[-1]
    assert "theirs: converted against original" in outcome.out
    gated = run("gate", "reports/mine", "--config", job(), "--update-baseline", "--reason", "a start")
    assert gated.code == 1 and "ir-fp32@f32" in gated.text, "the job's own variants did not run"
    # The IR has the ONNX's own names of inner tensors.
    sample = results.worst[0].sample
    where = ("--config", job(), "--sample", sample, "--out", "reports/where")
    located = run("locate", results.variants[0].model_path or "", theirs, *where)
    assert located.code == 0, located.text
    assert "contract proved" in located.text
    both = run("locate", theirs, theirs, *where)
    assert both.code == 3 and "carry no I/O contract, and one must" in both.text


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--model", "theirs.xml"), 2, "--model: expected NAME=PATH.xml, found 'theirs.xml'"),
        (("--model", "onnx=theirs.xml"), 2, "a model cannot be called 'onnx'"),
        (("--model", "a=theirs.xml", "--model", "a=theirs.xml"), 2, "--model: a is named twice"),
        (("--contract", "a=colour=BGR"), 2, "--contract: a is no model's name; there is no --model"),
        (("--model", "a=theirs.xml", "--contract", "a=colour=GRB"), 2, "colour: Input should be 'RGB' or 'BGR'"),
        (("--model", "a=theirs.xml", "--contract", "a=colour=BGR"), 2, "the given contract is wrong"),
        (("--model", "a=nowhere.xml"), 3, "nowhere.xml: no such file, of the model a"),
        (("--model", "a=theirs.pth"), 2, "expected the path of an IR or ONNX"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_written(
    run: Run, job: Job, theirs: Path, tmp_path: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    outcome = run("evaluate", "--config", job(), *options)
    assert (outcome.code, message in outcome.text) == (code, True), outcome.text
    assert not (tmp_path / "reports").exists()


def test_python_takes_the_same(job: Job, theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = job()
    found = mattekit.evaluate(path, variants=["onnx"], model={"theirs": theirs}, limit=1)
    assert ("theirs", "alpha_mad") in found.drift.index
    assert found.results.rerun[0].endswith(f"--limit 1 --model theirs={theirs}")
