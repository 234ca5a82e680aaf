"""The int8 form of the tiny network: how it is chosen, what is recorded of it, and how it runs."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import pytest
from tiny_model import INT8, INT8_PARITY, SIZE, tiny_config

from configs.errors import ParityError, UsageError
from configs.schema import Config
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.convert import convert
from converter.forms.contract import ir_contract
from converter.forms.record import Conversion
from converter.forms.variant import FormFile
from converter.info import describe_model
from converter.proof.counterfactual import DECLARED
from converter.runners.opening import open_runner
from converter.steps import int8_ir_from_onnx as int8
from converter.steps.quantization import Share
from converter.verify import verify
from datasets.samples.images import array_sha256
from datasets.samples.sample import Prediction, Sample
from datasets.synthetic.generate import synthetic_sample

Job = Callable[..., Config]


@pytest.fixture
def job(tiny_onnx: Path, tmp_path: Path) -> Job:
    def configure(parity: dict[str, Any] | None = None, **keys: Any) -> Config:
        settings = {"precisions": ["int8"], "int8": {**INT8, **keys}, "parity": {**INT8_PARITY, **(parity or {})}}
        return tiny_config(tiny_onnx, tmp_path / "models", convert=settings)

    return configure


def test_the_record_tells_how_it_was_made(int8_models: Path) -> None:
    record = Conversion.read(int8_models)

    form = record.form("ir-int8")
    assert form is not None
    assert set(form.files) == {"int8/model.xml", "int8/model.bin"}
    assert record.versions["nncf"]
    quantization = form.quantization
    assert quantization is not None
    drawn = [array_sha256(synthetic_sample(3, index, SIZE).source) for index in range(3)]
    assert list(quantization.sources) == drawn
    assert (quantization.calibration_samples, quantization.validation_samples) == (2, 1)
    assert quantization.calibration == "synthetic, seed 3"
    [candidate] = quantization.candidates
    assert (candidate.kept_float, candidate.convolutions, candidate.all_convolutions, candidate.multiply_adds) == (
        (),
        1,
        1,
        1.0,
    )
    assert 0 < abs(candidate.alpha_mad_drift) <= quantization.drift_limit
    assert 0 < candidate.parity.alpha.mean < 0.01
    assert form.counterfactuals is not None
    distances = dict(form.counterfactuals.distances)
    assert distances.pop(DECLARED) * 5 < min(distances.values())
    assert [other.quantization for other in record.forms if other.hop != "ir-int8"] == [None] * 3


def test_the_file_says_how_many_convolutions_there_are_under_the_key_it_always_had(int8_models: Path) -> None:
    content = json.loads((int8_models / Conversion.FILE).read_text(encoding="utf-8"))

    [candidate] = content["forms"][-1]["quantization"]["candidates"]
    assert list(candidate)[:4] == ["kept_float", "convolutions", "of", "multiply_adds"]


def test_all_forms_of_the_folder_take_frames(int8_models: Path) -> None:
    record = Conversion.read(int8_models)

    for form in record.forms[2:]:
        assert form.contract == ir_contract(ARCHITECTURE, SIZE, record.source.sha256, "nhwc-u8")


def test_only_forms_that_were_fitted_have_calibrated_sources(int8_models: Path) -> None:
    record = Conversion.read(int8_models)

    assert record.calibrated_sources(["onnx-simplified", "ir-fp32", None]) == frozenset()
    assert len(record.calibrated_sources([None, "ir-int8"])) == 3


def test_it_runs_in_int8_and_is_near_the_original(
    int8_models: Path, samples: list[Sample], answers: list[Prediction]
) -> None:
    with open_runner(FormFile(int8_models / "int8/model.xml")) as runner:
        found = runner.predict(samples[0].images)
    with open_runner(FormFile(int8_models / "fp32/model.xml")) as plain:
        pass

    assert (runner.precision, runner.rest_precision) == ("int8", "f32")
    assert (plain.precision, plain.rest_precision) == ("f32", None)
    difference = np.abs(found.alpha - answers[0].alpha)
    assert 1e-5 < difference.mean() < 0.01
    # What follows the last quantized convolution stays float, and so does the foreground here.
    np.testing.assert_allclose(found.foreground, answers[0].foreground, rtol=0, atol=1e-5)


def test_info_shows_weights_in_8_bits_and_the_frames(int8_models: Path) -> None:
    info = describe_model(int8_models / "int8/model.xml", tiny_config(Path("x.onnx"), Path("x")).model, SIZE)

    assert "i8 (1)" in info.facts["weights stored as"]
    assert info.operations["FakeQuantize"] > 0
    assert info.contract is not None
    assert [(port.layout, port.element_type) for port in info.contract.inputs] == [("NHWC", "u8")] * 2


def test_verify_proves_it_again(int8_models: Path, tiny_onnx: Path) -> None:
    job = tiny_config(tiny_onnx, int8_models, convert={"parity": INT8_PARITY})

    assert verify(int8_models, job, say=lambda _: None) == Conversion.read(int8_models).forms
    strict = {"samples": 1, "tolerances": {"ir-int8": {"mean": 1e-7, "quantile": 0.5, "cells": 1.0}}}
    with pytest.raises(ParityError, match=r"^hop ir-int8: .* mean \|alpha difference\|"):
        verify(int8_models, tiny_config(tiny_onnx, int8_models, convert={"parity": strict}), say=lambda _: None)


def clumsy_at_first(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the first quantization be fitted to images a tenth as bright, so that its ranges are too narrow."""
    calls: list[int] = []
    right = int8.quantize

    def fit(model: openvino.Model, feeds: Sequence[dict[str, Any]], kept: frozenset[str]) -> tuple[Any, Share]:
        calls.append(len(feeds))
        dim = [{name: tensor * np.float32(0.1) for name, tensor in feed.items()} for feed in feeds]
        return right(model, dim if len(calls) == 1 else feeds, kept)

    monkeypatch.setattr(int8, "quantize", fit)
    return calls


