"""A run judged by itself and against its original."""

from pathlib import Path

import numpy as np
import pytest
from eval_runs import MakeRun, shifted, with_facts
from gate_reports import UP_AND_DOWN, MakeMoved, of, only_failure, verdicts

from configs.errors import UsageError
from configs.load import load_config
from configs.schema import GateSection
from eval.gate.baseline import Baseline, baseline_from
from eval.gate.judge import judge, judge_original, without_baseline
from eval.run.stored import Run
from eval.statistics.intervals import RELIABLE_UNITS


def test_the_same_run_passes(make_run: MakeRun, baseline: Baseline, gate: GateSection) -> None:
    report = judge(make_run(), baseline, gate, ["torch", "ir-fp32@f32"])
    assert report
    assert report.exit_code == 0
    assert len(report.rows) == 4 * 2 + 4 * 3
    assert {row.verdict for row in report.rows} == {"pass"}
    without_scores, without_intervals = report.notes  # four samples have no interval
    assert "the baseline holds no scores of single samples" in without_scores
    assert without_intervals.startswith("20 of 20 judgements rest on the mean alone")


def test_drift_from_the_original_fails(make_run: MakeRun, gate: GateSection) -> None:
    run = make_run({"ir-fp32@f32": 0.11})
    report = judge_original(run, gate)
    assert report.exit_code == 1
    assert {row.variant for row in report.failures()} == {"ir-fp32@f32"}
    row = report.failures()[0]
    assert (row.obtained, row.expected, row.limit) == (pytest.approx(5.61), 5.5, 0.1)
    assert row.difference == pytest.approx(0.11)


def test_improvement_over_the_original_passes_and_is_shown(make_run: MakeRun, gate: GateSection) -> None:
    report = judge_original(make_run({"ir-fp32@f32": -1.0}), gate)
    assert report.exit_code == 0
    assert len(verdicts(report, "improved")) == 4


def test_a_mean_within_and_an_interval_across_is_inconclusive(moved_run: MakeMoved, gate: GateSection) -> None:
    run = moved_run((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.2))  # mean 0.05, limit 0.1
    report = judge_original(run, gate)
    row = of(report, "original")
    assert row.difference == pytest.approx(0.05)
    assert row.verdict == "inconclusive"
    assert row.interval is not None
    assert row.interval.low <= 0.05 < 0.1 < row.interval.high
    assert row.samples_needed is not None
    assert row.samples_needed > 8
    assert f"about {row.samples_needed} would settle it" in row.reason
    assert report.exit_code == 5


def test_means_beyond_with_an_interval_across_are_inconclusive_too(moved_run: MakeMoved, gate: GateSection) -> None:
    run = moved_run((0.0, 0.0, 0.0, 0.0, 0.3, 0.3, 0.3, 0.3))
    row = of(judge_original(run, gate), "original")
    assert row.difference == pytest.approx(0.15)
    assert row.verdict == "inconclusive"


def test_inconclusive_can_be_a_failure(moved_run: MakeMoved, gate: GateSection) -> None:
    strict = gate.model_copy(update={"inconclusive": "fail", "minimum_samples": 9})
    report = judge_original(moved_run(UP_AND_DOWN), strict)
    assert report.exit_code == 1
    assert report.count("inconclusive") == 0
    assert "(gate.inconclusive: fail)" in of(report, "original").reason
    assert of(report, "run", "(all)", "sample count").verdict == "fail"
    assert judge_original(moved_run(), gate.model_copy(update={"inconclusive": "fail"})).exit_code == 0


def test_frames_of_clips_are_judged_by_clip(make_run: MakeRun, gate: GateSection) -> None:
    """Three clips of eight moved: by frame that is the certainty of 800 samples, by clip it is not settled."""
    ids = tuple(f"clip{clip}/{frame:04d}" for clip in range(8) for frame in range(100))
    moves = {"ir-fp32@f32": {sample: 0.6 for sample in ids if sample < "clip3"}}
    for consecutive, verdict in ((False, "fail"), (True, "inconclusive")):
        run = make_run(ids=ids, consecutive=consecutive)
        still = Run(run.results, run.table.assign(alpha_mad=5.0))
        report = judge(shifted(still, moves), baseline_from(still, "first", "now", None), gate)
        assert {of(report, check).verdict for check in ("original", "baseline")} == {verdict}


def test_a_precision_without_tolerances_fails_with_the_key(make_run: MakeRun, gate: GateSection) -> None:
    run = make_run(default_precision="f16")
    report = judge(run, baseline_from(run, "f16", "now", None), gate)
    reasons = [row.reason for row in report.failures()]
    assert len(reasons) == 2
    assert "add `gate.against_original.f16`" in reasons[0]
    assert "add `gate.against_baseline.f16`" in reasons[1]
    assert report.exit_code == 1


def test_a_required_variant_did_not_run(make_run: MakeRun, baseline: Baseline, gate: GateSection) -> None:
    row = only_failure(judge(make_run(), baseline, gate, ["torch", "onnx"]))
    assert (row.check, row.variant, row.verdict) == ("run", "onnx", "fail")


