"""What a fault does, in blocks of alpha and in metrics, by hand."""

import numpy as np
import pytest

from converter.proof.tiles import BlockLimit
from eval.gate.selftest.harm import allowed_by_sound, exactly_allowed, furthest, share_of_limit
from eval.gate.verdict import GateRow

EMPTY = np.zeros((64, 64), np.float32)


def patched(by: float, place: int = 8) -> np.ndarray:
    alpha = EMPTY.copy()
    alpha[place : place + 8, place : place + 8] += np.float32(by)
    return alpha


def test_in_float_a_block_may_move_by_two_steps() -> None:
    allowed = exactly_allowed([EMPTY, EMPTY])

    moved = furthest([EMPTY, EMPTY], [EMPTY, patched(-0.1)], allowed)

    assert moved.block == pytest.approx(0.1)
    assert moved.allowed == pytest.approx(2 / 255)


def test_elsewhere_by_three_times_what_the_sound_form_moves_one_as_soft() -> None:
    half = EMPTY + np.float32(0.5)
    limit = BlockLimit(base=0.01, slope=0.1)
    # The sound form moves an empty block by 0.02, which is twice the limit's shape; so a soft one may move further.
    allowed = allowed_by_sound([EMPTY, half], [patched(0.02), half], limit)

    assert allowed[0].max() == pytest.approx(0.06, rel=1e-4)
    assert allowed[1][30, 30] == pytest.approx(6 * (0.01 + 0.1 * (1 + 1 / 16) ** 0.5), rel=1e-4)
    worst = furthest([EMPTY, half], [patched(0.05), half + np.float32(0.1)], allowed)
    assert (worst.block, worst.allowed) == (pytest.approx(0.05, rel=1e-3), pytest.approx(0.06, rel=1e-3))


def test_a_metric_by_its_share_of_the_limit() -> None:
    def row(check: str, difference: float) -> GateRow:
        return GateRow(check, "ir", "alpha_mad", "pass", difference=difference, limit=0.5)  # type: ignore[arg-type]

    sound = {("original", "alpha_mad"): row("original", 0.1), ("baseline", "alpha_mad"): row("baseline", 0.0)}
    faulty = {("original", "alpha_mad"): row("original", -0.3), ("baseline", "alpha_mad"): row("baseline", 9.0)}

    assert share_of_limit(faulty, sound) == pytest.approx(0.8)
