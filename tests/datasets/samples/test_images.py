"""The image reader and writer: RGB in and out, and a refusal with a reason for everything ambiguous."""

import hashlib
import io
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from configs.errors import DataError, UsageError
from datasets.samples.images import (
    array_sha256,
    image_size,
    pixels_sha256,
    read_alpha,
    read_rgb,
    read_rgba,
    read_webp,
    write_png,
    write_webp,
)

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
MATTE = RNG.integers(0, 256, (6, 9), dtype=np.uint8)
READERS: tuple[Callable[[Path], object], ...] = (read_rgb, read_rgba, read_alpha, image_size)


def _saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


def _png(colour_type: int, depth: int, rows: bytes, width: int, height: int) -> bytes:
    """A PNG put together by hand, for the kinds that Pillow does not write."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_colours_come_in_the_order_red_green_blue(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.png", Image.new("RGB", (2, 1), RED))
    assert read_rgb(path).tolist() == [[[255, 0, 0], [255, 0, 0]]]


@pytest.mark.parametrize("image", [MATTE, PICTURE, np.dstack((PICTURE, MATTE))], ids=["grey", "rgb", "rgba"])
def test_what_is_written_is_read_back_to_the_bit(tmp_path: Path, image: NDArray[np.uint8]) -> None:
    path = tmp_path / "new" / "a.png"
    write_png(path, image)
    assert image_size(path) == (6, 9)
    if image.ndim == 2:
        np.testing.assert_array_equal(read_alpha(path), image)
        np.testing.assert_array_equal(read_rgb(path), np.dstack((image, image, image)))
    elif image.shape[2] == 3:
        np.testing.assert_array_equal(read_rgb(path), image)
    else:
        colours, alpha = read_rgba(path)
        np.testing.assert_array_equal(colours, image[..., :3])
        np.testing.assert_array_equal(alpha, image[..., 3])


def test_colours_survive_where_alpha_is_zero(tmp_path: Path) -> None:
    image = np.zeros((1, 2, 4), np.uint8)
    image[0, 0] = (10, 20, 30, 0)
    write_png(tmp_path / "a.png", image)
    assert read_rgba(tmp_path / "a.png")[0][0, 0].tolist() == [10, 20, 30]


def test_what_is_read_can_be_written_to_and_lies_in_one_piece(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", np.dstack((PICTURE, MATTE)))
    write_png(tmp_path / "b.png", PICTURE)
    for array in (*read_rgba(tmp_path / "a.png"), read_rgb(tmp_path / "b.png")):
        assert array.flags.writeable
        assert array.flags.c_contiguous
        assert array.dtype == np.uint8


def test_the_same_pixels_give_the_same_bytes(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", PICTURE)
    write_png(tmp_path / "b.png", np.asfortranarray(PICTURE))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.png", "b.png"]


def test_a_full_frame_is_written_fast(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:720, :1280]
    smooth = np.stack((rows % 251, columns % 241, (rows + columns) % 239), axis=2)
    frame = (smooth + RNG.integers(0, 5, smooth.shape)).astype(np.uint8)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        write_png(tmp_path / "a.png", frame)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.5  # about 0.09 s on an idle core; the margin is for a busy one


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((2, 2), np.float32),
        np.zeros((2, 2, 2), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((0, 2, 3), np.uint8),
        np.zeros((1, 2, 2, 3), np.uint8),
    ],
    ids=["float", "two channels", "flat", "no pixels", "batch"],
)
def test_only_whole_8_bit_images_are_written(tmp_path: Path, image: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match=r"a\.png: .*found .*\("):
        write_png(tmp_path / "a.png", image)
    assert not list(tmp_path.iterdir())


def test_writing_into_a_file_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_png(tmp_path / "file/a.png", PICTURE)


# What is accepted because there is only one way to take it


def test_grey_is_replicated(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.png", Image.fromarray(MATTE))
    np.testing.assert_array_equal(read_rgb(path), np.dstack((MATTE, MATTE, MATTE)))


def test_one_bit_grey_is_black_and_white(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.png", Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1"))
    assert read_rgb(path).tolist() == [[[0, 0, 0], [255, 255, 255]]]
    assert read_alpha(path).tolist() == [[0, 255]]


def _palette(colours: list[tuple[int, int, int]]) -> Image.Image:
    image = Image.fromarray(np.arange(len(colours), dtype=np.uint8)[np.newaxis])
    image = image.convert("P")
    image.putdata(list(range(len(colours))))
    image.putpalette([value for colour in colours for value in colour])
    return image


def test_a_palette_is_looked_up(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.png", _palette([RED, GREEN, BLUE]))
    assert read_rgb(path).tolist() == [[list(RED), list(GREEN), list(BLUE)]]


def test_a_palette_with_transparency_is_a_foreground(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.png", _palette([RED, GREEN]), transparency=bytes([255, 128]))
    colours, alpha = read_rgba(path)
    assert colours.tolist() == [[list(RED), list(GREEN)]]
    assert alpha.tolist() == [[255, 128]]


def test_grey_with_alpha_is_a_foreground(tmp_path: Path) -> None:
    colours, alpha = read_rgba(_saved(tmp_path / "a.png", Image.new("LA", (1, 1), (7, 9))))
    assert (colours.tolist(), alpha.tolist()) == ([[[7, 7, 7]]], [[9]])


def test_an_opaque_alpha_channel_does_no_harm(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.png", Image.fromarray(np.dstack((PICTURE, np.full((6, 9), 255, np.uint8)))))
    np.testing.assert_array_equal(read_rgb(path), PICTURE)


def test_a_matte_saved_as_rgb_with_equal_channels_is_grey(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.png", Image.fromarray(np.dstack((MATTE, MATTE, MATTE))))
    np.testing.assert_array_equal(read_alpha(path), MATTE)


def test_a_jpeg_is_turned_as_viewers_show_it(tmp_path: Path) -> None:
    top = np.zeros((16, 32, 3), np.uint8)
    top[:8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to see it upright
    path = _saved(tmp_path / "a.jpg", Image.fromarray(top), exif=exif, quality=95)
    read = read_rgb(path)
    assert read.shape == (32, 16, 3)
    assert image_size(path) == (32, 16)
    assert read[:, 12:].min() > 250
    assert read[:, :4].max() < 5


# What is refused


@pytest.mark.parametrize(
    ("colour_type", "channels", "name"), [(0, 1, "grey"), (2, 3, "rgb"), (4, 2, "grey alpha"), (6, 4, "rgba")]
)
def test_16_bits_are_refused_not_cut_off(tmp_path: Path, colour_type: int, channels: int, name: str) -> None:
    path = tmp_path / f"{name}.png"
    path.write_bytes(_png(colour_type, 16, (b"\0" + bytes(2 * channels * 2)) * 2, 2, 2))
    Image.open(path).load()  # a sound file: it is refused for its depth alone
    for reader in READERS:
        if reader is read_alpha and name == "grey":
            continue  # the one place where 16 bits have one meaning; see below
        with pytest.raises(DataError, match=rf"{name}\.png: has 16 bits per channel; expected 8"):
            reader(path)


def test_a_matte_of_16_bits_is_rounded_to_the_nearest_of_8(tmp_path: Path) -> None:
    values = np.arange(1 << 16, dtype=np.uint16).reshape(256, 256)
    path = _saved(tmp_path / "a.png", Image.fromarray(values))
    assert path.read_bytes()[24:26] == b"\x10\x00"  # 16 bits of grey
    np.testing.assert_array_equal(read_alpha(path), np.rint(values / 65535 * 255).astype(np.uint8))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"a\.png: is truncated"):
        read_alpha(path)


def test_a_matte_may_be_a_grey_palette_or_carry_an_opaque_alpha_channel(tmp_path: Path) -> None:
    grey = _saved(tmp_path / "a.png", _palette([(0, 0, 0), (9, 9, 9), (255, 255, 255)]))
    assert read_alpha(grey).tolist() == [[0, 9, 255]]
    opaque = np.dstack((MATTE, MATTE, MATTE, np.full_like(MATTE, 255)))
    np.testing.assert_array_equal(read_alpha(_saved(tmp_path / "b.png", Image.fromarray(opaque))), MATTE)


def test_an_image_without_alpha_is_no_foreground(tmp_path: Path) -> None:
    for image, found in (
        (Image.fromarray(PICTURE), "RGB"),
        (Image.fromarray(MATTE), "grey"),
        (_palette([RED, BLUE]), "a palette without transparency"),
    ):
        with pytest.raises(DataError, match=rf"a\.png: has no alpha channel \(found {found}\); expected an RGBA PNG"):
            read_rgba(_saved(tmp_path / "a.png", image))


@pytest.mark.parametrize("kind", ["rgba", "grey alpha", "palette", "colour key"])
def test_transparency_in_a_composite_is_ambiguous(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.png"
    if kind == "rgba":
        _saved(path, Image.new("RGBA", (2, 2), (1, 2, 3, 254)))
    elif kind == "grey alpha":
        _saved(path, Image.new("LA", (2, 2), (1, 0)))
    elif kind == "palette":
        _saved(path, _palette([RED, GREEN]), transparency=1)
    else:
        _saved(path, Image.new("RGB", (2, 2), RED), transparency=RED)
    with pytest.raises(DataError, match=r"a\.png: has transparent pixels, so its colours are ambiguous"):
        read_rgb(path)


def test_a_matte_must_be_grey_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.png: is coloured; expected a matte"):
        read_alpha(_saved(tmp_path / "a.png", Image.fromarray(PICTURE)))
    with pytest.raises(DataError, match=r"b\.png: has both colours and an alpha channel"):
        read_alpha(_saved(tmp_path / "b.png", Image.new("RGBA", (2, 2))))


def test_cmyk_is_refused(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.jpg", Image.new("CMYK", (8, 8)))
    for reader in READERS:
        with pytest.raises(DataError, match=r"a\.jpg: is CMYK; expected RGB"):
            reader(path)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_every_truncation_is_an_error(tmp_path: Path, suffix: str) -> None:
    path = _saved(tmp_path / f"whole.{suffix}", Image.fromarray(PICTURE))
    whole, cut = path.read_bytes(), tmp_path / f"cut.{suffix}"
    end = whole.rfind(b"IEND") - 4 if suffix == "png" else len(whole) - 3
    for length in range(1, end - 4, 7):
        cut.write_bytes(whole[:length])
        with pytest.raises(DataError, match=rf"cut\.{suffix}: (is truncated|is not a PNG, JPEG or WebP)"):
            read_rgb(cut)


def test_flipped_bits_in_the_pixels_are_an_error(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.png", Image.fromarray(PICTURE))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.png: is truncated or corrupt"):
        read_rgb(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"<html>404</html>", "is not a PNG, JPEG or WebP image"),
        (_png(2, 8, b"", 0, 4), r"has no pixels \(0x4\)"),
        (_png(2, 8, b"", 20_000, 20_000), "is too large"),
        (_png(2, 8, b"", 9_000, 9_000), "is too large"),
    ],
    ids=["empty", "html", "no pixels", "bomb", "beyond the limit"],
)
def test_what_is_no_image_is_named_with_the_reason(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    for reader in READERS:
        with pytest.raises(DataError, match=rf"a\.png: {expected}"):
            reader(path)


def test_other_formats_are_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.fromarray(PICTURE).save(stream, "BMP")
    (tmp_path / "a.png").write_bytes(stream.getvalue())
    with pytest.raises(DataError, match="is not a PNG, JPEG or WebP image"):
        read_rgb(tmp_path / "a.png")


def test_an_animation_is_refused(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, GREEN)]
    path = _saved(tmp_path / "a.png", frames[0], save_all=True, append_images=frames[1:])
    with pytest.raises(DataError, match="is an animated PNG; expected one image per file"):
        read_rgb(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.png: cannot be read \(No such file"):
        read_rgb(tmp_path / "nowhere.png")
    with pytest.raises(DataError, match="expected a file, found a folder"):
        read_rgb(tmp_path)


def test_the_hash_of_pixels_does_not_depend_on_the_compression(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / "fast.png", compress_level=0)
    Image.fromarray(image).save(tmp_path / "small.png", compress_level=9)
    assert (tmp_path / "fast.png").read_bytes() != (tmp_path / "small.png").read_bytes()
    assert pixels_sha256(tmp_path / "fast.png") == pixels_sha256(tmp_path / "small.png")
    image[3, 2, 1] ^= 1
    write_png(tmp_path / "other.png", image)
    assert pixels_sha256(tmp_path / "other.png") != pixels_sha256(tmp_path / "fast.png")


@pytest.mark.parametrize("channels", [3, 4])
def test_lossless_webp_keeps_every_colour_even_of_transparent_pixels(tmp_path: Path, channels: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (20, 30, channels), dtype=np.uint8)
    image[:5] = 0
    write_webp(tmp_path / "x.webp", image)
    np.testing.assert_array_equal(read_webp(tmp_path / "x.webp"), image)


@pytest.mark.parametrize("height", [4, 64, 131])
def test_an_array_hashes_as_its_file_does(tmp_path: Path, height: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (height, 5, 4), dtype=np.uint8)
    opaque = np.dstack([image[..., :3], np.full((height, 5), 255, np.uint8)])
    for array, rgba in ((image, image), (image[..., :3], opaque)):
        write_png(tmp_path / "x.png", array)
        expected = hashlib.sha256(repr((height, 5, 4)).encode() + rgba.tobytes()).hexdigest()
        assert array_sha256(array) == pixels_sha256(tmp_path / "x.png") == expected
    assert array_sha256(image[..., :3], image[..., 3]) == array_sha256(image)


def test_lossy_webp_is_smaller_and_near(tmp_path: Path) -> None:
    rows = np.linspace(0, 255, 64).astype(np.uint8)
    image = np.dstack([np.add.outer(rows // 2, rows // 2)] * 3)
    write_webp(tmp_path / "lossy.webp", image, 60)
    assert np.abs(read_webp(tmp_path / "lossy.webp").astype(int) - image).mean() < 3


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty .*expected a WebP image"),
        (b"<html>", "is not a WebP image"),
        (b"\x89PNG\r\n\x1a\n" + bytes(30), "is not a WebP image"),
    ],
    ids=["empty", "text", "png"],
)
def test_what_is_no_webp_is_named(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "x.webp").write_bytes(content)
    with pytest.raises(DataError, match=rf"x\.webp: {expected}"):
        read_webp(tmp_path / "x.webp")


def test_a_webp_is_read_by_content_whatever_its_name_says(tmp_path: Path) -> None:
    image = np.dstack((PICTURE, MATTE))
    write_webp(tmp_path / "x.png", image)
    np.testing.assert_array_equal(np.dstack(read_rgba(tmp_path / "x.png")), image)
    write_webp(tmp_path / "x.jpg", PICTURE)
    np.testing.assert_array_equal(read_rgb(tmp_path / "x.jpg"), PICTURE)


# What describes a picture, sound or not, changes nothing but its orientation


def _tiff(kind: int, count: int, value: bytes, order: str = "<") -> bytes:
    """EXIF's first directory with the orientation as its second entry."""
    start = struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 8)
    width = struct.pack(f"{order}HHI4s", 0x0100, 4, 1, bytes(4))
    return start + struct.pack(f"{order}H", 2) + width + struct.pack(f"{order}HHI4s", 0x0112, kind, count, value)


