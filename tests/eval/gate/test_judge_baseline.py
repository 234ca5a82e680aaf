"""A run judged against a baseline: sample by sample, on another CPU class, at another precision."""

import re
from pathlib import Path

import numpy as np
import pytest
from eval_runs import IDS as FOUR
from eval_runs import METRIC_BASE, MakeRun, with_facts
from gate_reports import EVERY, IDS, UP_AND_DOWN, MakeMoved, of, only_failure, verdicts

from configs.schema import GateSection, Tolerance
from eval.gate.baseline import Baseline, baseline_from
from eval.gate.judge import judge
from eval.gate.verdict import GateReport, GateRow, Verdict
from eval.run.stored import Run
from eval.statistics.intervals import Interval


def test_the_whole_run_moved_against_the_baseline(make_run: MakeRun, baseline: Baseline, gate: GateSection) -> None:
    run = make_run(dict.fromkeys(EVERY, 0.06))
    report = judge(run, baseline, gate)
    assert report.exit_code == 1
    assert {row.check for row in report.failures()} == {"baseline"}
    assert report.count("fail") == 12


def test_an_unchanged_run_has_intervals_of_no_width(moved_run: MakeMoved, scored: Baseline, gate: GateSection) -> None:
    run = moved_run()
    report = judge(run, scored, gate)
    assert report.exit_code == 0
    assert report.notes == ()
    assert of(report, "baseline", "torch").interval == Interval(low=0, high=0)


def test_differences_from_the_baseline_are_paired(moved_run: MakeMoved, scored: Baseline, gate: GateSection) -> None:
    """The scores themselves spread over 4..11: unpaired, a difference of 0.06 could never be told from noise."""
    run = moved_run((0.06,) * 8)
    row = of(judge(run, scored, gate), "baseline")
    assert row.verdict == "fail"
    assert row.interval is not None
    assert row.interval.high - row.interval.low < 1e-9


def test_up_and_down_is_inconclusive_by_the_mean_and_fails_by_the_sample(
    moved_run: MakeMoved, scored: Baseline, gate: GateSection
) -> None:
    run = moved_run(UP_AND_DOWN)
    row = of(judge(run, scored, gate), "baseline")
    assert (row.verdict, row.difference) == ("inconclusive", pytest.approx(0))
    for check in ("against_original", "against_baseline"):
        for largest, verdict in ((0.31, "inconclusive"), (0.29, "fail")):
            strict = _with_largest(gate, check, largest)
            row = of(judge(run, scored, strict), check.removeprefix("against_"))
            assert row.verdict == verdict
    assert re.match(r"sample c\d/0001 moved by 0\.3, more than the 0\.29 allowed on one; moved by", row.reason)


def _with_largest(gate: GateSection, check: str, largest: float) -> GateSection:
    content = gate.model_dump()
    for tolerances in content[check].values():
        for tolerance in tolerances.values():
            tolerance["largest"] = largest
    return GateSection.model_validate(content)


def test_a_baseline_without_scores_is_still_read_and_judged_by_means(
    moved_run: MakeMoved, gate: GateSection, tmp_path: Path
) -> None:
    made = baseline_from(moved_run(), "old", "now", None)
    made.model_copy(update={"samples": (), "scores": {}}).write(tmp_path / "b.json")
    old = Baseline.read(tmp_path / "b.json")
    assert (old.samples, old.scores) == ((), {})
    run = moved_run((0.06,) * 8)
    report = judge(run, old, gate)
    row = of(report, "baseline")
    assert (row.verdict, row.interval) == ("fail", None)
    assert "renew it: mattekit gate RUN_DIR --update-baseline" in report.notes[0]
    assert "12 of 20 judgements rest on the mean alone" in report.notes[1]


def test_other_samples_defined_than_in_the_baseline_fail(
    moved_run: MakeMoved, scored: Baseline, gate: GateSection
) -> None:
    """The first sample has no Foreground MSE in the baseline, here the second has none: as many, but others."""
    run = moved_run()
    table = run.table.copy()
    table.loc[(slice(None), IDS[0]), "foreground_mse"] = 5.0
    table.loc[(slice(None), IDS[1]), "foreground_mse"] = np.nan
    report = judge(Run(run.results, table), scored, gate)
    assert "defined for other samples" in of(report, "baseline", metric="foreground_mse").reason


