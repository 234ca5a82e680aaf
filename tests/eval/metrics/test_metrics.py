"""Metrics against golden values of independent implementations, hand-derived numbers, and properties."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import label

from configs.errors import DataError
from eval.metrics import measures as metrics
from eval.metrics.connectivity import alpha_conn
from eval.metrics.gradient import alpha_grad, rvm_grad

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = {case["name"]: case for case in json.loads((GOLDEN / "metric_cases.json").read_text())}
IMAGES = [name for name in CASES if name != "clip"]
ALPHA_METRICS = [
    metrics.alpha_mad,
    metrics.alpha_mse,
    alpha_grad,
    metrics.alpha_sad,
    alpha_conn,
    rvm_grad,
]

mattes = arrays(np.uint8, (7, 9), elements=st.integers(0, 255))


def near(value: float) -> object:
    return pytest.approx(value, rel=1e-5, abs=1e-12)


@pytest.fixture(scope="module")
def inputs() -> dict[str, np.ndarray]:
    with np.load(GOLDEN / "metric_inputs.npz") as stored:
        return {name: stored[name] for name in stored}


@pytest.mark.parametrize("name", IMAGES)
def test_omz_golden(name: str, inputs: dict[str, np.ndarray]) -> None:
    truth, alpha, foreground = (inputs[f"{name}/{part}"] for part in ("gt_rgba", "pred_pha", "pred_fgr"))
    expected = CASES[name]["omz"]
    assert metrics.alpha_mad(alpha, truth[..., 3]) == near(expected["alpha_MAD"])
    assert metrics.alpha_mse(alpha, truth[..., 3]) == near(expected["alpha_MSE"])
    assert alpha_grad(alpha, truth[..., 3]) == near(expected["alpha_GRAD"])
    obtained = metrics.foreground_mse(foreground, truth[..., :3], truth[..., 3])
    if expected["foreground_MSE"] == "nan":
        assert obtained is None
    else:
        assert obtained == near(expected["foreground_MSE"])


@pytest.mark.parametrize("name", IMAGES)
def test_rvm_golden(name: str, inputs: dict[str, np.ndarray]) -> None:
    truth, alpha = inputs[f"{name}/gt_rgba"][..., 3], inputs[f"{name}/pred_pha"]
    expected = CASES[name]["rvm"]
    assert metrics.alpha_mad(alpha, truth) == near(expected["MAD"])
    assert metrics.alpha_mse(alpha, truth) == near(expected["MSE"])
    assert rvm_grad(alpha, truth) == near(expected["GRAD"])
    assert alpha_conn(alpha, truth) == near(expected["CONN"])
    assert metrics.alpha_sad(alpha, truth) == near(expected["MAD"] * truth.size * 1e-6)


def test_dtssd_golden(inputs: dict[str, np.ndarray]) -> None:
    truth, alpha = inputs["clip/gt_pha"], inputs["clip/pred_pha"]
    obtained = [metrics.dtssd(alpha[i], alpha[i - 1], truth[i], truth[i - 1]) for i in (1, 2)]
    assert obtained == near(CASES["clip"]["rvm"]["DTSSD"])


def test_hand_derived_numbers() -> None:
    truth = np.array([[0, 255], [255, 255]], np.uint8)
    alpha = np.array([[0.5, 1], [1, 0]], np.float32)
    assert metrics.alpha_mad(alpha, truth) == pytest.approx(1e3 * 1.5 / 4)
    assert metrics.alpha_mse(alpha, truth) == pytest.approx(1e3 * 1.25 / 4)
    assert metrics.alpha_sad(alpha, truth) == pytest.approx(1.5 / 1000)


def test_gradient_matches_a_dense_convolution() -> None:
    """GRAD by the definition: a 9x9 kernel of L2 norm 1, slid over a mirrored image."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 256, (11, 13), dtype=np.uint8)
    alpha = rng.random((11, 13), dtype=np.float32)
    x = np.arange(-4, 5)
    gaussian = np.exp(-(x**2) / (2 * 1.4**2)) / (1.4 * np.sqrt(2 * np.pi))
    kernel = np.outer(gaussian, -x * gaussian / 1.4**2)
    kernel /= np.sqrt(np.sum(kernel**2))

    def magnitude(image: np.ndarray) -> np.ndarray:
        padded = np.pad(image.astype(np.float64), 4, mode="symmetric")
        windows = np.lib.stride_tricks.sliding_window_view(padded, (9, 9))
        along_x, along_y = ((windows * part).sum(axis=(2, 3)) for part in (kernel, kernel.T))
        return np.hypot(along_x, along_y)

    expected = np.sum((magnitude(truth / 255) - magnitude(alpha)) ** 2) / 1000
    assert alpha_grad(alpha, truth) == pytest.approx(expected, rel=1e-5)


