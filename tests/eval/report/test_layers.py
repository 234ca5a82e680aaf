"""Layers of the before/after view: what each shows, at one size, in files that the records name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.samples.images import read_rgb
from datasets.samples.sample import Prediction, Sample
from eval.report.layers import LAYER_SIDE, colour_map, gain_of, layer_titles, make_layers
from eval.report.panels import WorstPictures


def prediction_of(sample: Sample, value: float) -> Prediction:
    return Prediction(np.full(sample.size, value, np.float32), np.zeros((*sample.size, 3), np.float32))


def test_each_layer_shows_what_its_name_says(sample: Sample) -> None:
    layers = make_layers(sample, prediction_of(sample, 0.5), prediction_of(sample, 0.54))
    assert list(layers) == [
        *("source", "plate", "truth", "original", "original_error", "converted", "converted_error"),
        *("composite", "cutout", "difference"),
    ]
    assert {image.shape for image in layers.values()} == {(8, 8, 3)}
    assert (layers["source"] == sample.source).all()
    assert (layers["plate"] == sample.background).all()
    assert tuple(layers["truth"][0, 0]) == (255, 255, 255)
    assert tuple(layers["truth"][0, 7]) == (0, 0, 0)
    assert tuple(layers["original"][3, 3]) == (128, 128, 128)
    assert tuple(layers["converted"][3, 3]) == (138, 138, 138)


def test_errors_are_ten_times_the_difference_in_the_colours_of_the_map(sample: Sample) -> None:
    layers = make_layers(sample, prediction_of(sample, 0.5), prediction_of(sample, 0.54))
    colours = colour_map(np.arange(256, dtype=np.uint8)[np.newaxis])[0]
    assert (layers["difference"] == colours[102]).all()  # 0.04 x 10 x 255
    assert (layers["original_error"] == colours[255]).all()  # 0.5 x 10 is beyond the scale
    assert colours[0].max() < 8  # no error is black
    assert (np.diff(colours.astype(int).sum(axis=1)) >= -1).all()  # more error is never darker


def test_the_titles_are_those_of_the_layers(sample: Sample) -> None:
    both = make_layers(sample, prediction_of(sample, 0.5), prediction_of(sample, 0.5))
    assert list(layer_titles("onnx", "torch")) == list(both)
    alone = make_layers(sample, prediction_of(sample, 0.5), None)
    assert list(layer_titles(None, "torch")) == list(alone)
    assert list(alone) == ["source", "plate", "truth", "original", "original_error", "composite", "cutout"]
    assert layer_titles("onnx", "torch", 200)["difference"].endswith(" x200")


@pytest.mark.parametrize(
    ("moved", "gain", "shown"),
    [(0.0, 1, 0), (0.04, 20, 204), (0.6, 1, 153), (3e-6, 200_000, 153), (1e-9, 5_000_000, 1)],
)
def test_the_difference_is_as_bright_as_its_scale_allows(sample: Sample, moved: float, gain: int, shown: int) -> None:
    one, other = prediction_of(sample, 0.0), prediction_of(sample, moved)
    assert gain_of(sample, one, other) == gain
    colours = colour_map(np.arange(256, dtype=np.uint8)[np.newaxis])[0]
    assert (make_layers(sample, one, other, gain)["difference"] == colours[shown]).all()
    assert gain_of(sample, one, None) is None


def test_a_few_strays_do_not_dim_the_rest(sample: Sample) -> None:
    large = replace(sample, source=np.zeros((100, 100, 3), np.uint8))
    alpha = np.full((100, 100), 0.0015, np.float32)
    alpha[0, :5] = 1.0
    nothing = Prediction(np.zeros((100, 100), np.float32), None)
    assert gain_of(large, nothing, Prediction(alpha, None)) == 500


def test_the_composite_shows_the_person_and_a_background_that_is_not_the_plate(sample: Sample) -> None:
    red = np.zeros((*sample.size, 3), np.float32)
    red[..., 0] = 1.0
    alpha = np.zeros(sample.size, np.float32)
    alpha[:, 4:] = 1.0
    layers = make_layers(sample, prediction_of(sample, 0.5), Prediction(alpha, red))
    for name in ("composite", "cutout"):
        assert (layers[name][:, 4:] == (255, 0, 0)).all()
        assert not (layers[name][:, :4] == sample.background[:, :4]).all(axis=-1).any()
    assert len(np.unique(layers["composite"][:, 0], axis=0)) == 8  # from its top to its bottom
    without = make_layers(sample, prediction_of(sample, 0.5), Prediction(alpha, None))
    assert (without["cutout"][:, 4:] == sample.source[:, 4:]).all()


def test_large_samples_are_shrunk_alike(sample: Sample) -> None:
    zeros = np.zeros((720, 1280), np.uint8)
    picture = np.zeros((720, 1280, 3), np.uint8)
    large = replace(sample, source=picture, background=picture, alpha=zeros)
    layers = make_layers(large, Prediction(zeros.astype(np.float32), np.zeros((720, 1280, 3), np.float32)), None)
    assert {image.shape for image in layers.values()} == {(360, LAYER_SIDE, 3)}


def test_the_records_name_the_files_and_mattes_lose_nothing(sample: Sample, tmp_path: Path) -> None:
    keeper = WorstPictures(1)
    predictions = {"torch": prediction_of(sample, 0.5), "onnx": prediction_of(sample, 0.54)}
    keeper.offer(sample, "torch", predictions, {"torch": 500.0, "onnx": 500.5})
    keeper.write(tmp_path)
    (record,) = keeper.records()
    layers = make_layers(sample, predictions["torch"], predictions["onnx"])
    assert record.gain == 20
    files = {name: f"panels/01-a-0001/{name}.webp" for name in layers}
    files["converted_error"] = files["original_error"]  # both beyond the scale throughout: one picture, one file
    assert record.layers == files
    assert len(list((tmp_path / "panels/01-a-0001").iterdir())) == len(set(files.values()))
    for name in set(layers) - {"source", "plate", "composite", "cutout", "difference"}:
        with Image.open(tmp_path / record.layers[name]) as picture:
            assert (np.asarray(picture.convert("RGB")) == layers[name]).all()
    assert read_rgb(tmp_path / record.panel).size