def test_the_first_candidate_within_the_limits_is_taken(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, said = clumsy_at_first(monkeypatch), list[str]()

    record = convert(job(candidates=[[], [], []]), say=said.append)

    assert calls == [2, 2]
    quantization = record.forms[-1].quantization
    assert quantization is not None
    first, taken = quantization.candidates
    assert abs(first.alpha_mad_drift) > 1 >= abs(taken.alpha_mad_drift)
    told = [line for line in said if "float nothing" in line]
    assert told[0].endswith("more than 1 (convert.int8.drift)")
    assert told[1].endswith("taken")


def test_a_candidate_must_hold_the_hop_s_tolerance_too(job: Job) -> None:
    strict = {"tolerances": {"ir-int8": {"mean": 0.1, "quantile": 1e-6, "cells": 1.0}}}

    with pytest.raises(ParityError, match=r"99\.9 % quantile of \|alpha difference\| .* > 1e-06"):
        convert(job(parity=strict), say=lambda _: None)


def test_where_no_candidate_is_good_the_error_shows_the_table_and_nothing_is_written(job: Job) -> None:
    config = job(drift=1e-9)

    with pytest.raises(ParityError) as caught:
        convert(config, say=lambda _: None)

    text = str(caught.value)
    assert "no candidate of convert.int8.candidates is within the limits" in text
    assert "float nothing: 1 of 1 convolutions in int8 (100.0% of the multiply-adds), Alpha MAD" in text
    assert "convert.int8.calibration" in text
    assert not config.convert.out.exists()


def test_candidates_are_checked_before_anything_is_drawn(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(int8, "calibration_split", lambda *_: pytest.fail("drawn"))

    with pytest.raises(UsageError, match=r"no convolution's weights have a name with `decoder\.conv4`.*are weights"):
        convert(job(candidates=[[], ["decoder.conv4"]]), say=lambda _: None)


def test_the_evaluated_set_is_refused_as_calibration(job: Job) -> None:
    with pytest.raises(UsageError, match=r"convert\.int8\.seed: 1 is also dataset\.seed"):
        convert(job(seed=1), say=lambda _: None)


def test_alpha_mad_is_the_evaluation_s_metric_by_hand(samples: list[Sample]) -> None:
    sample = replace(samples[0], alpha=np.full(SIZE, 51, np.uint8))
    predictions = [Prediction(np.full(SIZE, level, np.float32), sample.foreground) for level in (0.2, 0.5)]

    assert int8.alpha_mad(predictions, [sample, sample]) == pytest.approx(1e3 * (0 + 0.3) / 2, rel=1e-5)


def test_alpha_mad_resizes_the_prediction_to_the_ground_truth(samples: list[Sample]) -> None:
    small = Prediction(np.full((8, 8), 0.75, np.float32), samples[0].foreground)
    sample = replace(samples[0], alpha=np.full(SIZE, 255, np.uint8))

    assert int8.alpha_mad([small], [sample]) == pytest.approx(250, rel=1e-6)
