"""The limits against each other and against the faults that they are there for."""

from itertools import pairwise
from typing import get_args

import pytest

from converter.forms.proofs import Kind
from converter.proof.limits import LIMITS, Precision

# What a fault makes of a component, see `limits`; in int8 a quarter of a pixel is not seen, half a pixel is.
FAULTS: dict[Kind, float] = {
    "alpha gain": 1 / 256,
    "alpha offset": 1 / 255,
    "alpha gamma": 0.07,
    "alpha shift": 0.4,
    "alpha left coarse": 0.45,
    "foreground gain": 0.0026,
    "foreground offset": 1 / 255,
    "foreground gamma": 0.08,
    "foreground shift": 0.4,
    "foreground cross-talk": 0.015,
}


@pytest.mark.parametrize("precision", get_args(Precision))
def test_every_kind_has_a_limit_below_what_its_fault_makes_of_it(precision: Precision) -> None:
    limits = LIMITS[precision].systematic

    assert set(limits) == set(get_args(Kind))
    assert {kind: limit for kind, limit in limits.items() if not 0 < limit < FAULTS[kind]} == {}


def test_a_lower_precision_may_do_more() -> None:
    order: tuple[Precision, ...] = ("fp32", "fp16", "bf16", "int8-bf16")
    for higher, lower in pairwise(order):
        for kind, limit in LIMITS[higher].systematic.items():
            assert limit <= LIMITS[lower].systematic[kind]
        assert LIMITS[higher].tiles.alpha.base <= LIMITS[lower].tiles.alpha.base
        assert LIMITS[higher].tiles.alpha.slope <= LIMITS[lower].tiles.alpha.slope


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_two_steps_of_255_are_seen_in_a_block_of_a_decided_matte(precision: Precision) -> None:
    assert LIMITS[precision].tiles.alpha.base < 2 / 255


def test_in_fp32_they_are_seen_anywhere() -> None:
    softest = (1 + 1 / 16) ** 0.5
    limit = LIMITS["fp32"].tiles.alpha
    assert limit.base + limit.slope * softest < 2 / 255
