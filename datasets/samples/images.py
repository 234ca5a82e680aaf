"""The one place where image files are read and written: 8-bit RGB in memory, whatever the file holds.

Read: PNG, JPEG and WebP, told by content, whatever the name says. Grey is replicated to three channels and a palette is
looked up. An EXIF orientation is applied, so that an image comes in as viewers show it. Colour profiles and gamma are
ignored: numbers are taken as stored. What only describes a picture is not even read (`datasets.samples.stripping`).
Refused, rather than guessed: more than 8 bits per channel, CMYK, transparency where none belongs, none where it does.
A matte by itself may also be a grey PNG of 16 bits, which is rounded to 8.
"""

import hashlib
import io
import struct
import warnings
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from configs.errors import DataError
from configs.files import write_atomically
from configs.reading import MAX_PICTURE_BYTES, read_bytes
from configs.section import MAX_PIXELS
from datasets.samples.foreign import described
from datasets.samples.plain_png import decoded_plain, encoded_plain
from datasets.samples.stripping import PNG_END, PNG_SIGNATURE, Stripped, stripped

_FORMATS = ("PNG", "JPEG", "WebP")
_GREY_MODES = frozenset({"1", "L"})
_ALPHA_MODES = frozenset({"LA", "RGBA"})
_READABLE_MODES = _GREY_MODES | _ALPHA_MODES | {"P", "RGB"}
_DEEP_GREY_MODE = "I;16"
_TRANSPOSED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How a picture of an EXIF orientation is put upright; from 5 on the sides change places."""

_STRIP = 64
"""Rows that are hashed at once."""

_FAULTS = (OSError, SyntaxError, ValueError, struct.error, EOFError)
"""What Pillow raises for files that it cannot decode."""

# Pillow only warns of a picture between its limit and twice that, in the midst of whatever is on the screen.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def read_rgb(path: Path, data: bytes | None = None) -> NDArray[np.uint8]:
    """Read a composite or a background as (H, W, 3) uint8 RGB.

    Args:
        data: the file's bytes, where they have been read already (`picture_bytes`).

    Raises:
        DataError: unreadable, not 8-bit, CMYK, or with pixels that are not opaque.
    """
    pixels, _ = _pixels(path, data)
    if pixels.shape[2] == 3:
        return pixels
    if (pixels[..., 3] != 255).any():
        raise DataError(
            f"{path}: has transparent pixels, so its colours are ambiguous; expected an opaque RGB image "
            "(only a foreground carries alpha): save it flattened, without the alpha channel"
        )
    return _rgb(pixels)


def read_rgba(path: Path, data: bytes | None = None) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read a foreground as ((H, W, 3) uint8 RGB straight colours, (H, W) uint8 alpha).

    Args:
        data: as for `read_rgb`.

    Raises:
        DataError: unreadable, not 8-bit, CMYK, or without an alpha channel.
    """
    pixels, kind = _pixels(path, data)
    if pixels.shape[2] == 3:
        raise DataError(
            f"{path}: has no alpha channel (found {kind}); expected an RGBA PNG, "
            "foreground colours and matte in one file (an import joins mattes from a folder `pha`)"
        )
    return _rgb(pixels), np.asarray(cv2.extractChannel(pixels, 3), np.uint8)


