"""The self-test: every fault turns the gate red on a real run of the tiny network, and a blind gate is found out."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console
from tiny_model import tiny_config

from configs.errors import DataError
from configs.files import sha256_of
from configs.schema import GateSection
from datasets.synthetic.make import synthesize
from eval.gate import run as gate_module
from eval.gate.selftest.broken_forms import (
    FLIPPED,
    HEALTHY,
    PERTURBED,
    SWAPPED,
    UNSCALED,
    ir_to_break,
    score_broken_forms,
)
from eval.gate.selftest.data_faults import DATA_FAULTS
from eval.gate.selftest.run import Trial, print_self_test, self_test, self_test_json, self_test_markdown
from eval.gate.verdict import GateReport, GateRow
from eval.pipeline.evaluate import evaluate
from eval.run.results import Results
from eval.run.stored import write_run


@pytest.fixture(scope="module")
def gate(tiny_onnx: Path, tiny_models: Path, tiny_set: Path) -> GateSection:
    return tiny_config(tiny_onnx, tiny_models, tiny_set).gate


@pytest.fixture(scope="module")
def run_dir(tiny_onnx: Path, tiny_models: Path, tiny_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("self-test") / "run"
    write_run(folder, evaluate(tiny_config(tiny_onnx, tiny_models, tiny_set)))
    return folder


@pytest.fixture(scope="module")
def trials(run_dir: Path, gate: GateSection) -> tuple[Trial, ...]:
    return self_test(run_dir, gate)


def wrong(trials: Sequence[Trial]) -> set[str]:
    return {trial.fault for trial in trials if not trial.right}


def test_every_fault_turns_the_gate_red_and_a_sound_copy_does_not(trials: tuple[Trial, ...]) -> None:
    assert wrong(trials) == set()
    assert [trial.fault for trial in trials] == [HEALTHY, SWAPPED, UNSCALED, FLIPPED, PERTURBED, *DATA_FAULTS]
    assert {trial.expected for trial in trials[1:]} == {"failed", "refused"}
    assert (trials[0].expected, trials[0].details) == ("passed", "none")


def test_a_fault_shows_where_it_is(trials: tuple[Trial, ...]) -> None:
    by_fault = {trial.fault: trial for trial in trials}
    assert "ir-fp32@f32 foreground_mse" in by_fault[FLIPPED].details
    assert "alpha" not in by_fault[FLIPPED].details
    assert "ir-fp32@f32 alpha_mad" in by_fault[SWAPPED].details
    assert "(all) sample set" in by_fault["stale set: other images under the same ids"].details
    assert "NaN is not a finite number" in by_fault["a NaN in results.json"].details


def test_the_run_itself_is_left_alone(run_dir: Path, gate: GateSection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(run_dir.parent / "summary.md"))
    before = {path: sha256_of(path) for path in run_dir.rglob("*") if path.is_file()}
    self_test(run_dir, gate)
    assert {path: sha256_of(path) for path in run_dir.rglob("*") if path.is_file()} == before
    assert not (run_dir.parent / "summary.md").exists()


def test_a_gate_that_cannot_turn_red_is_found_out(
    run_dir: Path, gate: GateSection, monkeypatch: pytest.MonkeyPatch
) -> None:
    passing = GateReport((GateRow("run", "torch", "alpha_mad", "pass"),))
    monkeypatch.setattr(gate_module, "judge", lambda *_, **__: passing)
    failed = {name for name, (expected, _) in DATA_FAULTS.items() if expected == "failed"}
    assert wrong(self_test(run_dir, gate)) == {SWAPPED, UNSCALED, FLIPPED, PERTURBED, *failed}


def test_limits_too_wide_for_a_fault_are_found_out(run_dir: Path, gate: GateSection) -> None:
    content = gate.model_dump()
    for check in ("against_original", "against_baseline"):
        for tolerance in content[check]["f32"].values():
            tolerance["absolute"] = 1e6
    trials = self_test(run_dir, GateSection.model_validate(content))
    assert wrong(trials) == {SWAPPED, UNSCALED, FLIPPED, PERTURBED}
    assert {trial.found for trial in trials if not trial.right} == {"passed"}


def test_a_gate_that_is_always_red_is_found_out(run_dir: Path, gate: GateSection) -> None:
    lacking = gate.model_copy(update={"against_original": {}})
    assert wrong(self_test(run_dir, lacking)) == {HEALTHY}


def test_inconclusive_is_not_red(run_dir: Path, gate: GateSection, monkeypatch: pytest.MonkeyPatch) -> None:
    open_ = GateReport((GateRow("run", "torch", "alpha_mad", "inconclusive"),))
    monkeypatch.setattr(gate_module, "judge", lambda *_, **__: open_)
    assert {SWAPPED, PERTURBED, HEALTHY} < wrong(self_test(run_dir, gate))


def test_models_or_a_set_other_than_the_run_s_are_refused(
    run_dir: Path, tiny_onnx: Path, tiny_models: Path, tmp_path: Path
) -> None:
    results = Results.read(run_dir)
    chosen = ir_to_break(results)
    assert chosen.name == "ir-fp32@f32"
    for suffix in (".xml", ".bin"):
        file = next(file for file in chosen.files if file.endswith(suffix))
        files = {**chosen.files, file: "1" * 64}
        update = {"files": files, "model_sha256": files[list(files)[-1]]}
        changed = tuple(v.model_copy(update=update) if v == chosen else v for v in results.variants)
        with pytest.raises(DataError, match=rf"fp32/model\{suffix} is not the file that ran"):
            score_broken_forms(results.model_copy(update={"variants": changed}), 1, tmp_path, lambda *_: None)
    slower = tuple(variant.model_copy(update={"precision": "bf16"}) for variant in results.variants)
    with pytest.raises(DataError, match=r"fp32/model\.xml: infers at another precision here \(f32, bf16 in the run\)"):
        score_broken_forms(results.model_copy(update={"variants": slower}), 1, tmp_path, lambda *_: None)
    synthesize(tmp_path / "other", 3, 2, (64, 96), workers=1)
    elsewhere = tiny_config(tiny_onnx, tiny_models, tmp_path / "other").model_dump(mode="json")
    with pytest.raises(DataError, match="other: changed since the run"):
        score_broken_forms(results.model_copy(update={"settings": elsewhere}), 1, tmp_path, lambda *_: None)
    with pytest.raises(DataError, match=r"settings\.surprise"):
        score_broken_forms(results.model_copy(update={"settings": {"surprise": 1}}), 1, tmp_path, lambda *_: None)


def test_a_run_without_an_ir_or_without_scores_is_refused(run_dir: Path, gate: GateSection, tmp_path: Path) -> None:
    results = Results.read(run_dir)
    alone = results.model_copy(update={"variants": results.variants[:1], "drift": ()})
    with pytest.raises(DataError, match="evaluate with ir-fp32@f32"):
        ir_to_break(alone)
    results.write(tmp_path)
    with pytest.raises(DataError, match=r"per_sample\.csv: cannot be read"):
        self_test(tmp_path, gate)


def test_what_is_written(tmp_path: Path) -> None:
    trials = (Trial("none", "passed", "passed", "none"), Trial("swap", "failed", "passed", "none"))
    stored = json.loads(self_test_json(trials))
    assert (stored["passed"], [trial["right"] for trial in stored["trials"]]) == (False, [True, False])
    assert "| swap | failed | **passed** | none |" in self_test_markdown(trials)
    with (tmp_path / "out").open("w") as stream:
        print_self_test(trials, Console(file=stream, width=200, color_system=None))
    text = (tmp_path / "out").read_text()
    assert "WRONG swap: must be failed, was passed" in text
    assert "self-test failed: 1 of 2" in text
