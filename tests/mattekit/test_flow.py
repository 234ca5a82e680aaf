"""Whole pieces of work on the command line: sets, conversions, proofs, and the way from an ONNX to a verdict."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openvino
import pytest
from outcome import Run

from configs.files import sha256_of
from converter.forms.contract import Contract
from converter.steps import ir_file
from eval.gate import run as gate
from eval.gate.selftest import deep
from eval.gate.selftest.power import Power, PowerTable
from eval.gate.verdict import GateReport, GateRow
from eval.run import stored


def test_a_set_is_made_verified_and_found_out_when_changed(run: Run, job: Callable[..., Path], tmp_path: Path) -> None:
    arguments = ("dataset", "synthesize", "--config", job(), "--count", 1, "--size", "96x64", "--out", "set")
    made = run(*arguments)
    assert made.code == 0
    assert "set: 1 sample" in made.text
    picture = tmp_path / "set" / "com" / "synthetic" / "0000.png"
    before = picture.stat().st_mtime_ns
    assert run(*arguments).code == 0
    assert picture.stat().st_mtime_ns == before
    assert run("dataset", "verify", "set").code == 0
    assert run(*arguments, "--seed", 2).code == 2  # another set is there
    shutil.copy(tmp_path / "set" / "bgr" / "synthetic" / "0000.png", picture)
    outcome = run("dataset", "verify", "set")
    assert outcome.code == 3
    assert "com/synthetic/0000.png" in outcome.text


def test_info_tells_the_contract_of_a_form(run: Run, job: Callable[..., Path], tiny_models: Path) -> None:
    outcome = run("info", tiny_models / "fp16" / "model.xml", "--config", job())
    assert outcome.code == 0
    assert "I/O contract" in outcome.text
    assert "inputs divided by 255 inside" in outcome.text
    assert all(name in outcome.text for name in ("src", "bgr", "pha", "fgr", "BGR", "0..255"))


def test_info_tells_a_range_below_0_and_the_mean(run: Run, job: Callable[..., Path], modnet_models: Path) -> None:
    onnx = run("info", modnet_models / "model.onnx", "--config", job()).text
    ir = run("info", modnet_models / "fp16" / "model.xml", "--config", job()).text

    assert "-1..1" in onnx
    assert "inputs divided by 1 inside" in onnx
    assert "0..255" in ir
    assert "127.5 subtracted from inputs, then divided by 127.5 inside" in " ".join(ir.split())


def test_a_model_for_frames_is_converted_shown_and_verified(run: Run, job: Callable[..., Path]) -> None:
    config = job()
    assert run("convert", "--config", config, "--input-form", "nhwc-u8", "--precisions", "fp32", "--out", "m").code == 0
    shown = run("info", "m/fp32/model.xml", "--config", config).text
    assert all(word in shown for word in ("NHWC", "u8", "1x64x96x3", "BGR", "0..255"))
    assert run("verify", "m", "--config", config).code == 0
    refused = run("convert", "--config", config, "--input-form", "nhwc-u16", "--out", "n")
    assert refused.code == 2
    assert all(word in refused.text for word in ("--input-form", "'nchw-f32'", "'nhwc-u8'"))


def test_verify_proves_a_sound_folder_and_refuses_a_changed_one(
    run: Run, job: Callable[..., Path], tiny_models: Path, tmp_path: Path
) -> None:
    outcome = run("verify", tiny_models, "--config", job())
    assert outcome.code == 0
    assert "all 4 forms proved" in outcome.text
    shutil.copytree(tiny_models, tmp_path / "models")
    (tmp_path / "models" / "fp16" / "model.xml").write_text("<net/>", encoding="utf-8")
    outcome = run("verify", "models", "--config", job())
    assert outcome.code == 3
    assert "fp16/model.xml: changed since its conversion" in outcome.text


def test_a_form_whose_colour_order_is_swapped_is_a_parity_failure(
    run: Run, job: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_in = ir_file.with_inputs_of

    def forget_the_reversal(contract: Contract, network: openvino.Model) -> openvino.Model:
        ports = [port.model_copy(update={"colour_order": "RGB"}) for port in contract.inputs]
        return build_in(contract.model_copy(update={"inputs": tuple(ports)}), network)

    monkeypatch.setattr(ir_file, "with_inputs_of", forget_the_reversal)
    outcome = run("convert", "--config", job(), "--out", "models")
    assert outcome.code == 1
    assert "hop ir-fp32" in outcome.text
    assert "in step ir-fp32 (steps done before it: onnx, onnx-simplified)" in outcome.text
    assert not (tmp_path / "models").exists()


def test_the_self_test_turns_the_gate_red(
    run: Run, job: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = job()
    assert run("evaluate", "--config", config, "--out", "run").code == 0
    tested = run("gate", "run", "--config", config, "--self-test", "--out", "tested")
    assert tested.code == 0
    assert "self-test passed: 11 faults turned the gate red" in tested.text
    assert json.loads((tmp_path / "tested" / "self-test.json").read_text(encoding="utf-8"))["passed"] is True
    assert (tmp_path / "tested" / "self-test.md").read_text(encoding="utf-8").count("\n") == 14
    assert not (tmp_path / "run" / "gate.json").exists()

    assert run("gate", "run", "--config", config, "--out", "tested").code == 2
    assert run("gate", "run", "--config", config, "--self-test", "--update-baseline", "--reason", "no").code == 2

    monkeypatch.setattr(gate, "judge", lambda *_, **__: GateReport((GateRow("run", "onnx", "alpha_mad", "pass"),)))
    blind = run("gate", "run", "--config", config, "--self-test")
    assert blind.code == 1
    assert "self-test failed" in blind.text


@pytest.mark.parametrize(("block", "code"), [(0.0, 0), (0.5, 1)])
def test_the_deep_self_test_writes_its_table_and_ends_with_1_where_a_harmful_fault_is_unseen(
    run: Run, job: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: float, code: int
) -> None:
    config, asked = job(), []
    fault = Power("a fault", "tiles", "fp16", "", "", "", "", block, 2 / 255, 0.0)
    table = PowerTable((96, 160), 6, 1.0, (), (fault,))
    monkeypatch.setattr(deep, "deep_self_test", lambda *given: asked.append(given[2]) or table)

    tested = run("gate", "run", "--config", config, "--self-test", "--deep", "--size", "160x96", "--out", "deep")

    assert (tested.code, asked) == (code, [(96, 160)])
    assert "1 must be seen: 1 are not (fp16 a fault)" in tested.text if code else "harmless" in tested.text
    assert json.loads((tmp_path / "deep" / "self-test-deep.json").read_text(encoding="utf-8"))["passed"] is (code == 0)
    assert "| fp16 | tiles | a fault |" in (tmp_path / "deep" / "self-test-deep.md").read_text(encoding="utf-8")
    for options in (["--deep"], ["--self-test", "--size", "160x96"]):
        assert run("gate", "run", "--config", config, *options).code == 2


def _change(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def _shift_alpha_mad(run_dir: Path, by: float) -> None:
    """Move every variant's Alpha MAD on every sample, as if the whole evaluation had come out so."""
    run = stored.read_run(run_dir)
    table = run.table.assign(alpha_mad=run.table["alpha_mad"] + by)
    stored.write_run(run_dir, stored.Run(run.results, table))


