"""Records: frozen types, and versioned ones in JSON, written whole or not at all and read with every fault named."""

import json
from pathlib import Path
from typing import Any, ClassVar, Literal, NoReturn, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from configs.errors import DataError, shortened
from configs.files import write_atomically
from configs.reading import MAX_RECORD_BYTES, read_bytes
from configs.wording import explained

SCHEMA_VERSION = 1
LARGEST_NUMBER = 1e30
"""Largest number in a record: far above any figure, and far below where sums and squares of figures overflow."""
LONGEST_INTEGER = 19
"""Most characters of an integer in a record, so that it fits 64 bits."""

Kind = TypeVar("Kind", bound=BaseModel)


class Frozen(BaseModel):
    """A record: frozen, without unknown keys, without NaN and infinities."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Record(Frozen):
    """A versioned record that lies as JSON in a folder of its own kind.

    Attributes:
        FILE: the file's name in its folder.
        REMEDY: what to do when it is missing or wrong, for errors.
        BESIDE: further files that its command writes beside it.
        SORT_KEYS: whether keys are written in alphabetical order instead of the schema's.
        INDENT: spaces by which each level is indented.
        LARGEST: most bytes of the file that are read.
    """

    FILE: ClassVar[str]
    REMEDY: ClassVar[str]
    BESIDE: ClassVar[tuple[str, ...]] = ()
    SORT_KEYS: ClassVar[bool] = False
    INDENT: ClassVar[int] = 2
    LARGEST: ClassVar[int] = MAX_RECORD_BYTES

    schema_version: Literal[1] = 1

    @classmethod
    def read(cls, place: Path) -> Self:
        """Read the record in the folder, or from the file, `place`.

        Raises:
            DataError: it is missing, is not JSON, holds NaN, has another schema version or breaks the schema.
        """
        return read_record(cls.file_at(place), cls, cls.REMEDY, cls.LARGEST)

    @classmethod
    def read_if_there(cls, folder: Path) -> Self | None:
        """Read the record in a folder; None where the folder has none.

        Raises:
            DataError: it is there, and `read` refuses it.
        """
        try:
            (folder / cls.FILE).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError):
            pass  # it is there, and reading says what is wrong with it
        return cls.read(folder)

    def write(self, place: Path) -> None:
        """Write the record into the folder, or to the file, `place`, whole or not at all.

        Raises:
            DataError: a value is not finite.
            UsageError: the folder cannot be written.
        """
        write_record(self.file_at(place), self, self.SORT_KEYS, self.INDENT)

    @classmethod
    def names(cls) -> frozenset[str]:
        """Return the names of the record's file and of those beside it."""
        return frozenset({cls.FILE, *cls.BESIDE})

    def holds(self) -> frozenset[str]:
        """Return what the folder of this record may hold, as paths below it with `/`; anything else is not ours."""
        return self.names()

    @classmethod
    def file_at(cls, place: Path) -> Path:
        """Return the record's file: `place` itself where it is named like one, else the one in the folder `place`."""
        return place if place.suffix == Path(cls.FILE).suffix and not place.is_dir() else place / cls.FILE


def write_record(path: Path, record: BaseModel, sort_keys: bool = False, indent: int = 2) -> None:
    """Write a record as indented JSON.

    Raises:
        DataError: a value is not finite.
        UsageError: the folder cannot be written.
    """
    try:
        content = record.model_dump()
        text = json.dumps(content, indent=indent, allow_nan=False, ensure_ascii=False, sort_keys=sort_keys)
    except ValueError as error:
        raise DataError(f"{path}: not written, because it would hold a number that is not finite ({error})") from error
    write_atomically(path, text + "\n")


def read_record(path: Path, kind: type[Kind], remedy: str, largest: int = MAX_RECORD_BYTES) -> Kind:
    """Read a record with a `schema_version` from JSON; `remedy` says what to do when it is missing or wrong.

    Raises:
        DataError: it is missing, is not JSON, holds NaN, has another schema version or breaks the schema.
    """
    if path.parent.is_file():
        raise DataError(f"{path.parent}: a file; expected a folder with {path.name}; {remedy}")
    try:
        text = read_bytes(path, largest).decode()
        content = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_bounded)
        json.dumps(content, ensure_ascii=False).encode()  # refuses halves of characters, which nothing can write
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file; {remedy}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: corrupt, expected JSON of finite numbers ({error}); {remedy}") from error
    _require_version(path, content, remedy)
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"]) or "(top level)"
        raise DataError(f"{path}: {key}: {explained(problem)} ({error.error_count()} problem(s)); {remedy}") from error


def _require_version(path: Path, content: Any, remedy: str) -> None:
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected a JSON object, found {type(content).__name__}; {remedy}")
    found = content.get("schema_version")
    if found != SCHEMA_VERSION:
        raise DataError(f"{path}: schema_version: expected {SCHEMA_VERSION}, found {shortened(repr(found))}; {remedy}")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a finite number")


def _finite(text: str) -> float:
    value = float(text)
    if not abs(value) <= LARGEST_NUMBER:
        raise ValueError(f"{shortened(text)} is beyond any figure that the toolkit writes")
    return value


def _bounded(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        raise ValueError(f"{shortened(text)} is an integer of more than {LONGEST_INTEGER - 1} digits")
    return int(text)
