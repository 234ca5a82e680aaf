"""Names of files as people have them: two spellings that are one name, and names that no record can hold."""

import os
from pathlib import Path

import numpy as np
import pytest

from configs.errors import DataError
from datasets.importing.ready import import_ready
from datasets.samples.images import write_png
from datasets.samples.layout import iterate, open_set, scan_layout
from datasets.samples.manifest import SampleEntry, content_sha256, file_entry, make_manifest
from datasets.samples.names import LONGEST_NAME, name_fault, readable
from datasets.samples.verify import verify_set

COMPOSED, DECOMPOSED = "Jos\u00e9", "Jose\u0301"
LATIN_1 = os.fsdecode(b"gr\xfc\xdfe")


def _frame(root: Path, com: str, bgr: str, fgr: str) -> Path:
    alpha = np.array([[0, 128, 255]], np.uint8)
    source = np.where(alpha[..., np.newaxis] > 200, 90, 30).astype(np.uint8).repeat(3, axis=2)
    source[0, 1] = 60
    write_png(root / f"com/{com}.png", source)
    write_png(root / f"bgr/{bgr}.png", np.full((1, 3, 3), 30, np.uint8))
    write_png(root / f"fgr/{fgr}.png", np.dstack((np.full((1, 3, 3), 90, np.uint8), alpha)))
    return root


def test_two_spellings_of_a_name_are_one_frame_and_stay_as_they_are(tmp_path: Path) -> None:
    clip, other = f"{COMPOSED}/1", f"{DECOMPOSED}/1"
    root = _frame(tmp_path / "set", clip, other, other)
    [sample] = iterate(open_set(root))
    assert sample.id == clip
    made = import_ready(root, tmp_path / "out", workers=1)
    assert [ref.id for ref in made.refs] == [clip]
    assert (tmp_path / f"out/bgr/{other}.png").is_file()
    assert verify_set(made.root).errors == ()
    assert made.manifest_sha256 == open_set(root).manifest_sha256


def test_a_manifest_finds_its_files_in_another_spelling(tmp_path: Path) -> None:
    root = _frame(tmp_path, *[f"a/{DECOMPOSED}"] * 3)
    entries = [file_entry(root, path) for path in open_set(root).refs[0].files]
    spelled = [entry.model_copy(update={"path": entry.path.replace(DECOMPOSED, COMPOSED)}) for entry in entries]
    make_manifest("x", spelled, [SampleEntry(id=f"a/{COMPOSED}", tags=("t",))]).write(root)
    [sample] = iterate(open_set(root))
    assert (sample.id, sample.tags) == (f"a/{COMPOSED}", ("t",))
    assert verify_set(root).errors == ()
    assert content_sha256([("a/" + DECOMPOSED, "0")]) == content_sha256([("a/" + COMPOSED, "0")])


def test_two_spellings_in_one_folder_are_the_same_frame_twice(tmp_path: Path) -> None:
    root = _frame(_frame(tmp_path, *[f"a/{COMPOSED}"] * 3), *[f"a/{DECOMPOSED}"] * 3)
    assert all("the same frame twice" in problem for problem in scan_layout(root).problems)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (LATIN_1, r"com/a/gr\\xfc\\xdfe.png: its name is not UTF-8; rename it"),
        (r"b\1", r"its name holds a backslash, perhaps from an archive made on Windows"),
        ("é" * 119, f"its name has 242 bytes; expected at most {LONGEST_NAME}: rename it"),
    ],
    ids=["not UTF-8", "backslash", "long"],
)
def test_a_name_that_no_record_can_hold_is_named_before_anything_is_read(tmp_path: Path, name: str, fault: str) -> None:
    root = _frame(tmp_path, *["a/1"] * 3)
    (root / "com/a/1.png").rename(root / f"com/a/{name}.png")
    with pytest.raises(DataError) as caught:
        open_set(root)
    assert fault.replace("\\\\", "\\") in str(caught.value)
    str(caught.value).encode()
    assert not verify_set(root)


def test_a_set_in_a_folder_whose_name_is_not_utf_8_is_refused_at_once(tmp_path: Path) -> None:
    root = _frame(tmp_path / LATIN_1, *["a/1"] * 3)
    with pytest.raises(DataError, match=r"gr\\xfc\\xdfe: the path is not UTF-8"):
        open_set(root)


def test_a_path_that_is_too_long_is_an_error_of_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read \(File name too long"):
        open_set(tmp_path / ("x" * 300))


def test_names_that_records_hold_have_no_fault() -> None:
    assert [name_fault(name) for name in ("a/b.png", "José/ö 1.png", "a/" + "x" * LONGEST_NAME)] == ["", "", ""]


def test_any_name_can_be_shown() -> None:
    assert [readable(name) for name in ("é", LATIN_1, "half \ud800")] == ["é", r"gr\xfc\xdfe", r"half \ud800"]
