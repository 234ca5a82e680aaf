"""Compositing rounds to nearest and keeps the foreground and the background where they stand alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from configs.errors import DataError
from datasets.samples.composite import composite

IMAGES = arrays(np.uint8, (3, 4, 3))
ALPHAS = arrays(np.uint8, (3, 4))


@given(IMAGES, ALPHAS, IMAGES)
def test_composite_is_the_nearest_integer_to_the_exact_blend(foreground, alpha, background):
    result = composite(foreground, alpha, background).astype(int)

    exact = alpha[..., None].astype(int) * foreground + (255 - alpha[..., None].astype(int)) * background
    assert np.all(2 * np.abs(255 * result - exact) < 255)


@given(IMAGES, ALPHAS, IMAGES)
def test_composite_is_the_foreground_where_opaque_and_the_background_where_transparent(foreground, alpha, background):
    result = composite(foreground, alpha, background)

    np.testing.assert_array_equal(result[alpha == 255], foreground[alpha == 255])
    np.testing.assert_array_equal(result[alpha == 0], background[alpha == 0])


@given(st.integers(0, 255), st.integers(0, 255))
def test_equal_colours_blend_to_themselves(colour, opacity):
    image = np.full((2, 2, 3), colour, dtype=np.uint8)

    np.testing.assert_array_equal(composite(image, np.full((2, 2), opacity, dtype=np.uint8), image), image)


def test_hand_computed_blends():
    foreground = np.full((1, 3, 3), 200, dtype=np.uint8)
    background = np.full((1, 3, 3), 100, dtype=np.uint8)
    alpha = np.array([[1, 128, 254]], dtype=np.uint8)

    # 100 + 100/255 = 100.39; 100 + 12800/255 = 150.196; 200 - 100/255 = 199.6
    assert composite(foreground, alpha, background)[0, :, 0].tolist() == [100, 150, 200]


@pytest.mark.parametrize(
    ("foreground", "alpha", "background", "named"),
    [
        (np.zeros((2, 2, 3), np.float32), np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3), np.uint8), "foreground"),
        (np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 1), np.uint8), np.zeros((2, 2, 3), np.uint8), "alpha"),
        (np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint16), np.zeros((2, 2, 3), np.uint8), "alpha"),
        (np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint8), np.zeros((2, 3, 3), np.uint8), "background"),
    ],
)
def test_wrong_arrays_are_refused_by_name(foreground, alpha, background, named):
    with pytest.raises(DataError, match=f"composite: {named} is"):
        composite(foreground, alpha, background)