def test_a_variant_of_the_baseline_did_not_run(make_run: MakeRun, baseline: Baseline, gate: GateSection) -> None:
    row = only_failure(judge(make_run(drop="ir-fp16@default"), baseline, gate))
    assert (row.check, row.variant) == ("baseline", "ir-fp16@default")
    assert "did not run" in row.reason


def test_a_variant_that_the_baseline_does_not_know(make_run: MakeRun, gate: GateSection) -> None:
    old = baseline_from(make_run(drop="ir-fp32@f32"), "first", "now", None)
    row = only_failure(judge(make_run(), old, gate))
    assert (row.variant, row.verdict) == ("ir-fp32@f32", "fail")
    assert "--update-baseline" in row.reason


def test_a_metric_of_the_baseline_without_a_tolerance_may_not_vanish(
    make_run: MakeRun, baseline: Baseline, gate: GateSection
) -> None:
    content = gate.model_dump()
    for check in ("against_original", "against_baseline"):
        for tolerances in content[check].values():
            del tolerances["alpha_grad"]
    narrow = GateSection.model_validate(content)
    assert judge(make_run(), baseline, narrow)
    run = make_run()
    report = judge(Run(run.results, run.table.drop(columns="alpha_grad")), baseline, narrow)
    assert verdicts(report, "fail") == [("baseline", variant, "alpha_grad") for variant in EVERY]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ids": FOUR[:3]}, "4 samples in the baseline (of synthetic), 3 in this run (of synthetic)"),
        ({"ids": (*FOUR[:3], "c/0001")}, "other sample ids"),
        ({"manifest": "1" * 64}, "another manifest"),
        ({"manifest": None}, "none found"),
    ],
)
def test_a_different_sample_set_is_not_compared_and_fails_where_a_baseline_is_required(
    change: dict[str, object], reason: str, make_run: MakeRun, baseline: Baseline, gate: GateSection
) -> None:
    run = make_run(cpu_class="amx", **change)
    row = _only_uncompared(judge(run, baseline, gate))
    assert row.metric == "sample set"
    assert row.reason.startswith("the baseline is of another set: synthetic, the run is of synthetic (")
    assert reason in row.reason
    report = judge(run, baseline, gate.replaced(require_baseline=True))
    row = only_failure(report)
    assert (row.check, row.metric, report.exit_code) == ("baseline", "sample set", 1)
    assert f"{reason}" in row.reason
    assert "gate.require_baseline asks for one that fits" in row.reason


def _only_uncompared(report: GateReport) -> GateRow:
    """Return the row that says why nothing was compared with the baseline, in a report that passed without that."""
    [row] = [row for row in report.rows if row.check == "baseline"]
    assert (row.verdict, report.verdict, report.uncompared) == ("not compared", "passed", row.reason)
    assert row.reason.endswith("so the run is judged against its original alone")
    assert not [note for note in report.notes if "baseline" in note]
    assert report.judged == len(report.rows) - 1
    return row


def test_another_original_fails(make_run: MakeRun, baseline: Baseline, gate: GateSection) -> None:
    run = with_facts(make_run(), original="ir-fp32@f32")
    assert ("baseline", "ir-fp32@f32", "original") in verdicts(judge(run, baseline, gate), "fail")


OTHER_MODELS = {
    "source (SHA-256) 777777777777, the baseline's 555555555555": {"source_sha256": "7" * 64},
    "architecture modnet, the baseline's background-matting-v2": {"architecture": "modnet"},
    "input size 96x128, the baseline's 96x64": {"input_size": (128, 96)},
    "refine_threshold 0.2, the baseline's 0.1": {"settings": {"refine_threshold": 0.2, "new": 1}},
}


@pytest.mark.parametrize("difference", OTHER_MODELS)
def test_a_run_of_another_model_is_judged_against_its_original_alone(
    difference: str, moved_run: MakeMoved, scored: Baseline, gate: GateSection
) -> None:
    assert scored.model is not None
    known = scored.model.model_copy(update={"settings": {"refine_threshold": 0.1}})
    of_known = scored.model_copy(update={"model": known})
    run = with_facts(moved_run((0.06,) * 8), model=known.model_copy(update=OTHER_MODELS[difference]))
    report = judge(run, of_known, gate)
    row = _only_uncompared(report)
    assert row.reason.startswith(f"the baseline is of another model ({difference})")
    assert {each.check for each in report.rows if each is not row} == {"original"}
    strict = only_failure(judge(run, of_known, gate.replaced(require_baseline=True)))
    assert (strict.metric, strict.verdict) == ("model", "fail")
    assert difference in strict.reason
    assert judge(with_facts(moved_run((1.0,) * 8), model=run.results.model), of_known, gate).exit_code == 1


