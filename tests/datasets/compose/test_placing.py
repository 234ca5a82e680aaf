"""Where foregrounds and backgrounds go: on the edges that cut them off, in size, and whole."""

import numpy as np
import pytest
from numpy.typing import NDArray

from configs.errors import DataError
from configs.schema import CutSides
from datasets.compose.placing import CUT_IN_VIEW, Cutout, Placed, cover, cut_out, place_foreground

FRAME = (72, 128)


def _rgba(height: int, width: int) -> NDArray[np.uint8]:
    return np.full((height, width, 4), (200, 100, 50, 255), np.uint8)


def _box(cutout: Cutout, seed: int) -> tuple[int, int, int, int]:
    placed = place_foreground("f", cutout, FRAME, np.random.default_rng(seed))
    colours, alpha = placed.colours, placed.alpha
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


@pytest.mark.parametrize(("alpha", "run", "cut"), [(64, 3, True), (64, 2, False), (63, 80, False)])
def test_stray_hair_and_faint_noise_are_not_cut_off(alpha: int, run: int, cut: bool) -> None:
    pixels = _rgba(100, 60)
    pixels[..., 3] = 0
    pixels[10:90, 5:55, 3] = 255
    pixels[20 : 20 + run, :5, 3] = alpha
    assert cut_out("f", pixels[..., :3], pixels[..., 3]).cut == (False, False, cut, False)


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
    placed = place_foreground("f", Cutout(pixels, (False,) * 4), FRAME, np.random.default_rng(0))
    inside = placed.alpha > 64
    assert inside.any()
    assert (np.abs(placed.colours[inside].astype(int) - (200, 100, 50)) <= 4).all()


def _portrait(left: int, right: int) -> Cutout:
    """Return a figure 80 high and 60 wide whose sides slope until the picture cuts them off, from these rows on."""
    rows, columns = np.mgrid[0:80, 0:60]
    pixels = _rgba(80, 60)
    inside = (columns * left >= 30 * (left - rows)) & ((59 - columns) * right >= 30 * (right - rows))
    pixels[~inside] = 0
    return cut_out("f", pixels[..., :3], pixels[..., 3])


def _upright(placed: Placed) -> tuple[int, int]:
    """Return the longest run of rows in which the left edge, and the right edge, is upright inside the frame."""
    solid = placed.alpha > 127
    rows = np.flatnonzero(solid.any(axis=1))
    firsts = solid[rows].argmax(axis=1)
    lasts = 127 - solid[rows][:, ::-1].argmax(axis=1)
    inside = (np.bincount(firsts, minlength=128)[1:], np.bincount(lasts, minlength=128)[:-1])
    return int(inside[0].max()), int(inside[1].max())


def _place(cutout: Cutout, seed: int, cut_sides: CutSides) -> Placed:
    return place_foreground("f", cutout, FRAME, np.random.default_rng(seed), cut_sides)


@pytest.mark.parametrize("seed", range(8))
def test_a_portrait_leaves_below_before_its_cuts_show(seed: int) -> None:
    portrait = _portrait(50, 44)
    assert portrait.cut == (False, True, True, True)
    placed = _place(portrait, seed, "hide")
    rows = np.flatnonzero(placed.alpha.any(axis=1))
    assert round(0.6 * 72) - 1 <= 72 - rows[0] <= round(0.95 * 72) + 1
    assert placed.alpha[-1].any()
    assert placed.alpha.any(axis=0).sum() < 128
    assert max(_upright(placed)) <= 4
    assert placed.tags == ()


@pytest.mark.parametrize("seed", range(8))
def test_a_side_cut_high_up_goes_onto_the_frame_s_edge(seed: int) -> None:
    placed = _place(_portrait(12, 60), seed, "hide")
    assert placed.alpha[:, 0].any()
    assert not placed.alpha[:, -1].any()
    assert _upright(placed)[1] <= 5
    mirrored = _place(_portrait(60, 12), seed, "hide")
    assert mirrored.alpha[:, -1].any()
    assert not mirrored.alpha[:, 0].any()
    assert _upright(mirrored)[0] <= 5


def test_no_portrait_is_enlarged_beyond_the_frame_s_width() -> None:
    placed = _place(_portrait(4, 4), 0, "hide")
    assert placed.alpha[-1].all()
    assert not placed.alpha[0].any()


@pytest.mark.parametrize("seed", range(8))
def test_a_portrait_that_is_kept_is_whole_and_says_that_its_cuts_show(seed: int) -> None:
    portrait = _portrait(44, 44)
    placed = _place(portrait, seed, "keep")
    rows, columns = np.flatnonzero(placed.alpha.any(axis=1)), np.flatnonzero(placed.alpha.any(axis=0))
    assert (columns[-1] + 1 - columns[0]) / (72 - rows[0]) == pytest.approx(60 / 80, rel=0.05)
    assert min(_upright(placed)) >= 0.6 * 72 * 36 / 80 - 3
    assert placed.tags == (CUT_IN_VIEW,)


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
