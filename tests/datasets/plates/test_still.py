"""A plate from a static video: the background where it is free most of the time, an error where it is not."""

import numpy as np
import pytest
from plate_scenes import SIZE, camera, scene, taken

from configs.errors import DataError
from datasets.plates.still import still_plate

BACKGROUND = scene()


def _frames(lefts: list[int], width: int = 90, sway: int = 0) -> list[np.ndarray]:
    """Return frames of somebody at the given columns, with a sensor's noise."""
    rng = np.random.default_rng(0)
    body, frames = scene(4) // 3, []
    for left in lefts:
        frame = BACKGROUND.copy()
        frame[50:, left : left + width] = body[50:, :width]
        frames.append((frame + rng.normal(0, 2, frame.shape)).clip(0, 255).astype(np.uint8))
    return frames


def test_the_median_of_a_walk_is_the_background() -> None:
    plate = still_plate(_frames(list(range(0, 390, 36))))
    assert np.abs(plate.astype(int) - BACKGROUND).mean() < 1.5


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        (_frames([0, 150, 300]), "from 5 frames or more, found 3"),
        ([*_frames([0, 90, 180, 270, 360]), scene(0, (100, 100))], "frame 5 is 100x100, the first 480x270"),
        (_frames([200] * 9), "nothing moves in the video"),
        (_frames([200, 206, 212, 203, 209, 200, 212, 206, 203]), "of the scene, within x"),
        (_frames([0, 50, 100, 150, 200, 300, 300, 300, 300, 300, 300]), "of the scene, within x"),
        (
            [taken(frame, camera((2.0 * at, at))) for at, frame in enumerate(_frames([0, 90, 180, 270, 360]))],
            "moves, by",
        ),
        ([scene(seed) for seed in range(20, 26)], "the frames show several scenes"),
    ],
    ids=["few", "sizes", "nothing moves", "sways", "stays long", "camera", "cuts"],
)
def test_what_gives_no_plate_is_refused(frames: list[np.ndarray], said: str) -> None:
    with pytest.raises(DataError, match=said):
        still_plate(frames)


def test_a_wall_without_one_corner_gives_its_plate() -> None:
    frames = [np.full((64, 96, 3), 60, np.uint8) for _ in range(6)]
    for number, frame in enumerate(frames):
        frame[:, 8 * number : 8 * number + 8] = 200
    assert (still_plate(frames) == 60).all()


def test_memory_is_bounded_by_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = _frames(list(range(0, 390, 36)))
    whole = still_plate(frames)
    monkeypatch.setattr("datasets.plates.still._BYTES", len(frames) * SIZE[1] * 3 * 50)
    assert (still_plate(frames) == whole).all()
