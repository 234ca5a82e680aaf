"""The measure of the gate's own errors: it counts what the gate decides, and a gate that is wrong shows in it."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from eval_runs import MakeRun, shifted

from configs.errors import DataError
from configs.schema import GateSection
from eval.run.stored import Run
from eval.statistics.intervals import RELIABLE_UNITS
from tools.gate_power.rates import DriftCheck, difference_pattern, false_alarms, power, proportional_pattern

IDS = tuple(f"c{number:02d}/0001" for number in range(12))
DRAWS = 20


@pytest.fixture
def stored(make_run: MakeRun) -> Run:
    """Return a run whose `ir-fp16@default` moves up and down, by 0.02 in the mean and up to 0.1."""
    moves = dict(zip(IDS, np.random.default_rng(1).permutation(np.linspace(-0.06, 0.1, 12)), strict=True))
    return shifted(make_run(ids=IDS), {"ir-fp16@default": moves})


def test_an_unchanged_model_raises_no_alarm(stored: Run, gate: GateSection) -> None:
    rates = false_alarms(stored, gate, "ir-fp32@f32", DRAWS)
    assert (rates.passed, rates.inconclusive, rates.failed) == (1, 0, 0)


def test_a_gate_that_takes_noise_for_drift_shows(stored: Run, gate: GateSection) -> None:
    content = gate.model_dump()
    for section in content["against_baseline"].values():
        for tolerance in section.values():
            tolerance |= {"absolute": 0.0, "largest": 0.01}
    rates = false_alarms(stored, GateSection.model_validate(content), "ir-fp16@default", DRAWS)
    assert rates.failed == 1


@pytest.mark.parametrize("check", ["original", "baseline"])
def test_twice_the_limit_is_seen_and_half_of_it_is_not(check: DriftCheck, stored: Run, gate: GateSection) -> None:
    pattern = proportional_pattern(stored)
    twice = power(stored, gate, check, "ir-fp32@f32", pattern, 2.0, DRAWS, RELIABLE_UNITS)
    assert twice.failed == 1
    assert twice.by_metric == dict.fromkeys(("alpha_mad", "alpha_mse", "alpha_grad", "foreground_mse"), 1.0)
    assert power(stored, gate, check, "ir-fp32@f32", pattern, 0.5, DRAWS).passed == 1


def test_a_drift_up_and_down_is_open_until_single_samples_are_judged(stored: Run, gate: GateSection) -> None:
    pattern = difference_pattern(stored, "ir-fp16@default")
    by_mean = power(stored, gate, "original", "ir-fp32@f32", pattern, 2.0, DRAWS)
    assert by_mean.inconclusive > 0
    content = gate.model_dump()
    for tolerance in content["against_original"]["f32"].values():
        tolerance["largest"] = 0.4  # of a mean of 0.2
    by_sample = power(stored, GateSection.model_validate(content), "original", "ir-fp32@f32", pattern, 2.0, DRAWS)
    assert by_sample.failed == 1


def test_more_samples_settle_more(stored: Run, gate: GateSection) -> None:
    pattern = difference_pattern(stored, "ir-fp16@default")
    few, many = (power(stored, gate, "original", "ir-fp32@f32", pattern, 2.0, 10, samples) for samples in (8, 400))
    assert few.failed + 0.3 < many.failed


def test_what_is_not_in_the_run_is_named(stored: Run, gate: GateSection) -> None:
    for name in ("onnx", "torch"):
        with pytest.raises(DataError, match=f"ir-fp32@f32, ir-fp16@default.*found {name}"):
            false_alarms(stored, gate, name, 1)


def test_the_tool_prints_a_row_for_every_measure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = Path(__file__).parents[2]
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "argv", ["gate_power.py", "reports/example", "--draws", "1", "--patterns", ""])
    runpy.run_module("tools.gate_power", run_name="__main__")
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(table) == 2 + 3
    assert table[2].startswith("| unchanged model | - | whole gate | 100.0% | 0.0% | 0.0% |")
