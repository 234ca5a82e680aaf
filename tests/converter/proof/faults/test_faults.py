"""Planted faults do what they are called, and nothing else."""

from collections import Counter
from pathlib import Path

import numpy as np
import openvino
import pytest
from tiny_model import OFFSET

from configs.errors import DataError
from converter.forms.variant import FormFile
from converter.proof.faults.border import INPUT_FAULTS, RESULT_FAULTS
from converter.proof.faults.graph import InXml, bypassed, constant, last_clip, not_reversed, write_faulty
from converter.proof.faults.registry import FAULTS
from converter.proof.faults.runner import FaultyRunner
from converter.runners.opening import open_runner
from datasets.samples.sample import Prediction, Sample


def predicted(path: Path, sample: Sample) -> Prediction:
    with open_runner(FormFile(path)) as runner:
        return runner.predict(sample.images)


@pytest.fixture
def sound(tiny_models: Path) -> Path:
    return tiny_models / "fp32" / "model.xml"


def test_there_are_faults_of_every_kind_at_every_precision() -> None:
    counts = Counter(fault.precision for fault in FAULTS)

    assert len(FAULTS) >= 60
    assert set(counts) == {"fp32", "fp16", "bf16", "int8"}
    assert min(counts.values()) >= 10
    kinds = {"weights", "attributes", "constants", "ports", "colour", "scale", "tiles", "cells"}
    assert {fault.kind for fault in FAULTS} == kinds
    assert len({(fault.name, fault.precision) for fault in FAULTS}) == len(FAULTS)


def test_a_runner_without_a_fault_gives_what_the_sound_one_gives(sound: Path, samples: list[Sample]) -> None:
    with open_runner(FormFile(sound)) as runner:
        expected = runner.predict(samples[0].images)
        same = FaultyRunner(runner, result=lambda result: (result.alpha, result.foreground)).predict(samples[0].images)
        also = FaultyRunner(runner, inputs=lambda images: images).predict(samples[0].images)

    for found in (same, also):
        assert np.abs(found.alpha - expected.alpha).max() < 1e-6
        assert found.foreground is not None and expected.foreground is not None
        assert np.abs(found.foreground - expected.foreground).max() < 1e-6


def test_faults_at_the_border(sound: Path, samples: list[Sample]) -> None:
    with open_runner(FormFile(sound)) as runner:
        expected = runner.predict(samples[0].images)
        brighter = FaultyRunner(runner, result=RESULT_FAULTS["foreground + 2/255"][1]).predict(samples[0].images)
        scaled = FaultyRunner(runner, inputs=INPUT_FAULTS["scale 256 for 255"][1]).predict(samples[0].images)
        patched = FaultyRunner(runner, result=RESULT_FAULTS["alpha 0.3 in 8x8"][1]).predict(samples[0].images)

    assert expected.foreground is not None and brighter.foreground is not None and scaled.foreground is not None
    assert np.abs(brighter.foreground - (expected.foreground + 2 / 255).clip(0, 1)).max() < 1e-5
    unscaled = (expected.foreground - OFFSET) * 255 / 256 + OFFSET
    assert np.abs(scaled.foreground - unscaled).max() < 1e-4
    assert (patched.alpha[17:25, -40:-32] == np.float32(0.3)).all()
    assert (patched.alpha != expected.alpha).sum() <= 64


def test_faults_inside(sound: Path, samples: list[Sample], tmp_path: Path) -> None:
    target, expected = tmp_path / "faulty.xml", predicted(sound, samples[0])
    assert expected.foreground is not None

    write_faulty(sound, target, last_clip("pha", "Minimum", 0.5))
    assert predicted(target, samples[0]).alpha.max() == 0.5
    write_faulty(sound, target, constant(("Convolution",), 0, 1, lambda values: values * 2))
    assert np.abs(predicted(target, samples[0]).alpha - (2 * expected.alpha).clip(0, 1)).max() < 1e-4
    write_faulty(sound, target, None)
    assert not np.array_equal(predicted(target, samples[0]).alpha, expected.alpha)


def test_what_is_not_there_is_an_error(sound: Path, tmp_path: Path) -> None:
    target = tmp_path / "faulty.xml"

    for fault in (bypassed(("ScatterNDUpdate",), 0), not_reversed(7), InXml("Interpolate", 0, {"mode": "nearest"})):
        with pytest.raises(DataError, match="has"):
            write_faulty(sound, target, fault)


def test_attributes_are_set_in_the_xml(sound: Path, tmp_path: Path) -> None:
    target = tmp_path / "faulty.xml"

    write_faulty(sound, target, InXml("Concat", 0, {"axis": "-3"}))

    model = openvino.Core().read_model(target)
    [node] = [node for node in model.get_ordered_ops() if node.get_type_name() == "Concat"]
    assert node.get_attributes()["axis"] == -3
