"""The shipped pack keeps its promises: whole, small, varied, credited."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from configs.load import load_config
from configs.schema import DatasetSection, Plate
from datasets.people.copies import COPIES
from datasets.people.make import first_people, make_people
from datasets.people.pack import PACK_FOLDER, PackSample, load_background, load_foreground, open_pack
from datasets.samples.coverage import CoverageMeter
from datasets.samples.gaps import gaps
from datasets.samples.layout import iterate
from datasets.samples.manifest import content_sha256
from datasets.samples.verify import verify_set

LARGEST = 15_000_000
FRAMINGS = {"portrait", "waist-up", "full-body"}
BACKGROUNDS = {"photo", "room"}
DIFFICULTIES = {"motion-blur", "translucent", "object", "gap", "camouflage", "low-light", "two-people"}
HAIR = {"hair-long", "hair-short", "hair-curly", "hair-straight"}
SMALL_SET = 8
# What the set of the 24 alone was before there were copies.
FIRST_24: dict[Plate, str] = {
    "exact": "2f2c8d6b0a92ef4f41bd002a5d3f32b063dd2845b0dc793c741f9b59de44c404",
    "handheld": "a4a063b915b315d6bff925eb0fbed56bb4104700c198336132decf3a290881e0",
}
PACK = open_pack()
SAMPLES = PACK.record.samples


def test_the_default_job_asks_for_all_24_and_their_12_copies_at_their_size() -> None:
    default = load_config(Path(__file__).parents[3] / "configs/default.yaml").dataset
    assert (len(SAMPLES), len(COPIES)) == (24, 12)
    assert default.count == DatasetSection().count == 36
    assert PACK.record.size == default.size == (720, 1280)


def test_the_folder_holds_what_the_record_lists_and_no_more_than_15_mb() -> None:
    files = {path.relative_to(PACK_FOLDER).as_posix(): path for path in PACK_FOLDER.rglob("*") if path.is_file()}
    assert set(files) == {"pack.json", *PACK.record.files}
    assert sum(path.stat().st_size for path in files.values()) <= LARGEST


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.id)
def test_every_file_is_whole_and_every_person_is_there(sample: PackSample) -> None:
    foreground, alpha = load_foreground(PACK, sample)
    assert not foreground[alpha == 0].any()
    assert alpha.max() == 255
    assert ((alpha > 0) & (alpha < 255)).any()
    assert 0.02 < (alpha > 127).mean() < 0.9
    top, left, height, width = sample.box
    inside = alpha[top : top + height, left : left + width]
    assert all(side.any() for side in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))
    assert np.ptp(load_background(PACK, sample)) > 30


def test_no_picture_is_there_twice() -> None:
    assert max(Counter(file.pixels_sha256 for file in PACK.record.files.values()).values()) == 1


def test_every_kind_is_there_and_every_sample_says_where_it_is_and_how_framed() -> None:
    tags = [set(sample.tags) for sample in SAMPLES]
    assert set().union(*tags) >= FRAMINGS | BACKGROUNDS | DIFFICULTIES | HAIR
    for sample, own in zip(SAMPLES, tags, strict=True):
        assert len(own) == len(sample.tags), sample.id
        assert len(own & BACKGROUNDS) == 1, sample.id
        assert len(own & FRAMINGS) == 1, sample.id
        assert all(tag == tag.lower() and tag.split() == [tag] for tag in own), sample.id


def test_the_first_eight_hold_every_difficulty_and_both_kinds_of_background() -> None:
    first = set().union(*(sample.tags for sample in SAMPLES[:SMALL_SET]))
    assert first >= FRAMINGS | BACKGROUNDS | DIFFICULTIES


def test_low_light_is_noisy_and_dark_and_nothing_else_is_noisy() -> None:
    for sample in SAMPLES:
        assert ("low-light" in sample.tags) == (sample.noise > 0), sample.id
        if sample.noise:
            assert 1 <= sample.noise <= 20
            assert load_background(PACK, sample).mean() < 90, sample.id


def test_whoever_made_a_photograph_is_credited() -> None:
    assert all(photograph.licence and photograph.credit for photograph in PACK.record.photographs)
    for sample in SAMPLES:
        assert "photo" not in sample.tags or sample.photographs, sample.id


def test_the_recipe_is_told() -> None:
    assert PACK.record.recipe


@pytest.mark.slow
@pytest.mark.parametrize("plate", ["exact", "handheld"])
def test_the_whole_set_is_made_and_sound(tmp_path: Path, plate: Plate) -> None:
    people = first_people(PACK, 36, COPIES)
    made = make_people(tmp_path / "set", PACK, len(people), copies=COPIES, plate=plate)
    assert verify_set(made.root, require_licences=True).problems == ()
    meter = CoverageMeter(PACK.record.size)
    for sample, person in zip(iterate(made), people, strict=True):
        again = person.compose(plate, 1)
        assert (sample.source == again.source).all()
        assert (sample.background == again.background).all()
        assert sample.tags == again.tags
        meter.add(sample)
    assert gaps(meter.coverage()) == []
    assert made.manifest is not None
    first = content_sha256((file.path, file.pixels_sha256) for file in made.manifest.files if "/01" not in file.path)
    assert first == FIRST_24[plate]
