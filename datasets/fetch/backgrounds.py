"""A folder of fetched photographs: `backgrounds.json`, ATTRIBUTION.csv, and the record by which a run is resumed."""

import re
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, ValidationError

from configs.errors import DataError, UsageError
from configs.files import contents, sha256_of, write_atomically
from configs.interruption import note_kept
from configs.reading import open_regular, read_bytes
from configs.records import Frozen, Record
from configs.schema import PhotographSource
from configs.tables import csv_text
from datasets.samples.images import image_size, read_rgb
from datasets.samples.manifest import ATTRIBUTION_NAME, Positive, Sha256

PROGRESS_NAME = ".progress.jsonl"

_BEGUN = re.compile(r"\.table-[0-9a-f]+\.csv|\..*\.part")
"""Files of a run that was killed before its progress record."""
_JPEG_START = b"\xff\xd8\xff"
_ATTRIBUTION_HEADER = ("id", "author", "author_url", "licence", "landing_url", "title")

ImageId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class FetchedImage(Frozen):
    """One whole file, `<id>.jpg`: where it came from, what its bytes are, and its size as the readers see it."""

    id: ImageId
    url: str
    sha256: Sha256
    bytes: Positive
    height: Positive
    width: Positive

    @property
    def file(self) -> str:
        """The file's name in the folder."""
        return f"{self.id}.jpg"


class Background(FetchedImage):
    """A photograph with its licence and credits.

    Attributes:
        licence: as the source states it, a URL.
        rotation: degrees counter-clockwise by which the source's table says the picture must be turned to be upright;
            None where it does not say. The file's pixels are as they came, not turned.
    """

    licence: str
    author: str
    author_url: str
    landing_url: str
    title: str
    rotation: float | None


class FailedImage(Frozen):
    """An id that was chosen and could not be fetched."""

    id: str
    reason: str


class BackgroundSet(Record):
    """The whole of `backgrounds.json`.

    Attributes:
        seed: draws the ids; where they were listed, the replacements.
        listed: whether the ids came from a list.
        table: file name or URL of the licence table.
        images: in the order in which they were chosen.
        failed: likewise; each was replaced by a later id.
    """

    FILE: ClassVar[str] = "backgrounds.json"
    REMEDY: ClassVar[str] = "move the folder away, and run `mattekit dataset fetch` again to fetch the photographs anew"

    source: PhotographSource = "openimages"
    split: str
    seed: int
    listed: bool
    table: str
    table_sha256: Sha256
    images: tuple[Background, ...]
    failed: tuple[FailedImage, ...]


def require_own(folder: Path) -> None:
    """Refuse a folder that holds something, but no record of photographs, finished or not.

    Raises:
        UsageError: it is such a folder.
        DataError: `backgrounds.json` is corrupt.
    """
    if (folder / PROGRESS_NAME).is_file() or BackgroundSet.read_if_there(folder) is not None:
        return
    if others := {name for name in contents(folder) if not _BEGUN.fullmatch(name)}:
        raise UsageError(
            f"{folder}: holds {min(others)}, and no {BackgroundSet.FILE} of photographs fetched before; "
            "choose another folder with --out"
        )


class Progress:
    """The files of a folder that are whole already; `add` may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        """Read the records of earlier runs in `folder`, finished or not.

        Raises:
            DataError: `backgrounds.json` is corrupt.
            UsageError: the folder cannot be written.
        """
        self._path = folder / PROGRESS_NAME
        self._folder = folder
        self._lock = threading.Lock()
        record = BackgroundSet.read_if_there(folder)
        self._known = {image.id: image for image in (*(record.images if record else ()), *_journal(self._path))}
        for part in folder.glob(".*.jpg.part"):
            part.unlink(missing_ok=True)
        # Rewritten, since a kill may have left half a line at the end, to which nothing can be appended.
        write_atomically(self._path, "".join(_line(image) for image in self._known.values()))

    def whole(self, id: str, url: str) -> FetchedImage | None:
        """Return the record of an image if its file is still, byte for byte, what came from `url`."""
        image = self._known.get(id)
        if image is None or image.url != url:
            return None
        path = self._folder / image.file
        return image if path.is_file() and sha256_of(path) == image.sha256 else None

    def add(self, image: FetchedImage) -> None:
        """Record a file that has just become whole."""
        note_kept(self._folder / image.file)
        with self._lock:
            self._known[image.id] = image
            try:
                with self._path.open("a", encoding="utf-8") as stream:
                    stream.write(_line(image))
            except OSError as error:
                raise UsageError(f"{self._path}: cannot be written ({error.strerror})") from error

    def close(self, kept: Iterable[str]) -> None:
        """Remove files of earlier runs that are not among the ids `kept`, and the progress record itself."""
        for id in set(self._known) - set(kept):
            (self._folder / self._known[id].file).unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)


def require_jpeg(path: Path) -> None:
    """Check that a file is a JPEG that decodes to its end.

    Raises:
        DataError: it is something else, such as a page of HTML, or it is broken; starts with the path.
    """
    try:
        with open_regular(path) as stream:
            start = stream.read(40)
    except FileNotFoundError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    if not start.startswith(_JPEG_START):
        raise DataError(f"{path}: is not a JPEG; it starts with {start!r}")
    read_rgb(path)


def describe_image(path: Path, id: str, url: str, sha256: str, length: int) -> FetchedImage:
    """Return the record of a file that has been checked."""
    height, width = image_size(path)
    return FetchedImage(id=id, url=url, sha256=sha256, bytes=length, height=height, width=width)


def write_backgrounds(folder: Path, record: BackgroundSet) -> None:
    """Write ATTRIBUTION.csv and then `backgrounds.json`; the same record gives the same bytes."""
    write_atomically(folder / ATTRIBUTION_NAME, attribution(record.images))
    record.write(folder)


def attribution(images: Sequence[Background]) -> str:
    """Return the text of ATTRIBUTION.csv: whom to credit for each image, and under which licence it may be used."""
    rows = (
        (image.id, image.author, image.author_url, image.licence, image.landing_url, image.title) for image in images
    )
    return csv_text(_ATTRIBUTION_HEADER, rows)


def _journal(path: Path) -> Iterable[FetchedImage]:
    """Yield the entries of a progress record; a line that a kill cut short only costs its file another download."""
    try:
        lines = read_bytes(path).splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield FetchedImage.model_validate_json(line)
        except ValidationError:
            continue


def _line(image: FetchedImage) -> str:
    return image.model_dump_json(include=set(FetchedImage.model_fields)) + "\n"
