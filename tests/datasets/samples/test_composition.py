"""Composition over a set: what fits passes in silence, and alpha is told over samples with plates taken by hand."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mismatch_pictures import SOUND, byte, pictures, share

from datasets.mismatch.pixels import Parts
from datasets.samples import composition
from datasets.samples.composition import EXPLAINED, CompositionCheck
from datasets.samples.layout import SampleRef

Told = list[tuple[str, str]]
COUNT = 8


def _told(monkeypatch: pytest.MonkeyPatch, samples: list[Parts], exact_plate: bool = True) -> Told:
    refs = [SampleRef(f"a/{n}", *(Path(f"{role}/a/{n}.png") for role in ("com", "bgr", "fgr"))) for n in range(COUNT)]
    monkeypatch.setattr(composition, "parts_of", lambda ref: samples[int(ref.id[2:])])
    check = CompositionCheck(exact_plate)
    for ref, parts in zip(refs, samples, strict=True):
        check.add(ref, parts)
    return list(check.problems())


def _by_hand(change: Callable[[Parts], Parts] = lambda parts: parts) -> list[Parts]:
    """Return samples whose plates are moved and exposed otherwise, each in its own way."""
    rng = np.random.default_rng(3)
    found = []
    for number in range(COUNT):
        parts = pictures(number % 4, plate=number)
        gain, down, right = rng.uniform(0.85, 1.15), *rng.integers(-2, 3, 2)
        plate = np.roll(parts.background, (down, right), (0, 1)) * np.float32(gain)
        found.append(change(replace(parts, background=byte(plate + rng.normal(0, 2, plate.shape)))))
    return found


@pytest.mark.parametrize("plant", SOUND.values(), ids=SOUND)
def test_nothing_is_said_of_a_set_that_fits(monkeypatch: pytest.MonkeyPatch, plant: Callable[[Parts], Parts]) -> None:
    assert _told(monkeypatch, [plant(pictures(number % 4)) for number in range(COUNT)]) == []


def test_nothing_is_said_of_plates_that_are_known_to_be_taken_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _told(monkeypatch, _by_hand(), exact_plate=False) == []


def test_plates_taken_by_hand_are_at_most_a_warning_where_nobody_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {severity for severity, _ in _told(monkeypatch, _by_hand())} == {"warning"}


@pytest.mark.parametrize("gamma", [0.77, 1.3])
def test_a_gamma_of_alpha_is_told_over_the_samples_with_plates_taken_by_hand(
    monkeypatch: pytest.MonkeyPatch, gamma: float
) -> None:
    changed = _by_hand(lambda parts: replace(parts, alpha=byte(255 * share(parts)[..., 0] ** gamma)))
    [(severity, message)] = _told(monkeypatch, changed, exact_plate=False)
    assert severity == "error"
    assert "over 8 samples, alpha is not that of the composites" in message
    assert float(message.partition("a gamma of ")[2].partition(";")[0]) == pytest.approx(gamma, rel=0.06)


def test_premultiplied_foregrounds_are_told_with_plates_taken_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = _by_hand(lambda parts: replace(parts, foreground=byte(parts.foreground * share(parts))))
    told = _told(monkeypatch, changed, exact_plate=False)
    assert any("the foreground is premultiplied with alpha fits best" in message for _, message in told)


def test_swapped_colours_are_told_with_plates_taken_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = _by_hand(lambda parts: replace(parts, foreground=parts.foreground[..., ::-1]))
    [(severity, message)] = _told(monkeypatch, changed, exact_plate=False)
    assert (severity, "red and blue are swapped in the foreground" in message) == ("error", True)
    assert f"{COUNT} samples are off, {EXPLAINED} of them were looked into" in message


def test_plates_of_another_scene_are_told_of_every_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = [replace(parts, background=pictures(0, plate=50 + n).background) for n, parts in enumerate(_by_hand())]
    [(severity, message)] = _told(monkeypatch, changed, exact_plate=False)
    assert severity == "error"
    assert message == (
        "bgr/a/0.png: shows another scene than com/a/0.png where alpha is 0; so are a/1, a/2, a/3, a/4, a/5 and 2 more"
    )


def test_a_plate_that_is_the_composite_is_told_of_every_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = [replace(parts, background=parts.source) for parts in (pictures(n % 4) for n in range(COUNT))]
    [(severity, message)] = _told(monkeypatch, samples)
    assert severity == "error"
    assert message.startswith("com/a/0.png: the plate shows the person: it is the composite")
    assert message.endswith("so are a/1, a/2, a/3, a/4, a/5 and 2 more")
