"""Layers of the before/after view: what each shows, at one size, in files that the records name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from datasets.samples.images import read_rgb
from datasets.samples.sample import Prediction, Sample
from eval.report.layers import LAYER_SIDE, colour_map, layer_titles, make_layers
from eval.report.panels import WorstPictures


def prediction_of(sample: Sample, value: float) -> Prediction:
    return Prediction(np.full(sample.size, value, np.float32), np.zeros((*sample.size, 3), np.float32))


def test_each_layer_shows_what_its_name_says(sample: Sample) -> None:
    layers = make_layers(sample, prediction_of(sample, 0.5), prediction_of(sample, 0.54))
    assert list(layers) == [
        *("source", "truth", "original", "original_error", "converted", "converted_error", "difference"),
    ]
    assert {image.shape for image in layers.values()} == {(8, 8, 3)}
    assert (layers["source"] == sample.source).all()
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
    assert set(layer_titles("onnx", "torch")) == set(both)
    alone = make_layers(sample, prediction_of(sample, 0.5), None)
    assert set(layer_titles(None, "torch")) == set(alone) == {"source", "truth", "original", "original_error"}


def test_large_samples_are_shrunk_alike(sample: Sample) -> None:
    zeros = np.zeros((720, 1280), np.uint8)
    large = replace(sample, source=np.zeros((720, 1280, 3), np.uint8), alpha=zeros)
    layers = make_layers(large, Prediction(zeros.astype(np.float32), np.zeros((720, 1280, 3), np.float32)), None)
    assert {image.shape for image in layers.values()} == {(360, LAYER_SIDE, 3)}


def test_the_records_name_the_files_and_mattes_lose_nothing(sample: Sample, tmp_path: Path) -> None:
    keeper = WorstPictures(1)
    predictions = {"torch": prediction_of(sample, 0.5), "onnx": prediction_of(sample, 0.54)}
    keeper.offer(sample, "torch", predictions, {"torch": 500.0, "onnx": 500.5})
    keeper.write(tmp_path)
    (record,) = keeper.records()
    layers = make_layers(sample, predictions["torch"], predictions["onnx"])
    assert record.layers == {name: f"panels/01-a-0001/{name}.webp" for name in layers}
    for name in set(layers) - {"source"}:
        with Image.open(tmp_path / record.layers[name]) as picture:
            assert (np.asarray(picture.convert("RGB")) == layers[name]).all()
    assert read_rgb(tmp_path / record.panel).size
