"""A set to which the original does not respond is inconclusive, with its numbers; what responds says nothing."""

from pathlib import Path

import pandas as pd
import pytest
from eval_runs import MakeRun

from configs.schema import GateSection
from eval.gate.judge import judge_original
from eval.gate.response import response_rows
from eval.metrics.constant import ALPHA_CONSTANT, FOREGROUND_CONSTANT
from eval.run.stored import Run, read_run, write_run

IDS = tuple(f"a/{number}" for number in range(10))


def _run(make_run: MakeRun, alpha: float, foreground: float = 40.0, dead: int = 0) -> Run:
    """Return a run of ten samples whose original's scores are those of the constants on the first `dead` samples."""
    run = make_run(ids=IDS)
    table = run.table.assign(**{ALPHA_CONSTANT: alpha, FOREGROUND_CONSTANT: foreground})
    for number in range(dead):
        table.loc[(slice(None), IDS[number]), "alpha_mad"] = alpha
    return Run(run.results, table)


def test_a_run_that_responds_says_nothing(make_run: MakeRun, gate: GateSection) -> None:
    run = _run(make_run, 150.0)
    assert list(response_rows(run)) == []
    assert judge_original(run, gate).exit_code == 0


def test_a_run_without_what_constants_score_is_inconclusive(make_run: MakeRun, gate: GateSection) -> None:
    run = make_run(ids=IDS)
    report = judge_original(Run(run.results, run.table.drop(columns=ALPHA_CONSTANT)), gate)
    assert report.exit_code == 5
    assert "alpha_mad_constant is missing" in report.failures()[0].reason


@pytest.mark.parametrize(("dead", "told"), [(5, False), (6, True), (10, True)])
def test_an_alpha_as_good_as_a_constant_on_most_samples_is_inconclusive(
    make_run: MakeRun, gate: GateSection, dead: int, told: bool
) -> None:
    report = judge_original(_run(make_run, 150.0, dead=dead), gate)
    assert report.exit_code == (5 if told else 0)
    if told:
        [row] = report.failures()
        assert (row.check, row.metric, row.verdict) == ("run", "response", "inconclusive")
        assert row.reason.startswith(f"this set cannot show drift: on {dead} of 10 samples the alpha of torch is no ")
        if dead == 10:
            assert "(Alpha MAD 150 on average, the constant 150)" in row.reason


def test_a_foreground_as_good_as_a_constant_is_inconclusive(make_run: MakeRun, gate: GateSection) -> None:
    # The scores are 3 to 12, undefined for the first; 7 of the nine are 0.9 x 6 and more.
    report = judge_original(_run(make_run, 150.0, foreground=6.0), gate)
    [row] = report.failures()
    assert report.exit_code == 5
    assert "on 7 of 9 samples the foreground of torch is no nearer" in row.reason


def test_a_person_of_one_colour_says_nothing_of_the_foreground(make_run: MakeRun) -> None:
    assert list(response_rows(_run(make_run, 150.0, foreground=0.0))) == []


def test_a_set_whose_mattes_are_all_empty_is_inconclusive(make_run: MakeRun, gate: GateSection) -> None:
    report = judge_original(_run(make_run, 0.0), gate)
    assert report.exit_code == 5
    assert "every matte is the same everywhere" in report.failures()[0].reason


def test_a_drift_beyond_its_limit_still_fails(make_run: MakeRun, gate: GateSection) -> None:
    run = make_run({"ir-fp32@f32": 1.0}, ids=IDS)
    report = judge_original(Run(run.results, run.table.assign(**{ALPHA_CONSTANT: 1.0})), gate)
    assert report.exit_code == 1
    assert report.count("inconclusive") == 1


def test_it_is_judged_from_the_stored_rows(make_run: MakeRun, tmp_path: Path) -> None:
    write_run(tmp_path, _run(make_run, 150.0, dead=10))
    stored = read_run(tmp_path)
    pd.testing.assert_frame_equal(stored.table, _run(make_run, 150.0, dead=10).table)
    assert len(list(response_rows(stored))) == 1
