from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from configs.errors import DataError
from converter.forms.proofs import Tiles
from converter.proof.tiles import (
    Alternatives,
    BlockLimit,
    TileLimits,
    TileMeter,
    block_means,
    block_softness,
    cells_refined_otherwise,
    check_tiles,
)
from datasets.samples.sample import Prediction

HEIGHT, WIDTH = 64, 96
States = Callable[[NDArray[np.bool_]], Alternatives]
LIMITS = TileLimits(
    alpha=BlockLimit(base=0.01, slope=0.02), foreground=BlockLimit(base=0.02, slope=0), refined_otherwise=0.01, near=0.1
)


def half_and_half() -> Prediction:
    """Return an alpha that is 0 at the left, 1 at the right, and between them rises over 16 columns."""
    alpha = np.clip((np.arange(WIDTH, dtype=np.float32) - 40) / 16, 0, 1)
    foreground = np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)
    return Prediction(np.tile(alpha, (HEIGHT, 1)), foreground)


def changed(base: Prediction, place: tuple[slice, slice], by: float) -> Prediction:
    alpha = base.alpha.copy()
    alpha[place] += by
    return Prediction(alpha, base.foreground)


def states(base: Prediction, coarse_by: float = 0.2) -> States:
    """Return an original that refines everywhere: its refined state is itself, its coarse one differs."""
    coarse = Prediction(base.alpha + np.float32(coarse_by), base.foreground + np.float32(0.75 * coarse_by))
    return lambda _: Alternatives(coarse=coarse, refined=base)


