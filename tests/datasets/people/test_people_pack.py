"""The pack: what is packed comes out again to the bit, and whatever was changed on the way is named."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_people import BOX, CREDITS, NOISE, SIZE, tiny_pictures, write_tiny_pack

from configs.errors import DataError
from configs.files import sha256_of
from datasets.people.pack import Pack, load_background, load_foreground, open_pack
from datasets.samples.images import array_sha256, write_webp
from tools.people_pack.packing import write_pack


def test_the_record_says_what_was_packed(pack: Pack) -> None:
    record = pack.record
    assert (record.version, record.size, record.recipe) == (5, SIZE, {"made by": "a test"})
    assert [sample.id for sample in record.samples] == ["people/0001", "people/0002", "people/0003"]
    assert [sample.tags for sample in record.samples] == [("portrait", f"tag-{number}") for number in range(3)]
    assert [sample.noise for sample in record.samples] == [0, NOISE, 0]
    assert [sample.photographs for sample in record.samples] == [("a",), ("b",), ()]
    assert {sample.box for sample in record.samples} == {BOX}
    assert record.photographs == CREDITS
    on_disk = {path.relative_to(pack.folder).as_posix() for path in pack.folder.rglob("*") if path.is_file()}
    assert on_disk == {"pack.json", *record.files}


def test_pictures_come_out_as_they_went_in_but_for_colours_nobody_sees(pack: Pack) -> None:
    for sample, picture in zip(pack.record.samples, tiny_pictures(), strict=True):
        foreground, alpha = load_foreground(pack, sample)
        np.testing.assert_array_equal(alpha, picture.alpha)
        np.testing.assert_array_equal(foreground, np.where(alpha[..., np.newaxis] > 0, picture.foreground, 0))
        np.testing.assert_array_equal(load_background(pack, sample), picture.background)


def test_packing_again_gives_the_same_bytes(pack: Pack, tmp_path: Path) -> None:
    again = write_tiny_pack(tmp_path / "again")
    assert again.record == pack.record
    assert sha256_of(again.folder / "pack.json") == sha256_of(pack.folder / "pack.json")


def test_a_lossy_background_is_what_its_file_decodes_to(tmp_path: Path) -> None:
    [picture, *_] = tiny_pictures()
    pack = write_pack(tmp_path / "lossy", [replace(picture, quality=50)], version=1, photographs=CREDITS[:1])
    [sample] = pack.record.samples
    background = load_background(pack, sample)
    assert (background != picture.background).any()
    assert array_sha256(background) == pack.record.files[sample.background].pixels_sha256
    np.testing.assert_array_equal(load_foreground(pack, sample)[1], picture.alpha)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": np.zeros(SIZE, np.uint8)}, "picture 1: its matte is empty"),
        ({"alpha": np.full(SIZE, 255, np.uint8)}, "picture 1: its matte is a solid box"),
        ({"alpha": np.zeros((8, 8), np.uint8)}, r"picture 1: expected foreground, alpha and background of \(8, 8\)"),
    ],
)
def test_a_picture_that_cannot_be_packed_is_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    [picture, *_] = tiny_pictures()
    with pytest.raises(DataError, match=message):
        write_pack(tmp_path / "bad", [replace(picture, **change)], version=1, photographs=CREDITS[:1])
    assert not list(tmp_path.iterdir())


def test_a_pack_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected at least one picture"):
        write_pack(tmp_path / "none", [], version=1)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def _tamper(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (Path.unlink, "there is no such file"),
        (_truncate, r"expected \d+ bytes, found \d+"),
        (_tamper, "expected SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}"),
    ],
    ids=["missing", "truncated", "tampered"],
)
@pytest.mark.parametrize("name", ["foregrounds/0001.webp", "backgrounds/0001.webp"])
def test_a_file_that_is_not_whole_is_named_with_what_to_do(
    pack: Pack, damage: Callable[[Path], None], message: str, name: str
) -> None:
    damage(pack.folder / name)
    load = load_foreground if name.startswith("foregrounds") else load_background
    with pytest.raises(DataError, match=rf"{name}: {message}; the bundled people are not whole: restore the folder"):
        load(pack, pack.record.samples[0])


def _with_record(pack: Pack, change: Callable[[dict[str, Any]], object]) -> Pack:
    path = pack.folder / "pack.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")
    return open_pack(pack.folder)


def test_other_decoded_pixels_are_the_decoder_s_fault(pack: Pack) -> None:
    changed = _with_record(pack, lambda record: record["files"]["backgrounds/0001.webp"].update(pixels_sha256="0" * 64))
    with pytest.raises(DataError, match=r"0001\.webp: the file is whole, but decodes to other pixels .* pinned Pillow"):
        load_background(changed, changed.record.samples[0])


@pytest.mark.parametrize("shape", [(54, 39, 4), (54, 40, 3)], ids=["size", "channels"])
def test_a_foreground_of_another_shape_is_named(pack: Pack, shape: tuple[int, int, int]) -> None:
    path = pack.folder / "foregrounds/0001.webp"
    image = np.full(shape, 7, np.uint8)
    write_webp(path, image)
    entry = {"sha256": sha256_of(path), "pixels_sha256": array_sha256(image), "bytes": path.stat().st_size}
    changed = _with_record(pack, lambda record: record["files"].update({"foregrounds/0001.webp": entry}))
    with pytest.raises(DataError, match=r"0001\.webp: expected an image of shape \(54, 40, 4\), found"):
        load_foreground(changed, changed.record.samples[0])


def _swap(record: dict[str, Any]) -> None:
    record["samples"].reverse()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_swap, "sorted by id, each once; found people/0002 after people/0003"),
        (lambda record: record["samples"][0].update(box=[11, 20, 54, 40]), "the box of people/0001.* leaves the frame"),
        (lambda record: record["samples"][0].update(box=[-1, 20, 54, 40]), r"samples\.0\.box\.0"),
        (lambda record: record["samples"][0].update(noise=-1), r"samples\.0\.noise"),
        (lambda record: record["samples"][0].update(id="people/one"), r"samples\.0\.id"),
        (lambda record: record["samples"][0].update(background="../x.webp"), "expected a plain path below"),
        (lambda record: record["samples"][0].update(background="x.webp"), "disagree about backgrounds/0001.webp"),
        (lambda record: record["samples"][0].update(photographs=["c"]), "`samples` and `photographs` disagree about a"),
        (
            lambda record: record["samples"][0].update(background="backgrounds/0002.webp"),
            "`samples` use backgrounds/0002.webp more than once",
        ),
        (lambda record: record.update(samples=[]), "samples: .*at least 1"),
        (lambda record: record.update(schema_version=2), "schema_version: expected 1, found 2"),
        (lambda record: record.update(surprise=1), "surprise"),
    ],
)
def test_a_record_that_does_not_add_up_is_refused(pack: Pack, change: Any, message: str) -> None:
    with pytest.raises(DataError, match=rf"(?s)pack\.json: .*{message}.*restore the folder"):
        _with_record(pack, change)


def test_a_missing_pack_is_named(pack: Pack) -> None:
    shutil.rmtree(pack.folder)
    with pytest.raises(DataError, match=r"pack\.json: there is no such file; the bundled people are not whole"):
        open_pack(pack.folder)
