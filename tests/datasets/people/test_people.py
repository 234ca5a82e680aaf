"""The set of the bundled people: the pack's pixels composed exactly, noise and hand-held plates by the seed alone."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_people import CREDITS, NOISE, SIZE, tiny_pictures, write_tiny_pack

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from datasets.people import person
from datasets.people.copies import Copy, copied_person
from datasets.people.make import first_people, make_people
from datasets.people.pack import Pack
from datasets.people.person import people_sample
from datasets.samples.composite import composite
from datasets.samples.layout import SampleSet, iterate
from datasets.samples.plate import largest_noise
from datasets.samples.verify import verify_set
from tools.people_pack.packing import write_pack


def _make(pack: Pack, out: Path, count: int = 3, **changes: Any) -> SampleSet:
    return make_people(out, pack, count, **{"workers": 1, **changes})


def _contents(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): sha256_of(path) for path in sorted(root.rglob("*")) if path.is_file()}


def test_samples_without_noise_are_exact_composites(pack: Pack, tmp_path: Path) -> None:
    samples = list(iterate(_make(pack, tmp_path / "set")))
    for sample, picture in zip(samples, tiny_pictures(), strict=True):
        np.testing.assert_array_equal(sample.alpha, picture.alpha)
        if sample.id == "people/0002":
            continue
        np.testing.assert_array_equal(sample.background, picture.background)
        np.testing.assert_array_equal(
            sample.source, composite(sample.foreground, picture.alpha, picture.background), err_msg=sample.id
        )


def test_low_light_gives_source_and_plate_noise_of_their_own(pack: Pack) -> None:
    picture = tiny_pictures()[1]
    sample = people_sample(pack, pack.record.samples[1], "exact", 1)
    clean = composite(sample.foreground, sample.alpha, picture.background).astype(int)
    source, plate = sample.source - clean, sample.background - picture.background.astype(int)
    for noise in (source, plate):
        assert abs(noise.mean()) < 0.3
        assert abs(noise.std() - NOISE) < 0.3
        assert np.abs(noise).max() <= largest_noise(NOISE)
    assert abs((source * plate).mean()) < 0.05 * NOISE**2
    np.testing.assert_array_equal(sample.alpha, picture.alpha)


def test_the_manifest_says_what_the_set_is(pack: Pack, tmp_path: Path) -> None:
    manifest = _make(pack, tmp_path / "set", 2).manifest
    assert manifest is not None
    assert manifest.name == "people-2-exact-seed1-v5"
    assert manifest.generator is not None
    assert manifest.generator.model_dump() == {
        "name": "mattekit-people",
        "version": 5,
        "seed": 1,
        "count": 2,
        "size": SIZE,
    }
    assert [(sample.id, sample.tags, sample.noise) for sample in manifest.samples] == [
        ("people/0001", ("portrait", "tag-0"), 0),
        ("people/0002", ("portrait", "tag-1"), NOISE),
    ]
    assert manifest.exact_composites
    assert manifest.photographs == CREDITS
    assert manifest.composition is not None
    for origin in manifest.composition.origins:
        assert origin.foreground_sha256 == sha256_of(pack.folder / origin.foreground)
        assert origin.background_sha256 == sha256_of(pack.folder / origin.background)


def test_only_the_photographs_in_use_are_credited(pack: Pack, tmp_path: Path) -> None:
    manifest = _make(pack, tmp_path / "set", 1).manifest
    assert manifest is not None
    assert [photograph.name for photograph in manifest.photographs] == ["a"]


def test_every_picture_is_credited_with_the_photographs_of_its_sample(pack: Pack, tmp_path: Path) -> None:
    made = _make(pack, tmp_path / "set")
    with (made.root / "ATTRIBUTION.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    ours, both = ("MIT", "the mattekit authors"), ("MIT; CC0 1.0", "the mattekit authors; someone")
    assert [(row["role"], row["file"], (row["licence"], row["author"])) for row in rows] == [
        (role, f"{role}s/000{number}.webp", told)
        for role in ("background", "foreground")
        for number, told in ((1, both), (2, both), (3, ours))
    ]


def test_a_set_whose_credits_are_gone_is_not_whole(pack: Pack, tmp_path: Path) -> None:
    made = _make(pack, tmp_path / "set")
    (made.root / "ATTRIBUTION.csv").unlink()
    assert [problem.kind for problem in verify_set(made.root).errors] == ["licence"]
    with pytest.raises(DataError, match=r"was changed since it was made \(.*ATTRIBUTION\.csv: missing"):
        _make(pack, tmp_path / "set")


@pytest.mark.parametrize("plate", ["exact", "handheld"])
def test_sets_are_sound(pack: Pack, tmp_path: Path, plate: str) -> None:
    _make(pack, tmp_path / "set", plate=plate)
    assert verify_set(tmp_path / "set").problems == ()


def test_a_planted_fault_is_found_in_noisy_and_in_exact_samples(pack: Pack, tmp_path: Path) -> None:
    made = _make(pack, tmp_path / "set")
    for ref in made.refs[:2]:
        ref.source.write_bytes(made.refs[2].source.read_bytes())
    wrong = [problem.message for problem in verify_set(tmp_path / "set").errors if problem.kind == "composite"]
    assert "expected an exact composite" in wrong[0]
    assert "for its noise" in wrong[1]


# Recorded when the format was made: whoever changes what pixels come of a pack raises the version of the shipped one.
GOLDEN = {
    "exact": "7c6a5aaa2a7a6d53912d3aadd288280f51c96eda7663d7a6692ddc67a28d74b2",
    "handheld": "500f2a3cc49c62dfc5db21232f74fa1ba5ddeeebf9a070d8c1680cdaaa86de93",
}


@pytest.mark.parametrize("plate", ["exact", "handheld"])
def test_the_pixels_are_those_of_every_machine(pack: Pack, tmp_path: Path, plate: str) -> None:
    assert _make(pack, tmp_path / "set", plate=plate).manifest_sha256 == GOLDEN[plate]


def test_one_process_and_two_give_the_same_bytes(pack: Pack, tmp_path: Path) -> None:
    _make(pack, tmp_path / "one", plate="handheld")
    _make(pack, tmp_path / "two", plate="handheld", workers=2)
    assert _contents(tmp_path / "one") == _contents(tmp_path / "two")


def test_the_seed_draws_noise_and_hand_held_plates_and_nothing_else(pack: Pack) -> None:
    def differs(number: int, plate: Any) -> tuple[bool, bool, bool]:
        one, two = (people_sample(pack, pack.record.samples[number], plate, seed) for seed in (1, 2))
        assert (one.alpha == two.alpha).all()
        return bool((one.source != two.source).any()), bool((one.background != two.background).any()), one.id == two.id

    assert differs(0, "exact") == (False, False, True)
    assert differs(1, "exact") == (True, True, True)
    assert differs(0, "handheld")[1:] == (True, True)


def test_a_hand_held_set_shares_the_people_and_tells_what_its_plates_went_through(pack: Pack, tmp_path: Path) -> None:
    exact, held = (_make(pack, tmp_path / plate, plate=plate) for plate in ("exact", "handheld"))
    assert held.manifest is not None
    assert held.name == "people-3-handheld-seed1-v5"
    assert not held.manifest.exact_composites
    for true, seen in zip(iterate(exact), iterate(held), strict=True):
        assert (true.alpha == seen.alpha).all()
        assert (true.foreground == seen.foreground).all()
        assert (true.background != seen.background).any()
        assert seen.tags[: len(true.tags)] == true.tags
        assert "handheld" in seen.tags
        # A shadow only ever darkens; the noise of the source is the same for both plates.
        if "tag-1" not in seen.tags:
            assert (seen.source <= true.source).all()
        assert "shadow" in seen.tags or (seen.source == true.source).all()


def test_progress_counts_to_the_end(pack: Pack, tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    _make(pack, tmp_path / "set", progress=lambda *numbers: calls.append(numbers))
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_a_set_that_is_there_is_kept_and_another_needs_force(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "set"
    first = _make(pack, out)
    with monkeypatch.context() as patch:
        patch.setattr(person, "load_background", None)
        assert _make(pack, out).manifest_sha256 == first.manifest_sha256
    expected = "set: holds another set of the bundled people, people-3-exact-seed1-v5, where people-3-handheld-seed1-v5"
    with pytest.raises(UsageError, match=rf"{expected} is to go; use --force of `mattekit dataset people`"):
        _make(pack, out, plate="handheld")
    assert _make(pack, out, plate="handheld", force=True).name == "people-3-handheld-seed1-v5"


@pytest.mark.parametrize("part", ["tags", "background"])
def test_a_set_of_a_pack_that_has_changed_is_not_taken_for_this_one(pack: Pack, tmp_path: Path, part: str) -> None:
    out = tmp_path / "set"
    _make(pack, out)
    pictures = tiny_pictures()
    if part == "tags":
        pictures = [replace(picture, tags=("other",)) for picture in pictures]
    else:
        pictures[0].background[0, 0] ^= 1
    changed = write_pack(tmp_path / "changed", pictures, version=5, photographs=CREDITS)
    with pytest.raises(UsageError, match="holds another set of the bundled people"):
        _make(changed, out)


def test_a_damaged_set_is_told(pack: Pack, tmp_path: Path) -> None:
    made = _make(pack, tmp_path / "set")
    made.refs[0].source.unlink()
    with pytest.raises(DataError, match=r"was changed since it was made \(missing: com/people/0001\.png\)"):
        _make(pack, tmp_path / "set")


def test_something_else_is_never_replaced(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(UsageError, match="holds something that is not a set of the bundled people"):
        _make(pack, tmp_path / "set", force=True)


def test_a_damaged_pack_leaves_nothing_behind(pack: Pack, tmp_path: Path) -> None:
    (pack.folder / "backgrounds/0003.webp").unlink()
    with pytest.raises(DataError, match=r"backgrounds/0003\.webp: there is no such file"):
        _make(pack, tmp_path / "set")
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]


@pytest.mark.parametrize("count", [0, -1, 4])
def test_a_count_out_of_range_names_the_range(pack: Pack, tmp_path: Path, count: int) -> None:
    message = rf"dataset\.count: there are 3 bundled people, found {count}; choose 1 to 3, or `path: synthetic`"
    with pytest.raises(UsageError, match=message):
        _make(pack, tmp_path / "set", count)


def test_a_negative_seed_is_refused(pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="seed: expected 0 or more, found -1"):
        _make(pack, tmp_path / "set", seed=-1)


def test_the_first_are_those_of_the_pack_in_its_order_then_the_copies(tmp_path: Path) -> None:
    pack = write_tiny_pack(tmp_path / "pack")
    copies = Copy(2, 100, 0, 0, False), Copy(3, 100, 0, 0, False)
    first = first_people(pack, 4, copies)
    assert tuple(one.entry for one in first[:3]) == pack.record.samples
    assert [one.entry.id for one in first[3:]] == ["people/0102"]
    message = r"there are 5 bundled people \(2 of them copies\), found 6; choose 1 to 5"
    with pytest.raises(UsageError, match=message):
        first_people(pack, 6, copies)


COPIES = Copy(1, 100, 5, 10, True, "bright"), Copy(2, 150, 0, 10, False, "own", "red")


@pytest.mark.parametrize("plate", ["exact", "handheld"])
def test_copies_follow_the_people_whose_bytes_and_credits_stay(pack: Pack, tmp_path: Path, plate: Any) -> None:
    alone, both = _make(pack, tmp_path / "3", plate=plate), _make(pack, tmp_path / "5", 5, copies=COPIES, plate=plate)
    assert both.name == f"people-5-{plate}-seed1-v5"
    assert [ref.id for ref in both.refs[3:]] == ["people/0101", "people/0102"]
    before, after = _contents(alone.root), _contents(both.root)
    assert {name: digest for name, digest in after.items() if name in before and name != "manifest.json"} == {
        name: digest for name, digest in before.items() if name != "manifest.json"
    }
    for stored, copy in zip(list(iterate(both))[3:], COPIES, strict=True):
        sample = copied_person(pack, copy, plate)
        assert stored.tags == sample.tags
        for role in ("source", "background", "alpha", "foreground"):
            assert (getattr(stored, role) == getattr(sample, role)).all(), role


@pytest.mark.parametrize("plate", ["exact", "handheld"])
def test_a_set_with_copies_is_sound_and_says_of_whom_they_are(pack: Pack, tmp_path: Path, plate: str) -> None:
    made = _make(pack, tmp_path / "set", 5, copies=COPIES, plate=plate)
    assert verify_set(made.root, require_licences=True).problems == ()
    assert made.manifest is not None
    assert made.manifest.samples[4].noise == NOISE
    assert made.manifest.composition is not None
    origins = {origin.id: origin.foreground for origin in made.manifest.composition.origins}
    assert origins["people/0102"] == origins["people/0002"] == "foregrounds/0002.webp"


def test_a_copy_before_a_hand_held_plate_is_the_same_person_and_its_plate_its_own(pack: Pack) -> None:
    exact, held = (copied_person(pack, COPIES[0], plate) for plate in ("exact", "handheld"))
    original = people_sample(pack, pack.record.samples[0], "handheld", 1)
    assert (exact.alpha == held.alpha).all()
    assert (exact.background != held.background).any()
    assert "handheld" in held.tags
    assert (held.source <= exact.source).all()
    assert "shadow" in held.tags or (held.source == exact.source).all()
    assert (held.background[:, ::-1] != original.background).mean() > 0.5
