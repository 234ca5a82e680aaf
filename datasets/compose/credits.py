"""Licences and authors of a folder's pictures, found in the records and tables beside them.

The first of these that states a picture's licence counts. They may lie in the pictures' folder or anywhere below it:

- `backgrounds.json` of `mattekit dataset fetch` and `foregrounds.json` of an import, which know pictures by their hash;
- the `manifest.json` of a set, also of the set in whose `fgr/` or `bgr/` the pictures lie;
- an ATTRIBUTION.csv with columns `licence` and `id` or `file` (a picture's path below the table's folder, with or
  without its ending), and optionally `author`, `author_url`, `landing_url` and `title`.

A licence that none of them states is unknown.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from configs.errors import DataError
from configs.reading import read_text
from datasets.fetch.backgrounds import BackgroundSet
from datasets.importing.record import ForegroundSet
from datasets.samples.credits import ATTRIBUTION_NAME, UNKNOWN
from datasets.samples.layout import ROLES
from datasets.samples.litter import walk
from datasets.samples.manifest import MANIFEST_NAME, CreditEntry, Manifest, Role

_DETAILS = ("author", "author_url", "landing_url", "title")
_REMEDY = "restore it, or move it away to compose with unknown licences"


def find_credits(folder: Path, role: Role, pictures: Mapping[str, str]) -> tuple[CreditEntry, ...]:
    """Return whom to credit for each picture, sorted by file; licence and author are None where unknown.

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
        stated = (by_hash.get(digest), by_path.get(file), by_path.get(file.rpartition(".")[0]))
        known = [credit for credit in stated if credit is not None]
        known.sort(key=lambda credit: not credit["licence"])
        entries.append(_entry(role, file, known[0] if known else {}))
    return tuple(entries)


def _places(folder: Path) -> Iterator[Path]:
    """Yield the folders whose records may credit pictures in `folder`: it, all below, and the root of its set."""
    yield from (place for place, _ in walk(folder))
    for above in (folder.absolute(), folder.absolute().parent):
        if above.name in ROLES and _is_set(above.parent):
            yield above.parent


def _is_set(place: Path) -> bool:
    return (place / MANIFEST_NAME).is_file() and all((place / role).is_dir() for role in ROLES)


def _recorded(place: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield SHA-256 and credit of every picture that a folder's records know."""
    if (place / BackgroundSet.FILE).is_file():
        for image in BackgroundSet.read(place).images:
            yield image.sha256, {"licence": image.licence, **{name: getattr(image, name) for name in _DETAILS}}
    if (place / ForegroundSet.FILE).exists():
        record = ForegroundSet.read(place)
        # This is how a layout says that the licence is unknown.
        licence = "" if record.rights.startswith("unclear") else record.rights
        title = f"{record.source}; rights: {record.rights}"
        yield from ((image.sha256, {"licence": licence, "title": title}) for image in record.images)
    if _is_set(place):
        yield from _credits_in(Manifest.read(place))


def _credits_in(manifest: Manifest) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield SHA-256 and credit of the foregrounds and backgrounds that a set's manifest credits."""
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
        reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
        columns, rows = reader.fieldnames or (), list(reader)
    except (OSError, DataError, csv.Error) as error:
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
    fields = {name: " ".join(credit.get(name, "").split()) for name in ("licence", *_DETAILS)}
    licence, author = (
        None if fields[name].casefold() in ("", UNKNOWN) else fields[name] for name in ("licence", "author")
    )
    return CreditEntry(
        role=role,
        file=file,
        licence=licence,
        author=author,
        author_url=fields["author_url"],
        landing_url=fields["landing_url"],
        title=fields["title"],
    )
