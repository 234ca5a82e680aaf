"""Whom to credit: found beside the pictures, carried through composing, and unknown only where nobody tells."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planted_faults import make_sound_set

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from datasets.compose.credits import find_credits
from datasets.compose.run import compose_set
from datasets.fetch.backgrounds import Background, BackgroundSet, describe_image, write_backgrounds
from datasets.importing.record import Foreground, ForegroundSet, Settings
from datasets.samples.images import write_png
from datasets.samples.manifest import (
    CreditEntry,
    Manifest,
    PhotographEntry,
    SampleEntry,
    file_entry,
    make_manifest,
)
from datasets.samples.verify import verify_set

ID = "0123456789abcdef"


def _picture(path: Path, level: int = 0, alpha: bool = False) -> Path:
    pixels = np.full((8, 8, 4), level, np.uint8)
    pixels[2:, 2:6, 3] = 255
    pixels[:2, :, 3] = 0
    write_png(path, pixels if alpha else np.ascontiguousarray(pixels[..., :3]))
    return path


def _find(folder: Path, *files: str) -> list[tuple[str | None, str | None]]:
    found = find_credits(folder, "background", {file: sha256_of(folder / file) for file in files})
    assert [(credit.role, credit.file) for credit in found] == [("background", file) for file in sorted(files)]
    return [(credit.licence, credit.author) for credit in found]


def _fetched(folder: Path) -> None:
    """Write what `dataset fetch` leaves of one photograph."""
    path = _picture(folder / f"{ID}.png")
    image = describe_image(path, ID, "u", sha256_of(path), path.stat().st_size)
    told = {"author": "Ann", "author_url": "https://a", "landing_url": "https://l", "title": "Lake", "rotation": None}
    entry = Background(licence="https://by", **image.model_dump(), **told)
    record = {"split": "test", "seed": 1, "listed": False, "table": "t", "table_sha256": 64 * "0", "failed": ()}
    write_backgrounds(folder, BackgroundSet(images=(entry,), **record))


def _imported(folder: Path, rights: str) -> str:
    """Write what `dataset import` leaves of one picture."""
    path = _picture(folder / "a.png", alpha=True)
    image = Foreground(id="a", sha256=sha256_of(path), bytes=path.stat().st_size, height=8, width=8, sources=())
    record = ForegroundSet(
        settings=Settings(kind="photomatte85"),
        source="Some Set",
        rights=rights,
        colours="true",
        estimator={},
        sequential=False,
        images=(image,),
        skipped=(),
    )
    record.write(folder)
    return image.file


def _table(folder: Path, text: str) -> None:
    (folder / "ATTRIBUTION.csv").write_text(text, encoding="utf-8")


def test_what_nobody_tells_is_unknown(tmp_path: Path) -> None:
    _picture(tmp_path / "a.png")
    assert _find(tmp_path, "a.png") == [(None, None)]


def test_a_fetched_photograph_is_known_by_its_hash_wherever_it_was_moved(tmp_path: Path) -> None:
    _fetched(tmp_path / "open")
    (tmp_path / f"open/{ID}.png").rename(tmp_path / "lake.png")
    [credit] = find_credits(tmp_path, "background", {"lake.png": sha256_of(tmp_path / "lake.png")})
    assert credit == CreditEntry(
        role="background",
        file="lake.png",
        licence="https://by",
        author="Ann",
        author_url="https://a",
        landing_url="https://l",
        title="Lake",
    )


def test_a_fetched_photograph_that_was_edited_is_known_by_its_table(tmp_path: Path) -> None:
    _fetched(tmp_path)
    _picture(tmp_path / f"{ID}.png", level=9)
    assert _find(tmp_path, f"{ID}.png") == [("https://by", "Ann")]


@pytest.mark.parametrize(("rights", "licence"), [("CC BY 4.0", "CC BY 4.0"), ("unclear: who knows", None)])
def test_an_import_tells_its_rights(tmp_path: Path, rights: str, licence: str | None) -> None:
    file = _imported(tmp_path, rights)
    [credit] = find_credits(tmp_path, "foreground", {file: sha256_of(tmp_path / file)})
    assert (credit.licence, credit.author) == (licence, None)
    assert credit.title == f"Some Set; rights: {rights}"


def test_a_table_of_one_s_own_tells_what_an_import_leaves_open(tmp_path: Path) -> None:
    file = _imported(tmp_path, "unclear")
    _table(tmp_path, "file,licence\na.png,by contract\n")
    assert _find(tmp_path, file) == [("by contract", None)]


def test_tables_count_below_their_folder_by_path_with_or_without_ending(tmp_path: Path) -> None:
    for file in ("a.png", "in/b.png", "in/c.png", "in/d.png"):
        _picture(tmp_path / file)
    _table(tmp_path, "\ufefffile,licence\na.png,CC0\nin/b.png,unknown\n")
    _table(tmp_path / "in", 'id,author,licence,more\nc,"Cy\n and Di",CC BY,x\nd,,\n')
    found = [("CC0", None), (None, None), ("CC BY", "Cy and Di"), (None, None)]
    assert _find(tmp_path, "a.png", "in/b.png", "in/c.png", "in/d.png") == found


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffid,licence,author\r\nin/Jos\u00e9.png,CC BY,Ann\r\n",
        "\ufeffid;licence;author\r\nin/Jos\u00e9;CC BY;Ann\r\n",
        "FILE\tLicense\tAuthor\n./in/Jos\u00e9.png\tCC BY\tAnn\n",
        "File , LICENCE,author\nin\\Jos\u00e9.png,CC BY,Ann\n",
        "id,licence,author\nIN\\Jose\u0301.PNG,CC BY,Ann\n",
        '"id","licence","author"\n\n"in/Jose\u0301","CC BY","Ann"\n',
    ],
    ids=["mark", "semicolons", "tabs", "backslash", "spelling", "quoted"],
)
def test_tables_match_as_spreadsheets_write_them(tmp_path: Path, text: str) -> None:
    _picture(tmp_path / "in/Jos\u00e9.png")
    _table(tmp_path, text)
    assert _find(tmp_path, "in/Jos\u00e9.png") == [("CC BY", "Ann")]


def test_a_table_in_another_coding_is_named_with_what_to_do(tmp_path: Path) -> None:
    _picture(tmp_path / "a.png")
    (tmp_path / "ATTRIBUTION.csv").write_bytes("id,licence,author\na,CC0,José\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"ATTRIBUTION\.csv: cannot be read as CSV in UTF-8 .*save it as `CSV UTF-8`"):
        _find(tmp_path, "a.png")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,author\na,b\n", "expected columns `licence` and `id` or `file`, found id, author"),
        ("licence\nCC0\n", "expected columns"),
        ("", "found none"),
        ("id,licence\na,CC0\na,CC BY\n", "line 3 credits a once more"),
        ('id,licence\na,"CC0\n', "cannot be read as CSV"),
    ],
)
def test_a_table_that_cannot_be_understood_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    _picture(tmp_path / "a.png")
    _table(tmp_path, text)
    with pytest.raises(DataError, match=rf"ATTRIBUTION\.csv: .*{message}"):
        _find(tmp_path, "a.png")


def test_pictures_of_a_composed_set_keep_their_credits(tmp_path: Path) -> None:
    root = make_sound_set(tmp_path)
    assert _find(root / "fgr", "a/x.png") == [("CC0 1.0", "Ada")]
    assert _find(root / "bgr/a", "x.png", "y.png") == [("CC BY 2.0", "Xi"), ("CC BY 2.0", "Yu")]
    assert _find(tmp_path, "set/bgr/a/x.png") == [("CC BY 2.0", "Xi")]


def test_pictures_of_a_generated_set_are_credited_to_its_photographs(tmp_path: Path) -> None:
    for role in ("com", "bgr", "fgr"):
        _picture(tmp_path / f"{role}/a/1.png")
    named = [("one", "CC BY 2.0", "Ann"), ("two", "CC0 1.0", "Bo"), ("three", "CC0 1.0", "Ann")]
    photographs = [
        PhotographEntry(name=name, package="p", file="f", licence=licence, credit=credit)
        for name, licence, credit in named
    ]
    files = [file_entry(tmp_path, path) for path in tmp_path.rglob("*.png")]
    make_manifest("made", files, [SampleEntry(id="a/1")], photographs=photographs).write(tmp_path)
    assert _find(tmp_path / "bgr", "a/1.png") == [("CC BY 2.0; CC0 1.0", "Ann; Bo")]


def _compose(folder: Path, **changes: Any) -> Path:
    settings = {"size": (16, 16), "per_foreground": 1, "seed": 1, **changes}
    compose_set(folder / "people", folder / "places", folder / "set", **settings)
    return folder / "set"


def test_a_composed_set_credits_the_pictures_that_it_uses_and_no_others(tmp_path: Path) -> None:
    _picture(tmp_path / "people/me.png", 9, alpha=True)
    _fetched(tmp_path / "places")
    for level in range(1, 5):
        _picture(tmp_path / f"places/{level}.png", level)
    root = _compose(tmp_path)
    [used] = [path.stem for path in (root / "bgr/me").iterdir()]
    with (root / "ATTRIBUTION.csv").open(encoding="utf-8", newline="") as stream:
        background, foreground = csv.DictReader(stream)
    assert (background["role"], background["file"]) == ("background", f"{used}.png")
    assert background["licence"] == ("https://by" if used == ID else "unknown")
    assert (foreground["role"], foreground["file"]) == ("foreground", "me.png")
    assert (foreground["licence"], foreground["author"]) == ("unknown", "unknown")
    assert [problem.severity for problem in verify_set(root).problems] == ["warning"]
    assert not verify_set(root, require_licences=True)


def test_a_composed_set_whose_credits_were_changed_is_not_taken_for_whole(tmp_path: Path) -> None:
    _picture(tmp_path / "people/me.png", 9, alpha=True)
    _picture(tmp_path / "places/x.png")
    root = _compose(tmp_path)
    _compose(tmp_path)
    (root / "ATTRIBUTION.csv").unlink()
    with pytest.raises(DataError, match=r"was changed since it was made \(.*ATTRIBUTION\.csv: missing"):
        _compose(tmp_path)


def test_an_author_s_name_is_no_formula_in_the_table_and_itself_in_the_manifest(tmp_path: Path) -> None:
    _picture(tmp_path / "people/me.png", 9, alpha=True)
    _picture(tmp_path / "places/x.png")
    (tmp_path / "places/ATTRIBUTION.csv").write_text("id,licence,author,title\nx,CC0 1.0,'=cmd(),@home\n", "utf-8")
    root = _compose(tmp_path)
    table = (root / "ATTRIBUTION.csv").read_text(encoding="utf-8")
    composed = Manifest.read(root)
    credit = next(credit for credit in composed.composition.credits if credit.role == "background")
    assert (credit.author, credit.title) == ("=cmd()", "@home")
    assert "'=cmd()" in table and "'@home" in table
    assert _find(root / "bgr", "me/x.png") == [("CC0 1.0", "=cmd()")]
    assert verify_set(root)
    (root / "ATTRIBUTION.csv").write_text(table.replace("'", ""), encoding="utf-8")  # as earlier versions wrote it
    _compose(tmp_path)
    (root / "ATTRIBUTION.csv").write_text(table.replace("@home", "@work"), encoding="utf-8")
    with pytest.raises(DataError, match="was changed since it was made"):
        _compose(tmp_path)


def test_another_choice_for_cut_sides_is_another_set(tmp_path: Path) -> None:
    pixels = np.full((40, 30, 4), 255, np.uint8)
    pixels[:24, :9, 3] = pixels[:24, 21:, 3] = 0
    write_png(tmp_path / "people/me.png", pixels)
    _picture(tmp_path / "places/x.png")
    root = _compose(tmp_path, size=(36, 64), cut_sides="keep")
    manifest = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["samples"] == [{"id": "me/x", "tags": ["cut-in-view"]}]
    with pytest.raises(UsageError, match="composed otherwise"):
        _compose(tmp_path, size=(36, 64))
