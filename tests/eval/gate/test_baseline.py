"""Baseline files: what they hold, and that they do not contradict themselves."""

import json
from pathlib import Path

import pytest
from eval_runs import MakeRun, with_coverage
from gate_reports import EVERY, IDS, WHEN, MakeMoved, of
from shown_samples import everything

from configs.errors import DataError
from configs.schema import GateSection
from eval.gate.baseline import Baseline, baseline_from
from eval.gate.run import judge_run, update_baseline
from eval.run.stored import write_run
from eval.statistics.intervals import Interval


def test_the_committed_baselines_are_readable() -> None:
    for path in (Path(__file__).parents[3] / "configs" / "baselines").glob("*.json"):
        assert Baseline.read(path).variants


def test_a_baseline_holds_the_scores_and_its_history_none(
    moved_run: MakeMoved, gate: GateSection, tmp_path: Path
) -> None:
    path = tmp_path / "b.json"
    for by in (0.0, 0.5):
        write_run(tmp_path / "run", moved_run((by,) * 8, EVERY))
        update_baseline(tmp_path / "run", gate, "because", baseline_path=path)
    stored = Baseline.read(path)
    assert stored.samples == IDS
    assert stored.scores["torch"]["alpha_mad"] == tuple(4.5 + number for number in range(8))
    assert stored.scores["torch"]["foreground_mse"][0] is None
    assert "scores" not in stored.history[0].model_dump()
    report = judge_run(tmp_path / "run", gate, baseline_path=path)
    assert report.exit_code == 0
    assert of(report, "baseline").interval == Interval(low=0, high=0)


def test_a_baseline_holds_no_coverage(make_run: MakeRun) -> None:
    run = with_coverage(make_run(), everything((32, 48)))
    assert baseline_from(run, "first", WHEN, None).dataset.coverage is None


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
        Baseline.read(path)
