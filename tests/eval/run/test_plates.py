"""Plates that an evaluation aligns and evens: once for all variants, recorded, and never taken for those on disk."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_model import tiny_config

from configs.schema import DatasetSection
from datasets.samples.sample import Sample
from eval.pipeline.evaluate import evaluate
from eval.run.plates import Plates


@pytest.fixture(scope="module")
def sample() -> Sample:
    """Return a person before patches of colour, with a plate that is darker and lies elsewhere."""
    rng = np.random.default_rng(0)
    scene = np.zeros((270, 480, 3), np.float32)
    for cell in (6, 30):
        scene += 80 * cv2.resize(rng.random((270 // cell, 480 // cell, 3), np.float32), (480, 270))
    background = (30 + scene).astype(np.uint8)
    alpha = np.zeros((270, 480), np.uint8)
    alpha[90:, 180:300] = 255
    foreground = np.full_like(background, (200, 60, 40))
    source = np.where(alpha[..., np.newaxis] > 0, foreground, background)
    plate = np.rint(0.8 * np.roll(background, (5, 9), (0, 1))).astype(np.uint8)
    return Sample("clip/0001", source, plate, alpha, foreground)


@pytest.mark.parametrize(("align", "match", "note"), [
    ("off", False, None),
    ("auto", False, "aligned (auto): 1 of 1"),
    ("always", True, "aligned (always): 1 of 1, colours evened: 1 of 1"),
])  # fmt: skip
def test_a_sample_gets_the_plate_that_the_configuration_asks_for(
    sample: Sample, align: str, match: bool, note: str | None
) -> None:
    plates = Plates(DatasetSection.model_validate({"align": align, "match_plate": match}))
    prepared, done = plates.prepare(sample)
    background = np.where(sample.alpha[..., np.newaxis] > 0, 0, sample.source).astype(int)
    off = np.abs(prepared.background * (sample.alpha[..., np.newaxis] == 0) - background).mean()
    as_it_is = np.abs(sample.background * (sample.alpha[..., np.newaxis] == 0) - background).mean()
    assert plates.note(done) == note
    assert (prepared is sample) is (note is None)
    if note is not None:
        assert off < (0.1 if match else 0.9) * as_it_is
        assert replace(prepared, background=sample.background).images.keys() == sample.images.keys()
        assert all(getattr(prepared, name) is getattr(sample, name) for name in ("source", "alpha", "foreground"))


def test_networks_without_a_plate_leave_samples_alone(sample: Sample) -> None:
    assert Plates(DatasetSection(align="always", match_plate=True), needed=False)(sample) is sample


def test_a_run_records_how_plates_were_prepared(tiny_onnx: Path, tiny_models: Path, tiny_set: Path) -> None:
    config = tiny_config(tiny_onnx, tiny_models, tiny_set)
    only = config.replaced(evaluate={"variants": ["onnx"]})
    prepared = only.replaced(dataset={**config.dataset.model_dump(), "align": "auto", "match_plate": True})
    plain, run = evaluate(only).results, evaluate(prepared).results
    assert plain.dataset.plates is None
    assert run.dataset.plates == "aligned (auto): 0 of 3, colours evened: 3 of 3"
    assert run.settings["dataset"] == {**dict(plain.settings["dataset"]), "align": "auto", "match_plate": True}
    assert run.dataset.manifest_sha256 == plain.dataset.manifest_sha256
    assert run.dataset.pixels_sha256 != plain.dataset.pixels_sha256
