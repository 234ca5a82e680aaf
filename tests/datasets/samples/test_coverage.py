"""Coverage: what was seen where, how a gap is put into words, and that meters of parts add up."""

import numpy as np
import pytest
from pydantic import ValidationError
from shown_samples import BLUE, BRIGHT, DARK, GREEN, GREY, RED, Colour, everything, shown, stripes

from datasets.samples.coverage import KINDS, Coverage, CoverageMeter, hair_like
from datasets.samples.gaps import gaps
from datasets.samples.sample import Sample

SIZE = (64, 160)


def _sample(alpha: np.ndarray, foreground: Colour = GREY, background: Colour = GREY) -> Sample:
    return shown("a/1", alpha, foreground, background)


def _everything() -> list[Sample]:
    return everything(SIZE)


def _stripes(size: tuple[int, int] = SIZE) -> np.ndarray:
    return stripes(size)


def _measured(samples: list[Sample], size: tuple[int, int] = SIZE) -> Coverage:
    meter = CoverageMeter(size)
    for sample in samples:
        meter.add(sample)
    return meter.coverage()


def _without(kind: str, where: tuple[slice, slice]) -> list[str]:
    """Return the gaps of `_everything` where a part of the frame is shown in another way than this."""
    samples = _everything()
    for sample in samples:
        shown = {"opaque": sample.alpha >= 243, "empty": sample.alpha <= 12}.get(kind, sample.alpha % 255 > 0)
        part = np.zeros(SIZE, bool)
        part[where] = True
        sample.alpha[part & shown] = 0 if kind == "opaque" else 255
    return gaps(_measured(samples))


def test_a_set_that_shows_everything_has_no_gap() -> None:
    coverage = _measured(_everything())
    assert gaps(coverage) == []
    assert [coverage.tiles(kind).share for kind in KINDS] == [1.0] * 4
    assert coverage.opaque.runs == "40"
    assert coverage.samples == 7


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ((slice(None), slice(144, None)), "right 10 % of the frame never"),
        ((slice(None), slice(0, 32)), "left 20 % of the frame never"),
        ((slice(0, 16), slice(None)), "top 25 % of the frame never"),
        ((slice(48, None), slice(None)), "bottom 25 % of the frame never"),
        ((slice(16, 32), slice(32, 48)), "2.5 % of the frame never"),
    ],
)
@pytest.mark.parametrize("kind", ["opaque", "empty"])
def test_a_part_never_seen_is_named(kind: str, where: tuple[slice, slice], words: str) -> None:
    assert _without(kind, where) == [f"{words} {kind}"]


def test_one_pixel_not_seen_is_a_tile_not_seen() -> None:
    assert _without("opaque", (slice(5, 6), slice(7, 8))) == ["2.5 % of the frame never opaque"]


def test_a_band_and_what_is_left_are_told_apart() -> None:
    samples = _everything()
    for sample in samples:
        for part in (np.s_[:, 144:], np.s_[16:32, 32:48]):
            sample.alpha[part][sample.alpha[part] == 255] = 0
    assert gaps(_measured(samples)) == ["right 10 %, another 2.5 % of the frame never opaque"]


def test_an_outline_counts_for_the_tiles_beside_it_and_no_further() -> None:
    alone = np.zeros(SIZE, np.uint8)
    alone[32:48, 80:96] = _stripes((16, 16))
    coverage = _measured([_sample(alone)])
    for kind in ("partial", "edges"):
        expected = np.zeros((4, 10), bool)
        expected[1:4, 4:7] = True
        assert (coverage.seen(kind) == expected).all()
    assert not coverage.seen("opaque").any()
    assert coverage.seen("empty").sum() == 39


def test_the_right_share_is_that_of_pixels_where_the_frame_cuts_a_tile() -> None:
    size = (16, 40)
    alpha = np.full(size, 255, np.uint8)
    alpha[:, 32:] = 0
    assert "right 20 % of the frame never opaque" in gaps(_measured([_sample(alpha)], size))


@pytest.mark.parametrize(("shown", "missing"), [(DARK, "above 0.9"), (BRIGHT, "below 0.1")])
def test_values_never_seen_are_named(shown: tuple[int, int, int], missing: str) -> None:
    alphas = (_stripes(), np.full(SIZE, 255, np.uint8), np.zeros(SIZE, np.uint8))
    assert gaps(_measured([_sample(alpha, shown, shown) for alpha in alphas])) == [
        f"foregrounds {missing} never seen",
        "foregrounds saturated never seen",
        f"backgrounds {missing} never seen",
        "backgrounds saturated never seen",
    ]


