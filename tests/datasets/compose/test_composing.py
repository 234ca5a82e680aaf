"""Composed sets: the same bytes every time, sound, even in their use of backgrounds, and no input passed over."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.errors import DataError, UsageError
from datasets.compose.run import compose_set
from datasets.samples.images import write_png
from datasets.samples.layout import load_sample
from datasets.samples.verify import verify_set

SIZE = (48, 64)
RNG = np.random.default_rng(3)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    for name in ("a.png", "group/b.png"):
        rgba = RNG.integers(0, 256, (40, 30, 4), dtype=np.uint8)
        rgba[:8] = rgba[:, :5] = rgba[:, -5:] = 0
        rgba[20:, 10:20, 3] = 255
        write_png(tmp_path / "people" / name, rgba)
    return tmp_path / "people"


@pytest.fixture
def places(tmp_path: Path) -> Path:
    for name in ("x.png", "y.png", "z.png"):
        write_png(tmp_path / "places" / name, RNG.integers(0, 256, (50, 90, 3), dtype=np.uint8))
    (tmp_path / "places/notes.txt").write_text("no picture", encoding="utf-8")
    return tmp_path / "places"


def _compose(people: Path, places: Path, out: Path, **changes: Any) -> Any:
    return compose_set(people, places, out, **{"size": SIZE, "per_foreground": 3, "seed": 4, **changes})


def _digest(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("plate", ["exact", "handheld"])
def test_the_same_inputs_give_the_same_bytes_and_another_seed_others(people: Path, places: Path, plate: str) -> None:
    out = people.parent
    for name, seed in (("1", 4), ("2", 4), ("3", 5)):
        _compose(people, places, out / name, plate=plate, seed=seed)
    assert _digest(out / "1") == _digest(out / "2")
    one, three = _digest(out / "1"), _digest(out / "3")
    composites = [name for name in one if name.startswith("com/")]
    assert all(one[name] != three[name] for name in composites)


def test_an_exact_set_is_sound_and_says_what_it_is(people: Path, places: Path) -> None:
    calls: list[tuple[int, int]] = []
    made = _compose(people, places, people.parent / "set", progress=lambda *numbers: calls.append(numbers))
    assert [ref.id for ref in made.refs] == [f"{clip}/{frame}" for clip in ("a", "group-b") for frame in "xyz"]
    report = verify_set(made.root)
    assert report
    assert [problem.kind for problem in report.problems] == ["licence"]
    assert calls == [(done, 6) for done in range(1, 7)]
    manifest = made.manifest
    assert manifest.exact_composites
    assert not manifest.sequential
    assert manifest.name == "composed-6x48x64-exact-seed4-v2"
    assert manifest.composition.origins[3].foreground == "group/b.png"
    assert manifest.composition.origins[3].background == "x.png"


@pytest.mark.parametrize("litter", ["__MACOSX", "@eaDir", "$RECYCLE.BIN", ".thumbnails"])
def test_litter_is_neither_composed_nor_credited(people: Path, places: Path, litter: str) -> None:
    clean = _digest(_compose(people, places, people.parent / "clean").root)
    write_png(people / litter / "thumbnail.png", RNG.integers(0, 256, (9, 9, 4), dtype=np.uint8))
    write_png(places / "deep" / litter / "thumbnail.png", RNG.integers(0, 256, (9, 9, 3), dtype=np.uint8))
    (places / litter).mkdir()
    (places / litter / "ATTRIBUTION.csv").write_text("not a table", encoding="utf-8")
    (places / "._x.png").write_bytes(b"not a picture")
    assert _digest(_compose(people, places, people.parent / "set").root) == clean


def test_linked_folders_are_composed_like_others(people: Path, places: Path) -> None:
    whole = _digest(_compose(people, places, people.parent / "whole").root)
    (people.parent / "disk").mkdir()
    for name in ("y.png", "z.png"):
        (places / name).rename(people.parent / "disk" / name)
    (places / "linked").symlink_to(people.parent / "disk")
    linked = _compose(people, places, people.parent / "set")
    assert {ref.id.partition("/")[2] for ref in linked.refs} == {"x", "linked-y", "linked-z"}
    assert len(_digest(linked.root)) == len(whole)
    with pytest.raises(UsageError, match=r"lies in .*places/linked, whose pictures go in"):
        _compose(people, places, people.parent / "disk/set")


def test_two_spellings_of_a_name_are_one(people: Path, places: Path) -> None:
    for name in ("Jos\u00e9.png", "Jose\u0301.png"):
        (places / name).write_bytes((places / "x.png").read_bytes())
    with pytest.raises(DataError, match="both give the name"):
        _compose(people, places, people.parent / "set")


@pytest.mark.parametrize("plate", ["exact", "handheld"])
def test_skipping_gives_the_set_of_the_folders_without_what_is_damaged(people: Path, places: Path, plate: str) -> None:
    clean = _compose(people, places, people.parent / "clean", plate=plate)
    for damage in (_opaque, _other_format, _video):
        damage(people, places)
    (places / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (people / "X.PNG").write_bytes(b"<html>")
    made = _compose(people, places, people.parent / "set", plate=plate, skip_damaged=True)
    assert {path: digest for path, digest in _digest(made.root).items() if path != "manifest.json"} == {
        path: digest for path, digest in _digest(clean.root).items() if path != "manifest.json"
    }
    assert made.manifest.files == clean.manifest.files
    found = {skipped.id: skipped.reason for skipped in made.manifest.skipped}
    assert set(found) == {
        "foreground/bad.png",
        "foreground/X.PNG",
        "background/bad.tiff",
        "background/clip.mp4",
        "background/broken.jpg",
    }
    assert found["foreground/bad.png"].startswith("bad.png: is opaque everywhere")
    assert str(people.parent) not in found["background/broken.jpg"]
    assert _compose(people, places, people.parent / "set", plate=plate, skip_damaged=True).refs == made.refs
    (places / "broken.jpg").unlink()
    with pytest.raises(UsageError, match="composed otherwise"):
        _compose(people, places, people.parent / "set", plate=plate, skip_damaged=True)


def test_nothing_left_is_an_error_even_when_skipping(people: Path, places: Path) -> None:
    for path in places.glob("*.png"):
        path.write_bytes(b"<html>")
    with pytest.raises(DataError, match=r"holds no backgrounds; .*\n  x\.png: is not a PNG(.|\n)*z\.png"):
        _compose(people, places, people.parent / "set", skip_damaged=True)


def test_a_handheld_set_shares_all_but_plate_and_shadow(people: Path, places: Path) -> None:
    exact = _compose(people, places, people.parent / "exact")
    handheld = _compose(people, places, people.parent / "handheld", plate="handheld")
    assert verify_set(handheld.root).errors == ()
    assert not handheld.manifest.exact_composites
    for one, other in zip(exact.refs, handheld.refs, strict=True):
        true, seen = load_sample(one), load_sample(other)
        assert (true.foreground == seen.foreground).all()
        assert (true.alpha == seen.alpha).all()
        assert (true.background != seen.background).any()
        assert "handheld" in seen.tags
        # A shadow only ever darkens; without one the source is the same.
        assert (seen.source <= true.source).all()
        assert ("shadow" in seen.tags) or (seen.source == true.source).all()


def test_backgrounds_are_used_evenly(people: Path, places: Path) -> None:
    write_png(people / "c.png", np.dstack([np.eye(9, dtype=np.uint8) * 255] * 4))
    made = _compose(people, places, people.parent / "set", per_foreground=1)
    assert {ref.id.partition("/")[2] for ref in made.refs} == {"x", "y", "z"}


def test_a_set_that_is_there_is_kept_and_anything_else_refused(people: Path, places: Path) -> None:
    out = people.parent / "set"
    _compose(people, places, out)
    before = (out / "manifest.json").stat().st_mtime_ns
    _compose(people, places, out)
    assert (out / "manifest.json").stat().st_mtime_ns == before
    with pytest.raises(UsageError, match="composed otherwise"):
        _compose(people, places, out, plate="handheld")
    (out / "com/a/x.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"was changed since it was made \(changed: com/a/x\.png\)"):
        _compose(people, places, out)
    (people.parent / "mine").mkdir()
    (people.parent / "mine/letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(UsageError, match="not a composed set"):
        _compose(people, places, people.parent / "mine")
    with pytest.raises(UsageError, match="whose pictures go in"):
        _compose(people, places, places / "set")


def _opaque(people: Path, places: Path) -> None:
    write_png(people / "bad.png", np.full((4, 4, 4), 255, np.uint8))


def _transparent(people: Path, places: Path) -> None:
    write_png(people / "bad.png", np.zeros((4, 4, 4), np.uint8))


def _without_alpha(people: Path, places: Path) -> None:
    write_png(people / "bad.png", np.zeros((4, 4, 3), np.uint8))


def _broken(people: Path, places: Path) -> None:
    (places / "y.png").write_bytes(b"<html>")


def _other_format(people: Path, places: Path) -> None:
    (places / "bad.tiff").write_bytes(b"II*")


def _video(people: Path, places: Path) -> None:
    (places / "clip.mp4").write_bytes(b"")


def _circle(people: Path, places: Path) -> None:
    (places / "again").symlink_to(places)


def _backslash(people: Path, places: Path) -> None:
    (places / "x.png").rename(places / "a\\x.png")


def _long_together(people: Path, places: Path) -> None:
    (people / ("x" * 150)).mkdir()
    (people / "a.png").rename(people / ("x" * 150) / ("y" * 90 + ".png"))


def _same_name(people: Path, places: Path) -> None:
    (people / "Group-B.png").write_bytes((people / "a.png").read_bytes())


def _no_people(people: Path, places: Path) -> None:
    for path in people.rglob("*.png"):
        path.unlink()


def _no_folder(people: Path, places: Path) -> None:
    places.rename(places.with_name("moved"))


def _too_few(people: Path, places: Path) -> None:
    (places / "z.png").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_opaque, r"bad\.png: is opaque everywhere"),
        (_transparent, r"bad\.png: is transparent everywhere"),
        (_without_alpha, r"bad\.png: has no alpha channel"),
        (_broken, r"y\.png: is not a PNG, JPEG or WebP"),
        (_other_format, r"bad\.tiff: expected backgrounds with the ending"),
        (_video, r"clip\.mp4 is a video: take its frames out first .*ffmpeg -i \S+/clip\.mp4 \S+/clip/%05d\.png"),
        (_circle, r"places/again: a link back to .*remove the link"),
        (_backslash, r"its name holds a backslash"),
        (_long_together, r"its name has 245 bytes; expected at most 240"),
        (_same_name, r"Group-B\.png.*both give the name"),
        (_no_people, r"people: holds no foregrounds"),
        (_no_folder, r"places: no such folder"),
        (_too_few, r"places: holds 2 backgrounds, but each foreground is to have 3"),
    ],
)
def test_every_bad_input_is_named_and_nothing_is_left(people: Path, places: Path, damage: Any, message: str) -> None:
    damage(people, places)
    with pytest.raises(DataError, match=message):
        _compose(people, places, people.parent / "set")
    assert not [path.name for path in people.parent.iterdir() if "set" in path.name]


def test_a_damaged_picture_may_be_left_out_as_its_error_says(people: Path, places: Path) -> None:
    _broken(people, places)
    with pytest.raises(DataError, match=r"y\.png: is not a PNG.*or leave out what is damaged with --skip-damaged"):
        _compose(people, places, people.parent / "set")


def test_a_video_in_the_place_of_a_folder_is_named(people: Path, places: Path) -> None:
    (people.parent / "clip.MOV").write_bytes(b"")
    with pytest.raises(DataError, match=r"clip\.MOV: not a folder; expected backgrounds; .* is a video"):
        _compose(people, people.parent / "clip.MOV", people.parent / "set")


@pytest.mark.parametrize(
    "changes", [{"size": (0, 4)}, {"size": (1 << 14, 1 << 14)}, {"per_foreground": 0}, {"seed": -1}]
)
def test_numbers_out_of_range_are_usage_errors(people: Path, places: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="expected"):
        _compose(people, places, people.parent / "set", **changes)
