"""Columns of numbers: one style each, minus signs, and sizes as people write them."""

import pytest

from eval.presentation.blocks import Table, markdown_page
from eval.presentation.formatting import column, dimensions, minus


@pytest.mark.parametrize(
    ("values", "digits", "texts"),
    [
        ([8.178185, 3.592214, 12.312226, 2.682534], 4, ["8.178", "3.592", "12.312", "2.683"]),
        ([0.05, 0.05, 0.08048], 3, ["0.0500", "0.0500", "0.0805"]),
        ([1234.5, 2.0], 4, ["1234.5", "2.0"]),
        ([6.1e-7, 9.82e-6, 0.0], 3, ["6.10e-07", "9.82e-06", "0"]),
        ([3e6, 1.0], 4, ["3.00e+06", "1.00e+00"]),
        ([1e-9, 0.25], 3, ["0.0000", "0.2500"]),
        ([None, 0.0, 1.5], 4, ["-", "0", "1.500"]),
        ([None, 0.0], 4, ["-", "0"]),
        ([], 4, []),
    ],
)
def test_a_column_has_one_style(values: list[float | None], digits: int, texts: list[str]) -> None:
    assert column(values, digits) == texts


def test_differences_have_signs_and_exactly_none_has_not() -> None:
    assert column([0.02563, -0.002888, 0.0], 3, sign=True) == ["+0.02563", "-0.00289", "0"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("8.178 (-6.14e-07)", "8.178 (\u22126.14e\u221207)"),
        ("-0.02 to -0.01", "\u22120.02 to \u22120.01"),
        ("-", "-"),
        ("ir-16@f32", "ir-16@f32"),
        ("people-36-exact", "people-36-exact"),
        ("2026-11-27", "2026-11-27"),
        ("`-5`", "`-5`"),
    ],
)
def test_only_the_sign_of_a_number_becomes_a_minus(text: str, shown: str) -> None:
    assert minus(text) == shown


def test_columns_of_numbers_alone_have_minus_signs() -> None:
    page = markdown_page([Table(("Name", "Drift"), [("-1", "-1")], right=(1,))])
    assert "| -1 | \u22121 |" in page


def test_sizes_are_width_by_height() -> None:
    assert dimensions((720, 1280)) == "1280x720"