def test_a_channel_never_saturated_is_named() -> None:
    samples = _everything()
    for sample in samples:
        for image in (sample.foreground, sample.background):
            image[(image == BLUE).all(axis=-1)] = GREY
    assert gaps(_measured(samples)) == [
        "foregrounds saturated in blue never seen",
        "backgrounds saturated in blue never seen",
    ]


def test_hardly_anything_is_told_with_its_share() -> None:
    samples = [sample for sample in _everything() if tuple(sample.foreground[0, 0]) not in (BRIGHT, RED, GREEN, BLUE)]
    samples.append(_sample(np.full(SIZE, 255, np.uint8)))
    samples[-1].foreground[0, :100, 0] = 240
    said = gaps(_measured(samples))
    assert "foregrounds above 0.9 in green and blue never seen" in said
    assert "foregrounds above 0.9 in red hardly seen (0.33 % of pixels)" in said


def test_foreground_colours_count_only_where_somebody_is() -> None:
    alpha = np.zeros(SIZE, np.uint8)
    alpha[:, :80] = 255
    sample = _sample(alpha, DARK)
    sample.foreground[:, 80:] = 255
    coverage = _measured([sample])
    assert [channel.dark for channel in coverage.foreground] == [1.0] * 3
    assert [channel.bright for channel in coverage.foreground] == [0.0] * 3
    assert coverage.alpha == (0.5, *[0.0] * 8, 0.5)
    assert coverage.background[0].tenths == (*[0.0] * 5, 1.0, *[0.0] * 4)


def test_a_set_without_a_person_says_so() -> None:
    said = gaps(_measured([_sample(np.zeros(SIZE, np.uint8))]))
    assert said[:3] == [
        "no part of the frame ever opaque",
        "no part of the frame ever half-transparent",
        "no part of the frame ever with hair-like edges",
    ]
    assert gaps(_measured([])) == ["nothing was measured"]


def test_meters_of_parts_add_up_to_that_of_the_whole() -> None:
    samples = _everything()
    one, other = CoverageMeter(SIZE), CoverageMeter(SIZE)
    for sample in samples[:3]:
        one.add(sample)
    for sample in samples[3:]:
        other.add(sample)
    one.merge(other)
    assert one.coverage() == _measured(samples)
    with pytest.raises(ValueError, match="cannot be merged"):
        one.merge(CoverageMeter((64, 96)))


def test_alpha_of_another_size_is_brought_to_the_frame() -> None:
    alpha = np.zeros((128, 320), np.uint8)
    alpha[:, 160:] = 255
    seen = _measured([_sample(alpha)]).seen("opaque")
    assert not seen[:, :5].any()
    assert seen[:, 6:].all()


def test_the_record_survives_json_and_its_maps_must_fill_the_frame() -> None:
    coverage = _measured(_everything()[:1])
    assert Coverage.model_validate_json(coverage.model_dump_json()) == coverage
    with pytest.raises(ValidationError, match=r"`empty\.runs` describes 41 tiles"):
        Coverage.model_validate({**coverage.model_dump(), "empty": {"share": 0.5, "runs": "20 21"}})


def test_a_hair_like_cell_varies_and_is_partial_somewhere() -> None:
    alpha = np.zeros((4, 20), np.uint8)
    alpha[:, 2:4] = 255  # a hard edge
    alpha[:, 4:8] = 128  # half-transparent, and even
    alpha[0, 8:10] = (100, 160)
    alpha[0, 12] = 50  # too faint
    alpha[3, 19] = 51
    assert hair_like(alpha).tolist() == [[False, False, True, False, True]]
    assert hair_like(alpha[:, :18], 8).shape == (1, 3)


@pytest.mark.parametrize(("size", "cell"), [((64, 96), 4), ((61, 95), 4), ((30, 45), 8), ((3, 2), 4)])
def test_hair_like_cells_are_those_found_pixel_by_pixel(size: tuple[int, int], cell: int) -> None:
    rng = np.random.default_rng(4)
    alpha = rng.choice(np.array([0, 12, 13, 60, 242, 243, 255], np.uint8), size)
    alpha[rng.random(size) < 0.9] = 0
    expected = [
        [
            int(part.max()) - int(part.min()) >= 51 and bool(((part > 12) & (part < 243)).any())
            for part in (alpha[top : top + cell, left : left + cell] for left in range(0, size[1], cell))
        ]
        for top in range(0, size[0], cell)
    ]
    assert hair_like(alpha, cell).tolist() == expected
    assert np.array_equal(hair_like(np.zeros(size, np.uint8), cell), np.zeros_like(expected))