def _edit_alpha_mad(results: dict[str, Any], by: float) -> None:
    results["variants"][0]["metrics"]["alpha_mad"]["mean"] += by


def test_the_whole_flow_from_an_onnx_to_a_verdict(
    run: Run, job: Callable[..., Path], tiny_onnx: Path, tmp_path: Path
) -> None:
    config = job(convert={"out": "models"}, dataset={"path": "synthetic"}, gate={"other_class": {"f32": None}})

    converted = run("convert", "--config", config, "--onnx", tiny_onnx)
    assert converted.code == 0
    assert "models: converted and verified" in converted.text
    record = sha256_of(tmp_path / "models" / "conversion.json")
    again = run("convert", "--config", config, "--onnx", tiny_onnx)
    assert again.code == 0
    assert "nothing to do" in again.text
    assert sha256_of(tmp_path / "models" / "conversion.json") == record

    evaluated = run("evaluate", "--config", config)
    assert evaluated.code == 0
    [run_dir] = (tmp_path / "reports").iterdir()
    assert run_dir.name.startswith("tiny-")
    assert f"report: {Path('reports') / run_dir.name / 'report.md'}" in evaluated.text
    assert "passed" in evaluated.text.lower()

    without = run("gate", "--config", config)
    assert (without.code, "baseline.json is not there yet" in without.text) == (0, True)
    assert run("gate", "--config", config, "--require-baseline").code == 3
    updated = run("gate", "--config", config, "--update-baseline", "--reason", "the first run")
    assert updated.code == 0
    assert run("gate", "--config", config, "--update-baseline").code == 2  # a change needs a reason
    baseline = tmp_path / "baseline.json"
    assert json.loads(baseline.read_text(encoding="utf-8"))["reason"] == "the first run"

    assert run("gate", "--config", config).code == 0
    for _ in range(2):
        assert run("gate", run_dir, "--config", config).code == 0
    there = f"reports/{run_dir.name}: its models, models, are present and unchanged"
    assert run("gate", "--config", config).out.startswith(f"judging the newest run of tiny, {there}")
    assert run("gate", f"reports/{run_dir.name}", "--config", config).out.startswith(f"judging {there}")
    xml = tmp_path / "models/fp16/model.xml"
    whole = xml.read_bytes()
    xml.write_bytes(whole + b"\n")
    changed = run("gate", "--config", config)
    assert changed.code == 3
    assert f"reports/{run_dir.name}: models/fp16/model.xml is not the file that ran" in changed.text
    assert run("gate", "--config", config, "--self-test").code == 3
    xml.write_bytes(whole)
    (tmp_path / "models").rename(tmp_path / "elsewhere")
    gone = run("gate", "--config", config)
    assert gone.code == 0
    assert "its models, models, are gone" in gone.text
    (tmp_path / "elsewhere").rename(tmp_path / "models")

    alone = run("evaluate", "--config", config, "--variants", "onnx", "--out", "alone")
    assert alone.code == 0
    assert "nothing was judged: only onnx ran" in alone.text
    assert json.loads((run_dir / "gate.json").read_text(encoding="utf-8"))["verdict"] == "passed"
    assert (run_dir / "junit.xml").is_file()

    _change(run_dir / "results.json", lambda results: _edit_alpha_mad(results, 0.01))
    edited = run("gate", "--config", config)
    assert edited.code == 3
    assert "are not of one run (variant onnx, alpha_mad, mean: results.json has" in edited.text
    _change(run_dir / "results.json", lambda results: _edit_alpha_mad(results, -0.01))

    _shift_alpha_mad(run_dir, 0.01)
    failed = run("gate", "--config", config)
    assert failed.code == 1
    assert "Alpha MAD" in failed.text or "alpha_mad" in failed.text

    _change(baseline, lambda expected: expected.update(cpu_class="another"))
    inconclusive = run("gate", "--config", config)
    assert inconclusive.code == 5
    assert "another" in inconclusive.text

    _shift_alpha_mad(run_dir, -0.01)
    assert run("gate", "--config", config).code == 0  # another class, but within the limits
