"""The visitors' files: names, bounds, and that they go."""

import tempfile
from concurrent.futures import Future
from pathlib import Path

import pytest

from configs.temporaries import temporary_in
from demo.page.desk import BusyError
from demo.page.store import Store, stored


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\me.png", "me.png"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("é ü.jpg", "é ü.jpg"),
        ("a\n<b>.png", "a__b_.png"),
        (f"{'x' * 300}.png", f"{'x' * 96}.png"),
    ],
)
def test_an_upload_keeps_its_name_as_far_as_it_is_safe(tmp_path: Path, given: str, kept: str) -> None:
    visitor = Store(tmp_path, 1).open()
    path = visitor.place("source", given)
    assert path == visitor.folder / "source" / kept


def test_what_was_there_before_is_replaced(tmp_path: Path) -> None:
    visitor = Store(tmp_path, 1).open()
    visitor.place("plate", "a.png").write_bytes(b"a")
    visitor.place("plate", "b.png").write_bytes(b"b")
    (visitor.results("made") / "alpha.png").write_bytes(b"1")
    (visitor.results("made") / "alpha.png").write_bytes(b"2")
    files = {path.relative_to(visitor.folder).as_posix() for path in visitor.folder.rglob("*") if path.is_file()}
    assert files == {"plate/b.png", "made-2/alpha.png"}


def test_only_results_are_served(tmp_path: Path) -> None:
    store = Store(tmp_path, 1)
    visitor = store.open()
    visitor.place("source", "a.png").write_bytes(b"a")
    result = visitor.results("made") / "alpha.png"
    result.write_bytes(b"1")
    (result.parent / "link.png").symlink_to("/etc/passwd")
    assert visitor.address(result) == f"/results/{visitor.token}/made-1/alpha.png"
    assert store.result(visitor.token, "made-1", "alpha.png") == result
    for asked in [("made-1", "link.png"), ("source", "a.png"), ("made-1", ".."), ("..", "x"), ("made-1", "../x")]:
        assert store.result(visitor.token, *asked) is None
    assert store.result("guess", "made-1", "alpha.png") is None


def test_visitors_are_bounded_and_their_files_go_when_the_job_has_ended(tmp_path: Path) -> None:
    store = Store(tmp_path, 1)
    visitor = store.open()
    with pytest.raises(BusyError, match="1 pages are open"):
        store.open()
    visitor.job = Future()
    visitor.job.set_running_or_notify_cancel()
    store.close(visitor)
    assert (visitor.stop.asked, visitor.folder.exists()) == (True, True)
    visitor.job.set_result(None)
    assert not visitor.folder.exists()
    store.close(store.open())
    assert list(tmp_path.iterdir()) == []


def test_the_store_s_folder_goes_and_so_does_what_a_killed_page_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    name = temporary_in(tmp_path).name.split("-")
    name[-2] = "1"  # the process of that number began at another time
    left = tmp_path / "-".join(name)
    left.mkdir()
    with stored(1) as store:
        assert not left.exists()
        folder = store.open().folder
        assert folder.is_dir() and folder.stat().st_mode & 0o77 == 0
    assert list(tmp_path.iterdir()) == []
