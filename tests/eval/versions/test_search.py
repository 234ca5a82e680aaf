"""The bisection alone, on a measurement that is made up."""

import math

from hypothesis import given
from hypothesis import strategies as st

from eval.versions.search import Found, Verdict, search


@given(st.data())
def test_the_first_bad_release_is_found_in_as_few_measurements_as_bisection_takes(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 60))
    first_bad = data.draw(st.integers(1, count - 1))
    versions = [str(number) for number in range(count)]
    measured: list[int] = []

    def measure(version: str) -> Verdict:
        measured.append(int(version))
        return "bad" if int(version) >= first_bad else "good"

    assert search(versions, measure) == Found(str(first_bad - 1), (str(first_bad),))
    assert {0, count - 1}.isdisjoint(measured)
    assert len(set(measured)) == len(measured) <= math.ceil(math.log2(count))


@given(st.data())
def test_releases_that_cannot_be_tested_are_passed_over_and_stay_suspect_beside_the_first_bad_one(
    data: st.DataObject,
) -> None:
    count = data.draw(st.integers(3, 30))
    first_bad = data.draw(st.integers(1, count - 1))
    broken = data.draw(st.sets(st.integers(1, count - 2)))

    def measure(version: str) -> Verdict:
        number = int(version)
        return "untestable" if number in broken else "bad" if number >= first_bad else "good"

    found = search([str(number) for number in range(count)], measure)
    suspects = [int(version) for version in found.suspects]
    assert first_bad in suspects
    assert suspects == list(range(int(found.last_good) + 1, suspects[-1] + 1))
    assert set(suspects[:-1]) <= broken
    assert int(found.last_good) < first_bad <= suspects[-1]
