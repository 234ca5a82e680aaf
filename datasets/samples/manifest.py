"""`manifest.json`: what a set holds, file by file with hashes, where it came from and under which licences.

Nothing in it depends on when or where it was written: the same set gives the same bytes.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from configs.reading import MAX_LISTING_BYTES, PlainPath
from configs.records import Frozen, Record
from configs.schema import CutSides, Plate
from datasets.samples.images import image_size, picture_bytes, pixels_sha256
from datasets.samples.names import same_name

MANIFEST_NAME = "manifest.json"
ATTRIBUTION_NAME = "ATTRIBUTION.csv"
"""Whom to credit, in folders of pictures that others may own."""
CONTACT_SHEET_NAME = "contact-sheet.png"
"""What `mattekit dataset show` draws of a set."""

Role = Literal["background", "foreground"]

Positive = Annotated[int, Field(gt=0)]
LARGEST_NOISE = 64
"""Largest standard deviation of a sample's noise, in levels of 8 bits."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FileEntry(Frozen):
    """One image: its path below the set's root (with `/`), hashes of the file and of its pixels, length, and size.

    The pixels' hash survives another PNG encoder, which gives other files of the same pictures.
    """

    path: PlainPath
    sha256: Sha256
    pixels_sha256: Sha256
    bytes: Positive
    height: Positive
    width: Positive


class SampleEntry(Frozen):
    """One sample.

    Attributes:
        id: `<clip>/<frame>`.
        tags: by which reports group it.
        noise: standard deviation, in levels of 8 bits, of the noise of a sensor that `datasets.samples.plate.noisy`
            gave the composite and the plate, each its own.
    """

    id: str
    tags: tuple[str, ...] = ()
    # Left out where there is none, so that the manifests of noiseless sets keep their bytes.
    noise: Annotated[float, Field(ge=0, le=LARGEST_NOISE, exclude_if=lambda noise: noise == 0)] = 0


class Generator(Frozen):
    """The program that made the set, and everything it needs to make it again; `size` is height, width."""

    name: str
    version: int
    seed: int
    count: Positive
    size: tuple[Positive, Positive]


class PhotographEntry(Frozen):
    """A photograph that went into the set: the package and file it comes from, its licence and whom to credit."""

    name: str
    package: str
    file: str
    licence: str
    credit: str


class OriginEntry(Frozen):
    """What a composed sample was made of: paths below the two input folders, and the files' hashes.

    `foreground_estimated` says that `foregrounds.json` marked the foreground's colours as estimated.
    """

    id: str
    foreground: str
    foreground_sha256: Sha256
    foreground_estimated: bool = False
    background: str
    background_sha256: Sha256


class SkippedEntry(Frozen):
    """What was left out, and why: a sample of an imported set, or a picture, `<role>/<path below its folder>`."""

    id: str
    reason: str


class CreditEntry(Frozen):
    """Whom to credit for a picture that went into a composed set, and under which licence it may be used.

    Attributes:
        file: path below the folder of its role.
        licence: a text or a URL; None where it is unknown.
        author: None where unknown.
        author_url, landing_url, title: empty where there is none.
    """

    role: Role
    file: str
    licence: str | None
    author: str | None
    author_url: str = ""
    landing_url: str = ""
    title: str = ""


class Composition(Frozen):
    """How a set was composed from folders of foregrounds and backgrounds.

    Attributes:
        cut_sides: what became of foregrounds whose picture cut off both sides; see `datasets.compose.placing`.
        origins: sorted by id.
        credits: one for each picture in `origins`, sorted by role, then file; beside the manifest as ATTRIBUTION.csv.
    """

    per_foreground: Positive
    plate: Plate
    cut_sides: CutSides = "hide"
    origins: tuple[OriginEntry, ...]
    credits: tuple[CreditEntry, ...] = ()


