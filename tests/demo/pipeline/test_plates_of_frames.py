"""Each frame gets its plate: aligned where the camera moves, estimated where none is given, faults said."""

import numpy as np
import pytest

from configs.errors import DataError, UsageError
from datasets.people.pack import open_pack
from demo.footage.scene import Scene
from demo.pipeline.plates import Plates, align_named, estimated_plate, findings

SIZE = (180, 320)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(open_pack(), SIZE)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean difference at the left edge, where nobody stands."""
    return float(np.abs(one[20:160, 20:50].astype(int) - other[20:160, 20:50]).mean())


def test_a_plate_follows_a_camera_that_moves(scene: Scene) -> None:
    aligned, as_taken = (Plates(scene.plate(), align_named(align), match=False) for align in ("auto", "off"))
    for time in (0.0, 0.1, 0.2):
        frame = scene.frame(time)
        near, far = aligned.plate_for(frame), as_taken.plate_for(frame)
        assert near is not None
        assert far is not None
        assert _apart(near, frame) < 0.5 * _apart(far, frame)
    assert aligned.notes == ["the plate was aligned in 3 of 3 frames"]
    assert as_taken.notes == []


def test_one_plate_for_all_frames_is_the_very_same_and_encoded_once(scene: Scene) -> None:
    plates = Plates(scene.plate(), "off", match=False)
    first, second = plates.plate_for(scene.frame(0)), plates.plate_for(scene.frame(1))
    assert first is second


def test_a_network_without_a_plate_gets_none(scene: Scene) -> None:
    plates = Plates(None, "auto", match=True)
    assert plates.plate_for(scene.frame(0)) is None
    assert plates.notes == []


def test_faults_are_said_with_what_to_do(scene: Scene) -> None:
    frame = scene.frame(0)
    assert any("--align" in line for line in findings(frame, scene.plate()))
    assert any("same picture" in line for line in findings(frame, frame))


def test_a_missing_plate_is_estimated_where_the_camera_stands_still(scene: Scene) -> None:
    still = scene.plate()
    frames = []
    for number in range(9):
        frame = still.copy()
        frame[40:180, 20 + 30 * number : 60 + 30 * number] = (20, 90, 160)
        frames.append(frame)
    assert np.abs(estimated_plate(frames).astype(int) - still).mean() < 0.5
    with pytest.raises(DataError, match="--background"):
        estimated_plate([scene.frame(time / 3) for time in range(9)])


def test_the_names_of_aligning() -> None:
    with pytest.raises(UsageError, match="--align: expected auto, off, always, found 'on'"):
        align_named("on")
