"""Pictures without all that is not pixels: what only describes a picture can neither break its reading nor slow it.

Text, XMP, ICC profiles, thumbnails and second pictures are left out of PNG and JPEG, however large or broken they are.
Of EXIF the orientation alone is read, by the same rule for every format and every caller.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT"})
PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_EXIF = b"Exif\0\0"
_KEPT_SEGMENTS = frozenset({0xE0, 0xEE})
"""APP0 (JFIF) and APP14 (Adobe) say how colours are coded; other APPn segments and comments hold no pixels."""
_ORIENTATION = 0x0112
_WHOLE_NUMBERS = {1: "B", 3: "H", 4: "I"}
"""TIFF's types BYTE, SHORT and LONG, as `struct` names them."""


@dataclass(frozen=True, slots=True)
class Stripped:
    """A picture's file, ready to be decoded.

    Attributes:
        data: the file without what is not pixels.
        orientation: EXIF's, 1 to 8; 1 where there is none that makes sense.
        frames: how many pictures an animated PNG holds.
    """

    data: bytes
    orientation: int = 1
    frames: int = 1


def stripped(data: bytes) -> Stripped:
    """Return a PNG or JPEG without what is not pixels, and of any picture its orientation; never raises."""
    if data.startswith(PNG_SIGNATURE):
        return _png(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        exif = next((body for name, body in _riff_chunks(data) if name == b"EXIF"), b"")
        return Stripped(data, orientation(exif))
    return Stripped(data)


def orientation(exif: bytes) -> int:
    """Return EXIF's orientation, 1 to 8: a whole number in its first directory; 1 for anything else."""
    for _ in range(2):  # some programs write the prefix twice
        exif = exif.removeprefix(_EXIF)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return 1
    start = struct.unpack_from(f"{order}I", exif, 4)[0]
    if start + 2 > len(exif):
        return 1
    for number in range(struct.unpack_from(f"{order}H", exif, start)[0]):
        entry = exif[start + 2 + 12 * number :][:12]
        if len(entry) < 12:
            return 1
        tag, kind, count = struct.unpack_from(f"{order}HHI", entry)
        if tag != _ORIENTATION:
            continue
        letter = _WHOLE_NUMBERS.get(kind)
        if letter is None or not 1 <= count * struct.calcsize(letter) <= 4:
            return 1
        value = int(struct.unpack_from(f"{order}{letter}", entry, 8)[0])
        return value if 1 <= value <= 8 else 1
    return 1


def _png(data: bytes) -> Stripped:
    kept, exif, frames, ended = [PNG_SIGNATURE], b"", 1, False
    place = len(PNG_SIGNATURE)
    while place + 8 <= len(data) and not ended:
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if name in _KEPT_CHUNKS:
            kept.append(data[place:end])
        elif name == b"eXIf":
            exif = data[place + 8 : end - 4]
        elif name == b"acTL" and length >= 4:
            frames = struct.unpack_from(">I", data, place + 8)[0] if place + 12 <= len(data) else 1
        ended = name == b"IEND"
        place = end
    # Without an end, what is there counts only if it holds every pixel.
    if not ended and not (place <= len(data) and _ends_by_itself(kept)):
        return Stripped(data, orientation(exif), frames)
    return Stripped(b"".join((*kept, PNG_END)), orientation(exif), frames)


def _ends_by_itself(chunks: list[bytes]) -> bool:
    """Return whether the compressed pixels of a PNG's chunks reach their own end, which carries a checksum."""
    stream = zlib.decompressobj()
    try:
        for chunk in chunks:
            if chunk[4:8] != b"IDAT":
                continue
            left = chunk[8:-4]
            while left and not stream.eof:
                stream.decompress(left, 1 << 20)
                left = stream.unconsumed_tail
    except zlib.error:
        return False
    return stream.eof


def _jpeg(data: bytes) -> Stripped:
    kept, exif, place = [data[:2]], b"", 2
    while 0 <= (place := data.find(b"\xff", place)) <= len(data) - 4:
        marker = data[place + 1]
        if marker == 0xDA:
            kept.append(data[place:])
            break
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD8:  # fill, or without a body
            place += 1
            continue
        end = place + 2 + max(2, struct.unpack_from(">H", data, place + 2)[0])
        body = data[place + 4 : end]
        if marker == 0xE1 and body.startswith(_EXIF):
            exif = exif or body
        if marker in _KEPT_SEGMENTS or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append(data[place:end])
        place = end
    return Stripped(b"".join(kept), orientation(exif))


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, place)
        yield name, data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2
