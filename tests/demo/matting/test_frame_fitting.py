"""Frames of any size enter the network's and leave it at their own."""

import numpy as np
import pytest

from configs.errors import DataError
from demo.matting.fitting import Fit, Size


@pytest.mark.parametrize(
    ("frame", "network", "inner", "corner"),
    [
        ((8, 16), (8, 16), (8, 16), (0, 0)),
        ((16, 32), (8, 16), (8, 16), (0, 0)),
        ((16, 8), (8, 16), (8, 4), (0, 6)),
        ((5, 20), (8, 16), (4, 16), (2, 0)),
        ((7, 3), (8, 16), (8, 3), (0, 6)),
    ],
)
def test_a_frame_lies_in_the_middle_as_large_as_fits(frame: Size, network: Size, inner: Size, corner: Size) -> None:
    fit = Fit.of(frame, network)
    assert (fit.inner, (fit.top, fit.left)) == (inner, corner)
    assert fit.padded == pytest.approx(1 - inner[0] * inner[1] / (network[0] * network[1]))


def test_nothing_is_stretched_and_the_edge_is_repeated() -> None:
    image = np.zeros((4, 2, 3), np.uint8)
    image[:, 0], image[:, 1] = 10, 20
    entered = Fit.of((4, 2), (4, 8)).enter(image)
    assert entered[0, :, 0].tolist() == [10, 10, 10, 10, 20, 20, 20, 20]


@pytest.mark.parametrize("frame", [(33, 21), (20, 40), (64, 64), (3, 5)])
def test_what_enters_leaves_where_it_was(frame: Size) -> None:
    rows = np.linspace(0, 255, frame[0]).astype(np.uint8)
    image = np.broadcast_to(rows[:, None, None], (*frame, 3)).copy()
    fit = Fit.of(frame, (32, 48))
    back = fit.leave(fit.enter(image).astype(np.float32) / 255)
    assert back.shape == image.shape
    assert np.abs(back - image / 255).mean() < 0.05
    assert fit.leave(np.ones((32, 48), np.float32)).shape == frame


def test_what_cannot_be_fitted_is_said() -> None:
    with pytest.raises(DataError, match="too narrow"):
        Fit.of((1, 5000), (32, 48))
    with pytest.raises(DataError, match="expected an image of 16x8"):
        Fit.of((8, 16), (8, 16)).enter(np.zeros((4, 4, 3), np.uint8))
