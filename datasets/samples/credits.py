"""Licences and authors of a folder's pictures, found in the records beside them, and ATTRIBUTION.csv of a composed set.

In the folder of pictures, or anywhere below it, these count, the first that tells a picture's licence:
`backgrounds.json` of `mattekit dataset fetch` and `foregrounds.json` of an import, which know pictures by their hashes;
the `manifest.json` of a set, also of one in whose `fgr/` or `bgr/` the pictures lie; an ATTRIBUTION.csv with columns
`licence` and `id` or `file` (a picture's path below the table's folder, without or with its ending), and perhaps
`author`, `author_url`, `landing_url` and `title`. What none of them tells is unknown.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Literal

from configs.errors import DataError
from datasets.fetch.backgrounds import ATTRIBUTION_NAME, RECORD_NAME, read_backgrounds
from datasets.importing.record import read_foregrounds
from datasets.samples.layout import ROLES
from datasets.samples.manifest import MANIFEST_NAME, CreditEntry, Manifest, read_manifest

UNKNOWN = "unknown"
"""What ATTRIBUTION.csv says where the manifest has no licence or author."""

Role = Literal["background", "foreground"]

_COLUMNS = ("role", "file", "licence", "author", "author_url", "landing_url", "title")
_DETAILS = ("author", "author_url", "landing_url", "title")
_REMEDY = "restore it, or move it away to compose with unknown licences"


def find_credits(folder: Path, role: Role, pictures: Mapping[str, str]) -> tuple[CreditEntry, ...]:
    """Return whom to credit for each picture, sorted by file; licence and author are None where nothing tells them.

    Args:
        folder: where the pictures lie, at any depth.
        role: what they are used for.
        pictures: SHA-256 by path below the folder.

    Raises:
        DataError: a record is corrupt; a table lacks a column, cannot be read, or credits a picture twice.
    """
    by_hash: dict[str, dict[str, str]] = {}
    by_path: dict[str, dict[str, str]] = {}
    for place in _places(folder):
        for digest, credit in _recorded(place):
            by_hash.setdefault(digest, credit)
        if (place / ATTRIBUTION_NAME).is_file() and not _is_set(place):
            by_path |= _tabled(place / ATTRIBUTION_NAME, place.relative_to(folder))
    entries: list[CreditEntry] = []
    for file, digest in sorted(pictures.items()):
        told = (by_hash.get(digest), by_path.get(file), by_path.get(file.rpartition(".")[0]))
        known = [credit for credit in told if credit is not None]
        known.sort(key=lambda credit: not credit["licence"])
        entries.append(_entry(role, file, known[0] if known else {}))
    return tuple(entries)


def attribution(credits: Iterable[CreditEntry]) -> str:
    """Return the text of a composed set's ATTRIBUTION.csv; what is unknown is said to be."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for credit in credits:
        values = (getattr(credit, column) for column in _COLUMNS)
        writer.writerow([UNKNOWN if value is None else value for value in values])
    return stream.getvalue()


def attribution_damage(root: Path, credits: Iterable[CreditEntry]) -> str:
    """Say how the ATTRIBUTION.csv of the set at `root` differs from its manifest's credits; empty where it does not."""
    path = root / ATTRIBUTION_NAME
    expected = attribution(credits)
    try:
        found = path.read_bytes().decode()
    except FileNotFoundError:
        return f"{path}: missing, though {MANIFEST_NAME} credits pictures"
    except (OSError, UnicodeDecodeError) as error:
        return f"{path}: cannot be read ({error})"
    if found == expected:
        return ""
    for number, (row, wanted) in enumerate(zip_longest(found.splitlines(), expected.splitlines()), start=1):
        if row != wanted:
            told, due = ("no such line" if line is None else repr(line) for line in (row, wanted))
            return f"{path}: line {number}: found {told}; {MANIFEST_NAME} gives {due}"
    return f"{path}: differs in its line ends from what {MANIFEST_NAME} gives"


def _places(folder: Path) -> Iterator[Path]:
    """Yield the folders whose records may tell of pictures in `folder`: it, all below, and the root of its set."""
    for root, folders, _ in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield Path(root)
    for above in (folder.absolute(), folder.absolute().parent):
        if above.name in ROLES and _is_set(above.parent):
            yield above.parent


def _is_set(place: Path) -> bool:
    return (place / MANIFEST_NAME).is_file() and all((place / role).is_dir() for role in ROLES)


def _recorded(place: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield SHA-256 and credit of every picture that a folder's records know."""
    if (place / RECORD_NAME).is_file():
        for image in read_backgrounds(place).images:
            yield image.sha256, {"licence": image.licence, **{name: getattr(image, name) for name in _DETAILS}}
    record = read_foregrounds(place)
    if record is not None:
        # An import says in these words that nobody knows.
        licence = "" if record.rights.startswith("unclear") else record.rights
        title = f"{record.source}; rights: {record.rights}"
        yield from ((image.sha256, {"licence": licence, "title": title}) for image in record.images)
    manifest = read_manifest(place) if _is_set(place) else None
    if manifest is not None:
        yield from _of_set(manifest)


def _of_set(manifest: Manifest) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what a set's manifest says of its foregrounds and backgrounds, as far as it says anything."""
    hashes = {file.path.rpartition(".")[0]: file.sha256 for file in manifest.files}
    composition = manifest.composition
    if composition is not None:
        credits = {(credit.role, credit.file): credit for credit in composition.credits}
        for origin in composition.origins:
            people = f"fgr/{origin.id}", credits.get(("foreground", origin.foreground))
            places = f"bgr/{origin.id}", credits.get(("background", origin.background))
            for path, credit in (people, places):
                if credit is not None and path in hashes:
                    fields = credit.model_dump(include={"licence", *_DETAILS})
                    yield hashes[path], {name: value or "" for name, value in fields.items()}
    elif manifest.photographs:
        whole = {
            "licence": "; ".join(sorted({photograph.licence for photograph in manifest.photographs})),
            "author": "; ".join(dict.fromkeys(photograph.credit for photograph in manifest.photographs)),
            "title": f"{manifest.name}, made from photographs",
        }
        yield from ((digest, whole) for digest in hashes.values())


def _tabled(path: Path, below: Path) -> dict[str, dict[str, str]]:
    """Read an ATTRIBUTION.csv whose folder is `below` that of the pictures; credits by path, with or without ending."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        columns, rows = reader.fieldnames or (), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as CSV in UTF-8 ({error}); {_REMEDY}") from error
    key = "file" if "file" in columns else "id"
    if "licence" not in columns or key not in columns:
        found_columns = ", ".join(columns) or "none"
        raise DataError(f"{path}: expected columns `licence` and `id` or `file`, found {found_columns}; {_REMEDY}")
    found: dict[str, dict[str, str]] = {}
    for number, row in enumerate(rows, start=2):
        picture = (below / (row[key] or "")).as_posix()
        if picture in found:
            raise DataError(f"{path}: line {number} credits {row[key]} once more; keep one line for each picture")
        found[picture] = {name: row.get(name) or "" for name in ("licence", *_DETAILS)}
    return found


def _entry(role: Role, file: str, credit: Mapping[str, str]) -> CreditEntry:
    told = {name: " ".join(credit.get(name, "").split()) for name in ("licence", *_DETAILS)}
    licence, author = (None if told[name].casefold() in ("", UNKNOWN) else told[name] for name in ("licence", "author"))
    return CreditEntry(
        role=role,
        file=file,
        licence=licence,
        author=author,
        author_url=told["author_url"],
        landing_url=told["landing_url"],
        title=told["title"],
    )