def test_a_setting_that_the_baseline_does_not_know_makes_no_other_model(
    moved_run: MakeMoved, scored: Baseline, gate: GateSection
) -> None:
    assert scored.model is not None
    newer = scored.model.model_copy(update={"settings": {"new": 1}})
    assert judge(with_facts(moved_run(), model=newer), scored, gate).exit_code == 0


def test_a_baseline_that_names_no_model_is_taken_to_be_of_the_run_s(
    moved_run: MakeMoved, scored: Baseline, gate: GateSection
) -> None:
    report = judge(moved_run(), scored.model_copy(update={"model": None}), gate)
    assert report.exit_code == 0
    [note] = report.notes
    assert note.startswith("the baseline, of an earlier version, does not say which model it is of")
    [note] = judge(with_facts(moved_run(), model=None), scored, gate).notes
    assert note.startswith("the run, of an earlier version, does not say which model it is of")


def test_other_pixels_under_the_same_ids_are_another_set(
    moved_run: MakeMoved, scored: Baseline, gate: GateSection
) -> None:
    run = moved_run()
    runs = {
        pixels: with_facts(run, dataset=run.results.dataset.model_copy(update={"pixels_sha256": pixels}))
        for pixels in ("1" * 64, "2" * 64, None)
    }
    expected = scored.model_copy(update={"dataset": runs["1" * 64].results.dataset})
    assert "(other pixels than the baseline's" in _only_uncompared(judge(runs["2" * 64], expected, gate)).reason
    assert judge(runs["1" * 64], expected, gate).exit_code == 0
    assert judge(runs[None], expected, gate).exit_code == 0


def test_changed_versions_are_said(moved_run: MakeMoved, scored: Baseline, gate: GateSection) -> None:
    run = moved_run()
    newer = scored.model_copy(update={"versions": {"torch": "1.9", "openvino": None}})
    assert judge(run, newer, gate).notes == ("versions changed since the baseline: torch 1.9 -> 2.0",)


@pytest.mark.parametrize(("cpu_class", "verdict", "exit_code"), [("avx2", "fail", 1), ("amx", "inconclusive", 5)])
def test_another_precision_than_the_baselines(
    cpu_class: str,
    verdict: str,
    exit_code: int,
    make_run: MakeRun,
    baseline: Baseline,
    gate: GateSection,
) -> None:
    report = judge(make_run(cpu_class=cpu_class, default_precision="f32"), baseline, gate)
    row = only_failure(report)
    assert (row.variant, row.metric, row.verdict) == ("ir-fp16@default", "precision", verdict)
    assert "ran in f32, in the baseline in bf16" in row.reason
    assert report.exit_code == exit_code


def _with_int8(run: Run, rest: str = "f32") -> Run:
    """Return the run with `ir-fp16@default` recorded as a quantized form."""
    variants = [
        variant.model_copy(update={"precision": "int8", "rest_precision": rest, "weights": "int8"})
        if variant.name == "ir-fp16@default"
        else variant
        for variant in run.results.variants
    ]
    return with_facts(run, variants=tuple(variants))


def test_a_quantized_form_is_judged_by_tolerances_of_its_own(make_run: MakeRun, gate: GateSection) -> None:
    run = _with_int8(make_run({"ir-fp16@default": 0.3}))
    baseline = baseline_from(run, "int8", "now", None)
    unknown = judge(run, baseline, gate)
    assert {row.variant for row in unknown.failures()} == {"ir-fp16@default"}
    assert "ran in int8 (rest f32), which has no tolerances: add `gate.against_original.int8`" in str(unknown.rows)

    def with_limit(limit: float) -> GateSection:
        of_int8 = {name: Tolerance(absolute=limit) for name in METRIC_BASE}
        keys = ("against_original", "against_baseline")
        return gate.model_copy(update={key: {**getattr(gate, key), "int8": of_int8} for key in keys})

    assert judge(run, baseline, with_limit(0.5)).exit_code == 0
    assert judge(run, baseline, with_limit(0.2)).exit_code == 1


