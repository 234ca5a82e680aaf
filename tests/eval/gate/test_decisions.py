"""What the gate decides on an interval, on one sample, on another CPU class, and against a baseline with scores."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from eval_runs import make_rows
from html_pages import content_of
from rich.console import Console

from configs.errors import DataError, UsageError
from configs.schema import GateSection, Tolerance
from eval.gate.baseline import Baseline, baseline_from, read_baseline, write_baseline
from eval.gate.judge import judge, judge_original
from eval.gate.output import GateRecord, gate_markdown, print_gate, write_junit
from eval.gate.run import judge_run, update_baseline
from eval.gate.verdict import GateReport, GateRow, Verdict, compare, samples_to_settle
from eval.presentation.formatting import signed
from eval.report.markdown import render_markdown
from eval.run.results import Results, read_results, write_results
from eval.run.scores import PER_SAMPLE_FILE, ScoreRow
from eval.run.stored import StoredRun, read_run, write_run
from eval.run.summary import reassemble
from eval.statistics.intervals import Interval, mean_intervals

MakeResults = Callable[..., Results]
IDS = tuple(f"c{number}/0001" for number in range(8))
UP_AND_DOWN = (0.3, -0.3, 0.3, -0.3, 0.3, -0.3, 0.3, -0.3)
"""Moves the mean by nothing, every sample by 0.3, and the interval across 0.1."""


def moved(by: Sequence[float], variants: Sequence[str] = ("ir-fp32@f32",)) -> list[ScoreRow]:
    """Return the rows of eight samples with `by` added to every score of the variants, sample by sample."""
    return [
        replace(
            row, scores={name: None if s is None else s + by[IDS.index(row.sample)] for name, s in row.scores.items()}
        )
        if row.variant in variants
        else row
        for row in make_rows(ids=IDS)
    ]


@pytest.fixture
def make_run(make_results: MakeResults) -> Callable[..., StoredRun]:
    def make(by: Sequence[float] = (0.0,) * 8, variants: Sequence[str] = ("ir-fp32@f32",), **other: str) -> StoredRun:
        rows = moved(by, variants)
        return StoredRun(reassemble(make_results(ids=IDS, **other), rows), tuple(rows))

    return make


@pytest.fixture
def scored(make_run: Callable[..., StoredRun]) -> Baseline:
    run = make_run()
    return baseline_from(run.results, "first", "now", None, run.rows)


def of(report: GateReport, check: str, variant: str = "ir-fp32@f32", metric: str = "alpha_mad") -> GateRow:
    [row] = [row for row in report.rows if (row.check, row.variant, row.metric) == (check, variant, metric)]
    return row


def judged(report: GateReport) -> set[tuple[str, str]]:
    return {(row.check, row.verdict) for row in report.rows if row.variant == "ir-fp32@f32"}


@pytest.mark.parametrize(
    ("direction", "low", "high", "verdict"),
    [
        ("increase", -0.05, 0.09, "pass"),
        ("increase", -9.0, 0.09, "pass"),
        ("increase", 0.02, 0.11, "inconclusive"),
        ("increase", -9.0, 0.11, "inconclusive"),
        ("increase", 0.11, 0.2, "fail"),
        ("increase", -0.4, -0.11, "improved"),
        ("increase", -0.4, -0.09, "pass"),
        ("decrease", -0.09, 9.0, "pass"),
        ("decrease", -0.11, 0.0, "inconclusive"),
        ("decrease", -0.2, -0.11, "fail"),
        ("decrease", 0.11, 0.2, "improved"),
        ("both", -0.09, 0.09, "pass"),
        ("both", -0.11, 0.0, "inconclusive"),
        ("both", -0.2, 0.2, "inconclusive"),
        ("both", -0.2, -0.11, "fail"),
        ("both", 0.11, 0.2, "fail"),
    ],
)
def test_the_interval_decides(direction: str, low: float, high: float, verdict: str) -> None:
    tolerance = Tolerance.model_validate({"absolute": 0.1, "direction": direction})
    mean = 10 + (low + high) / 2
    row = compare("original", "onnx", "m", mean, 10.0, tolerance, interval=Interval(low=low, high=high), samples=8)
    assert row.verdict == verdict
    assert (row.samples_needed is not None) == (verdict == "inconclusive" and mean != 10 + 0.1)
    assert bool(row.reason) == (verdict != "pass")


def test_a_limit_relative_to_the_expected_value_counts_where_it_is_larger() -> None:
    interval = Interval(low=0.1, high=0.4)
    for tolerance, verdict in [({"relative": 0.05}, "pass"), ({"relative": 0.03}, "inconclusive"), ({}, "fail")]:
        limits = Tolerance.model_validate({"absolute": 0.05, **tolerance})
        assert compare("original", "onnx", "m", 10.25, 10.0, limits, interval=interval, samples=8).verdict == verdict


@pytest.mark.parametrize(
    ("difference", "interval", "allowed", "needed"),
    [
        (0.05, (0.0, 0.15), (-np.inf, 0.1), 32),  # half as wide with four times as many: 0.05 + 0.05
        (0.05, (-0.3, 0.15), (-np.inf, 0.1), 32),  # only the side towards the limit counts
        (0.375, (0.125, 0.75), (-np.inf, 0.25), 32),
        (0.0, (-0.3, 0.2), (-0.1, 0.1), 72),  # the worse of the two limits
        (0.05, (0.0, 0.1001), (-np.inf, 0.1), 9),
        (0.1, (0.0, 0.2), (-np.inf, 0.1), None),
    ],
)
def test_how_many_samples_would_settle_it(
    difference: float, interval: tuple[float, float], allowed: tuple[float, float], needed: int | None
) -> None:
    assert samples_to_settle(difference, interval, allowed, 8) == needed


def test_that_many_samples_do_settle_it() -> None:
    """Drawn from one population: what 12 samples leave open, as many as they ask for decide in most cases."""
    generator = np.random.default_rng(11)

    def row(samples: int) -> GateRow:
        drift = generator.normal(0.05, 0.08, samples)
        interval = mean_intervals([str(number) for number in range(samples)], {"m": drift.tolist()})["m"]
        tolerance = Tolerance(absolute=0.1)
        return compare("original", "onnx", "m", 10 + drift.mean(), 10.0, tolerance, interval=interval, samples=samples)

    needed = [first.samples_needed for first in (row(12) for _ in range(40)) if first.verdict == "inconclusive"]
    asked = [samples for samples in needed if samples is not None and samples < 500]
    assert len(asked) > 10
    assert sum(row(samples).verdict != "inconclusive" for samples in asked) > 0.7 * len(asked)


def test_a_mean_within_and_an_interval_across_is_inconclusive(
    make_run: Callable[..., StoredRun], gate: GateSection
) -> None:
    run = make_run((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.2))  # mean 0.05, limit 0.1
    report = judge_original(run.results, gate)
    row = of(report, "original")
    assert row.difference == pytest.approx(0.05)
    assert row.verdict == "inconclusive"
    assert row.interval is not None
    assert row.interval.low <= 0.05 < 0.1 < row.interval.high
    assert row.samples_needed is not None
    assert row.samples_needed > 8
    assert f"about {row.samples_needed} would settle it" in row.reason
    assert report.exit_code == 5


def test_means_beyond_with_an_interval_across_are_inconclusive_too(
    make_run: Callable[..., StoredRun], gate: GateSection
) -> None:
    run = make_run((0.0, 0.0, 0.0, 0.0, 0.3, 0.3, 0.3, 0.3))
    row = of(judge_original(run.results, gate), "original")
    assert row.difference == pytest.approx(0.15)
    assert row.verdict == "inconclusive"


def test_inconclusive_can_be_a_failure(make_run: Callable[..., StoredRun], gate: GateSection) -> None:
    strict = gate.model_copy(update={"inconclusive": "fail", "minimum_samples": 9})
    report = judge_original(make_run(UP_AND_DOWN).results, strict)
    assert report.exit_code == 1
    assert report.count("inconclusive") == 0
    assert "(gate.inconclusive: fail)" in of(report, "original").reason
    assert of(report, "run", "(all)", "sample count").verdict == "fail"
    assert judge_original(make_run().results, gate.model_copy(update={"inconclusive": "fail"})).exit_code == 0


# Against the baseline, sample by sample


def test_an_unchanged_run_has_intervals_of_no_width(
    make_run: Callable[..., StoredRun], scored: Baseline, gate: GateSection
) -> None:
    run = make_run()
    report = judge(run.results, scored, gate, scores=run.rows)
    assert report.exit_code == 0
    assert report.notes == ()
    assert of(report, "baseline", "torch").interval == Interval(low=0, high=0)


def test_differences_from_the_baseline_are_paired(
    make_run: Callable[..., StoredRun], scored: Baseline, gate: GateSection
) -> None:
    """The scores themselves spread over 4..11: unpaired, a difference of 0.06 could never be told from noise."""
    run = make_run((0.06,) * 8)
    row = of(judge(run.results, scored, gate, scores=run.rows), "baseline")
    assert row.verdict == "fail"
    assert row.interval is not None
    assert row.interval.high - row.interval.low < 1e-9


def test_up_and_down_is_inconclusive_by_the_mean_and_fails_by_the_sample(
    make_run: Callable[..., StoredRun], scored: Baseline, gate: GateSection
) -> None:
    run = make_run(UP_AND_DOWN)
    row = of(judge(run.results, scored, gate, scores=run.rows), "baseline")
    assert (row.verdict, row.difference) == ("inconclusive", pytest.approx(0))
    for check in ("against_original", "against_baseline"):
        for largest, verdict in ((0.31, "inconclusive"), (0.29, "fail")):
            strict = _with_largest(gate, check, largest)
            row = of(judge(run.results, scored, strict, scores=run.rows), check.removeprefix("against_"))
            assert row.verdict == verdict
    assert re.match(r"sample c\d/0001 moved by 0\.3, more than the 0\.29 allowed on one; moved by", row.reason)


def _with_largest(gate: GateSection, check: str, largest: float) -> GateSection:
    content = gate.model_dump()
    for tolerances in content[check].values():
        for tolerance in tolerances.values():
            tolerance["largest"] = largest
    return GateSection.model_validate(content)


def test_a_baseline_without_scores_is_still_read_and_judged_by_means(
    make_run: Callable[..., StoredRun], gate: GateSection, tmp_path: Path
) -> None:
    write_baseline(tmp_path / "b.json", baseline_from(make_run().results, "old", "now", None))
    old = read_baseline(tmp_path / "b.json")
    assert (old.samples, old.scores) == ((), {})
    run = make_run((0.06,) * 8)
    report = judge(run.results, old, gate, scores=run.rows)
    row = of(report, "baseline")
    assert (row.verdict, row.interval) == ("fail", None)
    assert "renew it: mattekit gate RUN_DIR --update-baseline" in report.notes[0]
    assert "12 of 20 judgements rest on the mean alone" in report.notes[1]


def test_the_committed_baselines_are_readable() -> None:
    for path in (Path(__file__).parents[3] / "configs" / "baselines").glob("*.json"):
        assert read_baseline(path).variants


def test_other_samples_defined_than_in_the_baseline_fail(
    make_run: Callable[..., StoredRun], scored: Baseline, gate: GateSection
) -> None:
    """The first sample has no Foreground MSE in the baseline, here the second has none: as many, but others."""
    run = make_run()
    swap = {IDS[0]: 5.0, IDS[1]: None}
    rows = [
        replace(r, scores={**r.scores, "foreground_mse": swap.get(r.sample, r.scores["foreground_mse"])})
        for r in run.rows
    ]
    report = judge(reassemble(run.results, rows), scored, gate, scores=rows)
    assert "defined for other samples" in of(report, "baseline", metric="foreground_mse").reason


def test_frames_of_clips_are_judged_by_clip(make_results: MakeResults, gate: GateSection) -> None:
    """Three clips of eight moved: by frame that is the certainty of 800 samples, by clip it is not settled."""
    ids = tuple(f"clip{clip}/{frame:04d}" for clip in range(8) for frame in range(100))
    rows = [
        replace(row, scores={"alpha_mad": 5.0 + (0.6 if row.variant == "ir-fp32@f32" and row.sample < "clip3" else 0)})
        for row in make_rows(ids=ids)
    ]
    run = make_results(ids=ids)
    clips = run.model_copy(update={"dataset": run.dataset.model_copy(update={"consecutive": True})})
    before = [replace(row, scores={"alpha_mad": 5.0}) for row in rows]
    for each, verdict in ((run, "fail"), (clips, "inconclusive")):
        results = reassemble(each, rows)
        baseline = baseline_from(reassemble(each, before), "first", "now", None, before)
        report = judge(results, baseline, gate, scores=rows)
        assert {of(report, check).verdict for check in ("original", "baseline")} == {verdict}


# Another CPU class


WIDE = {"absolute": 0.5, "direction": "both"}


@pytest.fixture
def classes(gate: GateSection) -> GateSection:
    wide = dict.fromkeys(gate.against_baseline["f32"], WIDE)
    return gate.model_copy(
        update={"other_class": GateSection.model_validate({"other_class": {"f32": wide, "bf16": wide}}).other_class}
    )


@pytest.mark.parametrize(("by", "verdict"), [(0.0, "pass"), (0.4, "pass"), (0.6, "fail")])
def test_on_another_class_the_stated_limits_hold(
    by: float, verdict: Verdict, make_run: Callable[..., StoredRun], scored: Baseline, classes: GateSection
) -> None:
    run = make_run((by,) * 8, ("torch", "ir-fp32@f32", "ir-fp16@default"), cpu_class="amx")
    report = judge(run.results, scored, classes, scores=run.rows)
    row = of(report, "baseline")
    assert (row.verdict, row.limit) == (verdict, 0.5)
    assert "by the limits of gate.other_class.f32: this CPU is amx, the baseline's avx2" in row.reason
    assert report.exit_code == (1 if verdict == "fail" else 0)
    same = make_run((by,) * 8, ("torch", "ir-fp32@f32", "ir-fp16@default"))
    assert of(judge(same.results, scored, classes, scores=same.rows), "baseline").limit == 0.05


def test_on_another_class_an_interval_across_the_stated_limit_is_inconclusive(
    make_run: Callable[..., StoredRun], scored: Baseline, classes: GateSection
) -> None:
    run = make_run((2.0, -2.0) * 4, cpu_class="amx")
    assert of(judge(run.results, scored, classes, scores=run.rows), "baseline").verdict == "inconclusive"


def test_another_precision_on_another_class_is_judged_by_the_coarser_one_s_limits(
    make_run: Callable[..., StoredRun], scored: Baseline, classes: GateSection
) -> None:
    """As `default` gives bf16 on a CPU that has it, and f32 on one that has not."""
    for by, verdict in ((0.1, "pass"), (0.6, "fail")):
        run = make_run((by,) * 8, ("ir-fp16@default",), cpu_class="amx", default_precision="f32")
        row = of(judge(run.results, scored, classes, scores=run.rows), "baseline", "ir-fp16@default")
        assert row.verdict == verdict
        assert "gate.other_class.bf16" in row.reason
        assert "ran in f32, in the baseline in bf16" in row.reason
    only_f32 = classes.model_copy(update={"other_class": {"f32": classes.other_class["f32"]}})
    row = of(judge(run.results, scored, only_f32, scores=run.rows), "baseline", "ir-fp16@default", "precision")
    assert row.verdict == "inconclusive"
    assert "there is no gate.other_class.bf16" in row.reason


def test_changed_versions_are_said(make_run: Callable[..., StoredRun], scored: Baseline, gate: GateSection) -> None:
    run = make_run()
    newer = scored.model_copy(update={"versions": {"torch": "1.9", "openvino": None}})
    assert judge(run.results, newer, gate, scores=run.rows).notes == (
        "versions changed since the baseline: torch 1.9 -> 2.0",
    )


def test_unknown_metrics_of_other_class_are_named(make_run: Callable[..., StoredRun]) -> None:
    wrong = GateSection.model_validate({"other_class": {"f32": {"alpha_made": {"absolute": 1}}}})
    with pytest.raises(UsageError, match=r"gate\.other_class\.f32\.alpha_made"):
        judge_original(make_run().results, wrong)


# Files


def test_a_baseline_holds_the_scores_and_its_history_none(
    make_run: Callable[..., StoredRun], gate: GateSection, tmp_path: Path
) -> None:
    path = tmp_path / "b.json"
    for by in (0.0, 0.5):
        write_run(tmp_path / "run", make_run((by,) * 8, ("torch", "ir-fp32@f32", "ir-fp16@default")))
        update_baseline(tmp_path / "run", gate, "because", baseline_path=path)
    stored = read_baseline(path)
    assert stored.samples == IDS
    assert stored.scores["torch"]["alpha_mad"] == tuple(4.5 + number for number in range(8))
    assert stored.scores["torch"]["foreground_mse"][0] is None
    assert "scores" not in stored.history[0].model_dump()
    report = judge_run(tmp_path / "run", gate, baseline_path=path)
    assert report.exit_code == 0
    assert of(report, "baseline").interval == Interval(low=0, high=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": IDS[1:]}, "`samples` are not those of `dataset`"),
        ({"scores": {"torch": {}}}, "name different variants"),
        ({"mean": 4.0}, "torch, alpha_mad: the mean is"),
        ({"short": True}, "expected 8, found 7"),
    ],
)
def test_a_baseline_that_contradicts_itself_is_refused(
    change: dict[str, object], message: str, scored: Baseline, tmp_path: Path
) -> None:
    content = scored.model_dump(mode="json")
    if "mean" in change:
        content["variants"]["torch"]["metrics"]["alpha_mad"] = change["mean"]
    elif "short" in change:
        content["scores"]["torch"]["alpha_mad"] = content["scores"]["torch"]["alpha_mad"][:7]
    else:
        content |= change
    path = tmp_path / "b.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match=message):
        read_baseline(path)


def test_a_run_whose_files_disagree_is_refused(
    make_run: Callable[..., StoredRun], scored: Baseline, gate: GateSection, tmp_path: Path
) -> None:
    write_baseline(tmp_path / "b.json", scored)
    run, other = make_run(), make_run((0.5,) * 8)
    for results, rows, message in [
        (run.results, other.rows, "variant ir-fp32@f32, alpha_mad: the mean is 7.5, that of its 8 scores 8.0"),
        (run.results, run.rows[:-1], "variant ir-fp16@default: scores of 7 samples"),
        (run.results, (*run.rows, replace(run.rows[0], variant="onnx")), "scores of variant onnx"),
        (run.results, (*run.rows, run.rows[0]), "expected each once, found `c0/0001` twice"),
    ]:
        write_run(tmp_path / "run", StoredRun(results, rows))
        with pytest.raises(DataError, match=f"are not of one run.*{message}"):
            judge_run(tmp_path / "run", gate, baseline_path=tmp_path / "b.json")
    write_run(tmp_path / "run", run)
    assert judge_run(tmp_path / "run", gate, baseline_path=tmp_path / "b.json")


def test_scores_are_needed_where_the_baseline_has_them(
    make_run: Callable[..., StoredRun], scored: Baseline, gate: GateSection, tmp_path: Path
) -> None:
    write_results(tmp_path / "results.json", make_run().results)
    write_baseline(tmp_path / "b.json", scored)
    with pytest.raises(DataError, match=r"per_sample\.csv: missing or empty, and the baseline is compared sample by"):
        judge_run(tmp_path, gate, baseline_path=tmp_path / "b.json")
    with pytest.raises(DataError, match=r"per_sample\.csv: missing or empty, and a baseline holds them"):
        update_baseline(tmp_path, gate, "because", baseline_path=tmp_path / "new.json")
    write_baseline(tmp_path / "b.json", baseline_from(make_run().results, "old", "now", None))
    assert judge_run(tmp_path, gate, baseline_path=tmp_path / "b.json")  # means alone need none
    (tmp_path / PER_SAMPLE_FILE).write_text("sample\n")
    with pytest.raises(DataError, match="expected the columns"):
        judge_run(tmp_path, gate, baseline_path=tmp_path / "b.json")


def test_intervals_survive_the_round_trip(make_run: Callable[..., StoredRun], tmp_path: Path) -> None:
    run = make_run(UP_AND_DOWN)
    write_run(tmp_path, run)
    assert read_results(tmp_path) == run.results
    assert read_run(tmp_path) == run
    drift = run.results.drift_of("ir-fp32@f32", "alpha_mad")
    assert drift is not None
    assert drift.interval is not None


def test_a_verdict_that_is_not_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gate.json").write_text('{"schema_version": 1, "rows": [], "notes": []}', encoding="utf-8")
    with pytest.raises(DataError, match=r"gate\.json: verdict: Field required .*run `mattekit gate` again"):
        GateRecord.read(tmp_path)


def test_every_output_shows_the_interval(make_run: Callable[..., StoredRun], gate: GateSection, tmp_path: Path) -> None:
    run = make_run((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.2))
    report = judge_original(run.results, gate)
    row = of(report, "original")
    assert row.interval is not None
    GateRecord.from_report(report).write(tmp_path)
    assert GateRecord.read(tmp_path).report == report
    write_junit(tmp_path / "junit.xml", report)
    console = Console(record=True, width=80, color_system=None, file=(tmp_path / "o").open("w"))
    print_gate(report, console)
    terminal = console.export_text()
    console.file.close()
    stored = (tmp_path / "gate.json").read_text()
    assert f'"low": {row.interval.low}' in stored
    assert f'"samples_needed": {row.samples_needed}' in stored
    text = f"{signed(row.interval.low)} to {signed(row.interval.high)}"
    assert f"95 % interval {text}" in (tmp_path / "junit.xml").read_text()
    assert f"| {text} |" in gate_markdown(report)
    assert f"| {text} |" in render_markdown(content_of(run.results, gate))
    assert signed(row.interval.high) in terminal
    assert f"about {row.samples_needed} would settle it" in terminal.replace("\n", " ")
