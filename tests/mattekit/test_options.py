"""Options' texts: any text is read, or refused with an error of the toolkit's."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from configs.errors import UsageError
from configs.section import MAX_PIXELS
from mattekit.terminal.options import chosen_size, size_from, variants_from


@settings(derandomize=True, database=None, deadline=None, max_examples=100)
@given(st.one_of(st.text(max_size=20), st.from_regex(r"\d{1,9}x\d{1,9}"), st.text("0123456789x", max_size=12)))
@example("9" * 5000 + "x1")
def test_any_size_is_read_or_refused(text: str) -> None:
    try:
        height, width = size_from(text, "--size")
    except UsageError as error:
        assert str(error).startswith("--size: expected")
        assert len(str(error)) < 250
    else:
        assert 0 < height * width <= MAX_PIXELS
        assert chosen_size(None, text) == (width, height)


@settings(derandomize=True, database=None, deadline=None, max_examples=50)
@given(st.text(max_size=20))
def test_any_list_of_variants_is_split(text: str) -> None:
    assert variants_from(text) is not None
