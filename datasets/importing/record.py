"""`foregrounds.json`: what a folder of imported foregrounds holds, where it came from, and what was left out."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from configs.records import Frozen, read_record, write_record
from configs.schema import MAX_SIDE, Kind

RECORD_NAME = "foregrounds.json"

_REMEDY = "move the folder away, and run `mattekit dataset import` again"

Positive = Annotated[int, Field(gt=0)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SourceFile(Frozen):
    """A file of the set as it was published: its path below the set's folder, and its hash."""

    path: str
    sha256: Sha256


class Foreground(Frozen):
    """One RGBA PNG, `<id>.png`, and the files it was made of."""

    id: str
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
        limit: how many pictures were drawn, by `seed`; None: all.
        max_side: the longest side in pixels; larger pictures were shrunk.
        skip_damaged: whether damaged pictures were left out, rather than ending the import.
    """

    kind: Kind
    limit: Positive | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    max_side: Annotated[int, Field(ge=16)] = MAX_SIDE
    skip_damaged: bool = False


class ForegroundSet(Frozen):
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

    schema_version: Literal[1] = 1
    settings: Settings
    source: str
    rights: str
    colours: Literal["true", "estimated"]
    estimator: dict[str, str]
    sequential: bool
    images: tuple[Foreground, ...]
    skipped: tuple[Skipped, ...]

    @property
    def summary(self) -> str:
        """One line for the screen."""
        by = " and ".join(f"{name} {version}" for name, version in self.estimator.items())
        colours = f"estimated colours ({by})" if by else f"{self.colours} colours"
        return f"{len(self.images)} foregrounds of {self.settings.kind}, {colours}, {len(self.skipped)} skipped"


def write_foregrounds(folder: Path, record: ForegroundSet) -> None:
    """Write `foregrounds.json`; the same record gives the same bytes."""
    write_record(folder / RECORD_NAME, record)


def read_foregrounds(folder: Path) -> ForegroundSet | None:
    """Read `foregrounds.json`; None where there is none.

    Raises:
        DataError: it is corrupt or of another schema version.
    """
    path = folder / RECORD_NAME
    return read_record(path, ForegroundSet, _REMEDY) if path.exists() else None


def estimated_sha256s(folder: Path) -> frozenset[str]:
    """Return the hashes of all foregrounds with estimated colours that records in, below or above a folder tell of.

    By hash, so that the mark stays with a file that was moved within its folder or copied beside others.

    Raises:
        DataError: a record is corrupt.
    """
    folder = folder.resolve()
    places = {path.parent for path in folder.rglob(RECORD_NAME)} | set(folder.parents)
    records = (read_foregrounds(place) for place in sorted(places))
    return frozenset(
        image.sha256
        for record in records
        if record is not None and record.colours == "estimated"
        for image in record.images
    )
