"""The cache of published models: verified at every use, pinned where nobody publishes a checksum, whatever comes."""

import fcntl
import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from bad_server import HTML, Reply, Server

from configs.catalogue import Published
from configs.errors import DataError, UsageError
from converter.catalogue.lock import Lock, pin, pinned
from converter.catalogue.store import Store
from datasets.fetch.patience import Policy

ONNX = b"\x08\x0a" + bytes(range(256)) * 20
OTHER = b"\x08\x0b" + bytes(range(256)) * 20
PICKLE = b"\x80\x02" + bytes(range(256)) * 20
NAME = "one"
POLICY = Policy(attempts=3, timeout=10, backoff=0)
SHA256 = hashlib.sha256(ONNX).hexdigest()
WHOLE = Reply(body=ONNX, headers={"ETag": '"a"'})


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, said: list[str]) -> Store:
    (tmp_path / "project").mkdir()
    return Store(tmp_path / "cache", tmp_path / "project", POLICY, say=said.append)


def _published(server: Server, *replies: Reply, known: bool = False, mirror: Reply | None = None) -> Published:
    server.replies["/one.onnx"] = list(replies)
    stated: dict[str, object] = {}
    if known:
        stated = {
            "size": len(ONNX),
            "checksum": f"sha384:{hashlib.sha384(ONNX).hexdigest()}",
            "stated_by": "its author",
        }
    if mirror is not None:
        server.replies["/mirror"] = [mirror]
        stated["mirrors"] = [f"{server.url}/mirror"]
    content = {"about": "a", "architecture": "modnet", "file": "one.onnx", "url": f"{server.url}/one.onnx"}
    licence = {"licence": "MIT", "licence_url": "https://example.org/LICENSE"}
    return Published.model_validate(content | licence | stated)


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("known", [True, False])
def test_a_model_is_fetched_once(server: Server, store: Store, known: bool) -> None:
    published = _published(server, WHOLE, known=known)
    for _ in range(2):
        path = store.obtain(NAME, published)
        assert path == store.cache / "one/one.onnx"
        assert path.read_bytes() == ONNX
    assert server.asked["/one.onnx"] == 1
    assert (pinned(store.project, NAME) is None) == known


def test_a_pin_says_what_came_and_whence(server: Server, store: Store, said: list[str]) -> None:
    store.obtain(NAME, _published(server, WHOLE))
    [what] = Lock.read(store.project).models.values()
    assert what.model_dump() == {
        **{"file": "one.onnx", "bytes": len(ONNX), "sha256": SHA256, "url": f"{server.url}/one.onnx"}
    }
    assert f"SHA-256 {SHA256} is pinned in {store.project / Lock.FILE}" in said[-1]


def test_another_file_than_the_pinned_one_is_an_error_that_asks_no_third_time(server: Server, store: Store) -> None:
    store.obtain(NAME, _published(server, WHOLE))
    elsewhere = replace(store, cache=store.cache / "elsewhere")
    other = _published(server, Reply(body=OTHER))
    server.asked.clear()
    with pytest.raises(DataError, match=rf"SHA-256 expected {SHA256} \(pinned in .*the same twice: if its publisher"):
        elsewhere.obtain(NAME, other)
    assert server.asked["/one.onnx"] == 2
    assert not (elsewhere.cache / "one/one.onnx").exists()


def test_a_project_without_a_pin_takes_the_cached_file_s(server: Server, store: Store, tmp_path: Path) -> None:
    published = _published(server, WHOLE)
    store.obtain(NAME, published)
    fresh = replace(store, project=tmp_path)
    fresh.obtain(NAME, published)
    assert Lock.read(tmp_path).models[NAME].sha256 == SHA256
    assert server.asked["/one.onnx"] == 1


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("damage", [OTHER, ONNX[:-1], b""], ids=["changed", "cut", "empty"])
def test_a_damaged_file_of_the_cache_is_fetched_anew(
    server: Server, store: Store, said: list[str], known: bool, damage: bytes
) -> None:
    published = _published(server, WHOLE, known=known)
    store.obtain(NAME, published).write_bytes(damage)
    with pytest.raises(DataError, match=r"expected .*, found .*; fetch it anew, without --offline"):
        replace(store, offline=True).obtain(NAME, published)
    assert store.obtain(NAME, published).read_bytes() == ONNX
    assert server.asked["/one.onnx"] == 2
    assert any("it is fetched anew" in line for line in said)


