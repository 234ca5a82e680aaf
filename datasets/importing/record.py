"""`foregrounds.json`: what a folder of imported foregrounds holds, where it came from, and what was left out."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from configs.reading import InnerPath
from configs.records import Frozen, Record
from configs.schema import MAX_SIDE
from configs.text import counted
from datasets.samples.litter import walk
from datasets.samples.manifest import Positive, Sha256


class SourceFile(Frozen):
    """A file of the set as it was published: its path below the set's folder, and its hash."""

    path: InnerPath
    sha256: Sha256


class Foreground(Frozen):
    """One RGBA PNG, `<id>.png`, and the files it was made of."""

    id: InnerPath
    sha256: Sha256
    bytes: Positive
    height: Positive
    width: Positive
    sources: tuple[SourceFile, ...]

    @property
    def file(self) -> str:
        """The file's path below the folder."""
        return f"{self.id}.png"


class Skipped(Frozen):
    """A picture that was left out, and why."""

    id: str
    reason: str


class Settings(Frozen):
    """What an import was asked for.

    Attributes:
        kind: the set's name in `datasets.importing.layouts`.
        limit: how many pictures were drawn, by `seed`; None: all.
        max_side: the longest side in pixels; larger pictures were shrunk.
        skip_damaged: whether damaged pictures were left out, rather than ending the import.
    """

    kind: str
    limit: Positive | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    max_side: Annotated[int, Field(ge=16)] = MAX_SIDE
    skip_damaged: bool = False


class ForegroundSet(Record):
    """The whole of `foregrounds.json`.

    Attributes:
        source: where the set is published.
        rights: what its authors say of its licence.
        colours: `true`, as published, or `estimated` from picture and alpha.
        estimator: packages that estimated, with versions; empty for true colours.
        sequential: whether each folder holds consecutive frames, none left out.
        images: in natural order of ids.
        skipped: likewise.
    """

    FILE: ClassVar[str] = "foregrounds.json"
    REMEDY: ClassVar[str] = "move the folder away, and run `mattekit dataset import` again"

    settings: Settings
    source: str
    rights: str
    colours: Literal["true", "estimated"]
    estimator: dict[str, str]
    sequential: bool
    images: tuple[Foreground, ...]
    skipped: tuple[Skipped, ...]

    def holds(self) -> frozenset[str]:
        """Return what the folder of an import may hold: the record, and every foreground."""
        return self.names() | {image.file for image in self.images}

    @property
    def summary(self) -> str:
        """One line for the screen."""
        by = " and ".join(f"{name} {version}" for name, version in self.estimator.items())
        colours = f"estimated colours ({by})" if by else f"{self.colours} colours"
        foregrounds = counted(len(self.images), "foreground")
        return f"{foregrounds} of {self.settings.kind}, {colours}, {len(self.skipped)} skipped"


def estimated_sha256s(folder: Path) -> frozenset[str]:
    """Return the hashes of all foregrounds whose colours the records in, below or above `folder` call estimated.

    A hash stays the same when a file is moved within its folder or copied beside others.
    """
    folder = folder.resolve()
    records = (ForegroundSet.read_if_there(place) for place in (*folder.parents, *(place for place, _ in walk(folder))))
    return frozenset(
        image.sha256
        for record in records
        if record is not None and record.colours == "estimated"
        for image in record.images
    )
