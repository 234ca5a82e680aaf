"""Training composites from a bank of four flat pictures."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from training import composites
from training.bank import LEVELS, Bank
from training.composites import Composite, Pictures, compose_example

SIZE = (64, 96)
FRAME = (32, 48)
ZOOM = 0.5
SEEDS = range(40)
Draw = Callable[[int], Composite]


def _shrunk(picture: NDArray[np.uint8], level: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(picture[::level, ::level])


@pytest.fixture
def bank() -> Bank:
    """Return red and green figures, opaque columns in the middle, and two walls with a gradient."""
    figures = np.zeros((2, *SIZE, 4), np.uint8)
    figures[:, 16:, 32:64, 3] = 255
    figures[0, 16:, 32:64, 0] = 255
    figures[1, 16:, 32:64, 1] = 255
    walls = np.zeros((2, *SIZE, 3), np.uint8)
    walls[..., 2] = np.linspace(60, 200, SIZE[1]).astype(np.uint8)
    walls[1, ..., 0] = 90
    return Bank(
        {level: np.stack([_shrunk(figure, level) for figure in figures]) for level in LEVELS},
        {level: np.stack([_shrunk(wall, level) for wall in walls]) for level in LEVELS},
    )


@pytest.fixture
def draw(bank: Bank) -> Draw:
    return lambda seed: compose_example(Pictures(bank), np.random.default_rng(seed), FRAME, ZOOM)


def test_an_example_depends_on_its_seed_alone(draw: Draw) -> None:
    first, again, other = draw(3), draw(3), draw(4)
    for name in ("source", "background", "alpha", "foreground"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name), err_msg=name)
    assert (first.source != other.source).any()


def test_shapes_types_and_ranges(draw: Draw) -> None:
    for seed in SEEDS:
        example = draw(seed)
        shapes = {"source": (*FRAME, 3), "background": (*FRAME, 3), "alpha": FRAME, "foreground": (*FRAME, 3)}
        for name, shape in shapes.items():
            image = getattr(example, name)
            assert (image.shape, image.dtype) == (shape, np.float32), (seed, name)
            assert np.isfinite(image).all(), (seed, name)
            assert 0 <= image.min() <= image.max() <= 1, (seed, name)


def test_what_the_network_sees_holds_the_values_of_8_bits(draw: Draw) -> None:
    for seed in SEEDS:
        for image in (draw(seed).source, draw(seed).background):
            np.testing.assert_allclose(image * 255, np.round(image * 255), atol=1e-3)


def test_most_examples_show_somebody_and_some_show_nobody(draw: Draw) -> None:
    seen = [bool(draw(seed).alpha.any()) for seed in range(120)]
    assert 0.75 < np.mean(seen) < 1


def test_with_a_true_plate_the_frame_is_the_background_wherever_nobody_is(
    draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What makes the plate differ from the scene behind the person: shadow, motion, another exposure, noise.
    monkeypatch.setattr(composites, "_shadowed", lambda background, *_: background)
    monkeypatch.setattr(composites, "_shifted", lambda plate, *_: plate)
    monkeypatch.setattr(composites, "_recoloured", lambda image, *_, **__: image)
    captured = composites._captured
    monkeypatch.setattr(composites, "_captured", lambda image, random, noise: captured(image, random, 0.0))
    visible = 0
    for seed in SEEDS:
        example = draw(seed)
        nobody = example.alpha == 0
        np.testing.assert_array_equal(example.source[nobody], example.background[nobody])
        visible += int((~nobody).any())
        expected = example.alpha[..., None] * example.foreground + (1 - example.alpha[..., None]) * example.background
        np.testing.assert_allclose(example.source, expected, atol=1.5 / 255)
    assert visible > len(SEEDS) / 2


def test_the_plate_is_imperfect_in_some_examples_and_true_in_others(draw: Draw) -> None:
    differs = []
    for seed in range(80):
        example = draw(seed)
        nobody = example.alpha == 0
        differs.append(bool((example.source[nobody] != example.background[nobody]).any()))
    assert 0.4 < np.mean(differs) < 1


def test_the_foreground_keeps_its_colour_where_alpha_is_soft(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composites, "SECOND_PERSON", 0.0)
    monkeypatch.setattr(composites, "CAMOUFLAGE", 0.0)
    monkeypatch.setattr(composites, "_recoloured", lambda image, *_, **__: image)
    soft = 0
    for seed in SEEDS:
        example = draw(seed)
        edge = (example.alpha > 0.2) & (example.alpha < 0.8)
        soft += int(edge.sum())
        # Premultiplied colours would be as dark as alpha; straight ones are pure red or green, but for rounding.
        assert (example.foreground[edge].max(axis=-1) > 0.9).all(), seed
        assert not example.foreground[example.alpha == 0].any()
    assert soft > 0


@pytest.mark.parametrize(
    ("scale", "level"), [(2.0, 1), (0.51, 1), (0.5, 1), (0.26, 1), (0.25, 2), (0.13, 2), (0.125, 4), (0.01, 4)]
)
def test_the_picture_taken_has_two_pixels_for_one_of_the_frame(scale: float, level: int) -> None:
    assert composites._level_for(scale) == level


def test_a_smaller_zoom_takes_smaller_pictures_and_shows_smaller_figures(bank: Bank) -> None:
    shares = []
    for zoom in (0.5, 0.2, 0.08):
        seen = [
            compose_example(Pictures(bank), np.random.default_rng(seed), FRAME, zoom).alpha.mean() for seed in SEEDS
        ]
        shares.append(float(np.mean(seen)))
    assert shares[0] > shares[1] > shares[2] > 0


def test_a_handheld_plate_is_moved_exposed_otherwise_and_noisy() -> None:
    plate = np.full((40, 60, 3), 0.5, np.float32)
    plate[:, 30:] = 0.25
    shifts, levels, noise = set(), [], []
    for seed in range(40):
        taken = composites._handheld(plate, np.random.default_rng(seed), zoom=1.0)
        halves = taken[:, :12], taken[:, -12:]
        levels.append(float(halves[0].mean()))
        noise.append(max(float(half[..., 1].std()) for half in halves))
        columns = taken[20].mean(axis=-1)
        shifts.add(int(np.argmax(columns < (halves[0].mean() + halves[1].mean()) / 2)))
    assert min(shifts) < 27 < 33 < max(shifts)
    assert max(levels) - min(levels) > 0.1
    assert max(noise) < composites.HANDHELD_NOISE * 1.6  # exposure may brighten, and noise comes after it
    assert sum(deviation > 0.005 for deviation in noise) > 20
