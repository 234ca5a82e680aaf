"""The contact sheet: what stands where, how samples are chosen, and that only tiles are kept."""

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from datasets.samples.contact_sheet import TILE_SIDE, contact_sheet, evenly_chosen
from datasets.samples.layout import SampleRef
from datasets.samples.sample import Sample


def _sample(id_: str, side: int = 32) -> Sample:
    def plain(*colour: int) -> np.ndarray:
        return np.full((side, side, 3), colour, np.uint8)

    alpha = np.zeros((side, side), np.uint8)
    alpha[:, side // 2 :] = 255
    return Sample(id_, plain(255, 0, 0), plain(0, 255, 0), alpha, plain(0, 0, 255))


def _refs(count: int) -> tuple[SampleRef, ...]:
    return tuple(SampleRef(f"a/{index}", Path("c"), Path("b"), Path("f")) for index in range(count))


def test_a_sample_without_a_plate_has_no_column_for_it() -> None:
    whole = _sample("a/1")
    bare = Sample("a/2", whole.source, None, whole.alpha, whole.foreground)

    row = contact_sheet([bare])[18 + 18 + 16]
    source, alpha, foreground = (row[6 + 38 * column : 6 + 38 * column + 32] for column in range(3))

    assert (source == (255, 0, 0)).all()
    assert (alpha[16:] == 255).all()
    assert (foreground[16:] == (0, 0, 255)).all()
    assert contact_sheet([whole, bare]).shape[1] == contact_sheet([bare]).shape[1]


def test_each_column_shows_what_it_says() -> None:
    sheet = contact_sheet([_sample("a/1")])
    row = sheet[18 + 18 + 16]
    source, background, alpha, foreground = (row[6 + 38 * column : 6 + 38 * column + 32] for column in range(4))
    assert (source == (255, 0, 0)).all()
    assert (background == (0, 255, 0)).all()
    assert (alpha[:16] == 0).all()
    assert (alpha[16:] == 255).all()
    assert {tuple(map(int, pixel)) for pixel in foreground[:16]} == {(102,) * 3, (153,) * 3}
    assert (foreground[16:] == (0, 0, 255)).all()


def test_every_sample_has_its_row_and_its_id() -> None:
    one, two = contact_sheet([_sample("a/1")]), contact_sheet([_sample("a/1"), _sample("b/2")])
    assert two.shape == (one.shape[0] + 32 + 18 + 6, one.shape[1], 3)
    assert (two[: one.shape[0]] == one).all()
    label = two[one.shape[0] : one.shape[0] + 18]
    assert (label < 128).any()


def test_large_images_are_shrunk_and_let_go() -> None:
    alive: list[weakref.ref[np.ndarray]] = []

    def samples() -> Iterator[Sample]:
        for index in range(3):
            gc.collect()
            assert sum(ref() is not None for ref in alive) <= 1
            sample = _sample(f"a/{index}", 2 * TILE_SIDE)
            alive.append(weakref.ref(sample.source))
            yield sample
            del sample

    sheet = contact_sheet(samples())
    assert sheet.shape[1] == 4 * TILE_SIDE + 5 * 6
    assert sheet.shape[0] < 3 * (TILE_SIDE + 40)


def test_no_sample_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        contact_sheet([])


@pytest.mark.parametrize(("limit", "chosen"), [(1, [0]), (2, [0, 9]), (4, [0, 3, 6, 9]), (10, [*range(10)])])
def test_samples_are_chosen_evenly(limit: int, chosen: list[int]) -> None:
    assert evenly_chosen(_refs(10), limit) == tuple(_refs(10)[index] for index in chosen)


def test_a_limit_beyond_the_set_takes_all() -> None:
    assert evenly_chosen(_refs(3), 8) == _refs(3)
    with pytest.raises(ValueError, match="positive"):
        evenly_chosen(_refs(3), 0)