SIX = struct.pack("<HH", 6, 0)
ORIENTATIONS = {
    "short": (_tiff(3, 1, SIX), 6),
    "big-endian": (_tiff(3, 1, struct.pack(">HH", 8, 0), ">"), 8),
    "long": (_tiff(4, 1, struct.pack("<I", 5)), 5),
    "two shorts": (_tiff(3, 2, struct.pack("<HH", 6, 1)), 6),
    "prefixed twice": (b"Exif\0\0" + _tiff(3, 1, SIX), 6),
    "text": (_tiff(2, 2, b"6\0\0\0"), 1),
    "out of range": (_tiff(3, 1, struct.pack("<HH", 9, 0)), 1),
    "zero": (_tiff(3, 1, bytes(4)), 1),
    "elsewhere": (_tiff(3, 9, SIX), 1),
    "cut short": (_tiff(3, 1, SIX)[:-6], 1),
    "no directory": (_tiff(3, 1, SIX)[:8], 1),
    "beyond its end": (b"II*\0" + b"\xff" * 4, 1),
    "none": (b"", 1),
    "junk": (b"\0\x08\0\x02\x01\x12" * 4, 1),
}
SHOWN = {1: PICTURE, 5: np.swapaxes(PICTURE, 0, 1), 6: np.rot90(PICTURE, -1), 8: np.rot90(PICTURE)}


