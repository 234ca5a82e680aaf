"""Compositing with the network's foreground, and what a person is laid over."""

import numpy as np
import pytest

from configs.errors import UsageError
from datasets.samples.composite import composite as exact
from demo.composing.blend import as_bytes, composite, cut_out
from demo.composing.targets import Blurred, Colour, Moving, Picture, Transparent, cover, plain_target
from demo.matting.matter import Matte

RANDOM = np.random.default_rng(3)
SOURCE, OTHER, COLOURS = (RANDOM.integers(0, 256, (20, 30, 3), dtype=np.uint8) for _ in range(3))
ALPHA = RANDOM.integers(0, 256, (20, 30), dtype=np.uint8)
ALPHA[0], ALPHA[1] = 0, 255
MATTE = Matte((ALPHA / 255).astype(np.float32), (COLOURS / 255).astype(np.float32))


def test_a_composite_is_that_of_the_foreground_as_sets_are_composed() -> None:
    made = composite(MATTE, SOURCE, OTHER)
    assert np.abs(made.astype(int) - exact(COLOURS, ALPHA, OTHER)).max() <= 1
    assert (made[0] == OTHER[0]).all()
    assert (made[1] == COLOURS[1]).all()


def test_without_a_foreground_the_source_gives_the_colours() -> None:
    made = composite(Matte(MATTE.alpha, None), SOURCE, OTHER)
    assert np.abs(made.astype(int) - exact(SOURCE, ALPHA, OTHER)).max() <= 1


def test_no_light_of_the_old_background_is_left() -> None:
    """A grey person of half opacity before white, laid over black: half grey, where the source would give more."""
    half = np.full((2, 2), 0.5, np.float32)
    matte = Matte(half, np.full((2, 2, 3), 0.4, np.float32))
    source, black = np.full((2, 2, 3), 178, np.uint8), np.zeros((2, 2, 3), np.uint8)
    assert (composite(matte, source, black) == 51).all()


def test_a_cut_out_hides_nothing_below_transparent_pixels() -> None:
    rgba = cut_out(MATTE, SOURCE)
    assert (rgba[..., 3] == ALPHA).all()
    assert (rgba[ALPHA == 0] == 0).all()
    assert (rgba[ALPHA > 0][:, :3] == COLOURS[ALPHA > 0]).all()


def test_bytes_are_rounded_to_nearest() -> None:
    assert as_bytes(np.float32([[0, 1, 0.4999 / 255, 0.5001 / 255]])).tolist() == [[0, 255, 0, 1]]


def test_targets_are_read_by_their_names() -> None:
    green = plain_target("#78FF9B")
    assert isinstance(green, Colour)
    assert green.background(SOURCE, None)[0, 0].tolist() == [120, 255, 155]
    assert isinstance(plain_target("transparent"), Transparent)
    assert isinstance(plain_target("blur:24"), Blurred)
    assert plain_target("beach.jpg") is None


@pytest.mark.parametrize("text", ["#12345", "#GGGGGG", "blur:0", "blur:many", "blur:9999"])
def test_what_is_nearly_a_target_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected"):
        plain_target(text)


def test_the_plate_is_blurred_where_there_is_one() -> None:
    plate = np.full_like(SOURCE, 77)
    assert (Blurred(5).background(SOURCE, plate) == 77).all()
    assert Blurred(5).background(SOURCE, None).std() < SOURCE.std()


def test_pictures_cover_the_frame_and_are_never_stretched() -> None:
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, 15:25] = 200
    assert (cover(wide, (10, 10)) == 200).all()
    assert cover(wide, (50, 30)).shape == (50, 30, 3)
    assert Picture(wide).background(SOURCE, None).shape == SOURCE.shape
    moving = Moving(iter([wide, wide + 1]))
    assert [moving.background(SOURCE, None)[0, 0, 0] for _ in range(2)] == [200 - 200 * (wide[0, 0, 0] == 0), 1]
