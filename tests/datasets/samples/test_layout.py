"""Sets in OMZ's layout: found whole, in order, decoded lazily; everything out of place is an error naming it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.errors import DataError
from configs.text import counted
from datasets.samples.images import write_png
from datasets.samples.layout import iterate, listing, load_sample, open_set, scan_layout
from datasets.samples.manifest import SampleEntry, content_sha256, file_entry, make_manifest
from datasets.samples.names import natural_key

FRAMES = ("a/0001", "a/0002", "b/0001")


def _frame(root: Path, id_: str, value: int = 0) -> None:
    """One sample of 2x3 pixels: composite 10, background 20, foreground 30 (all plus `value`), alpha 40."""
    write_png(root / "com" / f"{id_}.png", np.full((2, 3, 3), 10 + value, np.uint8))
    write_png(root / "bgr" / f"{id_}.png", np.full((2, 3, 3), 20 + value, np.uint8))
    foreground = np.full((2, 3, 4), 30 + value, np.uint8)
    foreground[..., 3] = 40
    write_png(root / "fgr" / f"{id_}.png", foreground)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for value, id_ in enumerate(FRAMES):
        _frame(tmp_path / "set", id_, value)
    return tmp_path / "set"


def _add_manifest(root: Path, sequential: bool = False) -> None:
    files = [file_entry(root, path) for path in root.glob("*/*/*.png")]
    samples = [SampleEntry(id="a/0001", tags=("hair", "blur")), SampleEntry(id="a/0002"), SampleEntry(id="b/0001")]
    make_manifest("named", files, samples, sequential=sequential).write(root)


def test_samples_come_in_order_with_everything_in_its_place(root: Path) -> None:
    sample_set = open_set(root)
    assert [ref.id for ref in sample_set.refs] == list(FRAMES)
    assert sample_set.name == "set"
    samples = list(iterate(sample_set))
    assert [sample.id for sample in samples] == list(FRAMES)
    last = samples[2]
    assert last.size == (2, 3)
    assert np.unique(last.source).tolist() == [12]
    assert np.unique(last.background).tolist() == [22]
    assert np.unique(last.foreground).tolist() == [32]
    assert np.unique(last.alpha).tolist() == [40]


def test_numbers_in_names_count_as_numbers_and_clips_come_first(tmp_path: Path) -> None:
    for id_ in ("clip10/frame1", "clip2/frame10", "clip2/frame9", "clip/frame1", "clip-2/frame1"):
        _frame(tmp_path, id_)
    found = [ref.id for ref in open_set(tmp_path).refs]
    assert found == ["clip/frame1", "clip2/frame9", "clip2/frame10", "clip10/frame1", "clip-2/frame1"]


def test_the_sort_key_tells_every_two_names_apart() -> None:
    names = ["a/1", "a/01", "a/001", "a", "a/b/1", "1/a", ""]
    assert len({natural_key(name) for name in names}) == len(names)
    assert sorted(sorted(names), key=natural_key) == sorted(sorted(names, reverse=True), key=natural_key)


def test_the_limit_takes_the_first_samples(root: Path) -> None:
    sample_set = open_set(root)
    assert [sample.id for sample in iterate(sample_set, 2)] == ["a/0001", "a/0002"]
    assert len(list(iterate(sample_set, 99))) == 3
    with pytest.raises(ValueError, match="limit must be positive, not 0"):
        iterate(sample_set, 0)


def test_a_sample_is_decoded_only_when_asked_for(root: Path) -> None:
    (root / "com/b/0001.png").write_bytes(b"broken")
    samples = iterate(open_set(root))
    assert next(samples).id == "a/0001"
    assert next(samples).id == "a/0002"
    with pytest.raises(DataError, match=r"com/b/0001\.png: is not a PNG, JPEG or WebP"):
        next(samples)


def test_composites_and_backgrounds_may_be_jpeg(root: Path) -> None:
    for role, name in (("com", "a/0001.jpg"), ("bgr", "a/0001.JPEG")):
        (root / role / "a/0001.png").unlink()
        Image.new("RGB", (3, 2), (9, 9, 9)).save(root / role / name)
    sample_set = open_set(root)
    assert [ref.id for ref in sample_set.refs] == list(FRAMES)
    assert load_sample(sample_set.refs[0]).source.max() < 15


def test_hidden_files_and_those_of_file_managers_are_passed_over(root: Path) -> None:
    (root / "com/a/@eaDir").mkdir()
    for name in ("com/.DS_Store", "com/a/Thumbs.db", "fgr/b/._0001.png", "README.txt", "bgr/desktop.ini"):
        (root / name).write_text("x")
    for name in ("com/__MACOSX/a.png", "com/$RECYCLE.BIN/a.png", "bgr/a/@eaDir/0001.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    assert len(open_set(root).refs) == 3


# Identity


def test_without_a_manifest_the_identity_is_computed_from_the_files(root: Path) -> None:
    sample_set = open_set(root)
    expected = content_sha256(
        (entry.path, entry.pixels_sha256) for entry in (file_entry(root, path) for path in root.glob("*/*/*.png"))
    )
    assert sample_set.manifest is None
    assert sample_set.manifest_sha256 == expected


def test_a_manifest_agrees_with_the_computed_identity(root: Path) -> None:
    before = open_set(root).manifest_sha256
    _add_manifest(root)
    assert open_set(root).manifest_sha256 == before


def test_the_identity_follows_content_and_names_but_not_the_place(root: Path, tmp_path: Path) -> None:
    before = open_set(root).manifest_sha256
    root.rename(tmp_path / "moved")
    assert open_set(tmp_path / "moved").manifest_sha256 == before
    _frame(tmp_path / "moved", "a/0001", value=1)
    assert open_set(tmp_path / "moved").manifest_sha256 != before


def test_name_tags_and_order_in_time_come_from_the_manifest(root: Path) -> None:
    assert not open_set(root).sequential
    _add_manifest(root, sequential=True)
    sample_set = open_set(root)
    assert sample_set.name == "named"
    assert sample_set.sequential
    assert [ref.tags for ref in sample_set.refs] == [("hair", "blur"), (), ()]
    assert load_sample(sample_set.refs[0]).tags == ("hair", "blur")


def test_a_file_that_changed_since_the_manifest_is_not_evaluated(root: Path) -> None:
    _add_manifest(root)
    _frame(root, "a/0002", value=9)
    samples = iterate(open_set(root))
    next(samples)
    with pytest.raises(DataError, match=r"com/a/0002\.png: has SHA-256 .*, the manifest says .*make the set again"):
        next(samples)


def test_files_beyond_the_manifest_are_an_error(root: Path) -> None:
    _add_manifest(root)
    _frame(root, "c/0001")
    with pytest.raises(DataError, match=r"manifest\.json: not in the manifest: bgr/c/0001\.png, com/c/0001\.png, fgr"):
        open_set(root)


def test_files_of_the_manifest_that_are_gone_are_an_error(root: Path) -> None:
    _add_manifest(root)
    for role in ("com", "bgr", "fgr"):
        (root / role / "b/0001.png").unlink()
    with pytest.raises(DataError, match=r"manifest\.json: not in the folder: bgr/b/0001\.png, com/b/0001\.png, fgr"):
        open_set(root)


def test_a_manifest_with_other_samples_is_an_error(root: Path) -> None:
    files = [file_entry(root, path) for path in root.glob("*/*/*.png")]
    make_manifest("x", files, [SampleEntry(id=id_) for id_ in FRAMES[:2]]).write(root)
    with pytest.raises(DataError, match="`samples` and the files disagree about b/0001"):
        open_set(root)


# What is refused


def test_a_missing_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: no such folder; expected com/, bgr/ and fgr/"):
        open_set(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file: not a folder"):
        open_set(tmp_path / "file")


def test_missing_folders_are_named(root: Path) -> None:
    (root / "bgr").rename(root / "backgrounds")
    with pytest.raises(DataError, match="set: has no folder `bgr`; expected com/, bgr/ and fgr/"):
        open_set(root)
    (root / "fgr").rename(root / "foregrounds")
    with pytest.raises(DataError, match="has no folder `bgr` and `fgr`"):
        open_set(root)


def test_a_set_one_folder_further_down_is_pointed_at(root: Path) -> None:
    with pytest.raises(DataError, match=rf"has no folder `com` and `bgr` and `fgr`; .*did you mean {root}\?"):
        open_set(root.parent)


@pytest.mark.parametrize(("role", "word"), [("com", "composite"), ("bgr", "background"), ("fgr", "foreground")])
def test_a_missing_counterpart_is_named_whichever_it_is(root: Path, role: str, word: str) -> None:
    (root / role / "a/0002.png").unlink()
    with pytest.raises(DataError) as caught:
        open_set(root)
    assert str(caught.value) == f"{root / role}: no {word} for a/0002; expected {root / role}/a/0002.png"


def test_a_counterpart_of_another_format_than_rgba_png_is_missing_and_out_of_place(root: Path) -> None:
    (root / "fgr/a/0001.png").rename(root / "fgr/a/0001.jpg")
    with pytest.raises(DataError) as caught:
        open_set(root)
    assert "no foreground for a/0001" in str(caught.value)
    assert f"out of place: {root}/fgr/a/0001.jpg; expected only fgr/<clip>/<frame> with the ending .png" in str(
        caught.value
    )


def test_of_many_problems_five_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    for number in range(8):
        _frame(tmp_path, f"a/{number}")
        (tmp_path / "bgr/a" / f"{number}.png").unlink()
    with pytest.raises(DataError, match="no background for a/0, a/1, a/2, a/3, a/4 and 3 more; expected"):
        open_set(tmp_path)
    assert listing("abcde") == "a, b, c, d, e"


def test_a_count_agrees_with_its_noun() -> None:
    assert [counted(number, "sample") for number in range(3)] == ["0 samples", "1 sample", "2 samples"]


def test_problems_of_every_kind_are_told_at_once(root: Path) -> None:
    (root / "bgr/a/0001.png").unlink()
    (root / "com/notes.txt").write_text("")
    _ = (root / "com/b/0001.jpg").write_bytes((root / "com/b/0001.png").read_bytes())
    problems = scan_layout(root).problems
    assert [problem.split(":")[1].strip() for problem in problems] == [
        "out of place",
        "the same frame twice",
        "no background for a/0001; expected " + str(root / "bgr/a/0001.png"),
    ]
    with pytest.raises(DataError) as caught:
        open_set(root)
    assert str(caught.value) == "\n".join(problems)


def test_a_frame_with_two_endings_is_ambiguous(root: Path) -> None:
    Image.new("RGB", (3, 2)).save(root / "com/a/0001.jpg")
    with pytest.raises(DataError, match=r"com: the same frame twice: \S+/a/0001\.jpg and \S+/a/0001\.png; keep one"):
        open_set(root)


@pytest.mark.parametrize("name", ["com/frame.png", "com/a/notes.txt", "bgr/a/deeper/0001.png"])
def test_files_out_of_place_are_an_error(root: Path, name: str) -> None:
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_bytes((root / "com/a/0001.png").read_bytes())
    place = name if name.count("/") < 3 else name.rpartition("/")[0]
    with pytest.raises(DataError, match=rf"{name[:3]}: out of place: {root}/{place}; expected only"):
        open_set(root)


def test_a_set_without_samples_is_an_error(tmp_path: Path) -> None:
    for role in ("com", "bgr", "fgr"):
        (tmp_path / role / "clip").mkdir(parents=True)
    with pytest.raises(DataError, match="holds no samples; expected com/, bgr/ and fgr/"):
        open_set(tmp_path)


@pytest.mark.parametrize("role", ["bgr", "fgr"])
def test_differing_sizes_name_both_files_and_both_sizes(root: Path, role: str) -> None:
    write_png(root / role / "a/0001.png", np.zeros((3, 2, 4 if role == "fgr" else 3), np.uint8))
    expected = rf"{role}/a/0001\.png: is 2x3, but {root}/com/a/0001\.png is 3x2; .*one size"
    with pytest.raises(DataError, match=expected):
        load_sample(open_set(root).refs[0])