@given(
    arrays(np.uint8, (7, 9), elements=st.sampled_from([0, 25, 26, 51, 102, 128, 153, 230, 255])),
    arrays(np.uint8, (7, 9), elements=st.sampled_from([0, 50, 51, 77, 178, 204, 254, 255])),
)
def test_connectivity_is_what_labelling_every_level_gives(alpha: np.ndarray, truth: np.ndarray) -> None:
    obtained, expected = alpha / np.float32(255), truth / np.float32(255)
    common = np.minimum(obtained, expected).astype(np.float64)
    connected, level_of = np.ones(truth.shape, bool), np.zeros(truth.shape, np.float32)
    for level in np.arange(1, 11) * 0.1:
        labels, _ = label(common >= level)
        sizes = np.bincount(labels.ravel())[1:]
        connected &= (labels == 1 + sizes.argmax()) if sizes.size else False
        level_of[connected] = level
    excess = [np.where(matte - level_of >= 0.15, matte - level_of, 0) for matte in (obtained, expected)]

    assert alpha_conn(obtained, truth) == pytest.approx(1e-3 * np.abs(excess[0] - excess[1]).sum(dtype=np.float64))


def test_connectivity_leaves_the_rest_alone_where_the_highest_pixel_is_not_in_the_largest_region() -> None:
    """A speck of 1 beside a large half-transparent region: the region is connected, the speck is not."""
    truth = np.zeros((12, 20), np.float32)
    truth[4:9, 4:12] = 0.5
    truth[6, 14] = 1
    alpha = truth.copy()
    alpha[6, 14] = 0.95
    alpha[0, 0] = alpha[11, 19] = 0.3  # in no region: outside the rectangle that any of them is in
    assert alpha_conn(alpha, truth) == pytest.approx((0.05 + 2 * 0.3) / 1000)
    alpha[5, 5] = 0.8  # connected up to 0.5, as the truth is
    assert alpha_conn(alpha, truth) == pytest.approx((0.05 + 2 * 0.3 + 0.3) / 1000)


