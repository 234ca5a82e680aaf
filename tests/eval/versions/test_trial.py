"""A run held against the pinned version's: what moved, by which limits, and what a matrix says of it."""

from pathlib import Path

import pytest
from eval_runs import MakeRun, shifted, with_facts

from configs.schema import Config, GateSection
from eval.run.stored import Run
from eval.versions.record import PINNED, MatrixRecord, VersionRecord
from eval.versions.text import matrix_markdown, summary
from eval.versions.trial import judged, largest_move, moved_variants, moves, own_variants

EIGHT = tuple(f"a/{number:04}" for number in range(8))
IR = "ir-fp32@f32"
JOB = Config.model_validate({"evaluate": {"variants": ["torch", "onnx", IR, "ir-fp16@default"]}})


def version(run: Run | None, reference: Run, gate: GateSection, name: str = "openvino 9.9") -> VersionRecord:
    facts = {"name": name, "packages": dict([name.split()]) if name != PINNED else {"openvino": "9.8"}}
    if run is None:
        return VersionRecord(**facts, failure=f"{name}: cannot\nmore", exit_code=3)
    rows = () if name == PINNED else judged(reference, run, gate)
    return VersionRecord(**facts, run="runs/x", rows=rows, identical=not moved_variants(reference, run))


def record(reference: Run, *versions: VersionRecord) -> MatrixRecord:
    return MatrixRecord(
        created="now",
        environment=reference.results.environment,
        dataset="set",
        samples=8,
        size=(64, 96),
        converted=False,
        rounds=0,
        versions=versions,
        rerun="mattekit matrix --openvino 9.9",
    )


@pytest.mark.parametrize(
    ("move", "verdict", "code"),
    [
        (0.0, "identical", 0),
        (0.01, "within the limits", 0),
        (1e-9, "within the limits", 0),
        (0.2, "beyond the limits", 1),
    ],
)
def test_a_version_is_judged_by_the_limits_of_a_baseline(
    make_run: MakeRun, gate: GateSection, move: float, verdict: str, code: int
) -> None:
    reference = make_run(ids=EIGHT)
    found = version(make_run({IR: move}, ids=EIGHT), reference, gate)
    assert found.verdict == verdict
    assert record(reference, version(reference, reference, gate, PINNED), found).exit_code == code


def test_a_move_within_the_limits_on_too_few_samples_settles_nothing_but_none_at_all_does(
    make_run: MakeRun, gate: GateSection
) -> None:
    few = gate.model_copy(update={"minimum_samples": 9})
    reference = make_run(ids=EIGHT)
    pinned = version(reference, reference, few, PINNED)
    moved = version(make_run({IR: 0.01}, ids=EIGHT), reference, few)
    assert (moved.verdict, record(reference, pinned, moved).exit_code) == ("inconclusive", 5)
    assert version(make_run(ids=EIGHT), reference, few).verdict == "identical"
    assert version(make_run({IR: 0.2}, ids=EIGHT), reference, few).verdict == "beyond the limits"


def test_another_inference_precision_is_beyond_the_limits(make_run: MakeRun, gate: GateSection) -> None:
    reference = make_run(ids=EIGHT)
    found = version(make_run(ids=EIGHT, default_precision="f32"), reference, gate)
    assert found.verdict == "beyond the limits"
    assert any(row.metric == "precision" and "ran in f32, in the baseline in bf16" in row.reason for row in found.rows)


def test_one_that_did_not_run_gives_its_exit_code_unless_another_is_beyond(
    make_run: MakeRun, gate: GateSection
) -> None:
    reference = make_run(ids=EIGHT)
    pinned, gone = version(reference, reference, gate, PINNED), version(None, reference, gate)
    assert record(reference, pinned, gone).exit_code == 3
    beyond = version(make_run({IR: 0.2}, ids=EIGHT), reference, gate)
    assert record(reference, pinned, gone, beyond).exit_code == 1
    assert summary(gone) == "openvino 9.9: did not run: cannot"


def test_the_page_marks_what_is_beyond_and_names_what_did_not_run(make_run: MakeRun, gate: GateSection) -> None:
    reference = make_run(ids=EIGHT)
    means = {IR: {"alpha_mad": 7.5}}
    pinned = version(reference, reference, gate, PINNED).model_copy(update={"means": means})
    beyond = version(make_run({IR: 0.2}, ids=EIGHT), reference, gate)
    page = matrix_markdown(record(reference, pinned, beyond, version(None, reference, gate, "openvino 9.7")))
    assert "| `ir-fp32@f32` | Alpha MAD | 7.500 | +0.2000 (+0.2000 to +0.2000) **beyond** |" in page
    assert "| openvino 9.7 | did not run | - | - | - |" in page
    assert "> openvino 9.7: cannot more" in page


def test_what_moved_is_found_in_any_digit_of_any_sample(make_run: MakeRun) -> None:
    reference = make_run(ids=EIGHT)
    run = shifted(reference, {IR: {EIGHT[3]: 1e-9, EIGHT[5]: -1e-8}})
    assert [variant.name for variant in moved_variants(reference, run)] == [IR]
    change, sample = largest_move(reference, run, IR)
    assert (change, sample) == (pytest.approx(1e-8, rel=1e-3), EIGHT[5])
    assert moved_variants(reference, with_facts(reference, created="later")) == ()


def test_moves_are_of_means_and_signed(make_run: MakeRun) -> None:
    reference = make_run(ids=EIGHT)
    found = dict(moves(reference, make_run({IR: -0.25}, ids=EIGHT), "alpha_mad"))
    assert found == {"torch": 0.0, IR: pytest.approx(-0.25), "ir-fp16@default": 0.0}


def test_every_variant_belongs_to_the_package_that_runs_it() -> None:
    assert own_variants("openvino", JOB) == (IR, "ir-fp16@default")
    assert own_variants("onnxruntime", JOB) == ("onnx",)
    assert own_variants("torch", JOB) == ("torch",)


def test_the_record_is_read_back_as_it_was_and_knows_its_files(
    make_run: MakeRun, gate: GateSection, tmp_path: Path
) -> None:
    reference = make_run(ids=EIGHT)
    written = record(reference, version(reference, reference, gate, PINNED), version(None, reference, gate))
    written.write(tmp_path)
    assert MatrixRecord.read(tmp_path) == written
    assert written.holds() == {"matrix.json", "matrix.md", "runs/x/results.json", "runs/x/per_sample.csv"}