def _coarse(base: Prediction) -> Prediction:
    return states(base)(np.ones((HEIGHT // 4, WIDTH // 4), np.bool_)).coarse


def measured(base: Prediction, converted: Prediction, alternatives: States | None = None) -> Tiles:
    meter = TileMeter(LIMITS, 4)
    meter.add(base, converted, alternatives)
    return meter.result()


def test_equal_predictions_move_no_block() -> None:
    result = measured(half_and_half(), half_and_half())

    assert (result.alpha.moved, result.alpha.beyond, result.excused, result.samples) == (0, 0, 0, 1)
    assert result.cells == HEIGHT * WIDTH // 16
    assert check_tiles(result, LIMITS) == []


@pytest.mark.parametrize(("x", "y"), [(0, 0), (8, 16), (3, 5), (WIDTH - 8, HEIGHT - 8)])
def test_a_block_is_found_whole_at_any_pixel(x: int, y: int) -> None:
    base = Prediction(np.zeros((HEIGHT, WIDTH), np.float32), half_and_half().foreground)

    worst = measured(base, changed(base, np.s_[y : y + 8, x : x + 8], 0.03)).alpha

    assert worst.moved == pytest.approx(0.03, rel=1e-5)
    assert (worst.sample, worst.x, worst.y) == (0, x, y)
    assert worst.limit == pytest.approx(0.01)


def test_the_block_means_are_those_worked_out_by_hand() -> None:
    image = np.random.default_rng(1).standard_normal((20, 30, 3)).astype(np.float32)

    means = block_means(image)

    assert means.shape == (13, 23, 3)
    for y, x in ((0, 0), (5, 7), (12, 22)):
        assert means[y, x] == pytest.approx(np.abs(image[y : y + 8, x : x + 8].mean(axis=(0, 1))), abs=1e-6)


def test_noise_cancels_within_a_block_and_a_patch_does_not() -> None:
    base = Prediction(np.zeros((HEIGHT, WIDTH), np.float32), half_and_half().foreground)
    noise = np.random.default_rng(1).choice(np.array([-0.009, 0.009], np.float32), (HEIGHT, WIDTH))

    noisy = measured(base, Prediction(base.alpha + noise, base.foreground))
    patched = measured(base, changed(Prediction(base.alpha + noise, base.foreground), np.s_[:8, :8], 0.03))

    assert noisy.alpha.moved < 0.006 and noisy.alpha.beyond == 0
    assert patched.alpha.moved > 0.02 and patched.alpha.beyond > 0


def test_softness_is_none_where_alpha_is_decided_all_around_and_one_where_it_is_a_half() -> None:
    assert block_softness(np.zeros((HEIGHT, WIDTH), np.float32)).max() == 0
    assert block_softness(np.ones((HEIGHT, WIDTH), np.float32)).max() == 0
    # A half everywhere: 1 of the block, and a sixteenth of the surroundings.
    half = block_softness(np.full((HEIGHT, WIDTH), 0.5, np.float32))
    assert half == pytest.approx(np.sqrt(1 + 1 / 16), rel=1e-5)


def test_what_is_soft_around_a_block_counts_a_little() -> None:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[:, 52:60] = 0.5

    softness = block_softness(alpha)

    # The block at (40, 28) ends before the soft columns, and of the 32 columns around it 8 are soft.
    assert softness[28, 40] == pytest.approx(np.sqrt(8 / 32 / 16), rel=1e-4)
    assert softness[28, 8] == 0


def test_a_soft_block_may_move_further() -> None:
    base = half_and_half()
    by = 0.02

    empty = measured(base, changed(base, np.s_[0:8, 0:8], by))
    soft = measured(base, changed(base, np.s_[0:8, 44:52], by))

    assert empty.alpha.beyond > 0
    assert soft.alpha.beyond == 0
    assert soft.alpha.moved == pytest.approx(by, rel=1e-4)


def test_the_worst_block_is_that_which_goes_furthest_in_terms_of_its_limit() -> None:
    base = half_and_half()
    converted = changed(changed(base, np.s_[0:8, 0:8], 0.015), np.s_[0:8, 44:52], 0.02)

    worst = measured(base, converted).alpha

    assert (worst.x, worst.y) == (0, 0)
    assert worst.moved == pytest.approx(0.015, rel=1e-4)


def test_the_foreground_counts_by_the_originals_alpha_and_by_its_worst_channel() -> None:
    base = half_and_half()
    foreground = base.foreground.copy()
    foreground[0:8, 0:8] += 0.4
    foreground[16:24, 88:96, 2] -= 0.3

    result = measured(base, Prediction(base.alpha, foreground))

    assert result.foreground.moved == pytest.approx(0.3, rel=1e-4)
    assert (result.foreground.x, result.foreground.y) == (88, 16)
    assert "the foreground of an 8x8 block moved by 76.5/255, limit 5.1/255" in check_tiles(result, LIMITS)[0]


def test_a_cell_in_the_originals_other_state_is_excused() -> None:
    base = half_and_half()
    converted = Prediction(base.alpha.copy(), base.foreground.copy())
    coarse = _coarse(base)
    converted.alpha[8:12, 4:8] = coarse.alpha[8:12, 4:8]
    converted.foreground[8:12, 4:8] = coarse.foreground[8:12, 4:8]
    meter = TileMeter(LIMITS, 4)

    left_out = meter.add(base, converted, states(base))
    result = meter.result()

    expected = np.zeros((HEIGHT, WIDTH), np.bool_)
    expected[8:12, 4:8] = True
    assert np.array_equal(left_out, expected)
    assert (result.excused, result.alpha.moved) == (1, 0)


@pytest.mark.parametrize("by", [0.05, 0.15, 0.3, -0.2])
def test_a_cell_that_differs_and_is_in_neither_state_is_not(by: float) -> None:
    base = half_and_half()
    converted = changed(base, np.s_[8:16, 8:16], by)

    assert not cells_refined_otherwise(base, converted, states(base), 0.1, 4).any()
    assert measured(base, converted, states(base)).alpha.moved == pytest.approx(abs(by), rel=1e-4)


def test_how_near_the_other_state_a_cell_must_be_is_a_limit() -> None:
    base = half_and_half()
    coarse = _coarse(base)
    converted = Prediction(base.alpha.copy(), base.foreground.copy())
    converted.alpha[8:12, 4:8] = coarse.alpha[8:12, 4:8] - 0.03
    converted.foreground[8:12, 4:8] = coarse.foreground[8:12, 4:8]

    assert cells_refined_otherwise(base, converted, states(base), 0.04, 4).sum() == 1
    assert not cells_refined_otherwise(base, converted, states(base), 0.02, 4).any()


def test_alpha_and_foreground_must_both_be_of_the_other_state() -> None:
    base = half_and_half()
    converted = changed(base, np.s_[8:12, 8:12], 0.2)

    assert not cells_refined_otherwise(base, converted, states(base), 0.1, 4).any()


def test_the_original_is_not_asked_where_no_cell_differs() -> None:
    def never(_: NDArray[np.bool_]) -> Alternatives:
        raise AssertionError("asked")

    assert measured(half_and_half(), changed(half_and_half(), np.s_[0:1, 0:1], 0.005), never).excused == 0


def test_without_the_originals_states_single_cells_are_excused_and_patches_are_not() -> None:
    base = half_and_half()
    scattered = changed(changed(base, np.s_[8:12, 8:12], 0.3), np.s_[8:12, 12:16], -0.3)
    row = changed(base, np.s_[8:12, 8:32], 0.3)
    patch = changed(base, np.s_[8:16, 8:16], 0.3)
    unaligned = changed(base, np.s_[10:18, 9:17], 0.3)

    assert cells_refined_otherwise(base, scattered, None, 0.1, 4).sum() == 2
    assert cells_refined_otherwise(base, row, None, 0.1, 4).sum() == 6
    assert not cells_refined_otherwise(base, patch, None, 0.1, 4).any()
    assert measured(base, unaligned).alpha.moved == pytest.approx(0.3, rel=1e-4)


def test_too_many_cells_refined_otherwise() -> None:
    base = half_and_half()
    coarse = _coarse(base)

    result = measured(base, coarse, states(base))

    assert (result.excused, result.alpha.moved) == (result.cells, 0)
    assert check_tiles(result, LIMITS) == ["100.00% of the cells are refined otherwise, limit 1.00%"]


def test_samples_add_up_and_the_worst_is_named() -> None:
    base = half_and_half()
    meter = TileMeter(LIMITS, 4)
    for by in (0.02, 0.4, 0.1):
        meter.add(base, changed(base, np.s_[40:48, 8:16], by))
    result = meter.result()

    [problem] = check_tiles(result, LIMITS, ["people/0001", "people/0002", "people/0003"])

    assert result.samples == 3
    assert problem.startswith("the alpha of an 8x8 block moved by 102/255, limit 2.55/255 (sample people/0002, at x 8,")
    assert f"{result.alpha.beyond} places beyond" in problem
    assert "sample number 1" in check_tiles(result, LIMITS)[0]


def test_incomplete_cells_at_the_border_are_judged_and_never_excused() -> None:
    base = Prediction(np.zeros((18, 21), np.float32), np.zeros((18, 21, 3), np.float32))
    converted = changed(base, np.s_[10:18, 13:21], -0.2)

    result = measured(base, converted, states(base))

    assert result.cells == 4 * 5
    assert result.alpha.moved == pytest.approx(0.2, rel=1e-4)


def sized(height: int, width: int) -> Prediction:
    return Prediction(np.zeros((height, width), np.float32), np.zeros((height, width, 3), np.float32))


@pytest.mark.parametrize("other", [(8, 8), (4, 4)])
def test_predictions_of_two_sizes_or_smaller_than_a_block(other: tuple[int, int]) -> None:
    first = sized(4, 4) if other == (4, 4) else half_and_half()

    with pytest.raises(DataError, match="tiles need one size of at least 8x8, found"):
        TileMeter(LIMITS, 4).add(first, sized(*other))


def test_no_sample() -> None:
    with pytest.raises(DataError, match="tiles need a sample, none was compared"):
        TileMeter(LIMITS, 4).result()


def test_an_image_of_one_block() -> None:
    base: Prediction = sized(8, 8)
    alpha: NDArray[np.float32] = base.alpha + np.float32(0.1)

    assert measured(base, Prediction(alpha, base.foreground)).alpha.moved == pytest.approx(0.1, rel=1e-5)
