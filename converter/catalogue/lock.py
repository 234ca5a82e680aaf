"""The lock file: models whose checksum nobody publishes are pinned at their first download."""

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from configs.catalogue import Name, Url
from configs.locking import alone_in
from configs.records import Frozen, Record
from converter.catalogue.wanted import Wanted


class Pin(Frozen):
    """What came first. `url` is None where the user gave the file."""

    file: str
    bytes: Annotated[int, Field(gt=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    url: Url | None


class Lock(Record):
    """The whole of `mattekit-lock.json`: in the working folder, to be committed, and in each folder of the cache."""

    FILE: ClassVar[str] = "mattekit-lock.json"
    REMEDY: ClassVar[str] = "take it back from version control, or remove it to pin what comes next"
    SORT_KEYS: ClassVar[bool] = True

    models: dict[Name, Pin] = Field(default_factory=dict)


def pinned(folder: Path, name: str) -> Wanted | None:
    """Return what a folder's lock file says that a model must be; None where it does not name it.

    Raises:
        DataError: the lock file is corrupt.
    """
    lock = Lock.read_if_there(folder)
    if lock is None or (pin := lock.models.get(name)) is None:
        return None
    return Wanted(
        onnx=pin.file.endswith(".onnx"),
        size=pin.bytes,
        checksum=f"sha256:{pin.sha256}",
        stated_by=f"pinned in {folder / Lock.FILE}",
    )


def pin(folder: Path, name: str, what: Pin, *, renew: bool = False) -> bool:
    """Note in a folder's lock file what a model is, unless that is noted already; return whether it was noted now.

    Args:
        folder: of the lock file.
        name: of the model.
        what: it is.
        renew: whether it replaces what is noted.

    Raises:
        DataError: the lock file is corrupt.
        UsageError: the folder cannot be written.
    """
    with alone_in(folder):
        lock = Lock.read_if_there(folder) or Lock()
        if name in lock.models and not renew:
            return False
        Lock(models={**lock.models, name: what}).write(folder)
        return True
