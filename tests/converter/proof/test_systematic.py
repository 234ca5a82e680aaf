import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from configs.errors import DataError
from converter.forms.proofs import Systematic
from converter.proof.systematic import (
    COMPONENTS,
    SystematicMeter,
    check_systematic,
)
from datasets.samples.sample import Prediction

Floats = NDArray[np.float32]
HEIGHT, WIDTH = 96, 128
# How much was left coarse needs the original's coarse result.
COMPONENTS_OF_IMAGES = [name for name in COMPONENTS if name != "alpha left coarse"]
STRICT = {kind: 1e-3 for kind, _ in COMPONENTS.values()}


def smooth(seed: int, channels: int, spread: float = 6.0) -> Floats:
    """Return an image of soft blobs, 0..1, each channel its own; (H, W, channels)."""
    noise = np.random.default_rng(seed).random((HEIGHT, WIDTH, channels), np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), spread).reshape(HEIGHT, WIDTH, channels)
    low, high = blurred.min(axis=(0, 1)), blurred.max(axis=(0, 1))
    return np.asarray((blurred - low) / (high - low), np.float32)


def original(seed: int = 1) -> Prediction:
    alpha = np.clip(smooth(seed, 1)[..., 0] * 3 - 1, 0, 1)
    return Prediction(alpha, 0.1 + 0.8 * smooth(seed + 1, 3))


def with_alpha(base: Prediction, alpha: Floats) -> Prediction:
    return Prediction(np.asarray(alpha, np.float32), base.foreground)


def with_foreground(base: Prediction, foreground: Floats) -> Prediction:
    return Prediction(base.alpha, np.asarray(foreground, np.float32))


def moved(image: Floats, right: float, down: float) -> Floats:
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return np.asarray(cv2.warpAffine(image, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE), np.float32)


def measured(base: Prediction, converted: Prediction) -> Systematic:
    meter = SystematicMeter()
    meter.add(base, converted)
    return meter.result()


def away(result: Systematic, least: float = 1e-4) -> dict[str, float]:
    """Return the components that are not neutral."""
    return {c.name: c.value for c in result.components if abs(c.value - c.neutral) > least}


def test_equal_predictions_are_neutral_in_every_component() -> None:
    result = measured(original(), original())

    assert [component.name for component in result.components] == [*COMPONENTS_OF_IMAGES]
    assert all(component.value == component.neutral for component in result.components)
    assert check_systematic(result, dict.fromkeys(STRICT, 0.0)) == []


def test_gain_and_offset_of_alpha_are_exact() -> None:
    base = original()

    found = away(measured(base, with_alpha(base, 0.98 * base.alpha + 0.01)))

    assert found == {"alpha gain": pytest.approx(0.98, abs=1e-6), "alpha offset": pytest.approx(0.01, abs=1e-6)}


@pytest.mark.parametrize("gamma", [0.995, 1.005])
def test_a_small_gamma_is_found_to_first_order(gamma: float) -> None:
    base = original()
    converted = Prediction(base.alpha ** np.float32(gamma), base.foreground ** np.float32(gamma))

    result = measured(base, converted)

    assert away(result) == {
        "alpha gamma": pytest.approx(gamma, abs=5e-5),
        "foreground gamma": pytest.approx(gamma, abs=5e-5),
    }


def test_a_large_gamma_is_found_as_large() -> None:
    base = original()

    found = measured(base, with_alpha(base, base.alpha ** np.float32(1.1))).component("alpha gamma")

    assert found is not None and found.value == pytest.approx(1.1, abs=0.01)


@pytest.mark.parametrize(("right", "down"), [(0.5, 0.0), (0.0, -0.25), (-0.25, 0.5)])
def test_shifts_are_to_the_right_and_down(right: float, down: float) -> None:
    base = original()
    converted = Prediction(moved(base.alpha, right, down), moved(base.foreground, right, down))

    result = measured(base, converted)

    for output in ("alpha", "foreground"):
        for axis, planted in (("x", right), ("y", down)):
            found = result.component(f"{output} shift along {axis}")
            assert found is not None and found.value == pytest.approx(planted, abs=0.02)


def test_mixing_of_channels_leaves_the_gain_of_greys() -> None:
    base = original()
    mixing = np.array([[0.95, 0.05, 0], [0, 1, 0], [0, 0, 1]], np.float32)

    found = away(measured(base, with_foreground(base, base.foreground @ mixing.T)))

    assert found == {"foreground red from green": pytest.approx(0.05, abs=1e-6)}


def test_exchanged_channels_are_cross_talk() -> None:
    base = original()

    found = away(measured(base, with_foreground(base, np.ascontiguousarray(base.foreground[..., ::-1]))))

    assert found == {
        "foreground red from blue": pytest.approx(1, abs=1e-6),
        "foreground blue from red": pytest.approx(1, abs=1e-6),
    }


def test_gain_and_offset_of_each_channel_are_exact() -> None:
    base = original()
    gain, offset = np.array([0.99, 1, 1.02], np.float32), np.array([0, 2 / 255, -1 / 255], np.float32)

    found = away(measured(base, with_foreground(base, base.foreground * gain + offset)))

    assert found == {
        "foreground gain of red": pytest.approx(0.99, abs=1e-5),
        "foreground gain of blue": pytest.approx(1.02, abs=1e-5),
        "foreground offset of green": pytest.approx(2 / 255, abs=1e-6),
        "foreground offset of blue": pytest.approx(-1 / 255, abs=1e-6),
    }


