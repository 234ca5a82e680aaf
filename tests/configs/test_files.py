"""Writing atomically: a final name holds either the whole result or what was there before."""

import hashlib
import os
import stat
import threading
from pathlib import Path

import pytest

from configs.errors import DataError, UsageError
from configs.files import additions, contents, new_folder, scratch_folder, sha256_of, write_atomically


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    path.write_bytes(bytes(300_000))
    assert sha256_of(path) == hashlib.sha256(bytes(300_000)).hexdigest()


def test_hashing_what_is_not_a_file_names_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: cannot be read \(No such file"):
        sha256_of(tmp_path / "nowhere")
    with pytest.raises(DataError, match="expected a file, found a folder"):
        sha256_of(tmp_path)


def test_text_is_written_as_utf8_and_bytes_as_they_are(tmp_path: Path) -> None:
    write_atomically(tmp_path / "deep/er/text", "é\n")
    write_atomically(tmp_path / "bytes", b"\x00\r\n")
    assert (tmp_path / "deep/er/text").read_bytes() == b"\xc3\xa9\n"
    assert (tmp_path / "bytes").read_bytes() == b"\x00\r\n"


def test_writing_replaces_and_leaves_nothing_else_behind(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", "old, and longer")
    write_atomically(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"
    assert _names(tmp_path) == ["file"]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_atomically(tmp_path / "file", "old")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match=r"file: cannot be written \(No space left on device\)"):
        write_atomically(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "old"
    assert _names(tmp_path) == ["file"]


def test_writing_below_a_file_or_over_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="cannot be written"):
        write_atomically(tmp_path / "file/below", "x")
    with pytest.raises(UsageError, match="folder: cannot be written"):
        write_atomically(tmp_path / "folder", "x")
    assert _names(tmp_path) == ["file", "folder"]


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_files_and_folders_get_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    (tmp_path / "plain.d").mkdir()
    write_atomically(tmp_path / "written", "")
    with new_folder(tmp_path / "written.d"):
        pass
    for made, like in (("written", "plain"), ("written.d", "plain.d")):
        assert stat.S_IMODE((tmp_path / made).stat().st_mode) == stat.S_IMODE((tmp_path / like).stat().st_mode)


def test_threads_writing_one_name_leave_one_whole_file(tmp_path: Path) -> None:
    contents = [str(number) * 50_000 for number in range(4)]
    threads = [threading.Thread(target=write_atomically, args=(tmp_path / "file", text)) for text in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "file").read_text() in contents
    assert _names(tmp_path) == ["file"]


def test_a_folder_appears_only_when_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "a/out") as work:
        (work / "part").write_text("x")
        assert not (tmp_path / "a/out").exists()
    assert _names(tmp_path / "a") == ["out"]
    assert _names(tmp_path / "a/out") == ["part"]


def test_a_new_folder_replaces_the_old_one_completely(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").write_text("x")
    with new_folder(out, replace=True) as work:
        (work / "new").write_text("y")
    assert _names(out) == ["new"]
    assert _names(tmp_path) == ["out"]


def test_a_failure_keeps_the_old_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").write_text("x")
    with pytest.raises(KeyError), new_folder(out, replace=True) as work:
        (work / "new").write_text("y")
        raise KeyError
    assert _names(out) == ["old"]
    assert _names(tmp_path) == ["out"]


def test_a_failed_swap_puts_the_old_folder_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").write_text("x")
    real = Path.rename

    def refuse_new(self: Path, target: Path) -> Path:
        if (self / "new").exists():
            raise OSError(13, "Permission denied", str(self))
        return real(self, target)

    monkeypatch.setattr(Path, "rename", refuse_new)
    monkeypatch.setattr("configs.files.exchange", lambda one, other: False)
    refused = pytest.raises(UsageError, match=r"out: cannot be created \(Permission denied")
    with refused, new_folder(out, replace=True) as work:
        (work / "new").write_text("y")
    assert _names(out) == ["old"]
    assert _names(tmp_path) == ["out"]


def test_a_folder_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("precious")
    with pytest.raises(UsageError, match="a file, where a folder is to be made"), new_folder(tmp_path / "out"):
        raise AssertionError("the body must not run")
    assert (tmp_path / "out").read_text() == "precious"


def test_a_folder_below_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be created"), new_folder(tmp_path / "file/out"):
        raise AssertionError("the body must not run")


def test_without_a_single_step_the_old_folder_is_replaced_in_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("configs.files.exchange", lambda one, other: False)
    test_a_new_folder_replaces_the_old_one_completely(tmp_path)


def test_a_folder_that_holds_something_is_replaced_only_where_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "out/deep").mkdir(parents=True)
    with (
        pytest.raises(UsageError, match="out: not empty, it holds deep/; choose another"),
        new_folder(tmp_path / "out"),
    ):
        raise AssertionError("the body must not run")


def test_what_comes_into_a_folder_meanwhile_is_kept_and_the_new_folder_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "out-1").mkdir()
    with pytest.raises(UsageError, match=r"letter has come there meanwhile .*/out-2"):  # noqa: SIM117
        with new_folder(out, replace=True) as work:
            (work / "new").write_text("y")
            (out / "letter").write_text("dear")
    assert _names(out) == ["letter"]
    assert _names(tmp_path) == ["out", "out-1", "out-2"]
    assert _names(tmp_path / "out-2") == ["new"]


