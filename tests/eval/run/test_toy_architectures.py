"""Families of one file, through everything that runs a model: evaluation, gate, attribution, locating, benchmark."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_models import recurrent_answers, toy_config, write_alpha_only, write_recurrent

from configs.schema import Config, GateSection
from converter.convert import convert
from datasets.samples.layout import SampleSet, iterate, open_set
from eval.attribution.run import attribute
from eval.attribution.text import attribution_page
from eval.bench.output import bench_markdown
from eval.bench.run import BenchOptions, bench
from eval.bench.timing import Length
from eval.gate.selftest.broken_forms import FLIPPED, HEALTHY, SWAPPED, score_broken_forms
from eval.locate.run import locate
from eval.pipeline.evaluate import evaluate
from eval.report.panels import WorstPictures

pytestmark = pytest.mark.usefixtures("toy_families")


def quiet(*_: Any) -> None:
    """Report to nobody."""


def alpha_only(folder: Path, dataset: Path, *variants: str) -> Config:
    """Return a job on the converted family `alpha-only`."""
    model = {"architecture": "alpha-only", "checkpoint": str(write_alpha_only(folder / "alpha.safetensors"))}
    config = toy_config(model, folder / "models", dataset, evaluate={"variants": list(variants), "worst": 1})
    convert(config, say=quiet)
    return config


def recurrent(folder: Path, dataset: Path, *variants: str) -> Config:
    """Return a job on the converted family `recurrent`."""
    model = {"architecture": "recurrent", "onnx": str(write_recurrent(folder / "recurrent.onnx"))}
    config = toy_config(model, folder / "models", dataset, evaluate={"variants": list(variants), "worst": 1})
    convert(config, say=quiet)
    return config


def test_alpha_alone_is_evaluated_attributed_located_and_timed(tmp_path: Path, tiny_set: Path) -> None:
    names = ("torch", "onnx", "ir-fp32@f32", "ir-fp16@AUTO.f32", "ir-fp16@HETERO:CPU.f32")
    config = alpha_only(tmp_path, tiny_set, *names)

    pictures = WorstPictures(1)
    results = evaluate(config, pictures).results
    pictures.write(tmp_path)

    assert len(list((tmp_path / "panels").glob("*.png"))) == 1
    assert [variant.name for variant in results.variants] == list(names)
    for variant in results.variants:
        foreground, alpha = variant.metrics["foreground_mse"], variant.metrics["alpha_mad"]
        assert (foreground.mean, foreground.samples, foreground.undefined) == (None, 0, 3)
        assert alpha.samples == 3
        assert alpha.mean == pytest.approx(results.variants[0].metrics["alpha_mad"].mean, abs=0.5)
        assert variant.executed_on == ("CPU",)
    assert [variant.device for variant in results.variants] == ["CPU", "CPU", "CPU", "AUTO", "HETERO:CPU"]

    attribution = attribute(results, limit=1)
    assert {stage.name for stage in attribution.stages} >= {"torch", "onnx", "onnx-simplified", "ir-fp32@f32"}
    assert "Outputs against the original's" in attribution_page(attribution)

    models = config.convert.out
    located = locate(models, models / "fp32" / "model.xml", "synthetic/0001", config, tmp_path / "located")
    assert located.first is None
    assert located.whole

    options = BenchOptions(length=Length(3), different=2, warmup=1, profile=True)
    record, rows = bench(config, options)
    assert [model.name for model in record.models] == list(names)
    assert {row.phase for row in rows} == {"latency", "throughput"}
    assert [model.difference.cells for model in record.models if model.difference] == [None] * 4
    assert [(model.device, model.executed_on) for model in record.models[3:]] == [
        ("AUTO", ("CPU",)),
        ("HETERO:CPU", ("CPU",)),
    ]
    assert "`ir-fp16@HETERO:CPU.f32`" in bench_markdown(record)


def test_its_broken_forms_are_those_that_its_ports_allow(tmp_path: Path, tiny_set: Path) -> None:
    config = alpha_only(tmp_path, tiny_set, "torch", "ir-fp32@f32")
    results = evaluate(config).results

    scored = score_broken_forms(results, 2, tmp_path, quiet)

    assert FLIPPED not in scored
    healthy, swapped = (scored[fault]["alpha_mad"] for fault in (HEALTHY, SWAPPED))
    assert (healthy - swapped).abs().min() > 1


@pytest.mark.parametrize("sequential", [True, False], ids=["a video", "stills"])
def test_states_are_carried_along_a_clip_and_not_between_stills(
    tmp_path: Path, tiny_set: Path, monkeypatch: pytest.MonkeyPatch, sequential: bool
) -> None:
    monkeypatch.setattr(SampleSet, "sequential", property(lambda _: sequential))
    config = recurrent(tmp_path, tiny_set, "onnx", "ir-fp32@f32")

    results = evaluate(config).results

    samples = list(iterate(open_set(tiny_set)))
    frames = [sample.source for sample in samples]
    mattes = recurrent_answers(frames) if sequential else [recurrent_answers([frame])[0] for frame in frames]
    expected = np.mean([1e3 * np.abs(m - s.alpha / 255).mean() for m, s in zip(mattes, samples, strict=True)])
    for variant in results.variants:
        assert variant.metrics["alpha_mad"].mean == pytest.approx(expected, abs=1e-3)


def test_states_are_carried_in_broken_forms_and_timing_too(
    tmp_path: Path, tiny_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SampleSet, "sequential", property(lambda _: True))
    config = recurrent(tmp_path, tiny_set, "onnx", "ir-fp32@f32")
    results = evaluate(config).results

    scored = score_broken_forms(results, 3, tmp_path, quiet)
    record, _ = bench(config, BenchOptions(length=Length(3), different=3, warmup=1))

    assert scored[HEALTHY]["alpha_mad"].mean() == pytest.approx(results.variants[1].metrics["alpha_mad"].mean, abs=1e-6)  # type: ignore[arg-type]
    assert record.models[1].difference is not None
    assert record.models[1].difference.max < 1e-5


def test_a_form_with_states_is_located_at_a_later_frame_and_attributed(
    tmp_path: Path, tiny_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SampleSet, "sequential", property(lambda _: True))
    config = recurrent(tmp_path, tiny_set, "onnx", "ir-fp32@f32")
    models, refs = config.convert.out, open_set(tiny_set).refs
    frames = [sample.source for sample in iterate(open_set(tiny_set))]

    located = locate(models / "model.onnx", models / "fp32" / "model.xml", refs[-1].id, config, tmp_path / "located")
    first = locate(models / "model.onnx", models / "fp32" / "model.xml", refs[0].id, config, tmp_path / "first")

    assert located.first is first.first is None
    assert located.whole
    scales = [{tensor.tensor: tensor.difference.scale for tensor in one.tensors}["matte"] for one in (first, located)]
    mattes = recurrent_answers(frames)
    assert scales == pytest.approx([mattes[0].max(), mattes[-1].max()], abs=1e-5)

    attribution = attribute(evaluate(config).results)
    errors = {stage.name: stage.error.parity.alpha.max for stage in attribution.stages if stage.error is not None}
    assert errors["ir-fp32@f32"] < 1e-5
    assert max(errors.values()) < 1e-2  # in every stage the states of a clip go along


def test_the_default_gate_has_limits_for_every_precision_that_can_run() -> None:
    from configs.load import load_config

    gate: GateSection = load_config(Path(__file__).parents[3] / "configs" / "default.yaml").gate
    for section in (gate.against_original, gate.against_baseline, gate.other_class):
        assert {"f32", "f16", "bf16"} <= set(section)
        for metric in section["f16"]:
            limits = [section[precision][metric].largest or 0 for precision in ("f32", "f16", "bf16")]
            assert limits == sorted(limits)
