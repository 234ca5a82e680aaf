"""The gate's truth table, baselines and their update, and what is written."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from eval_runs import IDS, METRIC_BASE, make_rows
from rich.console import Console

from configs.errors import DataError, ParityError, UsageError
from configs.load import load_config
from configs.schema import GateSection, Tolerance
from eval.gate.baseline import Baseline, baseline_from, read_baseline, write_baseline
from eval.gate.judge import judge, judge_original, without_baseline
from eval.gate.output import append_step_summary, gate_markdown, print_gate
from eval.gate.run import clear_verdict, judge_run, update_baseline, write_verdict
from eval.gate.verdict import GateReport, GateRow, compare
from eval.run.results import MetricRecord, Results, write_results
from eval.run.stored import StoredRun, write_run
from eval.run.summary import reassemble

MakeResults = Callable[..., Results]
WHEN = datetime(2025, 1, 2, tzinfo=UTC)


@pytest.fixture
def baseline(make_results: MakeResults) -> Baseline:
    return baseline_from(make_results(), "first", WHEN.isoformat(), None)


def verdicts(report: GateReport, verdict: str) -> list[tuple[str, str, str]]:
    return [(row.check, row.variant, row.metric) for row in report.rows if row.verdict == verdict]


def only_failure(report: GateReport) -> GateRow:
    (row,) = report.failures()
    return row


def without_metric(results: Results, variant: str, metric: str, record: MetricRecord | None = None) -> Results:
    """Return the run with one metric of one variant removed or replaced."""
    variants = []
    for each in results.variants:
        metrics = dict(each.metrics)
        if each.name == variant:
            del metrics[metric]
            if record is not None:
                metrics[metric] = record
        variants.append(each.model_copy(update={"metrics": metrics}))
    return results.model_copy(update={"variants": tuple(variants)})


@pytest.mark.parametrize(
    ("direction", "obtained", "verdict"),
    [
        ("increase", 10.5, "pass"),
        ("increase", 10.5 + 1e-10, "pass"),
        ("increase", 10.5 + 1e-7, "fail"),
        ("increase", 10.6, "fail"),
        ("increase", 9.4, "improved"),
        ("decrease", 9.5, "pass"),
        ("decrease", 9.4, "fail"),
        ("decrease", 10.6, "improved"),
        ("both", 10.6, "fail"),
        ("both", 9.4, "fail"),
        ("both", 9.5, "pass"),
        ("both", float("nan"), "fail"),
        ("increase", float("-inf"), "fail"),
        ("increase", None, "fail"),
    ],
)
def test_directions(direction: str, obtained: float | None, verdict: str) -> None:
    tolerance = Tolerance.model_validate({"absolute": 0.1, "relative": 0.05, "direction": direction})
    row = compare("original", "onnx", "alpha_mad", obtained, 10.0, tolerance)
    assert row.verdict == verdict
    assert bool(row.reason) == (verdict != "pass")


def test_nan_expected_fails_even_where_beyond_is_inconclusive() -> None:
    row = compare("baseline", "onnx", "alpha_mad", 1.0, float("nan"), Tolerance(absolute=9.0), "inconclusive")
    assert (row.verdict, row.expected) == ("fail", None)


def test_the_same_run_passes(make_results: MakeResults, baseline: Baseline, gate: GateSection) -> None:
    report = judge(make_results(), baseline, gate, ["torch", "ir-fp32@f32"])
    assert report
    assert report.exit_code == 0
    assert len(report.rows) == 4 * 2 + 4 * 3
    assert {row.verdict for row in report.rows} == {"pass"}
    without_scores, without_intervals = report.notes  # four samples have no interval
    assert "the baseline holds no scores of single samples" in without_scores
    assert without_intervals.startswith("20 of 20 judgements rest on the mean alone")


def test_drift_from_the_original_fails(make_results: MakeResults, gate: GateSection) -> None:
    run = make_results({"ir-fp32@f32": 0.11})
    report = judge_original(run, gate)
    assert report.exit_code == 1
    assert {row.variant for row in report.failures()} == {"ir-fp32@f32"}
    row = report.failures()[0]
    assert (row.obtained, row.expected, row.limit) == (pytest.approx(5.61), 5.5, 0.1)
    assert row.difference == pytest.approx(0.11)


def test_the_whole_run_moved_against_the_baseline(
    make_results: MakeResults, baseline: Baseline, gate: GateSection
) -> None:
    run = make_results(dict.fromkeys(("torch", "ir-fp32@f32", "ir-fp16@default"), 0.06))
    report = judge(run, baseline, gate)
    assert report.exit_code == 1
    assert {row.check for row in report.failures()} == {"baseline"}
    assert report.count("fail") == 12


def test_improvement_over_the_original_passes_and_is_shown(make_results: MakeResults, gate: GateSection) -> None:
    report = judge_original(make_results({"ir-fp32@f32": -1.0}), gate)
    assert report.exit_code == 0
    assert len(verdicts(report, "improved")) == 4


def test_other_cpu_class(make_results: MakeResults, baseline: Baseline, gate: GateSection) -> None:
    within = judge(make_results(cpu_class="amx"), baseline, gate)
    assert within.exit_code == 0
    assert "this run's CPU class is amx, the baseline's avx2" in within.notes[0]
    assert {"by the limits of the baseline's class: this CPU is amx, the baseline's avx2"} == {
        row.reason for row in within.rows if row.check == "baseline"
    }
    moved = dict.fromkeys(("torch", "ir-fp32@f32", "ir-fp16@default"), 0.06)
    beyond = judge(make_results(moved, cpu_class="amx"), baseline, gate)
    assert beyond.exit_code == 5
    assert not beyond
    assert "this CPU is amx, the baseline's avx2" in beyond.failures()[0].reason


def test_another_cpu_class_excuses_no_drift_from_the_original(
    make_results: MakeResults, baseline: Baseline, gate: GateSection
) -> None:
    report = judge(make_results({"ir-fp32@f32": 1.0}, cpu_class="amx"), baseline, gate)
    assert report.exit_code == 1
    assert len(verdicts(report, "inconclusive")) == 4


@pytest.mark.parametrize(("cpu_class", "verdict", "exit_code"), [("avx2", "fail", 1), ("amx", "inconclusive", 5)])
def test_another_precision_than_the_baselines(
    cpu_class: str,
    verdict: str,
    exit_code: int,
    make_results: MakeResults,
    baseline: Baseline,
    gate: GateSection,
) -> None:
    report = judge(make_results(cpu_class=cpu_class, default_precision="f32"), baseline, gate)
    row = only_failure(report)
    assert (row.variant, row.metric, row.verdict) == ("ir-fp16@default", "precision", verdict)
    assert "ran in f32, in the baseline in bf16" in row.reason
    assert report.exit_code == exit_code


def _with_int8(results: Results, rest: str = "f32") -> Results:
    """Return the run with `ir-fp16@default` recorded as a quantized form."""
    variants = [
        variant.model_copy(update={"precision": "int8", "rest_precision": rest, "weights": "int8"})
        if variant.name == "ir-fp16@default"
        else variant
        for variant in results.variants
    ]
    return results.model_copy(update={"variants": tuple(variants)})


def test_a_quantized_form_is_judged_by_tolerances_of_its_own(make_results: MakeResults, gate: GateSection) -> None:
    run = _with_int8(make_results({"ir-fp16@default": 0.3}))
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


def test_what_the_rest_of_a_quantized_form_ran_in_is_held_to_the_baseline(
    make_results: MakeResults, gate: GateSection
) -> None:
    baseline = baseline_from(_with_int8(make_results()), "int8", "now", None)

    rows = judge(_with_int8(make_results(), rest="bf16"), baseline, gate).failures()

    assert any("ran in int8 (rest bf16), in the baseline in int8 (rest f32)" in row.reason for row in rows)


def test_a_precision_without_tolerances_fails_with_the_key(make_results: MakeResults, gate: GateSection) -> None:
    run = make_results(default_precision="f16")
    report = judge(run, baseline_from(run, "f16", "now", None), gate)
    reasons = [row.reason for row in report.failures()]
    assert len(reasons) == 2
    assert "add `gate.against_original.f16`" in reasons[0]
    assert "add `gate.against_baseline.f16`" in reasons[1]
    assert report.exit_code == 1


def test_a_variant_of_the_baseline_did_not_run(
    make_results: MakeResults, baseline: Baseline, gate: GateSection
) -> None:
    row = only_failure(judge(make_results(drop="ir-fp16@default"), baseline, gate))
    assert (row.check, row.variant) == ("baseline", "ir-fp16@default")
    assert "did not run" in row.reason


def test_a_required_variant_did_not_run(make_results: MakeResults, baseline: Baseline, gate: GateSection) -> None:
    row = only_failure(judge(make_results(), baseline, gate, ["torch", "onnx"]))
    assert (row.check, row.variant, row.verdict) == ("run", "onnx", "fail")


def test_a_variant_that_the_baseline_does_not_know(make_results: MakeResults, gate: GateSection) -> None:
    old = baseline_from(make_results(drop="ir-fp32@f32"), "first", "now", None)
    row = only_failure(judge(make_results(), old, gate))
    assert (row.variant, row.verdict) == ("ir-fp32@f32", "fail")
    assert "--update-baseline" in row.reason


def test_a_missing_metric_fails_in_both_checks(
    make_results: MakeResults, baseline: Baseline, gate: GateSection
) -> None:
    report = judge(without_metric(make_results(), "ir-fp32@f32", "alpha_grad"), baseline, gate)
    assert verdicts(report, "fail") == [
        ("original", "ir-fp32@f32", "alpha_grad"),
        ("baseline", "ir-fp32@f32", "alpha_grad"),
    ]


def test_a_metric_of_the_baseline_without_a_tolerance_may_not_vanish(
    make_results: MakeResults, baseline: Baseline, gate: GateSection
) -> None:
    content = gate.model_dump()
    for check in ("against_original", "against_baseline"):
        for tolerances in content[check].values():
            del tolerances["alpha_grad"]
    narrow = GateSection.model_validate(content)
    assert judge(make_results(), baseline, narrow)
    row = only_failure(judge(without_metric(make_results(), "torch", "alpha_grad"), baseline, narrow))
    assert (row.check, row.variant, row.metric) == ("baseline", "torch", "alpha_grad")


def test_an_undefined_metric_fails(make_results: MakeResults, baseline: Baseline, gate: GateSection) -> None:
    undefined = MetricRecord(mean=None, samples=0, undefined=4)
    report = judge(without_metric(make_results(), "torch", "alpha_mad", undefined), baseline, gate)
    assert ("baseline", "torch", "alpha_mad") in verdicts(report, "fail")
    assert ("original", "ir-fp32@f32", "alpha_mad") in verdicts(report, "fail")


def test_nan_that_slipped_past_the_schema_fails(
    make_results: MakeResults, baseline: Baseline, gate: GateSection
) -> None:
    nan = MetricRecord.model_construct(mean=float("nan"), samples=4, undefined=0)
    report = judge(without_metric(make_results(), "ir-fp32@f32", "alpha_mad", nan), baseline, gate)
    assert len(verdicts(report, "fail")) == 2
    assert "nan, not a finite number" in report.failures()[0].reason


def test_means_over_other_samples_fail(make_results: MakeResults, gate: GateSection) -> None:
    fewer = MetricRecord(mean=5.5, samples=3, undefined=1)
    row = only_failure(judge_original(without_metric(make_results(), "ir-fp32@f32", "alpha_mad", fewer), gate))
    assert "different samples" in row.reason
    lost = MetricRecord(mean=5.5, samples=3, undefined=0)
    row = only_failure(judge_original(without_metric(make_results(), "ir-fp32@f32", "alpha_mad", lost), gate))
    assert row.reason == "covers 3 samples of 4"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ids": IDS[:3]}, "4 samples in the baseline, 3 in this run"),
        ({"ids": (*IDS[:3], "c/0001")}, "other sample ids"),
        ({"manifest": "1" * 64}, "another manifest"),
        ({"manifest": None}, "none found"),
    ],
)
def test_a_different_sample_set_fails(
    change: dict[str, object], reason: str, make_results: MakeResults, baseline: Baseline, gate: GateSection
) -> None:
    report = judge(make_results(cpu_class="amx", **change), baseline, gate)
    row = only_failure(report)
    assert (row.check, row.metric) == ("baseline", "sample set")
    assert reason in row.reason
    assert report.exit_code == 1


def test_another_original_fails(make_results: MakeResults, baseline: Baseline, gate: GateSection) -> None:
    run = make_results().model_copy(update={"original": "ir-fp32@f32"})
    assert ("baseline", "ir-fp32@f32", "original") in verdicts(judge(run, baseline, gate), "fail")


def test_too_few_samples_are_inconclusive(make_results: MakeResults, gate: GateSection) -> None:
    strict = gate.model_copy(update={"minimum_samples": 5})
    report = judge_original(make_results(), strict)
    assert report.exit_code == 5
    assert "gate.minimum_samples" in only_failure(report).reason
    assert judge_original(make_results({"ir-fp32@f32": 1.0}), strict).exit_code == 1


def test_an_empty_report_does_not_pass() -> None:
    assert GateReport(()).exit_code == 1


def test_unknown_metrics_in_the_tolerances_are_named(make_results: MakeResults) -> None:
    wrong = GateSection.model_validate({"against_original": {"f32": {"alpha_made": {"absolute": 1}}}})
    with pytest.raises(UsageError, match=r"gate\.against_original\.f32\.alpha_made: .* did you mean `alpha_mad`"):
        judge_original(make_results(), wrong)


def test_the_default_configuration_can_judge(make_results: MakeResults) -> None:
    gate = load_config(Path(__file__).parents[3] / "configs" / "default.yaml").gate
    ids = tuple(f"a/{number:04d}" for number in range(gate.minimum_samples))
    run = make_results(ids=ids)
    assert judge(run, baseline_from(run, "test", "now", None), gate)


# Baseline files


def test_update_keeps_the_old_values(make_results: MakeResults, gate: GateSection, tmp_path: Path) -> None:
    path = tmp_path / "baselines" / "default.json"
    for step, value in enumerate((0.0, 0.5, 1.0)):
        shift = dict.fromkeys(("torch", "ir-fp32@f32", "ir-fp16@default"), value)
        write_run(tmp_path, StoredRun(make_results(shift), tuple(make_rows(shift))))
        update_baseline(tmp_path, gate, f"step {step}", baseline_path=path, created=WHEN)
    stored = read_baseline(path)
    assert (stored.reason, stored.created) == ("step 2", "2025-01-02T00:00:00+00:00")
    assert [entry.reason for entry in stored.history] == ["step 0", "step 1"]
    assert [entry.variants["torch"].metrics["alpha_mad"] for entry in stored.history] == [5.5, 6.0]
    assert stored.variants["torch"].metrics["alpha_mad"] == 6.5
    assert stored.dataset.path is None
    assert judge_run(tmp_path, gate, baseline_path=path)
    keys = list(json.loads(path.read_text()))
    assert keys == sorted(keys)
    first = path.read_bytes()
    write_baseline(path, read_baseline(path))
    assert path.read_bytes() == first


def test_update_needs_a_reason(make_results: MakeResults, gate: GateSection, tmp_path: Path) -> None:
    write_run(tmp_path, StoredRun(make_results(), tuple(make_rows())))
    with pytest.raises(UsageError, match="--reason"):
        update_baseline(tmp_path, gate, "  ", baseline_path=tmp_path / "b.json")
    assert not (tmp_path / "b.json").exists()


def test_update_refuses_a_run_that_drifts_or_is_incomplete(
    make_results: MakeResults, gate: GateSection, tmp_path: Path
) -> None:
    path = tmp_path / "b.json"
    nowhere = [replace(row, scores={**row.scores, "foreground_mse": None}) for row in make_rows()]
    moved = {"ir-fp32@f32": 1.0}
    for run, rows, required, message in [
        (make_results(moved), make_rows(moved), [], "ir-fp32@f32, alpha_mad: moved by"),
        (make_results(), make_rows(), ["onnx"], "onnx, .*did not run"),
        (reassemble(make_results(), nowhere), nowhere, [], "torch, foreground_mse: missing"),
        (without_metric(make_results(), "torch", "alpha_mse"), make_rows(), [], "torch, alpha_mse: missing or undef"),
    ]:
        write_run(tmp_path, StoredRun(run, tuple(rows)))
        with pytest.raises(ParityError, match=message):
            update_baseline(tmp_path, gate, "because", required, baseline_path=path)
    assert not path.exists()


def test_a_missing_baseline_says_how_to_make_one(make_results: MakeResults, gate: GateSection, tmp_path: Path) -> None:
    write_results(tmp_path / "results.json", make_results())
    with pytest.raises(DataError, match=r"none\.json: .*mattekit gate RUN_DIR --update-baseline --reason") as raised:
        judge_run(tmp_path, gate, baseline_path=tmp_path / "none.json")
    assert raised.value.exit_code == 3


def test_a_corrupt_baseline_is_not_overwritten(make_results: MakeResults, gate: GateSection, tmp_path: Path) -> None:
    write_run(tmp_path, StoredRun(make_results(), tuple(make_rows())))
    path = tmp_path / "b.json"
    path.write_text("{")
    with pytest.raises(DataError, match="corrupt"):
        update_baseline(tmp_path, gate, "because", baseline_path=path)
    assert path.read_text() == "{"


# What is written


@pytest.fixture
def mixed(make_results: MakeResults, baseline: Baseline, gate: GateSection) -> GateReport:
    """Return a report with every verdict."""
    run = make_results({"ir-fp32@f32": 1.0, "ir-fp16@default": -1.0}, cpu_class="amx")
    report = judge(run, baseline, gate)
    assert {row.verdict for row in report.rows} == {"pass", "improved", "fail", "inconclusive"}
    return report


def test_files_of_a_run(
    make_results: MakeResults,
    baseline: Baseline,
    gate: GateSection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    write_results(tmp_path / "results.json", make_results({"ir-fp32@f32": 1.0, "ir-fp16@default": -1.0}, "amx"))
    write_baseline(tmp_path / "b.json", baseline)
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
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "b.json", "summary.md"}


def test_a_judgement_without_its_baseline_is_that_against_the_original(
    make_results: MakeResults, baseline: Baseline, gate: GateSection
) -> None:
    for run in (make_results(), make_results({"ir-fp32@f32": 1.0}, cpu_class="amx"), make_results(drop="ir-fp32@f32")):
        whole = judge(run, baseline, gate, ["torch", "onnx"])
        assert len(whole.rows) > len(without_baseline(whole, run).rows) > 0
        assert without_baseline(whole, run).rows == judge_original(run, gate).rows


def test_markdown_table_is_rectangular(mixed: GateReport) -> None:
    table = [line for line in gate_markdown(mixed).splitlines() if line.startswith("|")]
    assert len(table) == len(mixed.rows) + 2
    assert {line.count("|") for line in table} == {11}


@pytest.mark.parametrize("width", [80, 120])
def test_terminal_tables_fit(mixed: GateReport, width: int, tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    with output.open("w") as stream:
        print_gate(mixed, Console(file=stream, width=width, color_system=None))
    text = output.read_text()
    assert max(len(line) for line in text.splitlines()) <= width
    line = next(line for line in text.splitlines() if line.startswith("alpha_mad"))
    assert line.split() == ["alpha_mad", "6.500", "+1.000", "-", "-", "0.1000", "fail"]
    assert sum(line.endswith("inconclusive") for line in map(str.rstrip, text.splitlines())) >= 8
    assert "gate failed: 20 judgements" in text
    assert "note: this run's CPU class is amx" in text


def test_gate_and_report_load_no_runtime() -> None:
    program = (
        "import sys, eval.gate.run, eval.gate.output, eval.report.markdown, eval.report.panels\n"
        "import eval.metrics.scoring, eval.run.summary\n"
        "heavy = {'torch', 'openvino', 'onnxruntime', 'onnx', 'skimage', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
