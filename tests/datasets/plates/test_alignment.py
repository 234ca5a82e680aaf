"""A plate is found where it lies, whatever stands before it; where it cannot be, it is refused, never wrong."""

import cv2
import numpy as np
import pytest
from plate_scenes import SIZE, camera, person, scene, taken

from datasets.plates.alignment import align_plate, helps
from datasets.plates.homographies import shift_of, sound
from datasets.plates.pictures import fitted

BACKGROUND = scene()
FRAME, MASK = person(BACKGROUND, 0.3)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6])
@pytest.mark.parametrize(("shift", "turn"), [((0, 0), 0), ((31.3, -12.6), 0), ((-8.4, 5.1), 4)])
def test_a_moved_plate_is_found_to_a_part_of_a_pixel(share: float, shift: tuple[float, float], turn: float) -> None:
    frame, _ = person(BACKGROUND, share)
    back = camera(shift, turn)
    found = align_plate(frame, taken(BACKGROUND, back))
    assert found is not None
    assert shift_of(found.homography @ back, SIZE) < 0.3
    assert found.rotation == pytest.approx(-turn, abs=0.05)
    assert found.shift == pytest.approx(shift_of(np.linalg.inv(back), SIZE), abs=0.3)


def test_the_warped_plate_is_the_background_also_where_the_plate_ends() -> None:
    plate = taken(BACKGROUND, camera((40, 25)))
    found = align_plate(FRAME, plate)
    assert found is not None
    warped, shown = found.warped(plate)
    whole = found.warp(plate)
    assert 0.8 < shown.mean() < 0.95
    assert (whole[shown] == warped[shown]).all()
    assert np.abs(whole.astype(int) - BACKGROUND)[~MASK].mean() < 3


def test_a_person_at_the_border_of_the_plate_is_not_taken_for_background() -> None:
    frame = BACKGROUND.copy()
    frame[:, 150:300] = scene(5)[:, 150:300] // 3
    plate = taken(BACKGROUND, camera((0, -30)))
    found = align_plate(frame, plate)
    assert found is not None
    whole = found.warp(plate)
    near = np.abs(whole.astype(int) - frame).max(axis=2) < 12
    assert near[:25, 165:285].mean() < 0.3
    assert near[:25, :135].mean() > 0.95


@pytest.mark.parametrize("factor", [0.5, 1.7])
def test_a_plate_of_another_size_is_found(factor: float) -> None:
    plate = cv2.resize(BACKGROUND, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    found = align_plate(FRAME, plate)
    assert found is not None
    assert found.shift < 0.5
    assert np.abs(found.warp(plate).astype(int) - fitted(plate, SIZE)).mean() < 3


@pytest.mark.parametrize(
    "plate",
    [scene(7), np.full_like(BACKGROUND, 128), scene(7, (5, 4000)), np.zeros((1, 1, 3), np.uint8)],
    ids=["another scene", "a plain wall", "a strip", "one pixel"],
)
def test_what_shows_no_common_background_is_refused(plate: np.ndarray) -> None:
    assert align_plate(FRAME, plate) is None


def test_more_inliers_than_there_are_cannot_be_had() -> None:
    assert align_plate(FRAME, BACKGROUND, minimum_inliers=100_000) is None


def test_one_corner_says_nothing_of_the_whole_frame() -> None:
    frame = scene(9)
    frame[-60:, -60:] = BACKGROUND[-60:, -60:]
    assert align_plate(frame, BACKGROUND) is None


@pytest.mark.parametrize(("shift", "needed"), [(0.0, False), (1.0, True), (20.0, True)])
def test_alignment_helps_where_the_plate_lies_elsewhere(shift: float, needed: bool) -> None:
    rng = np.random.default_rng(0)
    plate = taken(BACKGROUND, camera((shift, 0)))
    frame, plate = ((image + rng.normal(0, 3, image.shape)).clip(0, 255).astype(np.uint8) for image in (FRAME, plate))
    found = align_plate(frame, plate)
    assert found is not None
    assert helps(frame, plate, found.warp(plate)) is needed
    assert not helps(frame, plate, scene(3))


def test_a_homography_that_no_camera_gives_is_unsound() -> None:
    mirrored = np.diag((-1.0, 1, 1))
    mirrored[0, 2] = SIZE[1]
    assert sound(camera((50, 20), 10), SIZE)
    assert not sound(mirrored, SIZE)
    assert not sound(np.diag((0.3, 0.3, 1)), SIZE)
    assert not sound(np.full((3, 3), np.nan), SIZE)
    assert not sound(camera(turn=60), SIZE)
