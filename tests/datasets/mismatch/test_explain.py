"""Composition: what fits passes, each change that does not is named with its own number, and what is unlike is not."""

import re
from dataclasses import replace

import numpy as np
import pytest
from mismatch_pictures import ERRORS, SOUND, WARNINGS, Plant, byte, pictures, saved

from datasets.mismatch.explain import Finding, explain, same_pictures, wrong_zones
from datasets.mismatch.pixels import Parts, draw, mean_off


def _found(parts: Parts) -> tuple[Finding, ...]:
    wrong = wrong_zones(parts, draw(parts.alpha))
    assert wrong
    return explain(parts, wrong)


@pytest.mark.parametrize("plant", SOUND.values(), ids=SOUND)
def test_what_fits_is_not_off(plant: Plant) -> None:
    parts = plant(pictures())
    places = draw(parts.alpha)
    assert wrong_zones(parts, places) == {}
    assert same_pictures(parts, places) is None


@pytest.mark.parametrize(
    ("plant", "clause", "severity"),
    [(*case, "error") for case in ERRORS.values()] + [(*case, "warning") for case in WARNINGS.values()],
    ids=[*ERRORS, *WARNINGS],
)
def test_a_change_is_named(plant: Plant, clause: str, severity: str) -> None:
    parts = plant(pictures())
    assert same_pictures(parts, draw(parts.alpha)) is None
    [finding] = _found(parts)
    assert re.search(clause, finding.clause), finding
    assert finding.severity == severity
    assert finding.after < 0.55 * finding.before


def test_person_and_plate_may_be_changed_in_two_ways() -> None:
    parts = pictures()
    both = replace(parts, foreground=parts.foreground[..., ::-1], background=byte(parts.background * np.float32(1.2)))
    person, plate = _found(both)
    assert "swapped in the foreground" in person.clause
    assert re.search(r"the plate is 1\.(19|20|21) times as bright", plate.clause)


def test_another_sample_s_picture_is_named_when_it_is_offered() -> None:
    parts, other = pictures(0), pictures(3)
    swapped = replace(parts, source=other.source)
    assert _found(swapped) == ()
    wrong = wrong_zones(swapped, draw(swapped.alpha))
    [finding] = explain(swapped, wrong, [("the composite is that of a/2", parts)])
    assert finding.clause == "the composite is that of a/2"
    assert finding.after < 0.5


def test_estimated_foregrounds_are_not_explained_away() -> None:
    parts = pictures()
    rng = np.random.default_rng(2)
    guess = parts.foreground + rng.normal(0, 9, parts.foreground.shape).astype(np.float32)
    guess[parts.alpha == 255] = parts.foreground[parts.alpha == 255]
    estimated = replace(parts, foreground=byte(guess))
    wrong = wrong_zones(estimated, draw(estimated.alpha))
    assert "body" not in wrong
    assert explain(estimated, wrong) == ()


def test_a_change_leaves_other_zones_as_they_are() -> None:
    plate = replace(pictures(), background=255 - pictures().background)
    wrong = wrong_zones(plate, draw(plate.alpha))
    assert "body" not in wrong
    [finding] = explain(plate, wrong)
    assert finding.clause.startswith("the plate has inverted colours")


def test_with_a_plate_taken_by_hand_only_the_body_is_judged() -> None:
    parts = pictures()
    moved = replace(parts, background=np.roll(parts.background, 9, 1))
    assert set(wrong_zones(moved, draw(moved.alpha))) == {"rim", "soft", "empty"}
    assert wrong_zones(moved, draw(moved.alpha), exact_plate=False) == {}
    swapped = replace(moved, foreground=moved.foreground[..., ::-1])
    assert set(wrong_zones(swapped, draw(swapped.alpha), exact_plate=False)) == {"body"}


@pytest.mark.parametrize("quality", [None, 80])
def test_plate_and_composite_that_are_one_picture(quality: int | None) -> None:
    parts = pictures()
    places = draw(parts.alpha)
    same = parts.source if quality is None else saved(parts.source, ".jpg", quality)
    found = same_pictures(replace(parts, background=same), places)
    assert found is not None
    assert found.clause == "the plate shows the person: it is the composite"
    gone = same_pictures(replace(parts, source=parts.background), places)
    assert gone is not None
    assert gone.clause == "the composite shows no person: it is the plate"


def _unlike_beyond_the_body(parts: Parts) -> Parts:
    return replace(parts, background=np.where(parts.alpha[..., None] > 0, parts.source, 255 - parts.source))


@pytest.mark.parametrize(
    "parts",
    [
        pictures(),
        replace(pictures(), background=pictures().source),
        replace(pictures(), source=pictures().background),
        replace(pictures(), background=byte(pictures().source * np.float32(0.95))),
        _unlike_beyond_the_body(pictures()),
        replace(pictures(), background=pictures().source, alpha=np.minimum(pictures().alpha, 100)),
        replace(pictures(), source=pictures().background, alpha=pictures().alpha * 0),
    ],
    ids=["sound", "composite", "plate", "darker composite", "body alone", "faint person", "nobody"],
)
def test_a_look_at_the_body_first_changes_no_answer(parts: Parts) -> None:
    assert same_pictures(parts) == same_pictures(parts, draw(parts.alpha))


def test_an_empty_scene_may_equal_its_plate() -> None:
    parts = pictures()
    empty = replace(parts, source=parts.background, alpha=parts.alpha * 0)
    assert same_pictures(empty, draw(empty.alpha)) is None
    assert wrong_zones(empty, draw(empty.alpha)) == {}


def test_a_handful_of_pixels_explains_nothing() -> None:
    parts = pictures()
    few = Parts(*(getattr(parts, name)[100:106, 70:76] for name in ("source", "background", "foreground", "alpha")))
    few = replace(few, source=255 - few.source)
    assert explain(few, wrong_zones(few, draw(few.alpha))) == ()


def test_zones_are_judged_by_their_worst_channel() -> None:
    parts = pictures()
    source = parts.source.astype(np.int16)
    source[parts.alpha == 255] += np.array([0, 0, 6], np.int16)
    off = replace(parts, source=byte(source.astype(np.float32)))
    levels = mean_off(draw(off.alpha).values(off), draw(off.alpha))
    assert levels["body"] == pytest.approx(6, abs=0.1)
    assert levels["empty"] == 0