def test_folders_made_on_the_way_go_with_what_failed(tmp_path: Path) -> None:
    with pytest.raises(KeyError), new_folder(tmp_path / "a/b/out"):
        raise KeyError
    assert _names(tmp_path) == []


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed_and_stays(tmp_path: Path, there: bool) -> None:
    for name, folder in (("link", "disk/place"), ("link.txt", "disk/text")):
        (tmp_path / name).symlink_to(tmp_path / folder)
    if there:
        (tmp_path / "disk/place").mkdir(parents=True)
        (tmp_path / "disk/text").write_text("old")
    with new_folder(tmp_path / "link") as work:
        (work / "new").write_text("y")
    write_atomically(tmp_path / "link.txt", "x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "disk/place/new").read_text() == "y"
    assert (tmp_path / "disk/text").read_text() == "x"
    assert _names(tmp_path / "disk") == ["place", "text"]


def test_links_in_a_circle_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(UsageError, match="a link that leads back to itself"), new_folder(tmp_path / "a"):
        raise AssertionError("the body must not run")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are POSIX")
def test_what_is_no_file_is_never_replaced_by_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="pipe: cannot be written"):
        write_atomically(tmp_path / "pipe", "x")
    assert (tmp_path / "pipe").is_fifo()


def test_additions_come_together_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    with pytest.raises(KeyError), additions(tmp_path) as work:
        (work / "old").write_text("new")
        raise KeyError
    assert (tmp_path / "old").read_text() == "old"
    with additions(tmp_path) as work:
        (work / "deep").mkdir()
        (work / "deep/new").write_text("new")
        (work / "old").write_text("new")
    assert (tmp_path / "old").read_text() == (tmp_path / "deep/new").read_text() == "new"
    assert _names(tmp_path) == ["deep", "old"]


def test_additions_never_replace_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(UsageError, match="b: expected a file or nothing, found a folder"), additions(tmp_path) as work:
        (work / "a").write_text("x")
        (work / "b").write_text("x")
    assert _names(tmp_path) == ["b"]


def test_additions_to_a_folder_that_cannot_be_written_are_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UsageError, match=r"cannot be written \(Permission denied\)"), additions(tmp_path):
        raise AssertionError("the body must not run")


def test_a_scratch_folder_is_private_and_goes(tmp_path: Path) -> None:
    with scratch_folder() as work:
        assert stat.S_IMODE(work.stat().st_mode) == 0o700
        (work / "x").write_text("x")
    assert not work.exists()


def test_contents_are_files_links_and_empty_folders_but_no_litter(tmp_path: Path) -> None:
    for folder in ("deep/er", "empty", "full"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("full/x", ".DS_Store", ".hidden"):
        (tmp_path / file).write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "full")
    assert contents(tmp_path) == {"deep/er/", "empty/", "full/x", ".hidden", "link"}
    assert contents(tmp_path / "nowhere") == frozenset()