def test_offline_the_cache_alone_is_asked(server: Server, store: Store) -> None:
    published = _published(server, WHOLE)
    offline = replace(store, offline=True)
    with pytest.raises(DataError, match=r"one: not in the cache .* --local-file FILE"):
        offline.obtain(NAME, published)
    assert not server.asked
    store.obtain(NAME, published)
    assert offline.obtain(NAME, published).read_bytes() == ONNX


FAULTS = {
    "corrupt": Reply(body=OTHER),
    "truncated": Reply(body=ONNX[:99], claimed=len(ONNX)),
    "html": Reply(body=HTML, headers={"Content-Type": "text/html"}),
    "a checkpoint": Reply(body=PICKLE),
    "empty": Reply(),
    "longer": Reply(body=ONNX + b"x", claimed=0),
    "gone": Reply(404),
    "elsewhere": Reply(302, headers={"Location": "ftp://a/b"}),
}
SAID = [
    ("corrupt", True, "SHA-384 expected .* the same twice: the file there is another one"),
    ("truncated", True, "truncated: 99 of"),
    ("truncated", False, "truncated: 99 of"),
    ("html", True, f"expected {len(ONNX)} bytes, the server announces 37 of text/html"),
    ("html", False, "expected an ONNX, found text: b'<!DOCTYPE html"),
    ("a checkpoint", True, "SHA-384 expected"),
    ("a checkpoint", False, "expected an ONNX, found a file that begins with b'.x80.x02"),
    ("empty", True, "the server announces 0"),
    ("empty", False, "empty: 0 bytes came"),
    ("longer", True, f"too long: more than {len(ONNX)} bytes"),
    ("gone", False, "HTTP 404"),
    ("elsewhere", False, "redirected to ftp"),
]


@pytest.mark.parametrize(("fault", "known", "expected"), SAID)
def test_a_fault_of_the_server_is_named_and_nothing_takes_the_name(
    server: Server, store: Store, fault: str, known: bool, expected: str
) -> None:
    with pytest.raises(DataError, match=rf"(?s)one: could not be downloaded; try again, or give a file .*{expected}"):
        store.obtain(NAME, _published(server, FAULTS[fault], known=known))
    assert "one/one.onnx" not in _files(store.cache)
    assert not (store.project / Lock.FILE).exists()


def test_a_mirror_is_asked_when_the_publisher_fails(server: Server, store: Store) -> None:
    published = _published(server, Reply(body=HTML), known=True, mirror=WHOLE)
    assert store.obtain(NAME, published).read_bytes() == ONNX
    assert server.asked == {"/one.onnx": 3, "/mirror": 1}


def test_every_place_s_failure_is_told(server: Server, store: Store) -> None:
    with pytest.raises(DataError, match=r"(?s)one.onnx: HTTP 500.*mirror: HTTP 404"):
        store.obtain(NAME, _published(server, Reply(500), known=True, mirror=Reply(404)))


@pytest.mark.parametrize("known", [True, False])
def test_a_file_of_the_user_s_is_verified_like_a_download(
    server: Server, store: Store, tmp_path: Path, known: bool
) -> None:
    published = _published(server, known=known)
    (tmp_path / "mine").write_bytes(ONNX)
    for _ in range(2):
        assert store.adopt(NAME, published, tmp_path / "mine").read_bytes() == ONNX
    assert replace(store, offline=True).obtain(NAME, published).read_bytes() == ONNX
    (tmp_path / "mine").write_bytes(OTHER)
    with pytest.raises(DataError, match=r"mine: is not the file that is wanted: SHA-...* expected"):
        store.adopt(NAME, published, tmp_path / "mine")
    assert (store.cache / "one/one.onnx").read_bytes() == ONNX


