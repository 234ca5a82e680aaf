"""The quick decoder of plain PNGs gives what Pillow gives, to the bit, or nothing at all."""

import io
import struct
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from configs.errors import DataError
from datasets.samples import images, plain_png
from datasets.samples.images import read_rgb, read_rgba, write_png
from datasets.samples.plain_png import decoded_plain, encoded_plain

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PICTURE = np.random.default_rng(0).integers(0, 256, (6, 9, 4), dtype=np.uint8)


def _chunk(name: bytes, body: bytes, wrong: int = 0) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body) ^ wrong)


def _png(shape: tuple[int, int, int], parts: list[bytes], *, tail: bytes = b"", interlaced: int = 0) -> bytes:
    height, width, channels = shape
    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, interlaced)
    return b"".join(
        (SIGNATURE, _chunk(b"IHDR", header), *(_chunk(b"IDAT", part) for part in parts), tail, _chunk(b"IEND", b""))
    )


def _by_pillow(data: bytes) -> NDArray[np.uint8] | None:
    try:
        image = Image.open(io.BytesIO(data), formats=("PNG",))
        image.load()
    except (OSError, SyntaxError, ValueError, struct.error, EOFError):
        return None
    return np.asarray(image)


@st.composite
def _rows(draw: st.DrawFn) -> tuple[tuple[int, int, int], bytes]:
    """A shape and its rows before compression, any bytes below any filter."""
    shape = draw(st.integers(1, 5)), draw(st.integers(1, 6)), draw(st.sampled_from([3, 4]))
    length = shape[1] * shape[2]
    body = st.binary(min_size=length, max_size=length)
    rows = [bytes([draw(st.integers(0, 4))]) + draw(body) for _ in range(shape[0])]
    return shape, b"".join(rows)


@st.composite
def _rows_of_one_filter(draw: st.DrawFn) -> tuple[tuple[int, int, int], bytes]:
    """A shape and its rows, all stored as they are or all as differences from the row above, but for one, or none."""
    shape = draw(st.integers(1, 40)), draw(st.integers(1, 6)), draw(st.sampled_from([3, 4]))
    pixels = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 256, (shape[0], shape[1] * shape[2]))
    filters = [draw(st.sampled_from([0, 2]))] * shape[0]
    filters[draw(st.sampled_from([0, -1]) | st.integers(0, shape[0] - 1))] = draw(st.integers(0, 4))
    rows = (bytes([kind, *row]) for kind, row in zip(filters, pixels.tolist(), strict=True))
    return shape, b"".join(rows)


@given(_rows() | _rows_of_one_filter(), st.integers(0, 9), st.lists(st.integers(0, 60), max_size=3))
def test_every_sound_plain_picture_is_what_pillow_decodes(
    rows: tuple[tuple[int, int, int], bytes], level: int, cuts: list[int]
) -> None:
    shape, content = rows
    packed = zlib.compress(content, level)
    places = [0, *sorted(cuts), len(packed)]
    data = _png(shape, [packed[i:j] for i, j in pairwise(places)])
    found, expected = decoded_plain(data), _by_pillow(data)
    assert found is not None
    assert expected is not None
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=300)
@given(_rows() | _rows_of_one_filter(), st.data())
def test_of_a_broken_picture_it_gives_what_pillow_gives_or_nothing(
    rows: tuple[tuple[int, int, int], bytes], data: st.DataObject
) -> None:
    """The faults lie below sound checksums of the chunks too: in the rows, in what is compressed, in the whole file."""
    shape, content = rows
    draw = data.draw
    kind = draw(st.sampled_from(["rows", "stream", "file"]))
    if kind == "rows":
        broken = _png(shape, [zlib.compress(_mutated(content, data))])
    elif kind == "stream":
        broken = _png(shape, [_mutated(zlib.compress(content), data)])
    else:
        broken = _mutated(_png(shape, [zlib.compress(content)]), data)
    found = decoded_plain(broken)
    if found is not None:
        np.testing.assert_array_equal(found, _by_pillow(broken))


