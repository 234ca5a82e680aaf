"""Sets in a store: what is read is what a folder gives, whatever the store does, and what goes wrong is named."""

import pickle
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import numpy as np
import pytest
from object_store import Faults, Store

from configs.errors import DataError, UsageError
from datasets.remote import client
from datasets.remote import store as stores
from datasets.remote.sets import manifest_at, open_place
from datasets.samples.layout import SampleSet, load_pair, open_set
from datasets.samples.manifest import MANIFEST_NAME
from datasets.samples.sample import Sample


def require_same(there: SampleSet, here: SampleSet) -> None:
    assert [(ref.id, ref.tags, ref.sha256) for ref in there.refs] == [
        (ref.id, ref.tags, ref.sha256) for ref in here.refs
    ]
    assert (there.name, there.manifest_sha256) == (here.name, here.manifest_sha256)
    for a, b in zip(map(load_pair, there.refs), map(load_pair, here.refs), strict=True):
        assert isinstance(a, Sample) and isinstance(b, Sample)
        for name in ("source", "background", "foreground", "alpha"):
            assert np.array_equal(getattr(a, name), getattr(b, name))


@pytest.fixture
def plain(tiny_set: Path, tmp_path: Path) -> Path:
    """Return the set without its manifest."""
    shutil.copytree(tiny_set, tmp_path / "plain")
    (tmp_path / "plain" / MANIFEST_NAME).unlink()
    return tmp_path / "plain"


def test_a_set_in_a_store_is_the_set_of_the_folder(store: Store, tiny_set: Path) -> None:
    found = open_place(store.upload(tiny_set, "sets/three"))
    assert found.root.as_posix() == "s3://bucket/sets/three"
    assert str(found.refs[0].source).startswith("s3://bucket/sets/three/com/")
    assert not store.gets("/com/"), "nothing is fetched before it is decoded"
    require_same(pickle.loads(pickle.dumps(found)), open_set(tiny_set))
    assert found.decoded_sha256(found.refs[0], load_pair(found.refs[0]))[0][0].startswith("com/")


def test_a_store_that_throttles_fails_breaks_off_and_errs_gives_the_same(
    store: Store, tiny_set: Path, impatient: Callable[[int], None]
) -> None:
    impatient(12)
    url = store.upload(tiny_set, "bad")
    store.faults = Faults(slow=3, fail=5, cut=4, flip=7)
    require_same(open_place(url), open_set(tiny_set))


def test_threads_read_one_set_at_once(store: Store, tiny_set: Path) -> None:
    store.faults = Faults(slow=4)
    found = open_place(store.upload(tiny_set, "threads"))
    store.asked.clear()
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(load_pair, found.refs * 8))
    assert {sample.id for sample in read} == {ref.id for ref in found.refs}
    assert len({each.path for each in store.gets()}) == 9


def test_what_was_fetched_is_not_fetched_again_and_what_has_changed_is(store: Store, plain: Path) -> None:
    url = store.upload(plain, "changing")
    first = [load_pair(ref) for ref in open_place(url).refs]
    store.asked.clear()
    found = open_place(url)
    assert [load_pair(ref).id for ref in found.refs] == [sample.id for sample in first]
    assert store.gets() == []
    other, changed = found.refs[1].source.name, found.refs[0].source.relative_to(found.root)
    store.put(f"changing/{changed}", (plain / changed).with_name(other).read_bytes())
    again = load_pair(open_place(url).refs[0])
    assert np.array_equal(again.source, first[1].source)
    assert [each.path for each in store.gets()] == [f"/bucket/changing/{changed}"]


def test_a_long_object_comes_in_blocks_and_goes_on_where_it_broke(
    store: Store, tiny_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "BLOCK", 4000)
    [ref, *_] = open_place(store.upload(tiny_set, "blocks")).refs
    store.faults = Faults(cut=3)
    load_pair(ref)
    asked = [each.range for each in store.gets("/com/")]
    size = (tiny_set / "com" / "/".join(ref.source.parts[-2:])).stat().st_size
    blocks = [f"bytes={start}-{min(start + 4000, size) - 1}" for start in range(0, size, 4000)]
    assert len(blocks) > 3 and len(asked) > len(blocks)
    assert list(dict.fromkeys(asked)) == blocks, "each block at its turn, none of those before it again"


def test_a_long_object_that_changes_on_the_way_is_refused(
    store: Store, plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "BLOCK", 4000)
    [ref, *_] = open_place(store.upload(plain, "moving")).refs
    data = (plain / ref.source.relative_to(Path("s3:/bucket/moving"))).read_bytes()
    store.put("/".join(ref.source.parts[2:]), data[:-1] + b"\0")
    with pytest.raises(DataError, match=r"s3://bucket/moving/com/.* has changed since its set was listed"):
        load_pair(ref)


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        (Faults(slow=1), r"failed: Please reduce your request rate\. \(tried 5 times\)"),
        (Faults(fail=1), r"failed: We encountered an internal error\. \(tried 5 times\)"),
        (Faults(cut=1), r"\(tried 5 times\)"),
        (Faults(flip=1), r"Expected checksum .* did not match .* \(tried 5 times\)"),
    ],
    ids=["slow", "fail", "cut", "flip"],
)
def test_what_stays_bad_is_refused_after_some_tries_and_named(
    store: Store, tiny_set: Path, faults: Faults, said: str
) -> None:
    [ref, *_] = open_place(store.upload(tiny_set, "bad")).refs
    store.faults = faults
    store.asked.clear()
    with pytest.raises(DataError, match=rf"^s3://bucket/bad/com/synthetic/0000\.png: .*{said}"):
        load_pair(ref)
    assert len(store.gets()) == 5


