"""Versions as people write them, and the releases between two."""

import pytest

from configs.errors import UsageError
from eval.versions.pins import Pin, between, pins_of

RELEASED = ("2026.1.0", "2025.4.1", "2025.10.0", "2025.4.0")


def test_versions_are_read_in_their_order_each_once() -> None:
    assert pins_of("openvino", " 2026.3.0,2025.4.1, 2026.3.0", "--openvino") == (
        Pin("openvino", "2026.3.0"),
        Pin("openvino", "2025.4.1"),
    )
    assert pins_of("openvino", None, "--openvino") == ()


@pytest.mark.parametrize("text", ["newest", "2026.3.0,", "", "==2026.3.0"])
def test_what_is_no_version_is_refused_by_the_option_s_name(text: str) -> None:
    if text == "2026.3.0,":
        assert len(pins_of("openvino", text, "--openvino")) == 1
        return
    with pytest.raises(UsageError, match=r"--openvino: expected versions such as .* found"):
        pins_of("openvino", text, "--openvino")


@pytest.mark.parametrize(
    ("asked", "found", "met"),
    [
        ("2.13.0", "2.13.0+cpu", True),
        ("2.13.0", "2.13.0", True),
        ("2.13.0+planted", "2.13.0", False),
        ("2.13", "2.13.0", True),
        ("2.13.0", "2.13.1", False),
    ],
)
def test_a_pin_is_met_by_the_same_version_whatever_suffix_was_not_asked_for(asked: str, found: str, met: bool) -> None:
    assert Pin("torch", asked).is_met_by(found) is met


def test_releases_are_ordered_as_versions_from_the_good_one_to_the_bad_one() -> None:
    assert between("2025.4.0", "2025.10.0", RELEASED) == ("2025.4.0", "2025.4.1", "2025.10.0")
    assert between("2025.4", "2025.4.1", RELEASED) == ("2025.4.0", "2025.4.1")
    assert between("2025.10.0", "2025.4.0", RELEASED) == ("2025.10.0", "2025.4.1", "2025.4.0")


def test_an_end_that_was_never_released_is_named_with_those_that_were() -> None:
    with pytest.raises(UsageError, match=r"2025\.5\.0: not among the releases: 2025\.4\.0, 2025\.4\.1, 2025\.10\.0"):
        between("2025.5.0", "2026.1.0", RELEASED)
