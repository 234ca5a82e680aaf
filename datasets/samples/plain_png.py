"""Plain PNGs, as sets hold them by the thousand, decoded and encoded quickly: 8 bits, without palette or interlacing.

Pictures whose rows are stored as they are, or each as its difference from the row above, are inflated by ISA-L and
undone by NumPy; all others are decoded by OpenCV. Both let other threads run meanwhile. What is decoded is what Pillow
decodes, to the bit; whatever is refused here, and every file that is not plain, is left to Pillow, so that what is
accepted, and with which words another file is refused, does not depend on this module.
"""

import struct
from collections.abc import Mapping
from itertools import pairwise
from math import isqrt
from types import MappingProxyType

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from configs.section import MAX_PIXELS
from datasets.samples.stripping import PNG_END, PNG_SIGNATURE

_HEADER = struct.Struct(">I4sIIBBBBBI")
_CHANNELS: Mapping[int, int] = MappingProxyType({2: 3, 6: 4})
"""Of PNG's colour types for truecolour, without and with alpha."""
_TO_OPENCV = MappingProxyType({3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA})

_NO_FILTER, _UP = b"\0", b"\2"
"""How a row is stored: as it is, or as its difference from the row above."""
_LOOK = 8
"""Rows that tell at once whether a picture is worth inflating here."""
_MORE = 1024
"""Bytes by which that many rows are longer compressed than not, at most."""
_ZLIB_HEADERS = frozenset((b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"))
"""Of streams without a dictionary and with the full window; what becomes of others is left to the other decoders."""

# The difference from the row above costs next to nothing to undo. Of the bundled people it makes files 0.2 % longer
# than a filter chosen row by row, mostly Paeth's, which takes 1.8 times as long to write and a third longer to inflate
# and undo by OpenCV. Level 3 is 4 % shorter and takes half as long again to write; reading gains nothing by any level.
_ENCODING = (
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT),
    *(cv2.IMWRITE_PNG_COMPRESSION, 2),
)


def decoded_plain(data: bytes) -> NDArray[np.uint8] | None:
    """Return a plain PNG's pixels, (H, W, 3) RGB or (H, W, 4) RGBA uint8; None where the file is not plain or broken.

    Args:
        data: the file; with any chunk beyond the header, the pixels and the end it does not count as plain.
    """
    plain = _plain(data)
    if plain is None:
        return None
    shape, packed = plain
    if (quick := _unpacked(packed, shape)) is not None:
        return quick
    flag = cv2.IMREAD_COLOR_RGB if shape[2] == 3 else cv2.IMREAD_UNCHANGED
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    except cv2.error:
        return None
    if pixels is None or pixels.shape != shape or pixels.dtype != np.uint8:
        return None
    ordered = pixels if shape[2] == 3 else cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA)
    return np.asarray(ordered, np.uint8)


def encoded_plain(image: NDArray[np.uint8]) -> bytes:
    """Return (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA uint8 as a PNG; the same pixels give the same bytes."""
    contiguous = np.ascontiguousarray(image)
    ordered = contiguous if image.ndim == 2 else cv2.cvtColor(contiguous, _TO_OPENCV[image.shape[2]])
    written, data = cv2.imencode(".png", ordered, _ENCODING)
    if not written:  # of sound arguments a want of memory alone
        raise MemoryError(f"no PNG could be made of an image of {image.shape}")
    return data.tobytes()


def _plain(data: bytes) -> tuple[tuple[int, int, int], bytes] | None:
    """Return shape and compressed pixels of a plain PNG whose chunks have their checksums; None for other files.

    libpng finds wrong checksums as well, but says so on the screen.
    """
    start = len(PNG_SIGNATURE)
    if not data.startswith(PNG_SIGNATURE) or len(data) < start + _HEADER.size:
        return None
    length, name, width, height, depth, colour_type, *methods, _ = _HEADER.unpack_from(data, start)
    channels = _CHANNELS.get(colour_type)
    if (length, name, depth) != (13, b"IHDR", 8) or any(methods) or channels is None:
        return None
    if not 0 < width * height <= MAX_PIXELS:
        return None
    packed = _only_pixels(memoryview(data)[start:])
    return None if packed is None else ((height, width, channels), packed)


def _only_pixels(chunks: memoryview) -> bytes | None:
    """Return what the chunks of pixels hold; None unless all are a header, pixels and the end, with their checksums."""
    place, names, packed = 0, [], []
    while place + 12 <= len(chunks):
        length = int.from_bytes(chunks[place : place + 4])
        body, end = chunks[place + 4 : place + 8 + length], place + 12 + length
        if end > len(chunks) or int.from_bytes(chunks[end - 4 : end]) != isal_zlib.crc32(body):
            return None
        names.append(bytes(body[:4]))
        packed.append(body[4:])
        place = end
    if chunks[-len(PNG_END) :] != PNG_END or place != len(chunks):
        return None
    return b"".join(packed[1:-1]) if names[0] == b"IHDR" and set(names[1:-1]) == {b"IDAT"} else None


def _unpacked(packed: bytes, shape: tuple[int, int, int]) -> NDArray[np.uint8] | None:
    """Return the pixels of a sound stream whose rows are all stored in one quick way; None of any other."""
    if packed[:2] not in _ZLIB_HEADERS:
        return None
    height, width, channels = shape
    length = 1 + width * channels
    first = _inflated(packed[: _LOOK * length + _MORE], min(_LOOK, height) * length)
    if first is None or not _quick_to_undo(first[::length]):
        return None  # before all is inflated in vain
    content = _inflated(packed, height * length, whole=True)
    if content is None or not _quick_to_undo(content[::length]):
        return None
    rows = np.frombuffer(content, np.uint8).reshape(height, length)
    return (_summed(rows) if rows[-1, 0] == ord(_UP) else rows[:, 1:].copy()).reshape(shape)


def _inflated(packed: bytes, length: int, *, whole: bool = False) -> bytes | None:
    """Return the first `length` bytes of a stream; None where they are not there, or with `whole` are not all of it."""
    stream = isal_zlib.decompressobj()
    try:
        content = stream.decompress(packed, length + whole)  # a byte beyond the last, so that the end is seen
    except isal_zlib.error:  # type: ignore[misc]  # a class, typed as an instance
        return None
    sound = len(content) == length and (not whole or (stream.eof and not stream.unused_data))
    return content if sound else None


def _quick_to_undo(filters: bytes) -> bool:
    """Return whether rows of these filters, the picture's first ones, are stored as they are, or all as differences.

    The first row may be stored in either way: above it there are zeros.
    """
    rest = filters[1:]
    return filters[:1] in (_NO_FILTER, _UP) and rest in (len(rest) * _NO_FILTER, len(rest) * _UP)


def _summed(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the running sums, modulo 256, of rows (H, 1 + N) but for their first column: (H, N).

    In blocks of about sqrt(H) rows, each summed at once with all others: a few long steps, where NumPy's `accumulate`
    goes down the columns, 40 times as slowly.
    """
    height, length = rows.shape[0], rows.shape[1] - 1
    sums = np.empty((height, length), np.uint8)
    side = isqrt(height)
    whole = height // side * side
    steps, blocks = rows[:whole].reshape(-1, side, 1 + length)[..., 1:], sums[:whole].reshape(-1, side, length)
    blocks[:, 0] = steps[:, 0]
    for row in range(1, side):
        np.add(blocks[:, row - 1], steps[:, row], out=blocks[:, row])
    for above, block in pairwise(blocks):
        block += above[-1]
    for row in range(whole, height):
        np.add(sums[row - 1], rows[row, 1:], out=sums[row])
    return sums
