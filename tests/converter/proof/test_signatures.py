import numpy as np
import pytest

from configs.errors import DataError
from converter.proof.signatures import Signature, SignatureMeter, check_signatures
from datasets.samples.sample import Prediction

SHAPE = (120, 160)
SCALE, MEAN, BACKGROUND = "the scale were 256 for 255", "2/255 were subtracted", "the background were RGB for BGR"


def original(seed: int = 1) -> Prediction:
    draw = np.random.default_rng(seed)
    alpha = (draw.random(SHAPE, np.float32) > 0.4).astype(np.float32)
    return Prediction(alpha, draw.random((*SHAPE, 3), np.float32))


def signatures(base: Prediction) -> dict[str, Signature]:
    scaled = Prediction(base.alpha, base.foreground * np.float32(255 / 256))
    lowered = Prediction(base.alpha, base.foreground - np.float32(2 / 255))
    exchanged = Prediction(np.roll(base.alpha, 3), base.foreground)
    return {
        SCALE: Signature(scaled, "foreground"),
        MEAN: Signature(lowered, "foreground"),
        BACKGROUND: Signature(exchanged, "alpha"),
    }


def noisy(prediction: Prediction, seed: int, spread: float = 0.03) -> Prediction:
    draw = np.random.default_rng(seed)
    return Prediction(
        prediction.alpha + spread * draw.standard_normal(SHAPE).astype(np.float32),
        prediction.foreground + spread * draw.standard_normal((*SHAPE, 3)).astype(np.float32),
    )


def shares(*converted: Prediction) -> dict[str, float | None]:
    meter = SignatureMeter()
    for form in converted:
        meter.add(original(), form, signatures(original()))
    return {share.fault: share.value for share in meter.result()}


def test_a_form_that_equals_the_original_has_no_share_of_any_fault() -> None:
    assert shares(original()) == {SCALE: 0, MEAN: 0, BACKGROUND: 0}


@pytest.mark.parametrize("fault", [SCALE, MEAN, BACKGROUND])
def test_a_form_with_a_fault_has_all_of_it_and_none_of_the_others(fault: str) -> None:
    converted = signatures(original())[fault].prediction

    found = shares(converted)

    assert found == {name: pytest.approx(float(name == fault), abs=1e-4) for name in (SCALE, MEAN, BACKGROUND)}


@pytest.mark.parametrize("fault", [SCALE, MEAN, BACKGROUND])
def test_noise_of_ten_times_the_fault_does_not_hide_it(fault: str) -> None:
    sound = [noisy(original(), seed) for seed in range(6)]
    faulty = [noisy(signatures(original())[fault].prediction, seed) for seed in range(6)]

    assert all(value is not None and abs(value) < 0.5 for value in shares(*sound).values())
    found = shares(*faulty)[fault]
    assert found is not None and found > 0.5


def test_what_is_left_out_does_not_count() -> None:
    meter, left_out = SignatureMeter(), np.zeros(SHAPE, np.bool_)
    left_out[:16] = True
    converted = original()
    converted.alpha[:16] = 0.3
    converted.foreground[:16] = 0.3

    meter.add(original(), converted, signatures(original()), left_out)

    assert [share.value for share in meter.result()] == [0, 0, 0]


def test_faults_are_said_in_plain_words_and_what_no_sample_shows_is_named() -> None:
    faulty, empty = SignatureMeter(), SignatureMeter()
    faulty.add(original(), signatures(original())[SCALE].prediction, signatures(original()))
    nothing = Prediction(np.zeros(SHAPE, np.float32), original().foreground)
    empty.add(nothing, nothing, {SCALE: signatures(nothing)[SCALE]})

    assert check_signatures(faulty.result()) == [
        "it is as if the scale were 256 for 255 (1.00 of what that does to the original's foreground, limit 0.5)"
    ]
    assert check_signatures(empty.result()) == ["no sample can show whether it is as if the scale were 256 for 255"]


def test_the_reverse_of_a_fault_is_named_as_such() -> None:
    meter = SignatureMeter()
    raised = Prediction(original().alpha, original().foreground + np.float32(2 / 255))
    meter.add(original(), raised, signatures(original()))

    [problem] = check_signatures(meter.result())

    assert "as if the reverse of this had been done: 2/255 were subtracted (-1.00 of" in problem


def test_every_sample_needs_the_same_faults() -> None:
    meter = SignatureMeter()
    meter.add(original(), original(), signatures(original()))

    with pytest.raises(DataError, match="the same faults for every sample"):
        meter.add(original(), original(), {SCALE: signatures(original())[SCALE]})
