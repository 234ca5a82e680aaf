"""Opening files for reading: what is not a file is refused at once, and so is what leads out of a folder."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from configs import reading
from configs.errors import DataError, UsageError
from configs.files import sha256_of
from configs.load import load_config
from configs.reading import inside, read_bytes, read_text, require_regular
from configs.records import Record


class _Note(Record):
    FILE = "note.json"
    REMEDY = "write it anew"
    number: float = 0


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    socket.socket(socket.AF_UNIX).bind(os.path.relpath(path))


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


READERS: tuple[Callable[[Path], object], ...] = (read_bytes, read_text, sha256_of, require_regular, _Note.read)


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize("read", [*READERS, load_config], ids=lambda read: read.__qualname__)
@pytest.mark.parametrize(
    ("make", "found"),
    [(_folder, "a folder"), (_pipe, "a pipe"), (_socket, "a socket"), (_device, "a device")],
    ids=lambda given: getattr(given, "__name__", None),
)
def test_what_is_no_file_is_named_at_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], None],
    found: str,
    read: Callable[[Path], object],
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ("note.json" if make is not _folder else "note")
    make(path)
    expected = UsageError if read is load_config else DataError
    if make is _folder and read == _Note.read:
        (path / "note.json").mkdir()
    with pytest.raises(expected, match=rf"note(\.json)?: expected a file, found {found}"):
        read(path)


def test_a_file_longer_than_a_record_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_RECORD_BYTES", 3)
    (tmp_path / "long").write_bytes(b"1234")
    assert read_bytes(tmp_path / "long", 4) == b"1234"
    with pytest.raises(DataError, match="is longer than the 3 bytes that are read"):
        read_bytes(tmp_path / "long", 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"schema_version": 1, "number": 1e308}', "beyond any figure"),
        ('{"schema_version": 1, "number": -1e400}', "beyond any figure"),
        (f'{{"schema_version": 1, "number": {"9" * 5000}}}', r"999\.\.\. is an integer of more than 18 digits"),
        ('{"schema_version": 1, "\\ud800": 0}', "surrogates not allowed"),
        ("[" * 100_000, "recursion"),
    ],
    ids=["large", "infinite", "digits", "half a character", "deep"],
)
def test_a_record_holds_numbers_that_can_be_reckoned_with(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "note.json").write_text(text)
    with pytest.raises(DataError, match=expected) as caught:
        _Note.read(tmp_path)
    assert len(str(caught.value)) < 500


def test_a_name_that_no_file_can_have_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\\x00b': no name that a file can have"):
        read_bytes(tmp_path / "a\0b")


def test_a_record_names_files_inside_its_folder_alone(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (tmp_path / "secret").write_text("x")
    (folder / "file").write_text("x")
    (folder / "near").symlink_to("file")
    (folder / "far").symlink_to(tmp_path / "secret")
    (folder / "circle").symlink_to("circle")
    assert inside(folder, "file") == folder / "file"
    assert inside(folder, "near") == folder / "near"
    assert inside(folder, "gone") == folder / "gone"
    for name in ("far", "../secret", str(tmp_path / "secret")):
        with pytest.raises(DataError, match="leads out of"):
            inside(folder, name)
    with pytest.raises(DataError, match="cannot be followed"):
        inside(folder, "circle")


def test_a_linked_folder_is_the_one_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert inside(tmp_path / "link", "file") == tmp_path / "link" / "file"
