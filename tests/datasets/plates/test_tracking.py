"""A plate follows a moving camera, keeps still with a still one, and holds on to the last good place."""

import numpy as np
import pytest
from plate_scenes import SIZE, camera, person, scene, taken

from datasets.plates.pictures import fitted
from datasets.plates.tracking import PlateTracker

BACKGROUND = scene()
FRAME, MASK = person(BACKGROUND, 0.3)


def _noisy(image: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 2, image.shape)
    return (image + noise).clip(0, 255).astype(np.uint8)


def _off(plate: np.ndarray, there: np.ndarray) -> float:
    """Return how far a plate differs from the background as the moved camera sees it."""
    clear = taken(np.repeat(MASK[..., None] * np.uint8(255), 3, axis=2), there)[..., 0] == 0
    return float(np.abs(plate.astype(int) - taken(BACKGROUND, there))[clear].mean())


@pytest.mark.parametrize("match", [False, True])
def test_a_hand_held_camera_is_followed(match: bool) -> None:
    dark = (BACKGROUND * 0.8).astype(np.uint8)
    tracker = PlateTracker(dark if match else BACKGROUND, "auto", match)
    for index in range(6):
        there = camera((4 + 5 * index, 3 * np.sin(index)), 0.3 * index)
        plate = tracker.plate_for(_noisy(taken(FRAME, there), index))
        assert _off(plate, there) < 4
    assert tracker.lines == ()
    assert tracker.aligned_frames == 6


def test_a_still_camera_gives_a_still_plate() -> None:
    there = camera((7.3, 2.2))
    tracker = PlateTracker(BACKGROUND, "always")
    plates = [tracker.plate_for(_noisy(taken(FRAME, there), index)) for index in range(5)]
    assert max(np.abs(one.astype(int) - plates[-1]).mean() for one in plates[2:]) < 0.5


def test_auto_leaves_a_plate_alone_that_lies_right() -> None:
    tracker = PlateTracker(BACKGROUND, "auto")
    assert (tracker.plate_for(_noisy(FRAME, 0)) == BACKGROUND).all()
    assert tracker.aligned_frames == 0
    assert tracker.lines == ()


def test_off_brings_the_plate_to_the_frame_s_size_and_no_more() -> None:
    plate = scene(0, (180, 240))
    tracker = PlateTracker(plate, "off")
    assert (tracker.plate_for(FRAME) == fitted(plate, SIZE)).all()


def test_where_the_background_is_hidden_the_last_good_place_is_kept_and_said() -> None:
    there = camera((12, 5))
    seen = taken(FRAME, there)
    tracker = PlateTracker(BACKGROUND, "always")
    first = tracker.plate_for(seen)
    hidden = tracker.plate_for(scene(11))
    assert _off(hidden, there) < 4
    assert _off(first, there) < 4
    [line] = tracker.lines
    assert line.startswith("1 of 2 frames, from frame 2 on: the plate could not be followed")
    assert _off(tracker.plate_for(seen), there) < 4


def test_a_plate_of_another_scene_is_used_as_it_is_and_said() -> None:
    plate = scene(13)
    tracker = PlateTracker(plate, "always", match=True)
    assert all((tracker.plate_for(FRAME) == plate).all() for _ in range(3))
    assert "3 of 3 frames: the plate could not be aligned" in tracker.lines[0]
    assert "too little of the background" in tracker.lines[1]


def test_a_frame_of_another_size_starts_anew() -> None:
    tracker = PlateTracker(BACKGROUND, "always")
    tracker.plate_for(FRAME)
    larger, _ = person(scene(), 0.3)
    larger = np.pad(larger, ((20, 20), (40, 40), (0, 0)), mode="reflect")
    plate = tracker.plate_for(larger)
    assert plate.shape == larger.shape
    assert np.abs(plate[20:-20, 40:-40].astype(int) - BACKGROUND)[~MASK].mean() < 2
    assert tracker.lines == ()