def test_noise_without_a_mean_stays_near_neutral_and_inside_its_interval() -> None:
    meter = SystematicMeter()
    draw = np.random.default_rng(7)
    for seed in range(8):
        base = original(10 * seed)
        noise = draw.normal(0, 0.02, (HEIGHT, WIDTH, 4)).astype(np.float32)
        meter.add(base, Prediction(base.alpha + noise[..., 0], base.foreground + noise[..., 1:]))

    result = meter.result()

    inside = [c.low <= c.neutral <= c.high for c in result.components if c.low is not None and c.high is not None]
    assert len(inside) == len(COMPONENTS_OF_IMAGES)
    assert sum(inside) >= 0.75 * len(inside)
    gain = result.component("foreground gain of red")
    assert gain is not None and abs(gain.value - 1) < 0.01


def test_pixels_left_out_do_not_count() -> None:
    base = original()
    alpha, foreground = base.alpha.copy(), base.foreground.copy()
    alpha[20:40, 20:40], foreground[20:40, 20:40] = 1, 0
    left_out = np.zeros((HEIGHT, WIDTH), np.bool_)
    left_out[20:40, 20:40] = True
    meter = SystematicMeter()

    meter.add(base, Prediction(alpha, foreground), left_out)

    assert away(meter.result(), 1e-9) == {}
    assert away(measured(base, Prediction(alpha, foreground))) != {}


def test_the_foreground_counts_where_the_original_has_alpha() -> None:
    base = original()
    foreground = np.where(base.alpha[..., None] > 0.01, base.foreground, np.float32(0))

    assert away(measured(base, with_foreground(base, foreground)), 1e-9) == {}


def test_what_a_sample_does_not_show_is_left_open() -> None:
    """An empty matte has an offset and no more; a grey foreground has a gain, and no telling of channels apart."""
    empty = Prediction(np.zeros((HEIGHT, WIDTH), np.float32), original().foreground)
    grey = np.repeat(original().foreground[..., :1], 3, axis=2)
    greys = with_foreground(original(), grey)

    of_empty = measured(empty, with_alpha(empty, empty.alpha + np.float32(0.01)))
    of_greys = measured(greys, with_foreground(greys, grey * np.float32(0.98)))

    assert [component.name for component in of_empty.components] == ["alpha offset"]
    assert of_empty.components[0].value == pytest.approx(0.01, abs=1e-6)
    assert not [component for component in of_greys.components if component.kind == "foreground cross-talk"]
    for channel in ("red", "green", "blue"):
        gain = of_greys.component(f"foreground gain of {channel}")
        assert gain is not None and gain.value == pytest.approx(0.98, abs=1e-6)


def test_samples_alike_count_alike_and_the_interval_is_that_which_is_given() -> None:
    base, meter = original(), SystematicMeter()
    for offset in (0.01, 0.02, 0.06):
        meter.add(base, with_alpha(base, base.alpha + np.float32(offset)))

    found = meter.result(lambda values: (min(values), max(values))).component("alpha offset")

    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.03, 0.01, 0.06), abs=1e-6)
    assert found.samples == 3


def test_a_sample_that_hardly_shows_a_component_hardly_counts() -> None:
    base, meter = original(), SystematicMeter()
    faint = with_alpha(base, np.where(np.arange(WIDTH) < 4, base.alpha, np.float32(0)))
    meter.add(base, with_alpha(base, base.alpha * np.float32(0.98)))
    meter.add(faint, with_alpha(faint, faint.alpha * np.float32(0.5)))

    found = meter.result().component("alpha gain")

    assert found is not None and found.value == pytest.approx(0.98, abs=0.02)


def test_how_much_of_the_refinement_is_not_written() -> None:
    refined, soft = original(), moved(original().alpha, 0.5, 0)
    coarse = soft
    meter = SystematicMeter()

    meter.add(refined, with_alpha(refined, 0.75 * refined.alpha + 0.25 * soft), coarse=coarse)
    result = meter.result()

    found = result.component("alpha left coarse")
    assert found is not None and found.value == pytest.approx(0.25, abs=1e-5)
    assert "as if 25% of the refinement were not written" in " ".join(check_systematic(result, STRICT))


def test_one_sample_has_no_interval() -> None:
    component = measured(original(), original()).components[0]

    assert (component.low, component.high) == (None, None)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda p: with_foreground(p, p.foreground * (255 / 256)), "of red 0.9961, limit 1 +/- 0.001: as if the scale"),
        (lambda p: with_foreground(p, p.foreground - 2 / 255), "as if 2/255 were subtracted"),
        (lambda p: with_foreground(p, p.foreground[..., [1, 0, 2]]), "as if channels were mixed or exchanged"),
        (lambda p: with_alpha(p, moved(p.alpha, 0, 0.5)), "along y 0.49"),
        (lambda p: with_alpha(p, moved(p.alpha, -0.5, 0)), "pixels left"),
        (lambda p: with_alpha(p, p.alpha**1.1), "alpha gamma 1.09"),
    ],
)
def test_a_problem_is_said_in_plain_words(change, expected: str) -> None:  # type: ignore[no-untyped-def]
    base = original()

    problems = check_systematic(measured(base, change(base)), STRICT)

    assert expected in " ".join(problems)


def test_a_value_is_said_to_as_many_digits_as_its_limit_has() -> None:
    base = original()
    result = measured(base, with_alpha(base, base.alpha * np.float32(0.99997)))

    [problem] = check_systematic(result, dict.fromkeys(STRICT, 1e-5))

    assert problem.startswith("alpha gain 0.999970, limit 1 +/- 1e-05")


def test_no_sample() -> None:
    with pytest.raises(DataError, match="needs a sample, none was compared"):
        SystematicMeter().result()


def test_predictions_of_two_sizes() -> None:
    small = Prediction(np.zeros((8, 8), np.float32), np.zeros((8, 8, 3), np.float32))

    with pytest.raises(DataError, match=r"a comparison needs one size, found \(96, 128\) and \(8, 8\)"):
        SystematicMeter().add(original(), small)
