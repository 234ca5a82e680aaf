"""Sets without ground truth: agreement with the original, from the evaluation to the gate and the pages."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from tiny_model import METRICS, SIZE, VARIANTS, tiny_config

from configs.errors import DataError, UsageError
from configs.schema import Config
from converter.proof.parity import parity_samples
from datasets.samples.sample import Pair, Prediction
from eval.attribution.run import attribute
from eval.bench.run import BenchOptions, bench
from eval.bench.timing import Length
from eval.compare.runs import compare_runs
from eval.gate.baseline import baseline_from
from eval.gate.judge import judge, judge_original
from eval.gate.output import gate_markdown
from eval.gate.selftest.run import self_test
from eval.locate.run import locate
from eval.pipeline.evaluate import evaluate
from eval.report.content import Judgement, report_content
from eval.report.html.page import render_html
from eval.report.markdown import render_markdown
from eval.report.panels import WorstPictures
from eval.run.results import WorstRecord
from eval.run.stored import Run, read_run, write_run

LIMITS = {name: {"absolute": 0.1, "largest": 0.3} for name in METRICS}


def without_truth(tiny_set: Path, root: Path) -> Path:
    """Return a copy of a set that has no ground truth."""
    for role in ("com", "bgr"):
        shutil.copytree(tiny_set / role, root / role)
    return root


class _Kept:
    """Keeps every prediction."""

    def __init__(self) -> None:
        self.predictions: dict[str, Mapping[str, Prediction]] = {}

    def offer(
        self, sample: Pair, original: str, predictions: Mapping[str, Prediction], alpha_mad: Mapping[str, float]
    ) -> None:
        self.predictions[sample.id] = dict(predictions)

    def records(self) -> tuple[WorstRecord, ...]:
        return ()


@pytest.fixture(scope="module")
def config(tiny_onnx: Path, tiny_models: Path, tiny_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Config:
    root = without_truth(tiny_set, tmp_path_factory.mktemp("agreement") / "own")
    gate = {"agreement": {"f32": LIMITS}}
    return tiny_config(tiny_onnx, tiny_models, root, gate=gate)


@pytest.fixture(scope="module")
def kept() -> _Kept:
    return _Kept()


@pytest.fixture(scope="module")
def run(config: Config, kept: _Kept) -> Run:
    return evaluate(config, kept)


@pytest.fixture(scope="module")
def truth_run(config: Config, tiny_set: Path) -> Run:
    dataset = config.dataset.model_copy(update={"path": str(tiny_set)})
    return evaluate(config.model_copy(update={"dataset": dataset}))


def test_scores_are_distances_from_what_the_original_gives(run: Run, kept: _Kept) -> None:
    assert run.results.dataset.truth == "original"
    for id_, predictions in kept.predictions.items():
        original, half = predictions["onnx"], predictions["ir-fp16@f32"]
        assert half.foreground is not None
        assert original.foreground is not None
        assert (run.table.loc[("onnx", id_), list(METRICS)] == 0).all()
        found = run.table.loc[("ir-fp16@f32", id_)]
        # Not rounded to 8 bits: these differences are far below a level.
        assert found["alpha_mad"] == pytest.approx(1e3 * np.abs(half.alpha - original.alpha).mean(dtype=np.float64))
        seen = (original.alpha > 0.01)[..., np.newaxis]
        colours = np.square((half.foreground - original.foreground) * seen).sum(dtype=np.float64) / (3 * seen.sum())
        assert found["foreground_mse"] == pytest.approx(1e3 * colours)
        assert 0 < found["foreground_mse"] < 1e-3


def test_a_stored_run_cannot_claim_the_other_kind(run: Run, truth_run: Run, tmp_path: Path) -> None:
    write_run(tmp_path / "run", run)
    assert read_run(tmp_path / "run").results == run.results
    for name, one, truth, message in (
        ("accurate", run, "ground truth", "every score of its own is exactly 0"),
        ("agreeing", truth_run, "original", "its own scores are not 0"),
    ):
        forged = one.results.dataset.model_copy(update={"truth": truth})
        write_run(tmp_path / name, Run(one.results.model_copy(update={"dataset": forged}), one.table))
        with pytest.raises(DataError, match=message):
            read_run(tmp_path / name)


def test_the_gate_has_limits_of_its_own(run: Run, config: Config) -> None:
    report = judge_original(run, config.gate)
    assert report.verdict == "passed"
    assert {row.check for row in report.rows} == {"agreement"}
    assert "agreement with the original" in gate_markdown(report)
    assert report.notes[0].startswith("This set has no ground truth")
    tight = {"f32": {"foreground_mse": {"absolute": 1e-12}}}
    assert judge_original(run, config.gate.replaced(agreement=tight)).verdict == "failed"
    missing = judge_original(run, config.gate.replaced(agreement={}))
    assert "add `gate.agreement.f32`" in missing.rows[0].reason


def test_a_baseline_of_the_other_kind_is_not_compared(run: Run, truth_run: Run, config: Config) -> None:
    for mine, other in ((run, truth_run), (truth_run, run)):
        report = judge(mine, baseline_from(other, "why", "now", None), config.gate)
        rows = [row for row in report.rows if row.check == "baseline"]
        assert [(row.metric, row.verdict) for row in rows] == [("truth", "not compared")]
        assert "of another kind of figures" in rows[0].reason
        assert judge(mine, baseline_from(mine, "why", "now", None), config.gate).verdict == "passed"


@pytest.mark.parametrize("same", [2, 3])
def test_a_set_on_which_the_original_gives_nothing_is_inconclusive_or_refused(
    config: Config, tiny_set: Path, tmp_path: Path, same: int
) -> None:
    root = without_truth(tiny_set, tmp_path / "dead")
    for number in range(same):
        shutil.copy(root / f"com/synthetic/000{number}.png", root / f"bgr/synthetic/000{number}.png")
    job = config.model_copy(update={"dataset": config.dataset.model_copy(update={"path": str(root)})})
    if same == 3:
        with pytest.raises(DataError, match=r"3 samples of 3 .*: plate and source are the same picture"):
            evaluate(job)
        return
    rows = judge_original(evaluate(job), config.gate).failures()
    assert [(row.metric, row.verdict) for row in rows] == [("response", "inconclusive")]
    assert "cannot show drift: on 2 of 3 samples onnx gives a matte that is the same everywhere" in rows[0].reason


def test_every_page_says_agreement_and_none_accuracy(config: Config, run: Run, tmp_path: Path) -> None:
    pictures = WorstPictures(1)
    shown = evaluate(config, pictures)
    pictures.write(tmp_path)
    record = shown.results.worst[0]
    assert list(record.layers) == ["source", "plate", "original", "converted", "composite", "cutout", "difference"]
    assert all((tmp_path / path).is_file() for path in (record.panel, *record.layers.values()))
    content = report_content(shown, Judgement(config.gate, judge_original(shown, config.gate)))
    page = render_markdown(content)
    assert page.startswith("# Agreement with the original on own, 3 samples without ground truth")
    assert "**In agreement**" in page
    assert "source, plate, mattes" in page
    for text in (page, render_html(content).partition("<script")[0]):
        assert "this set has no ground truth" in text.lower()
        for word in ("Published", "Nothing was lost", "truth alpha", "errors against", "ground truth, original"):
            assert word not in text


def test_comparing_the_two_kinds_warns(run: Run, truth_run: Run) -> None:
    warnings = compare_runs(run, truth_run, ("mine", "theirs")).warnings
    assert "those of mine are agreement with its original, those of theirs errors" in warnings[0]


def test_attribution_says_why_not(run: Run) -> None:
    with pytest.raises(UsageError, match=r"set has none.*`mattekit info`"):
        attribute(run.results)


def test_what_needs_no_truth_works(config: Config, tmp_path: Path) -> None:
    models = config.convert.out
    found = locate(models, models / "fp16/model.xml", "synthetic/0001", config, tmp_path / "out", tolerance=1e-7)
    assert found.first is not None
    assert [pair.id for pair in parity_samples(config.dataset, SIZE, 2)] == ["synthetic/0000", "synthetic/0001"]
    options = BenchOptions(length=Length(1), different=2, warmup=0, throughput=False)
    record, _ = bench(config.model_copy(update={"evaluate": config.evaluate.replaced(variants=("onnx",))}), options)
    assert record.frames == ("synthetic/0000", "synthetic/0001")


def test_the_self_test_turns_the_gate_red(config: Config, run: Run, tmp_path: Path) -> None:
    write_run(tmp_path / "run", run)
    trials = self_test(tmp_path / "run", config.gate)
    assert [trial.fault for trial in trials if not trial.right] == []
    assert len(VARIANTS) == len(run.results.variants)
