from pathlib import Path

import numpy as np
import pytest
from tiny_model import SIZE

from configs.errors import DataError, ParityError
from configs.schema import DatasetSection, HopTolerance
from converter.forms.proofs import Difference, Parity
from converter.proof.parity import ParityMeter, check_parity, measure_parity, parity_samples
from datasets.samples.sample import Prediction


def prediction(height: int = 8, width: int = 8, alpha: float = 0.5, foreground: float = 0.5) -> Prediction:
    return Prediction(np.full((height, width), alpha, np.float32), np.full((height, width, 3), foreground, np.float32))


def test_equal_predictions_do_not_differ() -> None:
    nothing = Difference(max=0, mean=0, quantile=0)

    assert measure_parity([prediction()], [prediction()], 4) == Parity(
        alpha=nothing, foreground=nothing, cells=0, differing_cells=0, samples=1
    )


def test_hand_derived_figures() -> None:
    original, converted = prediction(), prediction(foreground=0.75)
    # Cells of 4x4: two pixels in the first, one below the limit of 1e-2 in the second, one in the last.
    converted.alpha[0, 0] = 1.0
    converted.alpha[3, 3] = 0.25
    converted.alpha[0, 4] = 0.505
    converted.alpha[7, 7] = 0.25

    parity = measure_parity([original], [converted], 4)

    assert parity.alpha.max == 0.5
    assert parity.alpha.mean == pytest.approx((0.5 + 0.25 + 0.005 + 0.25) / 64, rel=1e-5)
    # 64 values in order: 62 of 63 intervals up stands 0.25, the last 0.5; 0.999 * 63 = 62.937.
    assert parity.alpha.quantile == pytest.approx(0.25 + 0.937 * 0.25, rel=1e-5)
    assert parity.foreground == Difference(max=0.25, mean=0.25, quantile=0.25)
    assert (parity.differing_cells, parity.cells, parity.samples) == (2, 0.5, 1)


def test_figures_are_over_all_samples() -> None:
    parity = measure_parity([prediction()] * 4, [prediction(), prediction(), prediction(), prediction(alpha=1.0)], 4)

    assert parity.alpha.mean == 0.125
    assert parity.alpha.max == 0.5
    assert (parity.differing_cells, parity.cells, parity.samples) == (4, 0.25, 4)


def test_sign_does_not_cancel() -> None:
    above, below = prediction(alpha=0.75), prediction(alpha=0.25)

    assert measure_parity([prediction()] * 2, [above, below], 4).alpha.mean == 0.25


def test_incomplete_cells_at_the_border_are_left_out_of_the_count() -> None:
    converted = prediction(6, 9)
    converted.alpha[5, 8] = 0.0

    parity = measure_parity([prediction(6, 9)], [converted], 4)

    assert parity.differing_cells == 0
    assert parity.alpha.max == 0.5


@pytest.mark.parametrize(
    ("original", "converted", "message"),
    [
        ([prediction()], [], "found 1 and 0 predictions"),
        ([], [], "found 0 and 0 predictions"),
        ([prediction()], [prediction(8, 4)], r"parity needs one size, found \(8, 8\) and \(8, 4\)"),
    ],
)
def test_what_cannot_be_compared(original: list[Prediction], converted: list[Prediction], message: str) -> None:
    with pytest.raises(DataError, match=message):
        measure_parity(original, converted, 4)


TOLERANCE = HopTolerance(mean=0.01, quantile=0.1, cells=0.25)
WITHIN = Difference(max=1.0, mean=0.01, quantile=0.1)