@pytest.mark.parametrize("place", [(0, 0), (20, 3), (39, 59), (20, 30)])
def test_gradients_are_filtered_as_far_as_a_difference_reaches(place: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    truth = rng.random((40, 60), np.float32)
    alpha = truth.copy()
    alpha[place] = 1 - alpha[place]
    # one more difference in every corner, so small that it counts for nothing, makes the window the whole image
    whole = alpha.copy()
    corners = np.ix_((0, -1), (0, -1))
    whole[corners] = np.nextafter(whole[corners], np.float32(2))
    assert alpha_grad(alpha, truth) == pytest.approx(alpha_grad(whole, truth), rel=1e-5)
    assert alpha_grad(alpha, truth) > 0


def test_connectivity_counts_a_detached_blob() -> None:
    """A blob of 4 pixels that both mattes hold, apart from the main body, is connected at no level in either."""
    truth = np.zeros((10, 12), np.uint8)
    truth[:, :4] = 255
    truth[4:6, 8:10] = 255
    alpha = truth.astype(np.float32) / 255
    assert alpha_conn(alpha, truth) == 0
    alpha[4:6, 8:10] = 0.5
    assert alpha_conn(alpha, truth) == pytest.approx(4 * 0.5 / 1000)
    alpha[4:6, 8:10] = 0.14  # below theta: no excess at all
    assert alpha_conn(alpha, truth) == pytest.approx(4 * 1.0 / 1000)


def test_foreground_mse_counts_alpha_of_three_and_more() -> None:
    truth = np.zeros((1, 3, 3), np.uint8)
    foreground = np.array([[[1.0] * 3, [0.5] * 3, [0.25] * 3]], np.float32)
    alpha = np.array([[2, 3, 255]], np.uint8)
    assert metrics.foreground_mse(foreground, truth, alpha) == pytest.approx(1e3 * (0.25 + 0.0625) / 2)
    assert metrics.foreground_mse(foreground, truth, np.full((1, 3), 2, np.uint8)) is None


def test_dtssd_is_zero_for_a_steady_error() -> None:
    truth = np.array([[0, 51], [102, 255]], np.uint8)
    steady = np.full((2, 2), 0.3, np.float32)
    assert metrics.dtssd(steady, steady, truth, truth) == 0
    assert metrics.dtssd(steady + np.float32(0.1), steady, truth, truth) == pytest.approx(10, rel=1e-5)


@given(mattes)
@settings(max_examples=30, deadline=None)
def test_zero_at_equality(truth: np.ndarray) -> None:
    alpha = truth.astype(np.float32) / np.float32(255)
    assert [metric(alpha, truth) for metric in ALPHA_METRICS] == [0.0] * len(ALPHA_METRICS)


@given(mattes, mattes)
@settings(max_examples=30, deadline=None)
def test_symmetric_and_not_negative(first: np.ndarray, second: np.ndarray) -> None:
    for metric in ALPHA_METRICS:
        there = metric(first.astype(np.float32) / np.float32(255), second)
        back = metric(second.astype(np.float32) / np.float32(255), first)
        assert there >= 0
        assert there == pytest.approx(back, rel=1e-5, abs=1e-9)


@given(mattes, mattes)
@settings(max_examples=30, deadline=None)
def test_mirroring_changes_nothing(first: np.ndarray, second: np.ndarray) -> None:
    alpha = first.astype(np.float32) / np.float32(255)
    mirrored = np.ascontiguousarray(alpha[:, ::-1]), np.ascontiguousarray(second[:, ::-1])
    for metric in (metrics.alpha_mad, metrics.alpha_mse, alpha_grad, metrics.alpha_sad):
        assert metric(*mirrored) == pytest.approx(metric(alpha, second), rel=1e-4, abs=1e-9)


@given(mattes, mattes)
@settings(max_examples=30, deadline=None)
def test_squared_error_never_exceeds_absolute_error(first: np.ndarray, second: np.ndarray) -> None:
    alpha = first.astype(np.float32) / np.float32(255)
    assert metrics.alpha_mse(alpha, second) <= metrics.alpha_mad(alpha, second) + 1e-9


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_never_becomes_a_number(value: float) -> None:
    truth = np.zeros((5, 6), np.uint8)
    alpha = np.zeros((5, 6), np.float32)
    alpha[2, 2] = value
    for metric in ALPHA_METRICS:
        with pytest.raises(DataError, match="1 NaN or infinite of 30"):
            metric(alpha, truth)
    with pytest.raises(DataError, match="NaN or infinite"):
        metrics.dtssd(np.zeros_like(alpha), alpha, truth, truth)


def test_foreground_outside_the_mask_must_be_finite_too() -> None:
    foreground = np.zeros((2, 2, 3), np.float32)
    foreground[0, 0, 0] = np.nan
    alpha = np.array([[0, 255], [255, 255]], np.uint8)
    with pytest.raises(DataError, match="predicted foreground: expected finite"):
        metrics.foreground_mse(foreground, np.zeros((2, 2, 3), np.uint8), alpha)


@pytest.mark.parametrize(
    ("alpha", "truth", "message"),
    [
        (np.zeros((4, 5), np.float32), np.zeros((4, 6), np.uint8), r"expected the ground truth's shape \(4, 6\)"),
        (np.zeros((4, 5), np.uint8), np.zeros((4, 5), np.uint8), "expected float32 values 0..1, found uint8"),
        (np.zeros((4, 5), np.float32), np.zeros((4, 5), np.uint16), "or float32 values 0..1, found uint16"),
        (np.zeros((4, 5, 1), np.float32), np.zeros((4, 5, 1), np.uint8), r"expected a shape of \(height, width\)"),
        (np.zeros((0, 5), np.float32), np.zeros((0, 5), np.uint8), r"expected a shape of \(height, width\)"),
    ],
)
def test_wrong_arrays_are_named(alpha: np.ndarray, truth: np.ndarray, message: str) -> None:
    for metric in ALPHA_METRICS:
        with pytest.raises(DataError, match=message):
            metric(alpha, truth)


def test_match_size_interpolates_or_leaves_untouched() -> None:
    image = np.array([[0, 1]], np.float32)
    assert metrics.match_size(image, (1, 2)) is image
    assert metrics.match_size(image, (1, 4)).tolist() == [[0, 0.25, 0.75, 1]]
    assert metrics.match_size(np.zeros((2, 2, 3), np.float32), (4, 6)).shape == (4, 6, 3)
    with pytest.raises(DataError, match="expected float32"):
        metrics.match_size(np.zeros((2, 2)), (4, 4))


def test_the_table_lists_each_metric_once_with_published_figures() -> None:
    assert (
        *("alpha_mad", "alpha_mse", "alpha_grad", "foreground_mse"),
        *("alpha_sad", "alpha_conn", "dtssd"),
    ) == metrics.METRIC_NAMES
    published = [(m.published_original, m.published_converted) for m in metrics.METRICS[:4]]
    assert published == [(4.32, 4.35), (1.0, 1.0), (2.48, 2.49), (2.7, 2.69)]
    assert metrics.METRIC_NAMES[:4] == metrics.PUBLISHED_METRICS