class Manifest(Record):
    """The whole of `manifest.json`.

    Attributes:
        name: the set's name, as reports show it.
        generator: None for a set that was imported.
        composition: None for a set that was not composed from folders.
        sequential: whether the frames of a clip follow each other in time, so that metrics over time make sense.
        exact_composites: whether each composite is `datasets.samples.composite.composite` of the files beside it, to
            the bit, apart from samples with noise.
        files: sorted by path.
        samples: sorted by id.
        photographs: sorted by name; what must be credited.
        skipped: what an import or a composition left out, in natural order of ids.
        content_sha256: `content_sha256` of `files`: the set's identity.
    """

    FILE: ClassVar[str] = MANIFEST_NAME
    REMEDY: ClassVar[str] = "restore it, make the set again, or move it away if another program wrote it"
    INDENT: ClassVar[int] = 1
    LARGEST: ClassVar[int] = MAX_LISTING_BYTES
    BESIDE: ClassVar[tuple[str, ...]] = (ATTRIBUTION_NAME, CONTACT_SHEET_NAME)

    name: str
    generator: Generator | None = None
    composition: Composition | None = None
    sequential: bool = False
    exact_composites: bool = False
    files: tuple[FileEntry, ...]
    samples: tuple[SampleEntry, ...]
    photographs: tuple[PhotographEntry, ...] = ()
    skipped: tuple[SkippedEntry, ...] = ()
    content_sha256: Sha256

    def holds(self) -> frozenset[str]:
        """Return what the folder of a set may hold: the manifest, what is made of it, and every picture."""
        return self.names() | {file.path for file in self.files}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        paths, ids = [file.path for file in self.files], [sample.id for sample in self.samples]
        for key, names in (("files", paths), ("samples", ids)):
            if twice := [name for name, times in Counter(names).items() if times > 1]:
                raise ValueError(f"`{key}` lists {twice[0]} more than once")
        found = content_sha256((file.path, file.pixels_sha256) for file in self.files)
        if found != self.content_sha256:
            raise ValueError(f"`content_sha256` is {self.content_sha256}, but `files` give {found}")
        return self


def content_sha256(files: Iterable[tuple[str, str]]) -> str:
    """Return the identity of a set: SHA-256 over its sorted lines `<sha256>  <path>`, one per image, paths in NFC.

    Args:
        files: pairs of path below the root (with `/`) and `pixels_sha256` of the image, in any order.
    """
    lines = sorted((same_name(path), digest) for path, digest in files)
    return hashlib.sha256("".join(f"{digest}  {path}\n" for path, digest in lines).encode()).hexdigest()


def file_entry(root: Path, path: Path) -> FileEntry:
    """Describe an image file below `root`.

    Raises:
        DataError: the file is missing, or is not an image that the readers accept.
    """
    data = picture_bytes(path)
    height, width = image_size(path, data)
    return FileEntry(
        path=path.relative_to(root).as_posix(),
        sha256=hashlib.sha256(data).hexdigest(),
        pixels_sha256=pixels_sha256(path, data),
        bytes=len(data),
        height=height,
        width=width,
    )


def make_manifest(
    name: str,
    files: Iterable[FileEntry],
    samples: Iterable[SampleEntry],
    *,
    photographs: Iterable[PhotographEntry] = (),
    generator: Generator | None = None,
    composition: Composition | None = None,
    sequential: bool = False,
    exact_composites: bool = False,
    skipped: Iterable[SkippedEntry] = (),
) -> Manifest:
    """Build a manifest: sorts the lists and computes the content's hash."""
    ordered = tuple(sorted(files, key=lambda file: file.path))
    return Manifest(
        name=name,
        generator=generator,
        composition=composition,
        sequential=sequential,
        exact_composites=exact_composites,
        files=ordered,
        samples=tuple(sorted(samples, key=lambda sample: sample.id)),
        photographs=tuple(sorted(photographs, key=lambda photograph: photograph.name)),
        skipped=tuple(skipped),
        content_sha256=content_sha256((file.path, file.pixels_sha256) for file in ordered),
    )