def test_the_quantile_of_many_samples_is_that_of_all_their_values() -> None:
    draw = np.random.default_rng(3)
    originals = [prediction(40, 60, alpha=0) for _ in range(5)]
    converted = [
        Prediction(draw.random((40, 60), np.float32), draw.random((40, 60, 3), np.float32) ** 4) for _ in originals
    ]

    parity = measure_parity(originals, converted, 4)

    alpha = np.concatenate([image.alpha.ravel() for image in converted])
    foreground = np.concatenate([np.abs(image.foreground - 0.5).ravel() for image in converted])
    assert parity.alpha.quantile == pytest.approx(np.quantile(alpha, 0.999), rel=1e-6)
    assert parity.foreground.quantile == pytest.approx(np.quantile(foreground, 0.999), rel=1e-6)
    assert parity.alpha.mean == pytest.approx(alpha.mean(dtype=np.float64), rel=1e-9)


def test_the_meter_says_how_much_of_the_difference_lies_in_differing_cells() -> None:
    original, converted = prediction(), prediction(alpha=0.505)
    converted.alpha[0, 0] = 1.0
    meter = ParityMeter(1, 4)
    meter.add(original, converted)
    in_cell = 0.5 + 15 * 0.005
    assert meter.share_in_differing_cells == pytest.approx(in_cell / (in_cell + 48 * 0.005), rel=1e-4)


def test_the_meter_wants_as_many_samples_as_were_announced() -> None:
    meter = ParityMeter(2, 4)
    meter.add(prediction(), prediction())
    with pytest.raises(ValueError, match="expected 2 samples, found 1"):
        meter.parity()


def test_limits_themselves_pass_and_the_maximum_is_not_judged() -> None:
    check_parity("onnx", Parity(alpha=WITHIN, foreground=WITHIN, cells=0.25, differing_cells=1, samples=1), TOLERANCE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": Difference(max=1, mean=0.02, quantile=0.1)}, r"mean \|alpha difference\| 0\.02 > 0\.01$"),
        (
            {"alpha": Difference(max=1, mean=0.01, quantile=0.2)},
            r"99\.9 % quantile of \|alpha difference\| 0\.2 > 0\.1$",
        ),
        ({"foreground": Difference(max=1, mean=0.02, quantile=0.1)}, r"mean \|foreground difference\| 0\.02 > 0\.01$"),
        (
            {"foreground": Difference(max=1, mean=0.01, quantile=0.2)},
            r"99\.9 % quantile of \|foreground difference\| 0\.2 > 0\.1$",
        ),
        ({"cells": 0.5}, r"share of cells refined otherwise 0\.5 > 0\.25$"),
    ],
)
def test_each_violation_names_hop_figure_and_limit(change: dict[str, object], message: str) -> None:
    parity = Parity(alpha=WITHIN, foreground=WITHIN, cells=0.25, differing_cells=1, samples=1)

    with pytest.raises(ParityError, match=rf"hop ir-fp16: the converted form differs from the original: {message}"):
        check_parity("ir-fp16", parity.model_copy(update=change), TOLERANCE)


def test_all_violations_are_named_together() -> None:
    wrong = Difference(max=1, mean=1, quantile=1)

    with pytest.raises(ParityError) as caught:
        check_parity("onnx", Parity(alpha=wrong, foreground=wrong, cells=1, differing_cells=4, samples=1), TOLERANCE)

    assert str(caught.value).count(" > ") == 5


def test_samples_of_the_synthetic_set_are_rendered_at_the_input_size() -> None:
    found = parity_samples(DatasetSection(path="synthetic", seed=5, count=24), SIZE, 2)

    assert [sample.size for sample in found] == [SIZE, SIZE]
    assert [sample.id for sample in found] == ["synthetic/0000", "synthetic/0001"]
    assert len(parity_samples(DatasetSection(path="synthetic", count=1), SIZE, 2)) == 1


def test_samples_of_a_folder_are_its_first(tiny_set: Path) -> None:
    found = parity_samples(DatasetSection(path=str(tiny_set)), SIZE, 2)

    assert len(found) == 2
    assert [sample.id for sample in found] == sorted(sample.id for sample in found)


def test_samples_of_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        parity_samples(DatasetSection(path=str(tmp_path / "nowhere")), SIZE, 2)