def test_what_the_rest_of_a_quantized_form_ran_in_is_held_to_the_baseline(make_run: MakeRun, gate: GateSection) -> None:
    baseline = baseline_from(_with_int8(make_run()), "int8", "now", None)

    rows = judge(_with_int8(make_run(), rest="bf16"), baseline, gate).failures()

    assert any("ran in int8 (rest bf16), in the baseline in int8 (rest f32)" in row.reason for row in rows)


def test_other_cpu_class(make_run: MakeRun, baseline: Baseline, gate: GateSection) -> None:
    within = judge(make_run(cpu_class="amx"), baseline, gate)
    assert within.exit_code == 0
    assert "this run's CPU class is amx, the baseline's avx2" in within.notes[0]
    assert {"by the limits of the baseline's class: this CPU is amx, the baseline's avx2"} == {
        row.reason for row in within.rows if row.check == "baseline"
    }
    moved = dict.fromkeys(EVERY, 0.06)
    beyond = judge(make_run(moved, cpu_class="amx"), baseline, gate)
    assert beyond.exit_code == 5
    assert not beyond
    assert "this CPU is amx, the baseline's avx2" in beyond.failures()[0].reason


def test_another_cpu_class_excuses_no_drift_from_the_original(
    make_run: MakeRun, baseline: Baseline, gate: GateSection
) -> None:
    report = judge(make_run({"ir-fp32@f32": 1.0}, cpu_class="amx"), baseline, gate)
    assert report.exit_code == 1
    assert len(verdicts(report, "inconclusive")) == 4


WIDE = {"absolute": 0.5, "direction": "both"}


@pytest.fixture
def classes(gate: GateSection) -> GateSection:
    wide = dict.fromkeys(gate.against_baseline["f32"], WIDE)
    return gate.model_copy(
        update={"other_class": GateSection.model_validate({"other_class": {"f32": wide, "bf16": wide}}).other_class}
    )


@pytest.mark.parametrize(("by", "verdict"), [(0.0, "pass"), (0.4, "pass"), (0.6, "fail")])
def test_on_another_class_the_stated_limits_hold(
    by: float, verdict: Verdict, moved_run: MakeMoved, scored: Baseline, classes: GateSection
) -> None:
    run = moved_run((by,) * 8, EVERY, cpu_class="amx")
    report = judge(run, scored, classes)
    row = of(report, "baseline")
    assert (row.verdict, row.limit) == (verdict, 0.5)
    assert "by the limits of gate.other_class.f32: this CPU is amx, the baseline's avx2" in row.reason
    assert report.exit_code == (1 if verdict == "fail" else 0)
    same = moved_run((by,) * 8, EVERY)
    assert of(judge(same, scored, classes), "baseline").limit == 0.05


def test_on_another_class_an_interval_across_the_stated_limit_is_inconclusive(
    moved_run: MakeMoved, scored: Baseline, classes: GateSection
) -> None:
    run = moved_run((2.0, -2.0) * 4, cpu_class="amx")
    assert of(judge(run, scored, classes), "baseline").verdict == "inconclusive"


def test_another_precision_on_another_class_is_judged_by_the_coarser_one_s_limits(
    moved_run: MakeMoved, scored: Baseline, classes: GateSection
) -> None:
    """As `default` gives bf16 on a CPU that has it, and f32 on one that has not."""
    for by, verdict in ((0.1, "pass"), (0.6, "fail")):
        run = moved_run((by,) * 8, ("ir-fp16@default",), cpu_class="amx", default_precision="f32")
        row = of(judge(run, scored, classes), "baseline", "ir-fp16@default")
        assert row.verdict == verdict
        assert "gate.other_class.bf16" in row.reason
        assert "ran in f32, in the baseline in bf16" in row.reason
    only_f32 = classes.model_copy(update={"other_class": {"f32": classes.other_class["f32"]}})
    row = of(judge(run, scored, only_f32), "baseline", "ir-fp16@default", "precision")
    assert row.verdict == "inconclusive"
    assert "there is no gate.other_class.bf16" in row.reason
