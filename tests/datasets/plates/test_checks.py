"""Each fault of a plate is said, in figures, and a plate without one gets no line."""

import cv2
import numpy as np
import pytest
from plate_scenes import camera, person, scene, taken

from datasets.plates.checks import check_plate

BACKGROUND = scene()
FRAME, _ = person(BACKGROUND, 0.3)


def test_a_plate_without_a_fault_gets_no_line() -> None:
    rng = np.random.default_rng(0)
    plate = (BACKGROUND + rng.normal(0, 2, BACKGROUND.shape)).clip(0, 255).astype(np.uint8)
    found = check_plate(FRAME, plate)
    assert found.lines == ()
    assert not found.same
    assert found.inliers > 50
    assert found.exposure == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("plate", "said"),
    [
        (taken(BACKGROUND, camera((16, 12))), "the plate lies 20 pixels away from the frame: align it"),
        (taken(BACKGROUND, camera(turn=2)), "is turned by 2.0 degrees"),
        (BACKGROUND // 2, "brighter than the plate by a factor of 2.0"),
        ((BACKGROUND * np.array((0.9, 1, 1))).astype(np.uint8), "white balance differs from the plate's (red +1"),
        (cv2.resize(BACKGROUND, (320, 180)), "the plate is 320x180, the frame 480x270"),
        (scene(8), "could not be measured: fewer than 24 places"),
    ],
    ids=["shift", "turn", "exposure", "white balance", "size", "other scene"],
)
def test_a_fault_is_said(plate: np.ndarray, said: str) -> None:
    [line] = check_plate(FRAME, plate).lines
    assert said in line


def _as_jpeg(image: np.ndarray) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])[1], cv2.IMREAD_COLOR)


@pytest.mark.parametrize(
    "plate",
    [FRAME, _as_jpeg(FRAME), np.roll(FRAME, 9, axis=1), (FRAME * 0.8).astype(np.uint8)],
    ids=["itself", "saved again", "moved", "darker"],
)
def test_the_same_picture_is_known_again(plate: np.ndarray) -> None:
    found = check_plate(FRAME, plate)
    assert found.same
    assert "same picture" in found.lines[-1]
