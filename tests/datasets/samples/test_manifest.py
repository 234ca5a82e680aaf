"""`manifest.json`: the same set gives the same bytes, and a file that does not add up is refused."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.errors import DataError
from datasets.samples.images import write_png
from datasets.samples.manifest import (
    FileEntry,
    Generator,
    Manifest,
    PhotographEntry,
    SampleEntry,
    content_sha256,
    file_entry,
    make_manifest,
)

ZEROS, ONES = "0" * 64, "1" * 64


def _file(path: str, digest: str = ZEROS) -> FileEntry:
    return FileEntry(path=path, sha256=digest, pixels_sha256=digest, bytes=5, height=2, width=3)


def _manifest() -> Manifest:
    return make_manifest(
        "set",
        [_file("com/a/2.png", ONES), _file("bgr/a/2.png")],
        [SampleEntry(id="b/1", tags=("x",)), SampleEntry(id="a/2")],
        photographs=[
            PhotographEntry(name="é", package="p", file="f", licence="CC0", credit="c"),
            PhotographEntry(name="a", package="p", file="f", licence="CC0", credit="c"),
        ],
        generator=Generator(name="g", version=1, seed=2, count=3, size=(4, 5)),
        sequential=True,
    )


def _rewritten(root: Path, change: dict[str, Any]) -> None:
    _manifest().write(root)
    path = root / Manifest.FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))


def test_the_content_hash_is_that_of_sorted_lines_of_hash_and_path() -> None:
    expected = hashlib.sha256(f"{ONES}  a\n{ZEROS}  b\n".encode()).hexdigest()
    assert content_sha256([("b", ZEROS), ("a", ONES)]) == expected
    assert content_sha256([("a", ONES), ("b", ZEROS)]) == expected
    assert content_sha256([("a", ZEROS), ("b", ONES)]) != expected


def test_a_file_is_described_by_path_hash_length_and_size(tmp_path: Path) -> None:
    path = tmp_path / "com/a/1.png"
    write_png(path, np.zeros((2, 3, 3), np.uint8))
    entry = file_entry(tmp_path, path)
    assert (entry.path, entry.height, entry.width) == ("com/a/1.png", 2, 3)
    assert entry.bytes == len(path.read_bytes())
    assert entry.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    _manifest().write(tmp_path)
    assert (tmp_path / "manifest.json").is_file()
    assert Manifest.read(tmp_path) == Manifest.read_if_there(tmp_path) == _manifest()


def test_only_a_noisy_sample_speaks_of_noise(tmp_path: Path) -> None:
    samples = [SampleEntry(id="a/1"), SampleEntry(id="a/2", noise=6.5)]
    make_manifest("set", [], samples).write(tmp_path)
    path = tmp_path / "manifest.json"
    assert [set(sample) for sample in json.loads(path.read_text())["samples"]] == [
        {"id", "tags"},
        {"id", "tags", "noise"},
    ]
    manifest = Manifest.read(tmp_path)
    assert [sample.noise for sample in manifest.samples] == [0, 6.5]


def test_lists_are_sorted_and_bytes_repeat(tmp_path: Path) -> None:
    manifest = _manifest()
    assert [file.path for file in manifest.files] == ["bgr/a/2.png", "com/a/2.png"]
    assert [sample.id for sample in manifest.samples] == ["a/2", "b/1"]
    assert [photograph.name for photograph in manifest.photographs] == ["a", "é"]
    again = make_manifest(
        manifest.name,
        reversed(manifest.files),
        reversed(manifest.samples),
        photographs=reversed(manifest.photographs),
        generator=manifest.generator,
        sequential=True,
    )
    manifest.write(tmp_path)
    first = (tmp_path / "manifest.json").read_bytes()
    again.write(tmp_path)
    assert (tmp_path / "manifest.json").read_bytes() == first
    assert first.endswith(b"}\n")


def test_a_set_without_a_manifest_has_none(tmp_path: Path) -> None:
    assert Manifest.read_if_there(tmp_path) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "corrupt, expected JSON"),
        (b'{"name": ', "corrupt, expected JSON"),
        (b"\xff\xfe", "corrupt, expected JSON"),
        (b"[]", "expected a JSON object, found list; restore it, make the set again, or move it away"),
        (b'{"name": "another program"}', "schema_version: expected 1, found None; restore it"),
        (
            b'{"schema_version": 1, "name": "set"}',
            r"files: expected a value, found nothing \(3 problem\(s\)\); restore it",
        ),
    ],
)
def test_a_corrupt_manifest_is_named_with_the_reason(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(DataError, match=rf"manifest\.json: {expected}"):
        Manifest.read(tmp_path)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"schema_version": 2}, r"manifest\.json: schema_version: expected 1, found 2; restore it"),
        ({"content_sha256": ONES}, f"`content_sha256` is {ONES}, but `files` give"),
        ({"surprise": 1}, "surprise: unknown key"),
        ({"samples": [{"id": "a"}, {"id": "a"}]}, "`samples` lists a more than once"),
        ({"files": [_file("x").model_dump(), _file("x").model_dump()]}, "`files` lists x more than once"),
        (
            {"files": [{**_file("x").model_dump(), "sha256": "abc"}]},
            r"files\.0\.sha256: expected a text of the pattern",
        ),
        ({"files": [{**_file("x").model_dump(), "width": 0}]}, r"files\.0\.width: .*greater than 0"),
        ({"files": [1] * 9}, r"files\.0: .*\(9 problem\(s\)\)"),
    ],
)
def test_a_manifest_that_does_not_add_up_is_refused(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    _rewritten(tmp_path, change)
    with pytest.raises(DataError, match=expected):
        Manifest.read(tmp_path)


@pytest.mark.parametrize("path", ["../x.png", "/x.png", "a/../../x", "a\\b", "a//b", "./a", "."])
def test_paths_stay_below_the_root(path: str) -> None:
    with pytest.raises(ValueError, match="expected a plain path below the record's folder"):
        _file(path)


def test_an_unreadable_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(DataError, match=r"manifest\.json: expected a file, found a folder"):
        Manifest.read_if_there(tmp_path)
