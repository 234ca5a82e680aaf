"""A set without bgr/: networks that take no plate go through every stage on it, and others say that it has none."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from modnet_job import VARIANTS, modnet_config
from tiny_model import METRICS, tiny_config

from configs.errors import DataError, UsageError
from configs.schema import Config
from converter.convert import convert
from converter.forms.variant import Variant
from converter.runners.opening import open_runner
from datasets.samples.images import read_rgb, write_png
from datasets.samples.layout import open_set
from eval.attribution.run import attribute
from eval.bench.run import BenchOptions, bench
from eval.bench.timing import Length
from eval.gate.judge import judge_original
from eval.gate.selftest.broken_forms import HEALTHY, PERTURBED, SWAPPED, UNCENTRED, UNSCALED
from eval.gate.selftest.data_faults import DATA_FAULTS
from eval.gate.selftest.run import self_test
from eval.locate.run import locate
from eval.pipeline.evaluate import evaluate
from eval.report.panels import WorstPictures
from eval.run.stored import write_run


def quiet(*_: Any) -> None:
    """Report to nobody."""


def without_plates(root: Path, out: Path) -> Path:
    """Copy a set without its plates; its manifest, which lists them, stays behind."""
    for role in ("com", "fgr"):
        shutil.copytree(root / role, out / role)
    return out


@pytest.fixture(scope="module")
def own_set(modnet_models: Path, tiny_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a set without plates whose mattes are nearly what the network gives, so that it can show drift."""
    root = tmp_path_factory.mktemp("own")
    with open_runner(Variant("onnx"), modnet_models) as runner:
        for path in sorted((tiny_set / "com").rglob("*.png")):
            source = read_rgb(path)
            alpha = runner.predict({"source": source}).alpha * 0.98
            for role, image in (("com", source), ("fgr", np.dstack((source, np.rint(255 * alpha).astype(np.uint8))))):
                target = root / role / path.parent.name / path.name
                target.parent.mkdir(parents=True, exist_ok=True)
                write_png(target, image)
    return root


def job(modnet_models: Path, dataset: Path, **sections: dict[str, Any]) -> Config:
    return modnet_config(modnet_models.parent / "modnet.onnx", modnet_models, dataset, **sections)


def test_a_set_is_scored_alike_with_its_plates_and_without(modnet_models: Path, tiny_set: Path, tmp_path: Path) -> None:
    bare = without_plates(tiny_set, tmp_path / "bare")

    found = [evaluate(job(modnet_models, root)).table for root in (tiny_set, bare)]

    alpha = [metric for metric in METRICS if metric.startswith("alpha")]
    assert len(found[0]) == len(VARIANTS) * 3
    np.testing.assert_array_equal(found[0][alpha], found[1][alpha])
    assert not open_set(bare).has_plates


def test_a_set_of_pictures_alone_gives_agreement(modnet_models: Path, tiny_set: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_set / "com", tmp_path / "set" / "com")
    config = job(modnet_models, tmp_path / "set")

    run = evaluate(config)

    assert run.results.dataset.agreement
    assert judge_original(run, config.gate)


def test_the_gate_passes_and_finds_every_fault(modnet_models: Path, own_set: Path, tmp_path: Path) -> None:
    limits = {name: {"absolute": 0.4} for name in ("alpha_mad", "alpha_mse")}
    # foreground_mse is asked of every network; this one gives none, which is no failure.
    gate = {"against_original": {"f32": {**limits, "foreground_mse": {"absolute": 0.1}}}}
    config = job(modnet_models, own_set, gate=gate, evaluate={"variants": list(VARIANTS[:3])})
    pictures = WorstPictures(1)
    run = evaluate(config, pictures)
    pictures.write(tmp_path)
    write_run(tmp_path / "run", run)

    report = judge_original(run, config.gate)
    trials = self_test(tmp_path / "run", config.gate)

    assert report, report.failures()
    assert "foreground_mse" not in {row.metric for row in report.rows}
    assert [trial.fault for trial in trials if not trial.right] == []
    assert [trial.fault for trial in trials] == [HEALTHY, SWAPPED, UNSCALED, UNCENTRED, PERTURBED, *DATA_FAULTS]
    assert len(list((tmp_path / "panels").glob("*.png"))) == 1


def test_attribution_locating_and_timing_need_no_plates(modnet_models: Path, own_set: Path, tmp_path: Path) -> None:
    config = job(modnet_models, own_set)

    attribution = attribute(evaluate(config).results, limit=1)
    located = locate(
        modnet_models / "model.onnx", modnet_models / "fp32/model.xml", "synthetic/0001", config, tmp_path / "found"
    )
    record, _ = bench(config, BenchOptions(length=Length(2), different=1, warmup=1))

    assert {stage.name for stage in attribution.stages} >= {"onnx", "onnx-simplified", "ir-fp32@f32"}
    assert located.first is None
    assert {model.inputs for model in record.models} == {"NCHW f32 RGB -1..1", "NCHW f32 BGR 0..255"}


def test_int8_is_calibrated_on_it_but_not_on_what_is_evaluated(
    modnet_onnx: Path, own_set: Path, tiny_set: Path, tmp_path: Path
) -> None:
    int8 = {"calibration": str(own_set), "calibration_samples": 2, "validation_samples": 1, "drift": 20.0}
    settings = {"precisions": ["int8"], "int8": int8}

    drawn = modnet_config(modnet_onnx, tmp_path / "models", convert=settings)

    record = convert(drawn.replaced(dataset=drawn.dataset.replaced(seed=9)), say=quiet)

    assert record.forms[-1].quantization is not None
    bare = without_plates(tiny_set, tmp_path / "bare")
    with pytest.raises(UsageError, match="is also in the set that is evaluated"):
        convert(modnet_config(modnet_onnx, tmp_path / "other", bare, convert=settings), say=quiet)


@pytest.mark.parametrize("stage", ["evaluate", "bench", "locate", "convert"])
def test_a_model_that_takes_a_plate_says_before_it_runs_that_there_is_none(
    tiny_onnx: Path, tiny_models: Path, own_set: Path, tmp_path: Path, stage: str
) -> None:
    config = tiny_config(tiny_onnx, tiny_models, own_set)
    said: list[str] = []

    def report(what: str, *_: int) -> None:
        said.append(what)

    with pytest.raises(DataError, match=r"has no background plates \(no bgr/\), and the model takes one; put the"):
        if stage == "evaluate":
            evaluate(config, report=report)
        elif stage == "bench":
            bench(config, BenchOptions(length=Length(2), different=1, warmup=1), report=report)
        elif stage == "locate":
            ir = tiny_models / "fp32/model.xml"
            locate(tiny_models / "model.onnx", ir, "synthetic/0001", config, tmp_path / "found", report=report)
        else:
            convert(tiny_config(tiny_onnx, tmp_path / "models", own_set), say=said.append)
    assert set(said) <= {"opening"}


def test_plates_that_are_not_there_cannot_be_aligned(modnet_models: Path, own_set: Path) -> None:
    config = job(modnet_models, own_set)
    config = config.replaced(dataset=config.dataset.replaced(align="auto", match_plate=True))

    with pytest.raises(UsageError, match=r"dataset\.align and dataset\.match_plate: .* has no background plates"):
        evaluate(config)
