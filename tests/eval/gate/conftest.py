"""Runs and baselines for the tests of the gate."""

from collections.abc import Sequence

import pytest
from eval_runs import MakeRun, shifted
from gate_reports import IDS, WHEN, MakeMoved

from eval.gate.baseline import Baseline, baseline_from
from eval.run.stored import Run


@pytest.fixture
def baseline(make_run: MakeRun) -> Baseline:
    """Return a baseline of the run of four samples, without single scores, as earlier versions wrote it."""
    made = baseline_from(make_run(), "first", WHEN, None)
    return made.model_copy(update={"samples": (), "scores": {}})


@pytest.fixture
def moved_run(make_run: MakeRun) -> MakeMoved:
    """Return a maker of runs of eight samples with `by` added to every score of the variants, sample by sample."""

    def make(by: Sequence[float] = (0.0,) * 8, variants: Sequence[str] = ("ir-fp32@f32",), **other: str) -> Run:
        return shifted(make_run(ids=IDS, **other), {variant: dict(zip(IDS, by, strict=True)) for variant in variants})

    return make


@pytest.fixture
def scored(moved_run: MakeMoved) -> Baseline:
    """Return a baseline of the unmoved run of eight samples, with single scores."""
    return baseline_from(moved_run(), "first", "now", None)
