"""A run on disk: its files belong together, and no figure in them is believed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eval_runs import MakeRun, shifted, with_facts

from configs.errors import DataError
from eval.run.results import Results, WorstRecord
from eval.run.scores import ScoreRow, score_table, write_scores
from eval.run.stored import Run, read_run, write_run
from eval.statistics.intervals import METHOD

IDS = tuple(f"a/{number:04d}" for number in range(8))
SHOWN = WorstRecord(sample=IDS[3], variant="ir-fp32@f32", original=0, drift=0, panel="panels/1.png")


@pytest.fixture
def run(make_run: MakeRun) -> Run:
    """Return a run of eight samples, one of them with a picture, in which every drift has an interval."""
    by = dict(zip(IDS, (0.1, -0.1, 0.2, 0.3, -0.2, 0.1, 0.5, 0.0), strict=True))
    return with_facts(shifted(make_run(ids=IDS), {"ir-fp32@f32": by}), worst=(SHOWN,))


def test_what_is_written_is_read(run: Run, tmp_path: Path) -> None:
    write_run(tmp_path, run)
    found = read_run(tmp_path)
    assert found.results == run.results == Results.read(tmp_path).model_copy(update={"origin": None})
    assert found.table.equals(run.table)
    drift = run.results.drift_of("ir-fp32@f32", "alpha_mad")
    assert drift is not None
    assert drift.interval is not None
    first = (tmp_path / "results.json").read_bytes()
    write_run(tmp_path, found)
    assert (tmp_path / "results.json").read_bytes() == first


FORGED = {
    "variant torch, alpha_mad, mean": lambda results: _metric(results).update(mean=7.6),
    "variant torch, alpha_mad, samples": lambda results: _metric(results).update(samples=7),
    "variant torch, alpha_mad, undefined": lambda results: _metric(results).update(undefined=1),
    "variant torch, alpha_mad, interval, low": lambda results: _metric(results)["interval"].update(low=0.0),
    "variant torch, alpha_grad": lambda results: results["variants"][0]["metrics"].pop("alpha_grad"),
    "variant torch, latency_ms, p90": lambda results: results["variants"][0]["latency_ms"].update(p90=1.0),
    "drift of ir-fp32@f32, alpha_mad, mean": lambda results: results["drift"][0].update(mean=0.0),
    "drift of ir-fp32@f32, alpha_mad, max_abs": lambda results: results["drift"][0].update(max_abs=0.0),
    "drift of ir-fp32@f32, alpha_mad, worst_sample": lambda results: results["drift"][0].update(worst_sample="b"),
    "drift of ir-fp32@f32, alpha_mad, samples": lambda results: results["drift"][0].update(samples=800),
    "drift of ir-fp32@f32, alpha_mad, interval, high": lambda results: results["drift"][0]["interval"].update(high=0.2),
    "drift of ir-fp32@f32, alpha_mad, interval": lambda results: results["drift"][0].update(interval=None),
    "drift of ir-fp32@f32, alpha_mse": lambda results: results["drift"].pop(1),
    "tag motion-blur, drift": lambda results: results["tags"][0].update(drift=0.0),
    "tag motion-blur, metrics, alpha_mse, mean": lambda results: _tag(results)["alpha_mse"].update(mean=1.0),
    "tag night": lambda results: results["tags"].append({**results["tags"][0], "tag": "night"}),
    "worst sample a/0003, drift": lambda results: results["worst"][0].update(drift=0.1),
}


def _metric(results: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = results["variants"][0]["metrics"]["alpha_mad"]
    return found


def _tag(results: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = results["tags"][0]["metrics"]
    return found


@pytest.mark.parametrize("figure", FORGED)
def test_a_figure_that_does_not_follow_from_the_scores_is_refused_by_name(
    figure: str, run: Run, tmp_path: Path
) -> None:
    forge: Callable[[dict[str, Any]], object] = FORGED[figure]
    write_run(tmp_path, run)
    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    forge(content)
    (tmp_path / "results.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match="are not of one run") as raised:
        read_run(tmp_path)
    assert f"({figure}: results.json has " in str(raised.value)


def test_what_results_of_earlier_versions_lack_is_derived(run: Run, tmp_path: Path) -> None:
    write_run(tmp_path, run)
    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    content["tags"][0]["metrics"] = {}
    del content["interval_method"]
    for record in (*content["drift"], *content["variants"][0]["metrics"].values()):
        record["interval"] = None
    (tmp_path / "results.json").write_text(json.dumps(content), encoding="utf-8")
    assert read_run(tmp_path).results == run.results


@pytest.mark.parametrize("method", [None, "bootstrap-of-tomorrow"])
def test_intervals_of_another_method_are_made_anew_and_all_else_is_compared(
    method: str | None, run: Run, tmp_path: Path
) -> None:
    write_run(tmp_path, run)
    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert content["interval_method"] == METHOD
    content["interval_method"] = method
    for record in (*content["drift"], *content["variants"][0]["metrics"].values()):
        record["interval"] = {"low": -7.0, "high": 7.0}
    (tmp_path / "results.json").write_text(json.dumps(content), encoding="utf-8")
    found = read_run(tmp_path)
    assert found.results == run.results
    write_run(tmp_path, found)
    assert Results.read(tmp_path).interval_method == METHOD
    content["drift"][0]["mean"] = 0.0
    (tmp_path / "results.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match=r"alpha_mad, mean: results\.json has 0\.0"):
        read_run(tmp_path)


def test_scores_of_others_are_refused(run: Run, make_run: MakeRun, tmp_path: Path) -> None:
    one = ScoreRow(IDS[0], "onnx", dict.fromkeys(("alpha_mad", "alpha_mse", "alpha_grad", "foreground_mse"), 1.0))
    undefined = run.table.copy()
    undefined.loc[("ir-fp32@f32", IDS[1]), "alpha_grad"] = float("nan")
    for table, message in [
        (
            shifted(run, {"torch": {IDS[0]: 1.0}}).table,
            "variant torch, alpha_mad, mean: results.json has 7.5, the",
        ),
        (run.table[:-1], "variant ir-fp16@default: expected scores of the 8 samples of the set, found 7"),
        (
            make_run(ids=(*IDS[:7], "b/0001")).table,
            "variant torch: expected scores of the 8 samples .* found others",
        ),
        (score_table([one]), "scores of variant onnx"),
        (undefined, "sample a/0001, alpha_grad: defined for only one of the original and ir-fp32@f32"),
        (run.table.assign(alpha_mad=float("nan")), "alpha_mad: expected a score of every variant on every sample"),
        (run.table.assign(tags=[(str(at),) for at in range(24)]), "sample a/0000: expected the same tags"),
    ]:
        write_run(tmp_path, run)
        write_scores(tmp_path / "per_sample.csv", table)
        with pytest.raises(DataError, match=f"are not of one run.*{message}"):
            read_run(tmp_path)
