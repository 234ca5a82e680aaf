"""Litter: what file managers, archivers and network drives leave, which no reader of folders takes for content."""

from pathlib import Path

import pytest

from configs.errors import DataError
from datasets.samples.litter import is_litter, walk

LITTER = (
    "__MACOSX",
    "._0001.png",
    ".DS_Store",
    "Thumbs.db",
    "THUMBS.DB",
    "ehthumbs.db",
    "desktop.ini",
    "Icon\r",
    "@eaDir",
    "#recycle",
    "@Recycle",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
    ".Trash-1000",
)


@pytest.mark.parametrize("name", LITTER)
def test_litter_is_known_by_its_name(name: str) -> None:
    assert is_litter(name)


@pytest.mark.parametrize("name", ["0001.png", "thumbs.png", "macosx", "eaDir", "recycle", "a.DS_Store", "_hidden.png"])
def test_other_names_are_content(name: str) -> None:
    assert not is_litter(name)


def test_a_walk_is_in_order_and_without_litter(tmp_path: Path) -> None:
    for name in ("b/2.png", "b/10.png", "a/1.png", "a/Thumbs.db", "@eaDir/a.png", ".git/x/1.png", "z.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = [
        (place.relative_to(tmp_path).as_posix(), [path.relative_to(tmp_path).as_posix() for path in files])
        for place, files in walk(tmp_path)
    ]
    assert found == [(".", ["z.png"]), ("a", ["a/1.png"]), ("b", ["b/10.png", "b/2.png"])]


def test_linked_folders_are_walked_on_request(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/1.png").write_bytes(b"")
    (tmp_path / "here").mkdir()
    (tmp_path / "here/link").symlink_to(tmp_path / "there")
    assert [files for _, files in walk(tmp_path / "here")] == [[]]
    assert [files for _, files in walk(tmp_path / "here", follow_links=True)] == [[], [tmp_path / "here/link/1.png"]]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none: cannot be read \(No such file"):
        list(walk(tmp_path / "none"))
