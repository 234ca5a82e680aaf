"""The cache of what was fetched: bounded, shared by threads and processes, and never in the way of who reads."""

import os
import threading
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import BinaryIO

import pytest

from configs.errors import DataError, UsageError
from datasets.remote.cache import LIMIT, Cache, cache_folder, cache_limit


def writing(data: bytes, calls: list[bytes] | None = None) -> Callable[[BinaryIO], None]:
    def fetch(stream: BinaryIO) -> None:
        if calls is not None:
            calls.append(data)
        stream.write(data)

    return fetch


def always(path: Path) -> bool:
    return True


def names(cache: Cache) -> set[str]:
    return {path.name for path in cache.folder.rglob("*") if path.is_file()}


def use(cache: Cache, key: str, size: int = 10) -> list[bytes]:
    calls: list[bytes] = []
    with cache.held(key, ".png", writing(key.encode()[:1] * size, calls), always) as path:
        assert path.read_bytes() == key.encode()[:1] * size
    return calls


def test_a_file_is_fetched_once(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 1000)
    assert [len(use(cache, "a")), len(use(cache, "a")), len(use(Cache(tmp_path, 1000), "a"))] == [1, 0, 0]


def test_the_least_recently_used_go_first_and_the_limit_holds(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 50)
    for second, key in enumerate("abcde"):
        use(cache, key)
        for path in tmp_path.rglob("*.png"):
            if path.read_bytes()[:1] == key.encode():
                os.utime(path, (second, second))
    use(cache, "a")  # used again, just now
    use(cache, "f")
    left = {path.read_bytes()[:1].decode() for path in tmp_path.rglob("*.png")}
    assert left == {"a", "d", "e", "f"}


def test_what_is_being_read_is_not_removed(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 15)
    with cache.held("a", ".png", writing(b"a" * 10), always) as path:
        os.utime(path, (0, 0))
        use(cache, "b")
        assert path.read_bytes() == b"a" * 10
    assert use(cache, "c")
    assert not path.exists()


def test_a_limit_below_any_file_still_serves(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 1)
    assert [len(use(cache, key)) for key in "aab"] == [1, 0, 1]


def test_threads_fetch_one_file_once(tmp_path: Path) -> None:
    cache, calls, together = Cache(tmp_path, 1000), [], threading.Barrier(8)

    def read() -> None:
        together.wait()
        with cache.held("a", ".png", writing(b"a" * 10, calls), always) as path:
            assert path.read_bytes() == b"a" * 10

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


def _hammer(folder: Path, seed: int) -> None:
    """Use few files of a cache that holds hardly two, so that what one process reads another wants to remove."""
    cache = Cache(folder, 25)
    for turn in range(150):
        use(cache, "abcdef"[(turn * (seed + 1)) % 6])


def test_processes_share_a_cache_that_is_too_small(tmp_path: Path) -> None:
    context = get_context("spawn")
    workers = [context.Process(target=_hammer, args=(tmp_path, seed)) for seed in range(2)]
    for worker in workers:
        worker.start()
    _hammer(tmp_path, 4)
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.png")) <= 30


def test_what_came_before_a_failure_is_gone_on_with(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 1000)

    def half(stream: BinaryIO) -> None:
        stream.write(b"half")
        raise DataError("broke off")

    with pytest.raises(DataError, match="broke off"), cache.held("a", ".png", half, always):
        pass

    def rest(stream: BinaryIO) -> None:
        assert stream.tell() == 4
        stream.write(b"rest")

    with cache.held("a", ".png", rest, always) as path:
        assert path.read_bytes() == b"halfrest"
    assert names(cache) == {path.name}


def test_nothing_is_left_of_what_brought_nothing(tmp_path: Path) -> None:
    def fail(stream: BinaryIO) -> None:
        raise DataError("refused")

    with pytest.raises(DataError, match="refused"), Cache(tmp_path, 1000).held("a", ".png", fail, always):
        pass
    assert names(Cache(tmp_path, 1000)) == set()


def test_a_damaged_file_is_fetched_anew(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 1000)
    with cache.held("a", ".png", writing(b"good"), always) as path:
        pass
    path.write_bytes(b"rust")
    with cache.held("a", ".png", writing(b"good"), lambda path: path.read_bytes() == b"good") as path:
        assert path.read_bytes() == b"good"


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = Cache(tmp_path / "file", 1000)
    with pytest.raises(UsageError, match="MATTEKIT_CACHE"), cache.held("a", ".png", writing(b"a"), always):
        pass


def test_place_and_limit_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("MATTEKIT_CACHE", "MATTEKIT_CACHE_SIZE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert (cache_folder(), cache_limit()) == (tmp_path / "mattekit/sets", LIMIT)
    monkeypatch.setenv("MATTEKIT_CACHE", "there")
    assert cache_folder() == Path("there/sets")
    for text, size in (("50 GB", 50 * 10**9), ("1.5gb", 1_500_000_000), ("512 MiB", 512 << 20), ("700", 700)):
        monkeypatch.setenv("MATTEKIT_CACHE_SIZE", text)
        assert cache_limit() == size
    for wrong in ("much", "-1 GB", "0", "1 PB"):
        monkeypatch.setenv("MATTEKIT_CACHE_SIZE", wrong)
        with pytest.raises(UsageError, match="MATTEKIT_CACHE_SIZE: expected a size"):
            cache_limit()