def read_alpha(path: Path) -> NDArray[np.uint8]:
    """Read a matte kept as a grey image, as (H, W) uint8.

    16-bit grey is rounded to the nearest of 255 steps. A colour or palette image whose three channels agree counts as
    grey, and an alpha channel that is opaque everywhere is passed over.

    Raises:
        DataError: unreadable, 16 bits in several channels, coloured, or with an alpha channel.
    """
    image = _loaded(path, _content(path, deep_grey=True), deep_grey=True)
    if image.mode == _DEEP_GREY_MODE:
        return ((np.asarray(image).astype(np.uint32) + 128) // 257).astype(np.uint8)
    if _has_transparency(image):
        rgba = np.asarray(image.convert("RGBA"))
        if (rgba[..., 3] != 255).any():
            raise DataError(
                f"{path}: has both colours and an alpha channel, so which one is the matte is ambiguous; "
                "expected a grey image"
            )
    if image.mode in _GREY_MODES:
        return np.array(image.convert("L"))
    rgb = np.asarray(image.convert("RGB"))
    if (rgb != rgb[..., :1]).any():
        raise DataError(f"{path}: is coloured; expected a matte as a grey image")
    return np.ascontiguousarray(rgb[..., 0])


def image_size(path: Path, data: bytes | None = None) -> tuple[int, int]:
    """Return (height, width) as the readers would, from the header alone; `data` as for `read_rgb`.

    Raises:
        DataError: not an image that the readers accept, judged by its header.
    """
    content = _content(path, data)
    width, height = _opened(path, content).size
    return (width, height) if content.orientation >= 5 else (height, width)


def pixels_sha256(path: Path, data: bytes | None = None) -> str:
    """Return the SHA-256 of an image's size and decoded RGBA pixels, which no encoder or compression changes.

    Args:
        data: as for `read_rgb`.

    Raises:
        DataError: not an image that the readers accept.
    """
    return array_sha256(_pixels(path, data)[0])


def array_sha256(image: NDArray[np.uint8], alpha: NDArray[np.uint8] | None = None) -> str:
    """Return what `pixels_sha256` gives for a file of this image.

    Args:
        image: (H, W, 3) RGB or (H, W, 4) RGBA uint8.
        alpha: (H, W) uint8, of an RGB image whose file has it as its fourth channel.
    """
    height, width, channels = image.shape
    digest = hashlib.sha256(repr((height, width, 4)).encode())
    # strip by strip: what is made for the hash alone stays in the processor's cache
    for top in range(0, height, _STRIP):
        strip = np.ascontiguousarray(image[top : top + _STRIP])
        if alpha is not None:
            digest.update(cv2.merge((strip, alpha[top : top + _STRIP])).data)
        else:
            digest.update((strip if channels == 4 else cv2.cvtColor(strip, cv2.COLOR_RGB2RGBA)).data)
    return digest.hexdigest()


def read_webp(path: Path) -> NDArray[np.uint8]:
    """Read a WebP as it is stored: (H, W, 3) uint8 RGB, or (H, W, 4) RGBA with straight colours.

    Raises:
        DataError: unreadable, truncated, or no WebP.
    """
    formats = ("WebP",)
    return np.array(_loaded(path, _content(path, formats=formats), formats=formats))


def write_webp(path: Path, image: NDArray[np.uint8], quality: int | None = None) -> None:
    """Write (H, W, 3) RGB or (H, W, 4) RGBA uint8 as WebP, lossless unless a `quality` of 0 to 100 is given.

    Other versions of the encoder may write other bytes, and of a lossy file other pixels too.
    """
    stream = io.BytesIO()
    # `exact` keeps the colours under transparent pixels; method 6 is the slowest and smallest.
    options = {"lossless": True, "exact": True} if quality is None else {"quality": quality}
    Image.fromarray(np.ascontiguousarray(image)).save(stream, "WEBP", method=6, **options)
    write_atomically(path, stream.getvalue())


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    """Write (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA uint8 as PNG; the same pixels give the same bytes.

    Raises:
        ValueError: another shape or type.
    """
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or (image.ndim == 3 and channels not in (3, 4)):
        raise ValueError(f"{path}: expected uint8 (H, W), (H, W, 3) or (H, W, 4), found {image.dtype} {image.shape}")
    if image.size == 0:
        raise ValueError(f"{path}: an image without pixels cannot be written, found {image.shape}")
    write_atomically(path, encoded_plain(image))


def picture_bytes(path: Path) -> bytes:
    """Return an image file's bytes, so that what was hashed is what is decoded, and is read from disk once.

    Raises:
        DataError: it is missing, unreadable, no regular file, or longer than any image that is read.
    """
    try:
        return read_bytes(path, MAX_PICTURE_BYTES)
    except FileNotFoundError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


def _pixels(path: Path, data: bytes | None) -> tuple[NDArray[np.uint8], str]:
    """Return an image's pixels, (H, W, 4) RGBA where it has transparency, else (H, W, 3) RGB; and what it is, in words.

    Every way it can fail becomes a `DataError`.
    """
    content = _content(path, data)
    if content.orientation == 1 and (plain := decoded_plain(content.data)) is not None:
        return plain, "RGB" if plain.shape[2] == 3 else "RGBA"
    image = _loaded(path, content)
    return np.array(image.convert("RGBA" if _has_transparency(image) else "RGB")), _describe(image)


def _rgb(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), np.uint8)


def _content(
    path: Path, data: bytes | None = None, deep_grey: bool = False, formats: tuple[str, ...] = _FORMATS
) -> Stripped:
    """Read a file, if its bytes are not given, and check what Pillow would let pass."""
    if data is None:
        data = picture_bytes(path)
    if not data:
        raise DataError(f"{path}: is empty (0 bytes); expected a {_one_of(formats)} image")
    content = stripped(data)
    _check_png(path, content, deep_grey)
    return content


