"""Two folders change places at once."""

import errno
import sys
from pathlib import Path

import pytest

from configs import exchange as module
from configs.exchange import exchange


def _two(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text("")
    return tmp_path / "one", tmp_path / "other"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has it")
def test_folders_change_places(tmp_path: Path) -> None:
    one, other = _two(tmp_path)
    if not exchange(one, other):
        pytest.skip("this file system cannot")
    assert [path.name for path in one.iterdir()] == ["other"]
    assert [path.name for path in other.iterdir()] == ["one"]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has it")
def test_a_refusal_is_an_error(tmp_path: Path) -> None:
    one, _ = _two(tmp_path)
    with pytest.raises(FileNotFoundError, match="No such file or directory"):
        exchange(one, tmp_path / "nowhere")


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_where_it_cannot_be_done_that_is_told(tmp_path: Path, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        def renameat2(self, *_: object) -> int:
            return -1

    monkeypatch.setattr(module.sys, "platform", platform)
    monkeypatch.setattr(module.ctypes, "CDLL", lambda *_, **__: Library())
    monkeypatch.setattr(module.ctypes, "get_errno", lambda: errno.EINVAL)
    assert not exchange(*_two(tmp_path))
