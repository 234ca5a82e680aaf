"""Sets of a user's own pictures and plates, without ground truth: which plate goes with which picture."""

from pathlib import Path

import pytest
from PIL import Image

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from datasets.importing.pairs import find_pairs, make_pairs
from datasets.samples.contact_sheet import TILE_SIDE, set_contact_sheet
from datasets.samples.layout import load_pair, load_sample, open_set
from datasets.samples.sample import Sample
from datasets.samples.verify import verify_set


def picture(path: Path, level: int = 0, size: tuple[int, int] = (12, 8)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (level, level, level)).save(path)
    return path


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            ["x.jpg", "x_plate.png", "y.png", "y-bg.png", "z_img.png", "z_back.png"],
            ["own/x x_plate", "own/y y-bg", "own/z z_back"],
        ),
        (["a/10.png", "a/9.png", "a/plate.png", "b/1.png", "b/1_BG.png"], ["a/9 plate", "a/10 plate", "b/1 1_BG"]),
        (["Sources/a.png", "Sources/b.jpg", "plates/a.jpg", "plates/b.png"], ["own/a a", "own/b b"]),
        (["src/c/1.png", "src/d/1.png", "bgr/empty.png"], ["c/1 empty", "d/1 empty"]),
        (["plates/x.png", "plates/x_plate.png"], ["plates/x x_plate"]),
    ],
)
def test_pairs_are_found_by_name(tmp_path: Path, files: list[str], expected: list[str]) -> None:
    for file in files:
        picture(tmp_path / "own" / file)
    found = find_pairs(tmp_path / "own")
    assert [f"{pair.id} {pair.plate.stem}" for pair in found] == expected


def test_one_plate_may_serve_all_and_is_stored_once(tmp_path: Path) -> None:
    for name in ("x.png", "y_bg.png"):
        picture(tmp_path / "own" / name, 200)
    plate = picture(tmp_path / "own/empty.png", 10)
    made = make_pairs(tmp_path / "own", tmp_path / "set", plate)
    assert [ref.id for ref in made.refs] == ["own/x", "own/y"]
    assert len({ref.background.stat().st_ino for ref in made.refs}) == 1
    assert not made.has_truth
    assert not made.sequential


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["x.jpg", "y.jpg", "y_plate.jpg"], "own: no plate for: x.jpg\nexpected x.jpg beside x_plate.png"),
        (["x.jpg", "x_plate.png", "y_bg.png"], "a plate without its source, or one of several: y_bg.png"),
        (["x.jpg", "x.png", "x_bg.png"], "the same name twice: x.jpg and x.png"),
        ([], "holds no pictures"),
    ],
)
def test_what_does_not_pair_is_named(tmp_path: Path, files: list[str], message: str) -> None:
    (tmp_path / "own").mkdir()
    for file in files:
        picture(tmp_path / "own" / file)
    with pytest.raises(DataError) as caught:
        find_pairs(tmp_path / "own")
    assert message in str(caught.value)


@pytest.mark.parametrize(("name", "message"), [("talk.mp4", "`mattekit dataset frames`"), ("x.heic", "as PNG, JPEG")])
def test_what_is_no_readable_picture_is_named(tmp_path: Path, name: str, message: str) -> None:
    picture(tmp_path / "own/x.png")
    (tmp_path / "own" / name).write_bytes(b"")
    with pytest.raises(DataError, match=message):
        find_pairs(tmp_path / "own")


def test_the_set_holds_the_very_files_and_webp_as_png(tmp_path: Path) -> None:
    source = picture(tmp_path / "own/x.jpg", 90)
    picture(tmp_path / "own/x_plate.webp", 40)
    made = make_pairs(tmp_path / "own", tmp_path / "set")
    assert sha256_of(made.refs[0].source) == sha256_of(source)
    pair = load_pair(made.refs[0])
    assert not isinstance(pair, Sample)
    assert pair.background.mean() == pytest.approx(40, abs=3)
    with pytest.raises(DataError, match="has no ground truth"):
        load_sample(made.refs[0])
    report = verify_set(made.root)
    assert report
    assert "no ground truth (no fgr/): an evaluation measures agreement with the original" in str(report)
    sheet = set_contact_sheet(made, 1)
    assert sheet.shape[1] < TILE_SIDE  # two columns of 12 pixels, and no third
    with pytest.raises(UsageError, match="not empty"):
        make_pairs(tmp_path / "own", tmp_path / "set")


def test_plates_of_another_size_or_the_same_picture_are_refused(tmp_path: Path) -> None:
    picture(tmp_path / "own/x.png")
    picture(tmp_path / "own/x_bg.png", size=(12, 9))
    with pytest.raises(DataError, match=r"x_bg\.png: is 12x9, but .*x\.png is 12x8"):
        make_pairs(tmp_path / "own", tmp_path / "set")
    assert not (tmp_path / "set").exists()
    picture(tmp_path / "own/x_bg.png")
    report = verify_set(make_pairs(tmp_path / "own", tmp_path / "set").root)
    assert [problem.kind for problem in report.errors] == ["composite"]
    assert "plate and source are the same picture in 1 sample (own/x)" in str(report)


def test_a_set_whose_truth_has_another_name_is_not_taken_for_one_without(tmp_path: Path) -> None:
    for role in ("com", "bgr"):
        picture(tmp_path / role / "a/1.png")
    assert not open_set(tmp_path).has_truth
    (tmp_path / "Foregrounds").mkdir()
    with pytest.raises(DataError, match=r"has no folder `fgr`; .*is the ground truth in .*Foregrounds\? Rename it"):
        open_set(tmp_path)
    (tmp_path / "Foregrounds").rename(tmp_path / "fgr")
    with pytest.raises(DataError, match="no foreground for a/1"):
        open_set(tmp_path)