def test_a_missing_metric_fails_in_both_checks(make_run: MakeRun, baseline: Baseline, gate: GateSection) -> None:
    run = make_run()
    report = judge(Run(run.results, run.table.drop(columns="alpha_grad")), baseline, gate)
    assert verdicts(report, "fail") == [
        ("original", "ir-fp32@f32", "alpha_grad"),
        ("original", "ir-fp16@default", "alpha_grad"),
        ("baseline", "torch", "alpha_grad"),
        ("baseline", "ir-fp32@f32", "alpha_grad"),
        ("baseline", "ir-fp16@default", "alpha_grad"),
    ]


def test_an_undefined_metric_fails(make_run: MakeRun, baseline: Baseline, gate: GateSection) -> None:
    run = make_run()
    report = judge(Run(run.results, run.table.assign(foreground_mse=np.nan)), baseline, gate)
    assert ("baseline", "torch", "foreground_mse") in verdicts(report, "fail")
    assert ("original", "ir-fp32@f32", "foreground_mse") in verdicts(report, "fail")


def test_figures_that_a_run_is_said_to_have_are_not_judged(make_run: MakeRun, gate: GateSection) -> None:
    """Whoever makes a run of forged results gets the figures of its scores."""
    moved = make_run({"ir-fp32@f32": 1.0})
    forged = moved.results.model_copy(update={"drift": make_run().results.drift})
    assert len(verdicts(judge_original(Run(forged, moved.table), gate), "fail")) == 4


def test_too_few_samples_are_inconclusive(make_run: MakeRun, gate: GateSection) -> None:
    strict = gate.model_copy(update={"minimum_samples": 5})
    report = judge_original(make_run(), strict)
    assert report.exit_code == 5
    assert "gate.minimum_samples" in only_failure(report).reason
    assert judge_original(make_run({"ir-fp32@f32": 1.0}), strict).exit_code == 1


def test_a_run_that_does_not_say_which_files_ran_cannot_pass(make_run: MakeRun, gate: GateSection) -> None:
    run = make_run()
    for lost in ({"files": {}, "model_sha256": None}, {"files": {}}):
        nameless = tuple(each.model_copy(update=lost) for each in run.results.variants)
        report = judge_original(with_facts(run, variants=nameless), gate)
        assert report.exit_code == 5
        assert "by their hashes which files ran as torch, ir-fp32@f32, ir-fp16@default" in only_failure(report).reason


def test_an_original_alone_is_not_judged_and_the_reason_is_said(make_run: MakeRun, gate: GateSection) -> None:
    run = make_run()
    alone = Run(run.results.model_copy(update={"variants": run.results.variants[:1]}), run.table.loc[["torch"]])
    report = judge_original(alone, gate)
    row = only_failure(report)
    assert (row.verdict, report.exit_code) == ("inconclusive", 5)
    assert row.reason.startswith("nothing was judged: only torch ran")
    strict = gate.model_copy(update={"inconclusive": "fail"})
    assert judge_original(alone, strict).exit_code == 1


def test_frames_of_few_clips_are_too_few_however_many(make_run: MakeRun, gate: GateSection) -> None:
    ids = tuple(f"clip{clip}/{frame:04d}" for clip in range(3) for frame in range(30))
    strict = gate.model_copy(update={"minimum_samples": 24})
    assert judge_original(make_run(ids=ids), strict)
    report = judge_original(make_run(ids=ids, consecutive=True), strict)
    assert report.exit_code == 5
    assert only_failure(report).reason.startswith("3 clips, whose frames depend on each other, are fewer than the 24")


def test_without_a_number_a_run_needs_as_many_samples_as_its_intervals_need_to_be_right(
    make_run: MakeRun, gate: GateSection
) -> None:
    content = gate.model_dump()
    del content["minimum_samples"]
    for samples, code in ((RELIABLE_UNITS - 1, 5), (RELIABLE_UNITS, 0)):
        run = make_run(ids=tuple(f"a/{number:04d}" for number in range(samples)))
        assert judge_original(run, GateSection.model_validate(content)).exit_code == code


def test_unknown_metrics_in_the_tolerances_are_named(make_run: MakeRun) -> None:
    wrong = GateSection.model_validate({"against_original": {"f32": {"alpha_made": {"absolute": 1}}}})
    with pytest.raises(UsageError, match=r"gate\.against_original\.f32\.alpha_made: .* did you mean `alpha_mad`"):
        judge_original(make_run(), wrong)


def test_unknown_metrics_of_other_class_are_named(moved_run: MakeMoved) -> None:
    wrong = GateSection.model_validate({"other_class": {"f32": {"alpha_made": {"absolute": 1}}}})
    with pytest.raises(UsageError, match=r"gate\.other_class\.f32\.alpha_made"):
        judge_original(moved_run(), wrong)


def test_the_default_configuration_can_judge(make_run: MakeRun) -> None:
    gate = load_config(Path(__file__).parents[3] / "configs" / "default.yaml").gate
    ids = tuple(f"a/{number:04d}" for number in range(gate.minimum_samples))
    run = make_run(ids=ids)
    assert judge(run, baseline_from(run, "test", "now", None), gate)


def test_a_judgement_without_its_baseline_is_that_against_the_original(
    make_run: MakeRun, baseline: Baseline, gate: GateSection
) -> None:
    for run in (make_run(), make_run({"ir-fp32@f32": 1.0}, cpu_class="amx"), make_run(drop="ir-fp32@f32")):
        whole = judge(run, baseline, gate, ["torch", "onnx"])
        assert len(whole.rows) > len(without_baseline(whole, run.results).rows) > 0
        assert without_baseline(whole, run.results).rows == judge_original(run, gate).rows
