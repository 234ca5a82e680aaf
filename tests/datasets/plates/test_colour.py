"""Exposure and white balance are read off the background, and evened."""

import numpy as np
import pytest
from numpy.typing import NDArray
from plate_scenes import SIZE, person, scene

from datasets.plates.agreement import agreement
from datasets.plates.colour import fit_colours, match_colours

BACKGROUND = scene()
FRAME, MASK = person(BACKGROUND, 0.6)


def _levels(image: NDArray[np.uint8], gain: tuple[float, ...], gamma: float) -> NDArray[np.uint8]:
    return np.rint(255 * np.array(gain) * (image / 255) ** gamma).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("gamma", [0.8, 1.0, 1.25])
@pytest.mark.parametrize("gain", [(1, 1, 1), (0.7, 0.7, 0.7), (1.1, 1, 0.9), (0.9, 0.8, 0.7)])
def test_a_plate_gets_the_frame_s_colours_whoever_stands_before_it(gain: tuple[float, ...], gamma: float) -> None:
    plate = _levels(BACKGROUND, gain, gamma)
    off = np.abs(match_colours(FRAME, plate).astype(int) - BACKGROUND)
    assert off[~MASK].mean() < 1
    assert off[MASK].mean() < 2
    found = fit_colours(agreement(FRAME, plate))
    assert found is not None
    assert found.gamma == pytest.approx(np.full(3, 1 / gamma), abs=0.03)
    if gamma == 1:
        assert found.exposure == pytest.approx(1 / np.prod(gain) ** (1 / 3), rel=0.01)
        assert found.white_balance == pytest.approx([gain[1] / each for each in gain], rel=0.01)


def test_before_a_plain_wall_the_relation_that_most_pixels_keep_wins() -> None:
    wall = np.full((*SIZE, 3), (180, 170, 160), np.uint8)
    frame, mask = person(wall, 0.3)
    off = np.abs(match_colours(frame, _levels(wall, (0.8, 0.8, 0.8), 1)).astype(int) - wall)
    assert off[~mask].mean() < 1.5


def test_a_plate_of_another_scene_is_left_as_it_is() -> None:
    other = scene(9)
    assert fit_colours(agreement(FRAME, other)) is None
    assert (match_colours(FRAME, other) == other).all()


def test_pixels_of_the_frame_and_levels_beyond_the_scale_stay_the_frame_s() -> None:
    plate = _levels(BACKGROUND, (0.8, 0.8, 0.8), 1)
    plate[:20] = FRAME[:20]
    assert (match_colours(FRAME, plate)[:20] == FRAME[:20]).all()
    bright = _levels(BACKGROUND, (1.6, 1.6, 1.6), 1)
    off = np.abs(match_colours(FRAME, bright).astype(int) - BACKGROUND)
    assert off[~MASK].mean() < 1


def test_mixed_colours_lie_between() -> None:
    one, other = (fit_colours(agreement(FRAME, _levels(BACKGROUND, (gain,) * 3, 1))) for gain in (1.0, 0.8))
    assert one is not None
    assert other is not None
    assert one.mixed(other, 0.5).exposure == pytest.approx((one.exposure * other.exposure) ** 0.5, rel=1e-3)
