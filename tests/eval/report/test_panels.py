"""Panels: the worst samples are kept, few at a time, and drawn where the report links to."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from configs.errors import DataError
from datasets.samples.images import read_rgb
from datasets.samples.sample import Prediction, Sample
from eval.report.layers import colour_map
from eval.report.panels import TILE_SIDE, Tile, WorstPictures, panel

TILES = {48: ("source", "plate", "truth", "original"), 78: ("converted", "composite", "cutout", "difference")}


def prediction_of(sample: Sample, value: float) -> Prediction:
    return Prediction(np.full(sample.size, value, np.float32), np.zeros((*sample.size, 3), np.float32))


def offer(keeper: WorstPictures, sample: Sample, name: str, original: float, **converted: float) -> None:
    scores = {"torch": original, **converted}
    keeper.offer(replace(sample, id=name), "torch", {each: prediction_of(sample, 0.5) for each in scores}, scores)


def test_largest_drift_either_way_is_worst(sample: Sample, tmp_path: Path) -> None:
    keeper = WorstPictures(3)
    offer(keeper, sample, "c/1", 1.0, onnx=1.0, ir=1.0)
    offer(keeper, sample, "c/2", 1.0, onnx=1.1, ir=0.5)
    offer(keeper, sample, "c/3", 9.0, onnx=9.0, ir=9.0)
    offer(keeper, sample, "c/4", 1.0, onnx=1.9, ir=1.2)
    offer(keeper, sample, "c/5", 2.0, onnx=2.0, ir=2.0)
    keeper.write(tmp_path)
    records = keeper.records()
    assert [(each.sample, each.variant, each.panel) for each in records] == [
        ("c/4", "onnx", "panels/01-c-4.png"),
        ("c/2", "ir", "panels/02-c-2.png"),
        ("c/3", "onnx", "panels/03-c-3.png"),
    ]
    assert [each.drift for each in records] == [pytest.approx(0.9), pytest.approx(-0.5), 0.0]
    pictures = ["01-c-4.png", "02-c-2.png", "03-c-3.png"]
    assert sorted(path.name for path in (tmp_path / "panels").glob("*.png")) == pictures


def test_the_longest_names_of_clip_and_frame_fit_a_file_s_name(sample: Sample, tmp_path: Path) -> None:
    keeper = WorstPictures(1)
    offer(keeper, sample, f"{'c' * 250}/{'f' * 250}", 1.0, onnx=1.0, ir=1.0)
    keeper.write(tmp_path)
    assert (tmp_path / keeper.records()[0].panel).is_file()


def test_tiles_show_what_their_labels_say(sample: Sample, tmp_path: Path) -> None:
    keeper = WorstPictures(1)
    keeper.offer(
        sample,
        "torch",
        {"torch": prediction_of(sample, 0.5), "onnx": prediction_of(sample, 0.54)},
        {"torch": 500.0, "onnx": 500.5},
    )
    keeper.write(tmp_path)
    (record,) = keeper.records()
    pixels = read_rgb(tmp_path / record.panel)
    # Four tiles of 8 pixels in a row: source, plate, truth, original; converted, composite, cut-out, difference.
    first, second = 26 + 22, 26 + 22 + 8 + 22
    at = {name: (row + 4, 6 + 14 * place + 4) for row, names in TILES.items() for place, name in enumerate(names)}
    assert (first, second) == tuple(TILES)
    assert (pixels[at["plate"]] == sample.background[4, 4]).all()
    greys = [tuple(pixels[at[name]]) for name in ("original", "converted")]
    assert greys == [(128,) * 3, (138,) * 3]
    assert (pixels[at["difference"]] == colour_map(np.uint8([[204]]))[0, 0]).all()  # 0.04 x 20 x 255
    assert pixels.shape == (26 + 2 * (22 + 8) + 6, 4 * 14 + 6, 3)


def test_without_converted_variants_there_is_no_difference(sample: Sample, tmp_path: Path) -> None:
    keeper = WorstPictures(2)
    offer(keeper, sample, "c/1", 1.0)
    offer(keeper, sample, "c/2", 2.0)
    keeper.write(tmp_path)
    first, second = keeper.records()
    assert (first.sample, first.variant, first.drift, second.sample) == ("c/2", None, None, "c/1")
    assert first.gain is None
    assert "difference" not in first.layers
    assert read_rgb(tmp_path / first.panel).shape == (26 + 2 * 30 + 6, 4 * 14 + 6, 3)  # six tiles


def test_no_picture_is_written_twice(sample: Sample, tmp_path: Path) -> None:
    """Equal forms have equal mattes, and frames of a clip one plate: each is one file, and every name finds it."""
    keeper = WorstPictures(3)
    for name in ("c/1", "c/2", "c/3"):
        offer(keeper, sample, name, 1.0, onnx=1.0 + int(name[-1]))
    keeper.write(tmp_path)
    files = [path for path in (tmp_path / "panels").rglob("*") if path.is_file()]
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in files}) == len(files)
    named = {path for record in keeper.records() for path in (record.panel, *record.layers.values())}
    assert {path.relative_to(tmp_path).as_posix() for path in files} == named
    plates = {record.layers["plate"] for record in keeper.records()}
    assert len(plates) == 1


def test_five_large_panels_stay_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (720, 1280, 3), dtype=np.uint8)
    keeper = WorstPictures(5)
    for number in range(6):
        large = Sample(f"c/{number}", noise, noise, noise[..., 0], noise)
        offer(keeper, large, large.id, 1.0, onnx=1.0 + number)
    keeper.write(tmp_path)
    records = keeper.records()
    assert sum((tmp_path / record.panel).stat().st_size for record in records) < 2_000_000
    assert read_rgb(tmp_path / records[0].panel).shape == (26 + 2 * (22 + 180) + 6, 4 * (TILE_SIDE + 6) + 6, 3)


def test_nothing_is_kept_with_a_limit_of_zero(sample: Sample, tmp_path: Path) -> None:
    keeper = WorstPictures(0)
    offer(keeper, sample, "c/1", 1.0, onnx=2.0)
    keeper.write(tmp_path)
    assert keeper.records() == ()
    assert list(tmp_path.iterdir()) == []


def test_the_original_and_every_score_are_needed(sample: Sample) -> None:
    keeper = WorstPictures(1)
    with pytest.raises(DataError, match="sample a/0001: expected predictions and Alpha MAD of torch"):
        keeper.offer(sample, "torch", {"onnx": prediction_of(sample, 0.5)}, {"onnx": 1.0})
    with pytest.raises(DataError, match="of onnx"):
        keeper.offer(sample, "torch", {name: prediction_of(sample, 0.5) for name in ("torch", "onnx")}, {"torch": 1.0})


def test_tiles_of_different_heights_share_a_panel() -> None:
    tiles = tuple(Tile("t", np.zeros((height, 20, 3), np.uint8)) for height in (10, 30))
    assert panel(tiles, "title").shape == (26 + 22 + 30 + 6, 58, 3)


def test_a_label_does_not_run_into_the_next_picture() -> None:
    tiles = tuple(Tile("Converted alpha (a-very-long-name@f32) " * 2, np.zeros((4, 100, 3), np.uint8)) for _ in "ab")
    drawn = panel(tiles, "")
    assert (drawn[26 : 26 + 22, 6 + 100 : 6 + 106] == 255).all()