def _mutated(content: bytes, data: st.DataObject) -> bytes:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(0, 2))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    start, length = data.draw(st.integers(0, len(changed))), data.draw(st.sampled_from([0, 0, 1, 4, 10**6]))
    del changed[start : start + length]
    return bytes(changed) + data.draw(st.binary(max_size=3))


ROWS = b"".join(b"\0" + row.tobytes() for row in PICTURE)
STREAM = zlib.compress(ROWS)
NOT_PLAIN = {
    "interlaced": _png((6, 9, 4), [STREAM], interlaced=1),
    "colour key": _png((6, 9, 4), [STREAM], tail=_chunk(b"tRNS", bytes(6))),
    "gamma": _png((6, 9, 4), [STREAM], tail=_chunk(b"gAMA", struct.pack(">I", 10_000))),
    "orientation": _png((6, 9, 4), [STREAM], tail=_chunk(b"eXIf", b"II*\0")),
    "no pixels": _png((0, 9, 4), [STREAM]),
    "beyond the limit": _png((9_000, 9_000, 4), [STREAM]),
    "more behind its end": _png((6, 9, 4), [STREAM]) + b"\0",
    "pixels cut short": _png((6, 9, 4), [zlib.compress(ROWS[:-1])]),
    "wrong sum of pixels": _png((6, 9, 4), [STREAM[:-1] + bytes([STREAM[-1] ^ 1])]),
    "wrong checksum": _png((6, 9, 4), [STREAM], tail=_chunk(b"IDAT", b"", wrong=1)),
    "no chunk at all": SIGNATURE + bytes(40),
    "header alone": _png((6, 9, 4), []),
}


@pytest.mark.parametrize("data", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_is_not_plain_or_not_sound_is_left_to_pillow(data: bytes) -> None:
    assert decoded_plain(data) is None


@pytest.mark.parametrize("channels", [3, 4])
def test_what_the_toolkit_writes_is_read_without_pillow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channels: int
) -> None:
    write_png(tmp_path / "a.png", PICTURE[..., :channels])
    monkeypatch.delattr(images, "Image")
    if channels == 3:
        np.testing.assert_array_equal(read_rgb(tmp_path / "a.png"), PICTURE[..., :3])
    else:
        np.testing.assert_array_equal(np.dstack(read_rgba(tmp_path / "a.png")), PICTURE)


@pytest.mark.parametrize("kinds", [[0] * 40, [2] * 40, [0] + [2] * 39, [2] + [0] * 39, [2], [0]])
def test_rows_of_one_quick_filter_need_no_opencv(monkeypatch: pytest.MonkeyPatch, kinds: list[int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (len(kinds), 9 * 3), dtype=np.uint8)
    rows = b"".join(bytes([kind]) + row.tobytes() for kind, row in zip(kinds, pixels, strict=True))
    data = _png((len(kinds), 9, 3), [zlib.compress(rows)])
    monkeypatch.delattr(plain_png, "cv2")
    found = decoded_plain(data)
    assert found is not None
    np.testing.assert_array_equal(found, _by_pillow(data))
    assert found.flags.writeable
    assert found.flags.c_contiguous


def test_the_difference_from_the_row_above_is_what_is_written() -> None:
    """The filter on which the speed of reading hangs: that of every row of a picture from the toolkit."""
    data = encoded_plain(PICTURE)
    place = data.index(b"IDAT")
    packed = data[place + 4 : place + 4 + int.from_bytes(data[place - 4 : place])]
    assert set(zlib.decompress(packed)[:: 9 * 4 + 1]) == {2}


def test_a_damaged_file_is_refused_with_one_voice(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_png(tmp_path / "a.png", PICTURE)
    whole = (tmp_path / "a.png").read_bytes()
    for place in range(60, 200, 20):
        (tmp_path / "a.png").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with pytest.raises(DataError, match=r"a\.png: is truncated or corrupt"):
            read_rgba(tmp_path / "a.png")
    assert capfd.readouterr() == ("", "")
