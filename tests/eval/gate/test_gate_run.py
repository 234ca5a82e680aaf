"""The gate on stored runs: what it writes, what it refuses, and when a baseline is renewed."""

import html
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from eval_runs import MakeRun, with_facts
from gate_reports import EVERY, WHEN, MakeMoved

from configs.errors import DataError, InconclusiveError, ParityError, UsageError
from configs.schema import GateSection
from eval.gate.baseline import Baseline
from eval.gate.judge import judge_original
from eval.gate.output import append_step_summary, gate_markdown, headline
from eval.gate.run import clear_verdict, judge_run, update_baseline, write_verdict
from eval.run.results import PER_SAMPLE_FILE, ModelRecord, Results
from eval.run.stored import Run, write_run


def test_files_of_a_run(
    make_run: MakeRun,
    baseline: Baseline,
    gate: GateSection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    write_run(tmp_path, make_run({"ir-fp32@f32": 1.0, "ir-fp16@default": -1.0}, "amx"))
    baseline.write(tmp_path / "b.json")
    report = judge_run(tmp_path, gate, baseline_path=tmp_path / "b.json")
    write_verdict(tmp_path, report)
    append_step_summary(report)
    stored = json.loads((tmp_path / "gate.json").read_text())
    assert (stored["verdict"], stored["exit_code"], len(stored["rows"])) == ("failed", 1, len(report.rows))
    assert stored["rows"][0]["limit"] == 0.1
    suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
    assert len(suite) == int(suite.get("tests", "0")) == len(report.rows)
    assert len(suite.findall("testcase/failure")) == int(suite.get("failures", "0")) == report.count("fail") > 0
    errors = suite.findall("testcase/error")
    assert len(errors) == int(suite.get("errors", "0")) == report.count("inconclusive") > 0
    assert {error.get("type") for error in errors} == {"inconclusive"}
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.text == "obtained 6.500 | expected 5.500 | difference +1.000 | limit 0.1000"
    assert summary.read_text().startswith("before\n## Gate: failed\n")
    clear_verdict(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "per_sample.csv", "b.json", "summary.md"}


def test_scores_are_needed(moved_run: MakeMoved, scored: Baseline, gate: GateSection, tmp_path: Path) -> None:
    """Even a baseline of means alone judges no means but those of scores."""
    write_run(tmp_path, moved_run())
    for baseline in (scored, scored.model_copy(update={"samples": (), "scores": {}})):
        baseline.write(tmp_path / "b.json")
        (tmp_path / PER_SAMPLE_FILE).unlink(missing_ok=True)
        with pytest.raises(DataError, match=r"per_sample\.csv: cannot be read .*run `mattekit evaluate`"):
            judge_run(tmp_path, gate, baseline_path=tmp_path / "b.json")
        (tmp_path / PER_SAMPLE_FILE).write_text("sample\n")
        with pytest.raises(DataError, match="expected the columns"):
            judge_run(tmp_path, gate, baseline_path=tmp_path / "b.json")
    with pytest.raises(DataError, match="expected the columns"):
        update_baseline(tmp_path, gate, "because", baseline_path=tmp_path / "new.json")
    assert not (tmp_path / "new.json").exists()


@pytest.mark.parametrize("use", [judge_run, update_baseline])
def test_a_forged_drift_is_refused(
    use: Callable[..., object], moved_run: MakeMoved, scored: Baseline, gate: GateSection, tmp_path: Path
) -> None:
    """Every sample drifts by 1, and results.json says that none does."""
    write_run(tmp_path, moved_run((1.0,) * 8))
    drift = moved_run().results.drift
    Results.read(tmp_path).model_copy(update={"drift": drift}).write(tmp_path)
    scored.write(tmp_path / "b.json")
    given = (gate,) if use is judge_run else (gate, "because")
    with pytest.raises(DataError, match=r"drift of ir-fp32@f32, alpha_mad, mean: results\.json has 0.0, the"):
        use(tmp_path, *given, baseline_path=tmp_path / "b.json")


def test_update_keeps_the_old_values(make_run: MakeRun, gate: GateSection, tmp_path: Path) -> None:
    path = tmp_path / "baselines" / "default.json"
    for step, value in enumerate((0.0, 0.5, 1.0)):
        shift = dict.fromkeys(EVERY, value)
        write_run(tmp_path, make_run(shift))
        update_baseline(tmp_path, gate, f"step {step}", baseline_path=path, created=datetime.fromisoformat(WHEN))
    stored = Baseline.read(path)
    assert (stored.reason, stored.created) == ("step 2", "2025-01-02T00:00:00+00:00")
    assert [entry.reason for entry in stored.history] == ["step 0", "step 1"]
    assert [entry.variants["torch"].metrics["alpha_mad"] for entry in stored.history] == [5.5, 6.0]
    assert stored.variants["torch"].metrics["alpha_mad"] == 6.5
    assert stored.dataset.path is None
    assert judge_run(tmp_path, gate, baseline_path=path)
    keys = list(json.loads(path.read_text()))
    assert keys == sorted(keys)
    first = path.read_bytes()
    Baseline.read(path).write(path)
    assert path.read_bytes() == first


def test_a_change_of_the_baseline_needs_a_reason_and_the_first_none(
    make_run: MakeRun, gate: GateSection, tmp_path: Path
) -> None:
    write_run(tmp_path, make_run())
    path = tmp_path / "new" / "b.json"
    update_baseline(tmp_path, gate, "  ", baseline_path=path)
    first = path.read_bytes()
    assert Baseline.read(path).reason == "the first baseline"
    with pytest.raises(UsageError, match="--reason"):
        update_baseline(tmp_path, gate, "  ", baseline_path=path)
    assert path.read_bytes() == first
    with pytest.raises(UsageError, match="give --baseline FILE"):
        update_baseline(tmp_path, gate, "  ")


def test_a_run_without_a_baseline_is_judged_against_its_original_and_says_so(
    make_run: MakeRun, gate: GateSection, tmp_path: Path
) -> None:
    write_run(tmp_path, make_run())
    configured = gate.replaced(baseline=tmp_path / "b.json")
    for each, reason in ((gate, "none is named; make one"), (configured, "b.json is not there yet; make it of a run")):
        report = judge_run(tmp_path, each)
        assert report.verdict == "passed"
        assert reason in (report.uncompared or "")
        assert headline(report).endswith("0 inconclusive; no baseline was compared.")
        write_verdict(tmp_path, report)
        suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
        [skipped] = suite.findall("testcase/skipped")
        assert reason in skipped.get("message", "")
        assert (suite.get("skipped"), suite.get("failures"), suite.get("errors")) == ("1", "0", "0")
        assert json.loads((tmp_path / "badge.json").read_text())["message"] == "passed, no baseline"
        assert f"No baseline was compared: {report.uncompared}" in html.unescape(gate_markdown(report))
    with pytest.raises(UsageError, match="require_baseline: no baseline is named"):
        judge_run(tmp_path, gate.replaced(require_baseline=True))
    with pytest.raises(DataError, match=r"b\.json: there is no such file"):
        judge_run(tmp_path, configured.replaced(require_baseline=True))
    drifted = make_run({"ir-fp32@f32": 1.0})
    write_run(tmp_path / "drifted", drifted)
    assert judge_run(tmp_path / "drifted", gate).exit_code == 1


def test_stretched_frames_do_not_pass_unless_that_is_accepted(
    make_run: MakeRun, gate: GateSection, tmp_path: Path
) -> None:
    run = make_run()
    model = ModelRecord(source_sha256="0" * 64, architecture="background-matting-v2", input_size=(720, 1280))
    dataset = run.results.dataset.model_copy(update={"sizes": ((480, 640), (720, 1280))})
    run = with_facts(run, model=model, dataset=dataset)
    [row] = judge_original(run, gate).failures()
    assert (row.metric, row.verdict) == ("aspect", "inconclusive")
    assert row.reason.startswith("frames of 640x480 are stretched to the model's 1280x720")
    accepted = judge_original(run, gate.replaced(allow_stretch=True))
    assert accepted.verdict == "passed"
    assert any(note.startswith("frames of 640x480 are stretched") for note in accepted.notes)
    drifted = with_facts(make_run({"ir-fp32@f32": 1.0}), model=model, dataset=dataset)
    assert judge_original(drifted, gate).verdict == "failed"


def test_update_refuses_a_run_that_drifts_or_is_incomplete(
    make_run: MakeRun, gate: GateSection, tmp_path: Path
) -> None:
    path = tmp_path / "b.json"
    run = make_run()
    nowhere = Run(run.results, run.table.assign(foreground_mse=np.nan))
    without = Run(run.results, run.table.drop(columns="alpha_mse"))
    for each, required, message in [
        (make_run({"ir-fp32@f32": 1.0}), [], "ir-fp32@f32, alpha_mad: moved by"),
        (run, ["onnx"], "onnx, .*did not run"),
        (nowhere, [], "torch, foreground_mse: missing"),
        (without, [], "torch, alpha_mse: missing or undef"),
    ]:
        write_run(tmp_path, each)
        with pytest.raises(ParityError, match=message):
            update_baseline(tmp_path, gate, "because", required, baseline_path=path)
    assert not path.exists()


def test_update_refuses_what_is_not_settled_with_a_code_of_its_own(
    make_run: MakeRun, moved_run: MakeMoved, gate: GateSection, tmp_path: Path
) -> None:
    path = tmp_path / "b.json"
    strict = gate.model_copy(update={"minimum_samples": 9})
    across = moved_run((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.2))
    for run, limits, message in [
        (moved_run(), strict, "8 samples are fewer than the 9"),
        (across, gate, "lies across"),
    ]:
        write_run(tmp_path, run)
        with pytest.raises(InconclusiveError, match=f"not updated, .*(?s:.*){message}") as raised:
            update_baseline(tmp_path, limits, "because", baseline_path=path)
        assert raised.value.exit_code == 5
    write_run(tmp_path, make_run({"ir-fp32@f32": 1.0}))
    with pytest.raises(ParityError):
        update_baseline(tmp_path, strict, "because", baseline_path=path)
    assert not path.exists()


@pytest.mark.parametrize("use", [judge_run, update_baseline])
def test_models_that_are_others_now_are_refused_by_name(
    use: Callable[..., object],
    moved_run: MakeMoved,
    scored: Baseline,
    gate: GateSection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_run(Path("run"), moved_run())
    scored.write(Path("b.json"))
    given = (gate,) if use is judge_run else (gate, "because")
    use(Path("run"), *given, baseline_path=Path("b.json"))
    Path("gone/fp32").mkdir(parents=True)
    Path("gone/fp32/model.xml").write_text("<net/>")
    with pytest.raises(DataError, match=r"^run: gone/fp32/model\.xml is not the file that ran"):
        use(Path("run"), *given, baseline_path=Path("b.json"))


def test_the_first_note_says_which_run_it_is_and_what_became_of_its_models(
    moved_run: MakeMoved, scored: Baseline, gate: GateSection, tmp_path: Path
) -> None:
    write_run(tmp_path / "run", moved_run())
    scored.write(tmp_path / "b.json")
    report = judge_run(tmp_path / "run", gate, baseline_path=tmp_path / "b.json")
    assert report.notes[0].startswith(f"{tmp_path / 'run'}: its models, gone, are gone")


def test_a_missing_baseline_says_how_to_make_one(make_run: MakeRun, gate: GateSection, tmp_path: Path) -> None:
    write_run(tmp_path, make_run())
    with pytest.raises(DataError, match=r"none\.json: .*mattekit gate RUN_DIR --update-baseline --reason") as raised:
        judge_run(tmp_path, gate, baseline_path=tmp_path / "none.json")
    assert raised.value.exit_code == 3


def test_a_corrupt_baseline_is_not_overwritten(make_run: MakeRun, gate: GateSection, tmp_path: Path) -> None:
    write_run(tmp_path, make_run())
    path = tmp_path / "b.json"
    path.write_text("{")
    with pytest.raises(DataError, match="corrupt"):
        update_baseline(tmp_path, gate, "because", baseline_path=path)
    assert path.read_text() == "{"


def test_gate_and_report_load_no_runtime() -> None:
    program = (
        "import sys, eval.gate.run, eval.gate.output, eval.report.markdown, eval.report.panels\n"
        "import eval.metrics.scoring, eval.run.figures\n"
        "heavy = {'torch', 'openvino', 'onnxruntime', 'onnx', 'skimage', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_verdict_whose_place_is_taken_names_it(make_run: MakeRun, tmp_path: Path) -> None:
    write_run(tmp_path, make_run({"ir-fp32@f32": 1.0}, "amx"))
    (tmp_path / "gate.json").mkdir()
    with pytest.raises(UsageError, match=r"gate\.json: expected a file or nothing, found a folder"):
        clear_verdict(tmp_path)


def test_a_run_that_is_a_file_is_named(gate: GateSection, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    clear_verdict(tmp_path / "run")
    with pytest.raises(UsageError, match="run: a file; expected a run's folder"):
        judge_run(tmp_path / "run", gate)
