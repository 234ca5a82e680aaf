r"""Licences and authors of a folder's pictures, found in the records and tables beside them.

The first of these that states a picture's licence counts. They may lie in the pictures' folder or anywhere below it:

- `backgrounds.json` of `mattekit dataset fetch` and `foregrounds.json` of an import, which know pictures by their hash;
- the `manifest.json` of a set, also of the set in whose `fgr/` or `bgr/` the pictures lie;
- an ATTRIBUTION.csv with columns `licence` and `id` or `file` (a picture's path below the table's folder, with or
  without its ending), and optionally `author`, `author_url`, `landing_url` and `title`. As spreadsheets write it:
  commas, semicolons or tabs, with or without a mark at its start, columns in any case, paths with `/` or `\`.

A licence that none of them states is unknown.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from configs.errors import DataError
from configs.reading import read_text
from configs.tables import text_of_cell
from datasets.fetch.backgrounds import BackgroundSet
from datasets.importing.record import ForegroundSet
from datasets.samples.credits import UNKNOWN
from datasets.samples.layout import ROLES
from datasets.samples.litter import walk
from datasets.samples.manifest import ATTRIBUTION_NAME, MANIFEST_NAME, CreditEntry, Manifest, Role
from datasets.samples.names import same_name

_DETAILS = ("author", "author_url", "landing_url", "title")
_SEPARATORS = ",;\t"
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
        stated = (by_hash.get(digest), by_path.get(_same(file)), by_path.get(_same(file.rpartition(".")[0])))
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
        columns, rows = _columns_and_rows(read_text(path))
    except (OSError, DataError, csv.Error) as error:
        raise DataError(
            f"{path}: cannot be read as CSV in UTF-8 ({error}); save it as `CSV UTF-8`, or {_REMEDY}"
        ) from error
    key = "file" if "file" in columns else "id"
    if not _is_credits(columns):
        found_columns = ", ".join(columns) or "none"
        raise DataError(f"{path}: expected columns `licence` and `id` or `file`, found {found_columns}; {_REMEDY}")
    found: dict[str, dict[str, str]] = {}
    for number, row in rows:
        picture = _same((below / row.get(key, "").strip().replace("\\", "/")).as_posix())
        if picture in found:
            raise DataError(f"{path}: line {number} credits {row[key]} once more; keep one line for each picture")
        found[picture] = {name: row.get(name, "") for name in ("licence", *_DETAILS)}
    return found


def _columns_and_rows(text: str) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Return a table's columns in lower case and its rows with their lines, whatever separates its cells."""
    heads = {separator: _columns(next(_reader(text, separator, strict=False), [])) for separator in _SEPARATORS}
    separator = next((separator for separator, head in heads.items() if _is_credits(head)), _SEPARATORS[0])
    lines = list(_reader(text, separator, strict=True))
    cells = ((number, [text_of_cell(cell) for cell in line]) for number, line in enumerate(lines, 1) if line)
    rows = [(number, dict(zip(heads[separator], line, strict=False))) for number, line in cells]
    return heads[separator], rows[1:]


def _reader(text: str, separator: str, *, strict: bool) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict)


def _columns(names: list[str]) -> list[str]:
    folded = (name.strip().casefold() for name in names)
    return ["licence" if name == "license" else name for name in folded]


def _is_credits(columns: list[str]) -> bool:
    return "licence" in columns and ("id" in columns or "file" in columns)


def _same(path: str) -> str:
    """Return a form of a path in which spellings of it are equal that some file systems take for the same."""
    return same_name(path).casefold()


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
