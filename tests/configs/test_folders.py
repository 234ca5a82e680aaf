"""Folders made once: kept, made again or refused, and never replaced where they are not the command's own."""

from pathlib import Path

import pytest

from configs.errors import DataError, UsageError
from configs.folders import find_made


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def _read(folder: Path) -> str | None:
    path = folder / "mark"
    if not path.exists():
        return None
    if path.read_text() == "{":
        raise DataError(f"{path}: corrupt")
    return path.read_text()


def _holds(made: str) -> set[str]:
    return {"mark", f"pages/{made}"}


def _find(out: Path, wanted: str | None = "one", *, replace: bool = False) -> str | None:
    def fault(made: str) -> str:
        return "" if made == wanted else f"{out}: holds {made}, not {wanted}"

    return find_made(
        out,
        _read,
        foreign="holds something else",
        holds=_holds,
        fault=None if wanted is None else fault,
        replace=replace,
    )


def test_what_is_missing_or_empty_is_to_be_made(out: Path) -> None:
    assert _find(out) is None
    assert _find(out / "missing") is None
    assert _find(out / "missing/deeper") is None


def test_the_wanted_folder_is_kept(out: Path) -> None:
    (out / "mark").write_text("one")
    assert _find(out) == "one"
    assert _find(out, replace=True) == "one"


def test_another_of_the_command_s_own_is_refused_or_replaced(out: Path) -> None:
    (out / "mark").write_text("two")
    with pytest.raises(UsageError, match="out: holds two, not one"):
        _find(out)
    assert _find(out, replace=True) is None


def test_the_wanted_folder_that_was_changed_is_an_error_of_its_own_or_replaced(out: Path) -> None:
    def changed(_: str) -> str:
        raise DataError("was changed")

    (out / "mark").write_text("one")
    with pytest.raises(DataError, match="was changed"):
        find_made(out, _read, foreign="something else", holds=_holds, fault=changed)
    assert find_made(out, _read, foreign="something else", holds=_holds, fault=changed, replace=True) is None


def test_without_a_fault_to_look_for_the_command_s_own_is_made_again(out: Path) -> None:
    (out / "mark").write_text("one")
    assert _find(out, None) is None


@pytest.mark.parametrize("wanted", ["one", None])
@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize(("name", "text"), [("letter", "dear"), ("mark", "{")])
def test_what_the_command_did_not_make_is_always_refused(
    out: Path, name: str, text: str, replace: bool, wanted: str | None
) -> None:
    (out / name).write_text(text)
    with pytest.raises(UsageError, match="out: holds something else") as caught:
        _find(out, wanted, replace=replace)
    assert ("mark: corrupt" in str(caught.value)) == (name == "mark")


@pytest.mark.parametrize("other", ["photo.jpg", "pages/two", "pages/empty/"])
@pytest.mark.parametrize("wanted", ["two", None])
def test_the_command_s_own_is_not_made_again_where_it_holds_something_else(
    out: Path, wanted: str | None, other: str
) -> None:
    (out / "pages").mkdir()
    (out / "mark").write_text("one")
    (out / "pages/one").write_text("")
    (out / ".DS_Store").write_text("")
    assert _find(out, wanted, replace=True) is None
    if other.endswith("/"):
        (out / other).mkdir()
    else:
        (out / other).write_text("dear")
    with pytest.raises(UsageError, match=f"out: not replaced, because it also holds {other}"):
        _find(out, wanted, replace=True)
    assert _find(out, "one", replace=True) == "one"


def test_a_link_to_a_folder_is_looked_at_where_it_points(out: Path) -> None:
    (out.parent / "link").symlink_to(out)
    assert _find(out.parent / "link") is None
    (out / "letter").write_text("dear")
    with pytest.raises(UsageError, match=r"link: holds something else \(it holds letter\)"):
        _find(out.parent / "link")


def test_a_file_is_refused(out: Path) -> None:
    (out / "file").write_text("dear")
    with pytest.raises(UsageError, match="file: holds something else"):
        _find(out / "file", replace=True)


def test_a_folder_that_cannot_be_read_is_refused(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UsageError, match=r"out: cannot be read \(Permission denied\)"):
        _find(out)
