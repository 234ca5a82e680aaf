"""Writing a set without ground truth: sources and plates in OMZ's layout, with a manifest and no fgr/."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from configs.files import new_folder
from configs.sizes import size_text
from datasets.samples.images import read_rgb, read_webp, write_png
from datasets.samples.manifest import FileEntry, SampleEntry, file_entry, make_manifest


class SetWriter:
    """Writes the samples of a set, one after the other, into a folder that appears when all are there."""

    def __init__(self, work: Path, out: Path) -> None:
        self._work, self._out = work, out
        self._files: list[FileEntry] = []
        self._ids: list[str] = []
        self._plates: dict[Path, tuple[Path, FileEntry]] = {}

    def add(self, id_: str, source: Path | NDArray[np.uint8], plate: Path | None) -> None:
        """Write a sample.

        Args:
            id_: `<clip>/<frame>`.
            source: a picture, or (H, W, 3) uint8 RGB.
            plate: a picture of the same size; the same one may serve many samples, and is then stored once. None in a
                set without plates.

        Raises:
            DataError: a picture is not readable, or the two differ in size.
        """
        if isinstance(source, Path):
            composite = file_entry(self._work, _copied(source, self._work / "com" / id_))
            name = str(source)
        else:
            path = self._work / "com" / f"{id_}.png"
            write_png(path, source)
            composite, name = file_entry(self._work, path), id_
        self._files.append(composite)
        self._ids.append(id_)
        if plate is None:
            return
        background = self._plate(id_, plate)
        self._files.append(background)
        if (composite.height, composite.width) != (background.height, background.width):
            raise DataError(
                f"{plate}: is {size_text((background.height, background.width))}, but {name} is "
                f"{size_text((composite.height, composite.width))}; take the plate with the same camera and settings, "
                "or bring both to one size first"
            )

    def close(self, *, sequential: bool) -> None:
        """Write the manifest; `sequential`: the frames of a clip follow each other in time.

        Raises:
            DataError: there is no sample.
        """
        if not self._ids:
            raise DataError(f"{self._out}: no sample was found to make a set of")
        samples = (SampleEntry(id=id_) for id_ in self._ids)
        make_manifest(self._out.resolve().name, self._files, samples, sequential=sequential).write(self._work)

    def _plate(self, id_: str, plate: Path) -> FileEntry:
        """Write a sample's plate, as another name of the file that an earlier sample has, where the disk allows it."""
        if plate not in self._plates:
            path = _copied(plate, self._work / "bgr" / id_)
            self._plates[plate] = path, file_entry(self._work, path)
            return self._plates[plate][1]
        first, entry = self._plates[plate]
        path = self._work / "bgr" / f"{id_}{first.suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(first, path)
        except OSError:
            shutil.copyfile(first, path)
        return entry.model_copy(update={"path": path.relative_to(self._work).as_posix()})


@contextmanager
def new_set(out: Path, *, sequential: bool = False) -> Iterator[SetWriter]:
    """Yield a writer for a set at `out`, which appears only when whole; read it with `open_set`.

    Raises:
        UsageError: `out` is not empty, or cannot be written.
        DataError: no sample was added.
    """
    with new_folder(out) as work:
        writer = SetWriter(work, out)
        yield writer
        writer.close(sequential=sequential)


def _copied(picture: Path, target: Path) -> Path:
    """Copy a picture to `target`, which has no suffix yet, and return where it lies; WebP becomes PNG.

    Raises:
        DataError: it is not a readable picture.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    suffix = picture.suffix.lower()
    if suffix == ".webp":
        path = target.with_name(f"{target.name}.png")
        image = read_webp(picture)
        if image.shape[2] == 4 and (image[..., 3] != 255).any():
            raise DataError(f"{picture}: has transparent pixels; expected an opaque picture: save it flattened")
        write_png(path, image[..., :3])
        return path
    read_rgb(picture)
    path = target.with_name(f"{target.name}{suffix}")
    shutil.copyfile(picture, path)
    return path