@pytest.mark.parametrize(("exif", "found"), ORIENTATIONS.values(), ids=ORIENTATIONS)
def test_every_reader_takes_the_orientation_by_one_rule(tmp_path: Path, exif: bytes, found: int) -> None:
    png, jpeg, webp = (tmp_path / f"a.{suffix}" for suffix in ("png", "jpg", "webp"))
    image = Image.fromarray(PICTURE)
    write_png(png, PICTURE)
    png.write_bytes(_with_chunk(png.read_bytes(), b"eXIf", exif, last=True))
    image.save(jpeg, subsampling=0, quality=95)
    upright = read_rgb(jpeg).astype(int)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 8) + b"Exif\0\0" + exif
    jpeg.write_bytes(jpeg.read_bytes()[:2] + segment + jpeg.read_bytes()[2:])
    image.save(webp, lossless=True, exif=exif)
    for path in (png, webp):
        np.testing.assert_array_equal(read_rgb(path), SHOWN[found])
    turned = {1: upright, 5: np.swapaxes(upright, 0, 1), 6: np.rot90(upright, -1), 8: np.rot90(upright)}[found]
    np.testing.assert_array_equal(read_rgb(jpeg), turned)
    for path in (png, jpeg, webp):
        assert image_size(path) == SHOWN[found].shape[:2]
        assert pixels_sha256(path) == array_sha256(read_rgb(path))