@pytest.mark.parametrize("content", [HTML, b"", b"GIF89a" + bytes(99)], ids=["html", "empty", "picture"])
def test_what_is_no_model_is_never_pinned(server: Server, store: Store, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine").write_bytes(content)
    with pytest.raises(DataError, match="expected an ONNX, found"):
        store.adopt(NAME, _published(server), tmp_path / "mine")
    assert not (store.project / Lock.FILE).exists()


@pytest.mark.parametrize(("content", "found"), [(PICKLE, ""), (ONNX, "begins with"), (b"PK\3\4" + bytes(99), "end")])
def test_a_checkpoint_is_told_by_its_start_and_its_end(
    server: Server, store: Store, tmp_path: Path, content: bytes, found: str
) -> None:
    (tmp_path / "mine").write_bytes(content)
    published = _published(server).model_copy(update={"file": "one.pth"})
    if not found:
        store.adopt(NAME, published, tmp_path / "mine")
        return
    with pytest.raises(DataError, match=f"expected a checkpoint of PyTorch, found .*{found}"):
        store.adopt(NAME, published, tmp_path / "mine")


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: None], ids=["folder", "nothing"])
def test_a_local_file_that_is_none_is_an_error(
    server: Server, store: Store, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "mine")
    with pytest.raises(DataError, match="mine: "):
        store.adopt(NAME, _published(server), tmp_path / "mine")


def test_a_file_is_placed_where_it_is_missing_and_verified_where_it_is_there(
    server: Server, store: Store, tmp_path: Path
) -> None:
    published, path = _published(server, WHOLE), tmp_path / "public/one/one.onnx"
    assert [store.place(NAME, published, path) for _ in range(2)] == [True, False]
    assert path.read_bytes() == ONNX
    path.write_bytes(OTHER)
    with pytest.raises(DataError, match=r"is not the file of one: SHA-256 expected .*; move it away"):
        store.place(NAME, published, path)
    assert path.read_bytes() == OTHER


def test_a_file_put_there_by_hand_needs_no_network_and_is_pinned(server: Server, store: Store, tmp_path: Path) -> None:
    published = _published(server)
    (tmp_path / "one.onnx").write_bytes(ONNX)
    assert not replace(store, offline=True).place(NAME, published, tmp_path / "one.onnx")
    assert Lock.read(store.project).models[NAME].url is None


def test_a_licence_that_is_not_accepted_fetches_nothing(server: Server, store: Store, tmp_path: Path) -> None:
    def refuse(name: str, published: Published) -> None:
        raise UsageError(f"{name}: {published.licence} was not accepted")

    refusing = replace(store, confirm=refuse)
    (tmp_path / "mine").write_bytes(ONNX)
    published = _published(server, WHOLE)
    for act in (lambda: refusing.obtain(NAME, published), lambda: refusing.adopt(NAME, published, tmp_path / "mine")):
        with pytest.raises(UsageError, match="one: MIT was not accepted"):
            act()
    assert not server.asked
    store.obtain(NAME, published)
    refusing.obtain(NAME, published)  # what is in the cache was accepted


def test_a_corrupt_lock_file_is_an_error_that_says_what_to_do(server: Server, store: Store) -> None:
    (store.project / Lock.FILE).write_text("{")
    with pytest.raises(DataError, match=r"mattekit-lock.json: corrupt.*take it back from version control"):
        store.obtain(NAME, _published(server, WHOLE))


def test_other_pins_stay(server: Server, store: Store) -> None:
    store.obtain("a", _published(server, WHOLE))
    [what] = Lock.read(store.project).models.values()
    pin(store.project, "b", what)
    assert set(Lock.read(store.project).models) == {"a", "b"}


def test_a_cache_that_cannot_be_made_is_the_user_s_to_change(server: Server, store: Store) -> None:
    store.cache.write_bytes(b"")
    with pytest.raises(UsageError, match=r"the cache cannot be written .*choose another with --cache-dir"):
        store.obtain(NAME, _published(server, WHOLE))


def test_one_process_at_a_time_works_on_a_model(server: Server, store: Store, said: list[str]) -> None:
    published = _published(server, WHOLE)
    (store.cache / NAME).mkdir(parents=True)
    with (store.cache / NAME / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        threading.Timer(0.1, lambda: fcntl.flock(lock, fcntl.LOCK_UN)).start()
        store.obtain(NAME, published)
    assert "one: another process is at it; waiting for that" in said