def _loaded(path: Path, content: Stripped, deep_grey: bool = False, formats: tuple[str, ...] = _FORMATS) -> Image.Image:
    """Open, check, decode and orient an image by Pillow; with `deep_grey` a grey image of 16 bits passes."""
    image = _opened(path, content, deep_grey, formats)
    try:
        image.load()
    except _FAULTS as error:
        whole = _without_end(content.data) if image.format == "JPEG" else None
        if whole is None:
            raise _corrupt(path, error) from error
        image = whole
    turn = _TRANSPOSED.get(content.orientation)
    return image if turn is None else image.transpose(turn)


def _opened(path: Path, content: Stripped, deep_grey: bool = False, formats: tuple[str, ...] = _FORMATS) -> Image.Image:
    """Open and check an image by its header alone; return it, not yet decoded."""
    try:
        image = Image.open(io.BytesIO(content.data), formats=formats)
    except UnidentifiedImageError as error:
        raise DataError(
            f"{path}: is not a {_one_of(formats)} image, or its header is broken{described(content.data, path.suffix)}"
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(f"{path}: is too large ({error}); at most {MAX_PIXELS} pixels are read: shrink it") from error
    except _FAULTS as error:
        raise _corrupt(path, error) from error
    _check_opened(path, image, deep_grey)
    return image


def _one_of(formats: tuple[str, ...]) -> str:
    return f"{', '.join(formats[:-1])} or {formats[-1]}" if len(formats) > 1 else formats[0]


def _without_end(data: bytes) -> Image.Image | None:
    """Return the image of a JPEG that lacks its end alone; None where pixels are missing as well, or may be.

    They are all there where the image is the same whatever follows. Of several scans a whole one might be missing.
    """
    if data.count(b"\xff\xda") != 1:
        return None
    images = []
    try:
        for filler in (b"\x55", b"\xaa"):
            images.append(Image.open(io.BytesIO(data.rstrip(b"\xff") + 4096 * filler + b"\xff\xd9"), formats=("JPEG",)))
            images[-1].load()
    except _FAULTS:
        return None
    return images[0] if "progressive" not in images[0].info and images[0].tobytes() == images[1].tobytes() else None


def _corrupt(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: is truncated or corrupt ({error}); restore or re-create it")


def _check_opened(path: Path, image: Image.Image, deep_grey: bool) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise DataError(
            f"{path}: is too large ({image.width}x{image.height}); at most {MAX_PIXELS} pixels are read: shrink it"
        )
    if image.mode == "CMYK":
        raise DataError(f"{path}: is CMYK; expected RGB: convert it to RGB first")
    if image.mode not in _READABLE_MODES and not (deep_grey and image.mode == _DEEP_GREY_MODE):
        raise DataError(f"{path}: has pixels of mode {image.mode}; expected 8-bit grey, palette, RGB or RGBA")
    if getattr(image, "is_animated", False):
        raise _animated(path, str(image.format))


def _animated(path: Path, kind: str) -> DataError:
    return DataError(f"{path}: is an animated {kind}; expected one image per file: save its frames as files")


def _check_png(path: Path, content: Stripped, deep_grey: bool) -> None:
    """Refuse what Pillow would let pass: 16 bits per channel (it keeps the upper 8), no pixels, a missing end."""
    data = content.data
    if not data.startswith(PNG_SIGNATURE) or len(data) < 26 or data[12:16] != b"IHDR":
        return
    width, height, depth, colour_type = struct.unpack(">IIBB", data[16:26])
    if width == 0 or height == 0:
        raise DataError(f"{path}: has no pixels ({width}x{height})")
    if depth > 8 and not (deep_grey and colour_type == 0):
        also = ", or 16 of grey alone" if deep_grey else ""
        raise DataError(f"{path}: has {depth} bits per channel; expected 8{also}: convert it to an 8-bit image first")
    if content.frames > 1:
        raise _animated(path, "PNG")
    if not data.endswith(PNG_END):
        raise DataError(f"{path}: is truncated (its end is missing); restore or re-create it")


def _has_transparency(image: Image.Image) -> bool:
    return image.mode in _ALPHA_MODES or "transparency" in image.info


def _describe(image: Image.Image) -> str:
    return {"1": "1-bit grey", "L": "grey", "P": "a palette without transparency"}.get(image.mode, image.mode)
