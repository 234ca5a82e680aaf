"""What is no picture that the toolkit reads: which it is, and what to do to get one that it does read."""

from collections.abc import Iterable
from pathlib import Path
from shlex import quote

from datasets.samples.names import readable

VIDEOS = frozenset({".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".wmv", ".mpg", ".mpeg", ".mts", ".m2ts", ".mxf"})
"""Endings of videos, in lower case."""
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".heic", ".heif"})
"""Endings of pictures, in lower case, read or not."""

_STARTS = {
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"%PDF": "PDF",
    b"8BPS": "Photoshop",
    b"\x76\x2f\x31\x01": "OpenEXR",
    b"version https://git-lfs": "a pointer of Git LFS",
}
_BRANDS = {b"hei": "HEIC", b"hev": "HEIC", b"mif": "HEIC", b"avi": "AVIF", b"qt ": "a video"}
"""What the type of an ISO media file begins with; any other one is a video."""


def described(data: bytes, ending: str = "") -> str:
    """Return what a file's content is instead of a picture and what to do, to follow an error; empty if unknown.

    Args:
        data: the file's content, or its beginning.
        ending: the file's.
    """
    kind = _kind(data)
    if not kind:
        return ""
    if kind == "a video":
        return f" (found a video); {FRAMES_FIRST}"
    if "LFS" in kind:
        return f" (found {kind}); get the file itself with `git lfs pull`"
    if "page" in kind:
        return f" (found {kind}, perhaps a server's error); get the picture again"
    return f" (found {kind}{f', named {ending}' if ending else ''}); save it as PNG, with any program that shows it"


FRAMES_FIRST = "take its frames out first: `ffmpeg -i VIDEO FOLDER/%05d.png`"


def is_video(path: Path) -> bool:
    """Return whether a file is a video, by its ending."""
    return path.suffix.lower() in VIDEOS


def frames_hint(paths: Iterable[Path]) -> str:
    """Return what to do about the videos among `paths`, to follow an error; empty where there is none."""
    first = next(filter(is_video, paths), None)
    if first is None:
        return ""
    video, folder = (readable(path) for path in (first, first.with_suffix("")))
    command = f"mkdir -p {quote(folder)} && ffmpeg -i {quote(video)} {quote(f'{folder}/%05d.png')}"
    return f"; {video} is a video: take its frames out first (`{command}`), and move the video away"


def _kind(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:11], "a video")
    if data.startswith(b"RIFF") and data[8:12] == b"AVI ":
        return "a video"
    if data.startswith(b"\x1aE\xdf\xa3"):
        return "a video"
    if data.lstrip()[:5].lower() in (b"<html", b"<!doc", b"<?xml", b"<svg "):
        return "a web page or SVG"
    return next((kind for start, kind in _STARTS.items() if data.startswith(start)), "")