def _with_chunk(png: bytes, name: bytes, body: bytes, *, last: bool = False, crc: int | None = None) -> bytes:
    """Put a chunk behind a PNG's header, or before its end."""
    place = len(png) - 12 if last else 33
    checksum = zlib.crc32(name + body) if crc is None else crc
    return png[:place] + struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum) + png[place:]


DESCRIPTIONS = {
    "large text": (b"zTXt", b"XML:com.adobe.xmp\0\0" + zlib.compress(bytes(1_200_000)), None),
    "large international text": (b"iTXt", b"a\0\1\0\0\0" + zlib.compress(b"x" * 1_200_000), None),
    "large profile": (b"iCCP", b"a\0\0" + zlib.compress(bytes(1_300_000)), None),
    "unknown compression": (b"iCCP", b"a\0\7", None),
    "broken checksum": (b"tEXt", b"a\0b", 1),
    "empty resolution": (b"pHYs", b"", None),
}


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(("name", "body", "crc"), DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_no_description_makes_a_sound_png_unreadable(
    tmp_path: Path, name: bytes, body: bytes, crc: int | None, last: bool
) -> None:
    path = tmp_path / "a.png"
    write_png(path, np.dstack((PICTURE, MATTE)))
    path.write_bytes(_with_chunk(path.read_bytes(), name, body, last=last, crc=crc))
    np.testing.assert_array_equal(np.dstack(read_rgba(path)), np.dstack((PICTURE, MATTE)))
    assert image_size(path) == (6, 9)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_picture_that_lacks_its_end_alone_is_read(tmp_path: Path, suffix: str) -> None:
    path = _saved(tmp_path / f"a.{suffix}", Image.fromarray(PICTURE))
    whole = read_rgb(path)
    path.write_bytes(path.read_bytes()[: -12 if suffix == "png" else -2])
    np.testing.assert_array_equal(read_rgb(path), whole)


def test_a_progressive_jpeg_without_its_end_may_lack_more(tmp_path: Path) -> None:
    path = _saved(tmp_path / "a.jpg", Image.fromarray(PICTURE), progressive=True)
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(DataError, match=r"a\.jpg: is truncated"):
        read_rgb(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\0\0\0\x18ftypheic", "found HEIC, named .jpg.; save it as PNG"),
        (b"\0\0\0\x18ftypmp42", "found a video.; take its frames out first: `ffmpeg"),
        (b"GIF89a", "found GIF"),
        (b"<!DOCTYPE html>", "found a web page"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
    ],
)
def test_what_is_another_kind_of_file_is_named_with_what_to_do(tmp_path: Path, content: bytes, found: str) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(DataError, match=rf"a\.jpg: is not a PNG, JPEG or WebP image, .*{found}"):
        read_rgb(tmp_path / "a.jpg")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WebP"])
def test_whatever_happened_to_a_file_it_is_read_or_named(tmp_path: Path, kind: str) -> None:
    stream, path, rng = io.BytesIO(), tmp_path / "a", np.random.default_rng(0)
    Image.fromarray(PICTURE).save(stream, kind, exif=_tiff(3, 1, SIX))
    for _ in range(150):
        content = bytearray(stream.getvalue())
        for place in rng.integers(0, len(content), rng.integers(1, 6)):
            content[place] = rng.integers(256)
        path.write_bytes(content[: rng.integers(len(content) // 2, 2 * len(content))])
        sizes = set()
        for reader in (read_rgb, read_alpha, image_size):
            try:
                found = reader(path)
            except DataError:
                continue
            sizes.add(found[:2] if isinstance(found, tuple) else found.shape[:2])
        assert len(sizes) <= 1


def test_no_other_module_opens_pictures() -> None:
    root = Path(__file__).resolve().parents[3]
    sources = (
        path
        for top in ("configs", "datasets", "converter", "eval", "training", "mattekit")
        for path in (root / top).rglob("*.py")
    )
    found = {path.relative_to(root).as_posix() for path in sources if "Image.open(" in path.read_text(encoding="utf-8")}
    assert found == {"datasets/samples/images.py", "eval/presentation/figures.py"}  # the latter what it has just drawn
