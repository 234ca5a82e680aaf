"""Names in figures: drawn as they are, whatever matplotlib makes of a dollar sign."""

import warnings

import pytest
from hostile_texts import HOSTILE

from eval.presentation.figures import new_figure, png_of, shown

BROKEN_FORMULA = r"$\frac$"


@pytest.mark.parametrize("text", [*HOSTILE.values(), BROKEN_FORMULA], ids=[*HOSTILE, "broken formula"])
def test_any_text_can_be_a_label(text: str) -> None:
    figure = new_figure(1, 1)
    figure.text(0, 0, shown(text))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        assert png_of(figure).startswith(b"\x89PNG")
