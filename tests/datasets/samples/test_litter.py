"""Litter: what file managers, archivers and network drives leave, which no reader of folders takes for content."""

import ast
from pathlib import Path

import pytest

from configs.errors import DataError
from datasets.samples.litter import entries, is_litter, walk

ROOT = Path(__file__).resolve().parents[3]

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
    ".Spotlight-V100",
    ".AppleDouble",
    ".thumbnails",
    ".ipynb_checkpoints",
    "~$notes.png",
    "SYNOFILE_THUMB_M.png",
    "SYNOPHOTO_THUMB_XL.jpg",
    "Thumbs.db:encryptable",
)


@pytest.mark.parametrize("name", LITTER)
def test_litter_is_known_by_its_name(name: str) -> None:
    assert is_litter(name)


@pytest.mark.parametrize(
    "name", ["0001.png", "thumbs.png", "macosx", "eaDir", "recycle", "a.DS_Store", "_hidden.png", "~me.png", "$1.png"]
)
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


def test_linked_folders_are_walked_like_others(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/1.png").write_bytes(b"")
    (tmp_path / "here").mkdir()
    for name in ("a", "b"):
        (tmp_path / "here" / name).symlink_to(tmp_path / "there")
    (tmp_path / "here/lost.png").symlink_to(tmp_path / "nothing")
    found = [[path.relative_to(tmp_path).as_posix() for path in files] for _, files in walk(tmp_path / "here")]
    assert found == [["here/lost.png"], ["here/a/1.png"], ["here/b/1.png"]]


@pytest.mark.parametrize("target", [".", "..", "deep"])
def test_a_link_into_a_circle_is_named(tmp_path: Path, target: str) -> None:
    (tmp_path / "set/deep").mkdir(parents=True)
    (tmp_path / "set/deep/again").symlink_to((tmp_path / "set/deep" / target).resolve(), target_is_directory=True)
    if target == "deep":
        (tmp_path / "set/deep/again").unlink()
        (tmp_path / "set/deep/deep").symlink_to(tmp_path / "set/deep")
    with pytest.raises(DataError, match=r"set/deep/(again|deep): a link back to .*remove the link"):
        list(walk(tmp_path / "set"))


def test_a_link_to_itself_is_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "a.png")
    assert list(walk(tmp_path)) == [(tmp_path, [tmp_path / "a.png"])]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for reader in (walk, entries):
        with pytest.raises(DataError, match=r"none: cannot be read \(No such file"):
            list(reader(tmp_path / "none"))


OF_OUR_OWN = {
    "configs",  # whether an output folder is empty
    "mattekit/terminal/jobs.py",  # results by their name
    "datasets/fetch/backgrounds.py",  # its own temporary files
    "eval/locate/run.py",  # whether an output folder is empty
    "datasets/remote/cache.py",  # what it has fetched
    "converter/architectures/__init__.py",  # the user's own families
    "eval/omz/pairing.py",  # as accuracy_checker enters them
    "eval/cluster/identity.py",  # the user's own families
    "eval/pipeline/journal.py",  # the parts of a run
    "eval/provenance",  # the locks, and the toolkit's own source
    "eval/versions/environments.py",  # wheels by their name
    "tools",
}
"""What looks into folders for files of the toolkit's own making."""


def test_every_folder_of_pictures_is_entered_here() -> None:
    walking = set()
    for top in ("configs", "datasets", "converter", "eval", "training", "mattekit"):
        for path in (ROOT / top).rglob("*.py"):
            calls = (
                node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
            )
            names = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
            if names & {"rglob", "glob", "iterdir", "scandir", "listdir"}:
                walking.add(path.relative_to(ROOT).as_posix())
    assert {name for name in walking if not name.startswith(tuple(OF_OUR_OWN))} == {"datasets/samples/litter.py"}
