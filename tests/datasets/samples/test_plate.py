"""The hand-held plate: each fault alone does what it says, and none does nothing."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from datasets.samples.plate import (
    JITTER,
    LARGEST_SINE,
    NOISE,
    ONE,
    SHARE,
    Capture,
    captured,
    draw_capture,
    largest_noise,
    noisy,
    shaded,
)

STILL = Capture(0, (0, 0), SHARE, SHARE, SHARE, 0, 0, 0, (0, 0), 3, False)
IMAGE = np.random.default_rng(0).integers(0, 256, (40, 70, 3), dtype=np.uint8)


def _take(capture: Capture, image: NDArray[np.uint8] = IMAGE) -> NDArray[np.int64]:
    return captured(image, capture, np.random.default_rng(1)).astype(np.int64)


def test_a_camera_without_faults_takes_the_background() -> None:
    assert (_take(STILL) == IMAGE).all()
    assert shaded(IMAGE, np.full(IMAGE.shape[:2], 255, np.uint8), STILL) is IMAGE


def test_a_shift_of_whole_pixels_moves_and_repeats_the_border() -> None:
    moved = _take(replace(STILL, shift=(2 * ONE, 3 * ONE)))
    assert (moved[2:, 3:] == IMAGE[:-2, :-3]).all()
    assert (moved[0, 3:] == IMAGE[0, :-3]).all()


def test_half_a_pixel_is_the_mean_of_two() -> None:
    moved = _take(replace(STILL, shift=(0, -ONE // 2)))
    assert (moved[:, :-1] == (IMAGE[:, :-1].astype(int) + IMAGE[:, 1:] + 1) // 2).all()


def test_a_turn_keeps_the_centre_and_moves_the_rim_by_its_sine() -> None:
    x = np.arange(201, dtype=np.uint8)
    ramp = np.repeat(np.tile(x, (201, 1))[..., np.newaxis], 3, axis=2)
    turned = _take(replace(STILL, sine=LARGEST_SINE), ramp)[..., 0]
    assert turned[100, 100] == 100
    assert abs((turned[200, 100] - turned[0, 100]) - 200 * np.sin(np.pi / 180)) <= 1


def test_recolouring_does_what_its_factors_say() -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8)[np.newaxis, :, np.newaxis], 3, axis=2)
    levels = np.arange(256)
    bright = _take(replace(STILL, brightness=SHARE + JITTER), grey)[0, :, 0]
    assert (np.abs(bright - np.minimum(levels * 1.18, 255)) < 1).all()
    flat = _take(replace(STILL, contrast=SHARE // 2), grey)[0, :, 0]
    assert (np.abs(flat - (128 + (levels - 128) / 2)) < 1).all()
    lifted = _take(replace(STILL, midtones=SHARE // 5), grey)[0, :, 0]
    assert (lifted[0], lifted[255]) == (0, 255)
    assert (np.abs(lifted - 255 * (levels / 255) ** 0.86) < 9).all()
    assert (np.ptp(_take(replace(STILL, saturation=0)), axis=2) == 0).all()


def test_noise_has_the_deviation_that_it_says() -> None:
    grey = np.full((200, 200, 3), 128, np.uint8)
    noisy = _take(replace(STILL, noise=NOISE), grey)
    assert abs(noisy.mean() - 128) < 0.1
    assert abs(noisy.std() / 255 - 0.03) < 0.001


@pytest.mark.parametrize("levels", [1.0, 2.0, 6.0, 20.0])
def test_the_noise_of_a_sensor_is_centred_independent_and_bounded(levels: float) -> None:
    grey = np.full((200, 200, 3), 128, np.uint8)
    noise = noisy(grey, levels, np.random.default_rng(1)).astype(np.int64) - 128
    assert abs(noise.mean()) < 0.1
    # Rounding to whole levels adds the variance of a twelfth of a level.
    assert abs(noise.std() - np.hypot(levels, 12**-0.5)) < 0.15
    assert np.abs(noise).max() <= largest_noise(levels)
    assert abs((noise[..., 0] * noise[..., 1]).mean()) < 0.02 * levels**2 + 0.01


def test_the_bound_of_the_noise_is_kept_by_the_largest_there_is() -> None:
    class Extreme:
        def __init__(self, byte: int) -> None:
            self.byte = byte

        def integers(self, low: int, high: int, size: tuple[int, ...], dtype: type) -> NDArray[np.uint8]:
            return np.full(size, self.byte, np.uint8)

    grey = np.full((1, 1, 3), 128, np.uint8)
    for byte in (0, 255):
        for levels in (0.1, 1.0, 6.0, 30.0):
            moved = abs(int(noisy(grey, levels, Extreme(byte))[0, 0, 0]) - 128)  # type: ignore[arg-type]
            assert largest_noise(levels) - 2 <= moved <= largest_noise(levels)


def test_no_noise_is_none() -> None:
    assert (noisy(IMAGE, 0, np.random.default_rng(1)) == IMAGE).all()


def test_a_shadow_is_soft_and_falls_where_the_person_s_shift_says() -> None:
    alpha = np.zeros((60, 80), np.uint8)
    alpha[20:40, 20:40] = 255
    white = np.full((60, 80, 3), 255, np.uint8)
    dark = shaded(white, alpha, replace(STILL, shadow=SHARE // 4, shadow_shift=(0, 30)))[..., 0]
    assert dark[30, 60] == 191
    assert (dark[:, :40] == 255).all()
    assert 191 < dark[30, 50] < 255


def test_what_is_drawn_keeps_its_limits_and_its_shares() -> None:
    drawn = [draw_capture(np.random.default_rng(seed), (720, 1280)) for seed in range(400)]
    still = [capture for capture in drawn if not capture.moved]
    assert 0.6 < len(still) / 400 < 0.8
    assert 0.2 < sum(capture.shadow > 0 for capture in drawn) / 400 < 0.4
    assert all(max(map(abs, capture.shift)) < ONE for capture in still)
    assert all(abs(capture.shift[1]) <= 12.8 * ONE and abs(capture.shift[0]) <= 7.2 * ONE for capture in drawn)
    assert any(abs(capture.shift[1]) > 6 * ONE for capture in drawn)
    assert all(abs(capture.sine) <= LARGEST_SINE for capture in drawn)
    assert {tag for capture in drawn for tag in capture.tags} == {"handheld", "plate-moved", "shadow"}
