"""Where foregrounds and backgrounds go: on the edges that cut them off, in size, and whole."""

import numpy as np
import pytest
from numpy.typing import NDArray

from configs.errors import DataError
from datasets.placing import Cutout, cover, cut_out, place_foreground

FRAME = (72, 128)


def _rgba(height: int, width: int) -> NDArray[np.uint8]:
    return np.full((height, width, 4), (200, 100, 50, 255), np.uint8)


def _box(cutout: Cutout, seed: int) -> tuple[int, int, int, int]:
    colours, alpha = place_foreground("f", cutout, FRAME, np.random.default_rng(seed))
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    assert (colours[alpha > 0] == (200, 100, 50)).all()
    assert not colours[alpha == 0].any()
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def test_a_foreground_is_cut_to_its_alpha() -> None:
    pixels = _rgba(10, 12)
    pixels[:3, :, 3] = pixels[:, :2, 3] = pixels[:, 11:, 3] = 0
    cutout = cut_out("f", pixels[..., :3], pixels[..., 3])
    assert cutout.pixels.shape == (7, 9, 4)
    assert cutout.cut == (False, True, False, False)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("cut", "sides"),
    [
        ((False, True, False, False), {1: 72}),
        ((True, False, False, False), {0: 0}),
        ((False, True, True, False), {1: 72, 2: 0}),
        ((False, True, False, True), {1: 72, 3: 128}),
        ((True, True, False, False), {0: 0, 1: 72}),
        ((False, True, True, True), {1: 72, 2: 0, 3: 128}),
    ],
)
def test_a_side_that_was_cut_off_stays_on_the_frame_s_edge(
    seed: int, cut: tuple[bool, bool, bool, bool], sides: dict[int, int]
) -> None:
    box = _box(Cutout(_rgba(40, 30), cut), seed)
    assert {side: box[side] for side in sides} == sides


def test_the_height_is_a_share_of_the_frame_s() -> None:
    free = Cutout(_rgba(400, 100), (False,) * 4)
    boxes = [_box(free, seed) for seed in range(20)]
    heights = [bottom - top for top, bottom, *_ in boxes]
    assert min(heights) >= round(0.6 * 72)
    assert max(heights) <= round(0.95 * 72)
    assert len(set(heights)) > 5
    assert len({left for *_, left, _ in boxes}) > 5


def test_a_wide_foreground_stays_inside() -> None:
    top, bottom, left, right = _box(Cutout(_rgba(10, 100), (False,) * 4), 0)
    assert (left, right, bottom - top) == (0, 128, 13)


def test_transparent_colours_do_not_bleed() -> None:
    pixels = np.zeros((100, 50, 4), np.uint8)
    pixels[...] = (0, 255, 0, 0)
    pixels[::2] = (200, 100, 50, 255)
    colours, alpha = place_foreground("f", Cutout(pixels, (False,) * 4), FRAME, np.random.default_rng(0))
    inside = alpha > 64
    assert inside.any()
    assert (np.abs(colours[inside].astype(int) - (200, 100, 50)) <= 4).all()


def test_what_cannot_be_placed_is_an_error() -> None:
    with pytest.raises(DataError, match="to span a frame of 128x72"):
        place_foreground("f", Cutout(_rgba(9000, 1), (False, False, True, True)), FRAME, np.random.default_rng(0))
    faint = _rgba(1, 2000)
    faint[..., 3] = 0
    faint[0, 0, 3] = 1
    with pytest.raises(DataError, match="nothing of it is left"):
        place_foreground("f", Cutout(faint, (False,) * 4), FRAME, np.random.default_rng(0))


def test_a_background_covers_the_frame_without_distortion() -> None:
    ramp = np.repeat(np.arange(144, dtype=np.uint8)[:, np.newaxis, np.newaxis], 128, axis=1).repeat(3, axis=2)
    starts = set()
    for seed in range(10):
        covered = cover(ramp, FRAME, np.random.default_rng(seed))
        assert covered.shape == (72, 128, 3)
        assert (np.diff(covered[:, 0, 0].astype(int)) == 1).all()
        starts.add(int(covered[0, 0, 0]))
    assert len(starts) > 3
