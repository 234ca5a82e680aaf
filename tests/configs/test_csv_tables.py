"""Tables of comma-separated values, read back by Python's reader: no formula, and no text that is lost."""

import csv
import io

import pytest
from hostile_texts import HOSTILE

from configs.tables import cell_of, csv_text, text_of_cell


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_text_comes_back_and_none_is_a_formula(text: str) -> None:
    written = csv_text(("name", "value"), [(text, -0.5), ("plain", 2)]).encode().decode()

    header, row, other = csv.reader(io.StringIO(written, newline=""), strict=True)
    assert (header, other) == (["name", "value"], ["plain", "2"])
    assert row[1] == "-0.5"
    assert row[0][:1] not in tuple("=+-@\t\r\uff1d")
    whole = text.replace("\udcff", "\\udcff").replace("\ud800", "\\ud800")
    assert text_of_cell(row[0]) == whole


@pytest.mark.parametrize("text", ["=1", "'=1", "''=1", "'a", "a=1", "", "-", "--x", "@name"])
def test_marks_are_taken_away_as_they_were_put(text: str) -> None:
    assert text_of_cell(cell_of(text)) == text
    assert cell_of(text) in (text, f"'{text}")
