"""The battery: nothing is left unseen at any size, composites are exact, and the bytes stay the same."""

import hashlib

import numpy as np
import pytest

from configs.errors import DataError, UsageError
from datasets.people.pack import Pack
from datasets.samples.composite import composite
from datasets.samples.coverage import CoverageMeter, hair_like
from datasets.samples.gaps import gaps
from datasets.samples.sample import Sample
from datasets.stimuli.battery import NAMES, battery, regions, stimuli
from datasets.stimuli.texture import load_textures, tiled

SIZES = ((128, 128), (192, 320), (320, 180))
SHA256 = "2ecffa8740dbc070767582eb61553827814184037e789b72db4f9058bb7b62e3"


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def samples(request: pytest.FixtureRequest) -> list[Sample]:
    return battery(request.param)


def test_there_are_few_each_with_its_name_and_tags(samples: list[Sample]) -> None:
    assert len(samples) == 14
    assert [sample.id for sample in samples] == [f"stimuli/{name}" for name in NAMES]
    assert len(set(NAMES)) == 14
    assert all(sample.tags for sample in samples)


def test_no_gap_is_left(samples: list[Sample]) -> None:
    meter = CoverageMeter(samples[0].size)
    for sample in samples:
        meter.add(sample)
    assert gaps(meter.coverage()) == []


def test_each_pixel_is_opaque_half_transparent_and_empty_and_each_cell_an_edge(samples: list[Sample]) -> None:
    alphas = np.stack([sample.alpha for sample in samples])
    assert (alphas >= 243).any(axis=0).all()
    assert ((alphas >= 51) & (alphas <= 204)).any(axis=0).all()
    assert (alphas <= 12).any(axis=0).all()
    assert np.any([hair_like(alpha) for alpha in alphas], axis=0).all()


def test_each_region_has_its_hair_in_one_stimulus_that_has_none_elsewhere(samples: list[Sample]) -> None:
    for sample, region in zip(samples, regions(samples[0].size), strict=False):
        edges = np.repeat(np.repeat(hair_like(sample.alpha), 4, axis=0), 4, axis=1)[: sample.size[0], : sample.size[1]]
        assert edges[region].mean() > 0.99, sample.id
        edges[region] = False
        assert edges.mean() < 0.02, sample.id


def test_composites_are_exact_and_colours_0_where_nobody_is(samples: list[Sample]) -> None:
    for sample in samples:
        assert (sample.source == composite(sample.foreground, sample.alpha, sample.background)).all(), sample.id
        assert not sample.foreground[sample.alpha == 0].any(), sample.id
        assert all(
            image.flags.c_contiguous for image in (sample.source, sample.background, sample.alpha, sample.foreground)
        )


def test_one_shows_nobody_and_frames_and_plates_are_black_and_white_somewhere(samples: list[Sample]) -> None:
    named = {sample.id.partition("/")[2]: sample for sample in samples}
    nobody = named["no-person"]
    assert (nobody.source == nobody.background).all()
    assert not nobody.alpha.any()
    assert np.ptp(nobody.source) > 100
    for name, value in (("hair-03", 0), ("hair-07", 255)):
        for image in (named[name].source, named[name].background):
            assert (image == value).all(axis=2).mean() > 0.85
    assert set(np.unique(named["veil"].background)) == {0, 255}


def test_regions_part_the_frame_at_the_edges_of_cells() -> None:
    for size in (*SIZES, (720, 1280)):
        times = np.zeros(size, int)
        for rows, columns in regions(size):
            times[rows, columns] += 1
            assert rows.start % 4 == columns.start % 4 == 0
        assert (times == 1).all()
    assert len({(rows.start, rows.stop) for rows, _ in regions((720, 1280))}) == 3
    assert len({(rows.start, rows.stop) for rows, _ in regions((1280, 720))}) == 4
    largest = max((rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in regions((720, 1280)))
    assert largest // 16 <= 5000


def test_cells_may_be_larger() -> None:
    alphas = [sample.alpha for sample in stimuli((128, 160), cell=8)]
    assert np.any([hair_like(alpha, 8) for alpha in alphas], axis=0).all()


def test_the_bytes_stay_the_same_and_the_seed_changes_only_backgrounds() -> None:
    def digest(made: list[Sample]) -> str:
        pixels = hashlib.sha256()
        for sample in made:
            for image in (sample.source, sample.background, sample.alpha, sample.foreground):
                pixels.update(image.tobytes())
        return pixels.hexdigest()

    first, other = battery((64, 96)), battery((64, 96), seed=2)
    assert digest(first) == SHA256
    assert digest(other) != SHA256
    for one, two in zip(first, other, strict=True):
        assert (one.alpha == two.alpha).all()
        assert (one.foreground == two.foreground).all()


def test_what_cannot_be_made_is_refused(pack: Pack) -> None:
    with pytest.raises(UsageError, match=r"at least 64 pixels, found \(60, 128\)"):
        stimuli((60, 128))
    with pytest.raises(UsageError, match="seed: expected 0 or more"):
        stimuli((64, 128), seed=-1)
    with pytest.raises(DataError, match="people/0012, which the pack does not hold"):
        battery((64, 128), pack=pack)


def test_a_person_without_hair_is_refused(pack: Pack) -> None:
    # The tiny people's alpha rises evenly, by less than an edge from cell to cell.
    with pytest.raises(DataError, match="people/0001: no cell of 2x2 pixels of its hair holds an edge"):
        load_textures(pack, 2, ["people/0001"])


def test_tiles_are_mirrored_so_that_they_join() -> None:
    assert tiled(np.array([[1, 2], [3, 4]], np.uint8), (3, 6)).tolist() == [
        [1, 2, 2, 1, 1, 2],
        [3, 4, 4, 3, 3, 4],
        [3, 4, 4, 3, 3, 4],
    ]
