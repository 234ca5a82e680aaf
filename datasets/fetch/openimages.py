"""Backgrounds from Open Images: ids drawn by seed or listed, fetched from the public bucket with their licences."""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from configs.reading import open_regular, read_text
from configs.schema import OnFailure, Split
from datasets.fetch.backgrounds import (
    Background,
    BackgroundSet,
    FailedImage,
    FetchedImage,
    Progress,
    describe_image,
    require_jpeg,
    require_own,
    write_backgrounds,
)
from datasets.fetch.download import Downloader
from datasets.fetch.harvest import fetch_first
from datasets.fetch.patience import Policy
from datasets.fetch.urls import is_url, require_url
from datasets.making.drawing import drawn

BASE_URL = "https://open-images-dataset.s3.amazonaws.com"
TABLE_URL = "https://storage.googleapis.com/openimages/2018_04/{split}/{split}-images-with-rotation.csv"

_ID = re.compile(r"[0-9a-f]{16}")
_COLUMNS = ("ImageID", "Subset", "OriginalLandingURL", "License", "AuthorProfileURL", "Author", "Title")
_LONGEST_LINE = 1 << 20
_TABLE_REMEDY = "expected a *-images-with-rotation.csv of Open Images: fetch it again, or name another with --table"


@dataclass(frozen=True, slots=True)
class Row:
    """What the licence table says of one image; `rotation` in degrees counter-clockwise, None where it does not say."""

    id: str
    licence: str
    author: str
    author_url: str
    landing_url: str
    title: str
    rotation: float | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An id that may be fetched; `row` is None for a listed id that the table does not have."""

    id: str
    row: Row | None


@dataclass(frozen=True, slots=True)
class Request:
    """Which images: `count` of the split drawn by `seed`, or `ids` in their order, replaced by drawn ones.

    Attributes:
        table: path or URL of the licence table; None is the public one of the split.
        on_failure: whether an id that cannot be fetched is replaced by the next drawn one, or ends the run.
    """

    split: Split
    seed: int
    count: int | None = None
    ids: tuple[str, ...] | None = None
    table: str | None = None
    base_url: str = BASE_URL
    on_failure: OnFailure = "replace"
    workers: int = 8


def fetch_openimages(
    out: Path,
    request: Request,
    policy: Policy | None = None,
    *,
    pause: Callable[[float], object] | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> BackgroundSet:
    """Fetch photographs into `out` as `<id>.jpg`, with `backgrounds.json` and ATTRIBUTION.csv, and return the record.

    The same table and request choose the same ids in the same order. A run that was cut short is continued: files with
    their recorded hash are kept. Files of an earlier run that this one does not choose are removed. Only one run at a
    time may work in a folder.

    Raises:
        DataError: the table, a listed id or too many images cannot be fetched.
        UsageError: the request contradicts itself, or the folder holds something else or cannot be written.
    """
    policy = policy or Policy()
    count = _count(request)
    _make_folder(out)
    require_own(out)
    progress("fetching the table", 0, 1)
    table = _table(out, request, Downloader(replace(policy, most_bytes=None), pause))
    progress("fetching the table", 1, 1)
    candidates = _candidates(table, request, count)
    done = Progress(out)
    downloader = Downloader(policy, pause)
    harvest = fetch_first(
        candidates,
        count,
        lambda candidate: _fetch(candidate, out, request, downloader, done),
        workers=request.workers,
        replace=request.on_failure == "replace",
        stop=downloader.stop,
        progress=lambda fetched, total: progress("fetching photographs", fetched, total),
    )
    record = BackgroundSet(
        split=request.split,
        seed=request.seed,
        listed=request.ids is not None,
        table=request.table if request.table and is_url(request.table) else _table_name(request),
        table_sha256=sha256_of(table),
        images=harvest.results,
        failed=tuple(FailedImage(id=candidate.id, reason=reason) for candidate, reason in harvest.failures),
    )
    write_backgrounds(out, record)
    done.close(image.id for image in record.images)
    return record


def read_ids(path: Path, split: Split) -> tuple[str, ...]:
    """Read a list of ids, one per line, alone or as `<split>/<id>`; blank lines and `#` comments are passed over.

    Raises:
        DataError: the file is unreadable or empty, or a line is no id, of another split, or there twice.
    """
    try:
        lines = read_text(path).splitlines()
    except FileNotFoundError as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    ids: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        id = line.partition("#")[0].strip().removeprefix(f"{split}/")
        if not id:
            continue
        if not _ID.fullmatch(id):
            raise DataError(f"{path}:{number}: expected 16 hexadecimal digits, or {split}/ before them, found {line!r}")
        if id in ids:
            raise DataError(f"{path}:{number}: {id} is already in line {ids[id]}; list every id once")
        ids[id] = number
    if not ids:
        raise DataError(f"{path}: lists no id; expected one per line")
    return tuple(ids)


def read_rows(table: Path, split: Split) -> Iterator[Row]:
    """Yield the rows of one split from a licence table, in its order, without holding it in memory.

    Raises:
        DataError: unreadable, not such a table, or with a line that is cut short or has no valid id.
    """
    try:
        with open_regular(table) as stream:
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
            reader = csv.DictReader(iter(partial(text.readline, _LONGEST_LINE), ""))
            if missing := [column for column in _COLUMNS if column not in (reader.fieldnames or ())]:
                raise DataError(f"{table}: has no column {missing[0]}; {_TABLE_REMEDY}")
            for cells in reader:
                row = _row(cells, f"{table}:{reader.line_num}")
                if cells["Subset"] == split:
                    yield row
    except FileNotFoundError as error:
        raise DataError(f"{table}: cannot be read ({error.strerror}); {_TABLE_REMEDY}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{table}: not a table ({error}); {_TABLE_REMEDY}") from error


def reserve(count: int) -> int:
    """Return how many ids beyond `count` are tried before a run ends: a quarter, but at least 10."""
    return max(10, count // 4)


def _row(cells: dict[str, str | None], where: str) -> Row:
    if any(cells[column] is None for column in _COLUMNS):
        raise DataError(f"{where}: the line is cut short; {_TABLE_REMEDY}")
    text = {column: (cells[column] or "").strip() for column in _COLUMNS}
    if not _ID.fullmatch(text["ImageID"]):
        raise DataError(f"{where}: ImageID: expected 16 hexadecimal digits, found {text['ImageID']!r}; {_TABLE_REMEDY}")
    return Row(
        id=text["ImageID"],
        licence=text["License"],
        author=text["Author"],
        author_url=text["AuthorProfileURL"],
        landing_url=text["OriginalLandingURL"],
        title=text["Title"],
        rotation=_rotation((cells.get("Rotation") or "").strip(), where),
    )


def _rotation(text: str, where: str) -> float | None:
    if text.lower() in ("", "nan"):
        return None
    if not re.fullmatch(r"\d{1,3}(\.\d+)?", text):
        raise DataError(f"{where}: Rotation: expected degrees, found {text!r}; {_TABLE_REMEDY}")
    return float(text)


def _count(request: Request) -> int:
    if (request.count is None) == (request.ids is None):
        raise UsageError("expected either --count or --ids, one of them")
    if request.workers < 1:
        raise UsageError(f"--workers: expected at least 1, found {request.workers}")
    require_url(request.base_url, "--base-url")
    if request.table is not None and is_url(request.table):
        require_url(request.table, "--table")
    count = len(request.ids) if request.ids is not None else request.count or 0
    if count < 1:
        raise UsageError(f"--count: expected at least 1, found {count}")
    return count


def _candidates(table: Path, request: Request, count: int) -> list[Candidate]:
    """Return the ids to try, in their order: the chosen ones, then those that may replace them."""
    ids = request.ids or ()
    wanted = set(ids)
    spare = reserve(count) if request.on_failure == "replace" else 0
    rows = drawn(read_rows(table, request.split), request.seed, spare + count)
    listed = {row.id: row for row in read_rows(table, request.split) if row.id in wanted} if ids else {}
    unknown = [id for id in ids if id not in listed]
    if unknown and request.on_failure == "fail":
        raise DataError(
            f"{table}: {len(unknown)} of the listed ids are not in it for {request.split}, such as {unknown[0]}; "
            "correct the list or --split, or allow replacements (--on-failure replace)"
        )
    chosen = [Candidate(id, listed.get(id)) for id in ids]
    chosen += [Candidate(row.id, row) for row in rows if row.id not in wanted]
    if len({candidate.id for candidate in chosen}) < len(chosen):
        raise DataError(f"{table}: has the same ImageID more than once; {_TABLE_REMEDY}")
    if len(chosen) < count:
        raise DataError(f"{table}: has {len(chosen)} images of {request.split}, fewer than --count {count}")
    return chosen[: count + spare]


def _fetch(candidate: Candidate, out: Path, request: Request, downloader: Downloader, done: Progress) -> Background:
    row = candidate.row
    if row is None:
        raise DataError(f"{candidate.id}: not in the licence table for {request.split}")
    if not row.licence:
        raise DataError(f"{row.id}: the table states no licence")
    path = out / f"{row.id}.jpg"
    url = f"{request.base_url.rstrip('/')}/{request.split}/{path.name}"
    image = done.whole(row.id, url)
    if image is None:
        found = downloader.download(url, path, require_jpeg)
        image = describe_image(path, row.id, url, found.sha256, found.bytes)
        done.add(image)
    return Background(
        **{name: getattr(image, name) for name in FetchedImage.model_fields},
        licence=row.licence,
        author=row.author,
        author_url=row.author_url,
        landing_url=row.landing_url,
        title=row.title,
        rotation=row.rotation,
    )


def _table(out: Path, request: Request, downloader: Downloader) -> Path:
    """Return the path of the table; one from a URL is kept in `out`, so that a resumed run need not fetch it again."""
    name = request.table or TABLE_URL.format(split=request.split)
    if not is_url(name):
        return Path(name)
    path = out / f".table-{hashlib.sha256(name.encode()).hexdigest()[:12]}.csv"
    if not path.exists():
        downloader.download(name, path, lambda part: _require_table(part, request.split))
    return path


def _require_table(path: Path, split: Split) -> None:
    next(read_rows(path, split), None)


def _table_name(request: Request) -> str:
    return Path(request.table).name if request.table else TABLE_URL.format(split=request.split)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out}: cannot be created ({error.strerror}); choose another output folder") from error
