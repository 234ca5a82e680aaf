"""Coverage and blending of the generator's canvas, against numbers worked out by hand."""

import numpy as np

from datasets.synthetic.raster import Canvas, Mask, fill, strokes, toned_strokes


def square(x0, y0, x1, y1):
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def placed(mask, size):
    whole = np.zeros(size, dtype=np.uint8)
    whole[mask.top : mask.top + mask.shape[0], mask.left : mask.left + mask.shape[1]] = mask.coverage
    return whole


def test_a_filled_square_is_solid_inside_and_empty_outside():
    coverage = placed(fill((10, 12), [square(3, 2, 8, 6)]), (10, 12))

    assert (coverage[3:5, 4:7] == 255).all()
    assert (
        not coverage[:1].any() and not coverage[8:].any() and not coverage[:, :2].any() and not coverage[:, 10:].any()
    )


def test_a_shape_beyond_the_border_is_cut_and_one_outside_is_empty():
    assert (placed(fill((6, 6), [square(-50, -50, 50, 50)]), (6, 6)) == 255).all()
    outside = fill((6, 6), [square(40, 40, 50, 50)])
    canvas = Canvas((6, 6))
    canvas.paint(outside, (255, 255, 255))

    assert outside.empty
    assert not canvas.pixels.any()


def test_overlapping_shapes_unite():
    one = placed(fill((8, 8), [square(1, 1, 6, 6)]), (8, 8))

    np.testing.assert_array_equal(placed(fill((8, 8), [square(1, 1, 6, 6)] * 2), (8, 8)), one)


def test_a_hairline_covers_a_quarter_of_each_pixel():
    coverage = placed(strokes((4, 8), [np.array([(-2.0, 1.6), (10.0, 1.6)])], 0.01), (4, 8))

    # one row of cells of the four: 255 / 4, to nearest
    assert (coverage[1] == 64).all()
    assert not coverage[[0, 2, 3]].any()


def test_tones_are_the_mean_of_what_covers_the_pixel():
    top, bottom = np.array([[(-2.0, 1.1), (10.0, 1.1)]]), np.array([[(-2.0, 1.6), (10.0, 1.6)]])
    mask, tones = toned_strokes((4, 8), [top, bottom], [3, 6], 0.01)

    assert (placed(mask, (4, 8))[1] == 128).all()
    np.testing.assert_array_equal(tones[1 - mask.top], np.full(8, 4.5))


def test_over_gives_straight_colours():
    canvas = Canvas((1, 2))
    canvas.paint(Mask(0, 0, np.array([[255, 0]], dtype=np.uint8)), (100, 100, 100))
    canvas.paint(Mask(0, 0, np.array([[51, 51]], dtype=np.uint8)), (200, 0, 50))
    foreground, alpha = canvas.straight()

    assert alpha.tolist() == [[255, 51]]
    assert foreground.tolist() == [[[120, 80, 90], [200, 0, 50]]]


def test_a_layer_lies_over_as_if_painted_directly():
    mask = Mask(0, 0, np.array([[0, 85, 170, 255]], dtype=np.uint8))
    direct, layered, layer = Canvas((1, 4)), Canvas((1, 4)), Canvas((1, 4))
    for canvas in (direct, layered):
        canvas.paint(Mask(0, 0, np.full((1, 4), 255, dtype=np.uint8)), (10, 20, 30))
    direct.paint(mask, (210, 120, 30))
    layer.paint(mask, (210, 120, 30))
    layered.over(layer)

    np.testing.assert_allclose(layered.pixels, direct.pixels, atol=1e-3)


def test_motion_blur_spreads_evenly_and_keeps_the_amount():
    canvas = Canvas((3, 41))
    canvas.pixels[1, 20] = 255.0
    canvas.motion_blur(8.0, 0.0)
    alpha = canvas.pixels[1, :, 3]

    assert alpha.sum() == 255.0
    assert np.count_nonzero(alpha) == 8
    assert np.abs(np.average(np.arange(41), weights=alpha) - 20.0) <= 0.5
    assert not canvas.pixels[[0, 2]].any()


def test_shading_changes_colour_but_not_alpha():
    canvas = Canvas((1, 1))
    canvas.paint(Mask(0, 0, np.full((1, 1), 128, dtype=np.uint8)), (100, 200, 240))
    before = canvas.straight()
    canvas.shade(Mask(0, 0, np.full((1, 1), 255, dtype=np.uint8)), 0.5)
    after = canvas.straight()

    assert after[1].tolist() == before[1].tolist() == [[128]]
    assert after[0].tolist() == [[[50, 100, 120]]]