def test_a_picture_that_is_not_the_manifest_s_is_refused(store: Store, tiny_set: Path) -> None:
    [ref, *_] = open_place(store.upload(tiny_set, "other")).refs
    data = bytearray((tiny_set / "com" / "/".join(ref.source.parts[-2:])).read_bytes())
    data[-20] ^= 1
    store.put("/".join(ref.source.parts[2:]), bytes(data))
    with pytest.raises(DataError, match=r"0000\.png: has SHA-256 [0-9a-f]{64}, the manifest says .* \(tried 5 times\)"):
        load_pair(ref)


def test_a_truncated_picture_without_a_manifest_is_named_by_its_url(store: Store, plain: Path) -> None:
    [ref, *_] = open_place(store.upload(plain, "short")).refs
    store.put("/".join(ref.source.parts[2:]), ref.id.encode())
    with pytest.raises(DataError, match=r"^s3://bucket/short/com/synthetic/0000\.png: is not a PNG"):
        load_pair(open_place("s3://bucket/short").refs[0])


def test_what_no_further_attempt_mends_is_told_at_once(store: Store, tiny_set: Path) -> None:
    url = store.upload(tiny_set, "there")
    [ref, *_] = open_place(url).refs
    store.admin.delete_object(Bucket="bucket", Key="/".join(ref.source.parts[2:]))
    for place, faults, requests, said in (
        ("s3://no-such-bucket/set", Faults(), 3, "there is no such bucket"),
        ("s3://bucket/nothing", Faults(), 9, "holds nothing below com/; expected com/, bgr/ and fgr/"),
        (url, Faults(deny="/bucket"), 3, r"permission denied \(Access Denied\); check the credentials"),
    ):
        store.faults = faults
        store.asked.clear()
        with pytest.raises(DataError, match=said):
            open_place(place)
        assert len(store.asked) <= requests, "each of the three folders is looked for once"
    store.faults = Faults()
    with pytest.raises(DataError, match=r"com/synthetic/0000\.png: there is no such object$"):
        load_pair(ref)


def test_nobody_s_credentials_are_asked_for_by_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    client._filesystem.cache_clear()
    with pytest.raises(DataError, match=r"no credentials .*AWS_ACCESS_KEY_ID.*FSSPEC_S3_ANON=true"):
        open_place("s3://bucket/set")
    client._filesystem.cache_clear()


@pytest.mark.parametrize(
    ("protocol", "module", "said"),
    [
        ("s3", "s3fs", r"s3:// needs s3fs, which is not installed; run: pip install .*\[remote\]"),
        ("gs", "gcsfs", "gs:// needs gcsfs, which is not installed.*pip install gcsfs"),
        ("hf", "huggingface_hub", "hf:// needs huggingface_hub, .*pip install huggingface_hub"),
        ("nowhere", "nowhere", "nowhere:// is no store that fsspec knows"),
    ],
)
def test_what_is_not_installed_is_named(protocol: str, module: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    client._filesystem.cache_clear()
    client.client.cache_clear()
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, protocol, raising=False)  # what was asked for before
    with pytest.raises(UsageError, match=said):
        open_place(f"{protocol}://bucket/set")
    client._filesystem.cache_clear()


def test_any_store_that_fsspec_knows_serves(tiny_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTEKIT_CACHE", str(tmp_path))
    memory = fsspec.filesystem("memory")
    memory.put(str(tiny_set), "/sets/three", recursive=True)
    try:
        require_same(open_place("memory://sets/three/"), open_set(tiny_set))
        found = manifest_at("memory://sets/three")
        assert found == manifest_at(str(tiny_set)) and found is not None
    finally:
        memory.rm("/sets", recursive=True)


def test_a_file_url_is_read_where_it_lies(tiny_set: Path) -> None:
    found = open_place(tiny_set.as_uri())
    assert found.root == tiny_set
    assert found.refs[0].store is None


def test_what_is_out_of_place_is_named_by_its_url_and_litter_passed_over(store: Store, plain: Path) -> None:
    url = store.upload(plain, "odd")
    store.put("odd/com/.DS_Store", b"")
    store.put("odd/com/synthetic/", b"")  # as consoles make for a folder
    assert len(open_place(url).refs) == 3
    store.put("odd/com/synthetic/deep/1.png", b"")
    store.put("odd/com/synthetic/0009.png", b"")
    with pytest.raises(DataError) as refused:
        open_place(url)
    assert "s3://bucket/odd/com: out of place: s3://bucket/odd/com/synthetic/deep/1.png" in str(refused.value)
    assert "no background for synthetic/0009; expected s3://bucket/odd/bgr/synthetic/0009.png" in str(refused.value)
