"""Open Images: which ids are drawn, what is recorded of them, and how a run goes on after it was cut short."""

import csv
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from bad_server import HTML, Reply, Server, jpeg

from configs.errors import DataError, UsageError
from datasets.fetch.backgrounds import BackgroundSet
from datasets.fetch.openimages import Request, fetch_openimages, read_ids, read_rows
from datasets.fetch.patience import Policy
from datasets.making.drawing import drawn

COLUMNS = ("ImageID", "Subset", "OriginalURL", "OriginalLandingURL", "License", "AuthorProfileURL", "Author", "Title")
COLUMNS += ("OriginalSize", "OriginalMD5", "Thumbnail300KURL", "Rotation")
IDS = [f"{number:016x}" for number in range(40)]
LICENCE = "https://creativecommons.org/licenses/by/2.0/"
POLICY = Policy(attempts=2, timeout=10, backoff=0)


def write_table(path: Path, ids: list[str] = IDS, **changes: dict[str, str]) -> Path:
    """Write a licence table; `changes` maps a column to another value per id."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for id in ids:
            row = {
                "ImageID": id,
                "Subset": "validation",
                "OriginalLandingURL": f"https://example.org/{id}",
                "License": LICENCE,
                "AuthorProfileURL": "https://example.org/ana",
                "Author": 'Ana "A", Ltd',
                "Title": "Straße",
                "Rotation": "",
            }
            row |= {column: values[id] for column, values in changes.items() if id in values}
            writer.writerow([row.get(column, "") for column in COLUMNS])
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_table(tmp_path / "table.csv")


@pytest.fixture
def bucket(server: Server) -> Server:
    """Return a server with a photograph for each id."""
    server.replies = {f"/validation/{id}.jpg": [Reply(body=jpeg(number))] for number, id in enumerate(IDS)}
    return server


def _order(table: Path, seed: int = 1) -> list[str]:
    return [row.id for row in drawn(read_rows(table, "validation"), seed, len(IDS))]


def _path(id: str) -> str:
    return f"/validation/{id}.jpg"


def _fetch(server: Server, table: Path | str, out: Path, count: int | None = 4, **changes: Any) -> BackgroundSet:
    request = Request("validation", 1, count, None, str(table), server.url, "replace", 3)
    return fetch_openimages(out, dataclasses.replace(request, **changes), POLICY)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_draw_is_by_hash_so_that_it_is_the_same_everywhere(tmp_path: Path, table: Path) -> None:
    expected = sorted(IDS, key=lambda id: hashlib.sha256(f"1:{id}".encode()).hexdigest())
    assert _order(table) == expected
    assert _order(write_table(tmp_path / "reversed.csv", IDS[::-1])) == expected
    assert _order(table, seed=2) != expected


def test_a_smaller_draw_is_the_start_of_a_larger_one(table: Path) -> None:
    assert [row.id for row in drawn(read_rows(table, "validation"), 1, 7)] == _order(table)[:7]


def test_the_same_request_gives_the_same_bytes(bucket: Server, table: Path, tmp_path: Path) -> None:
    record = _fetch(bucket, table, tmp_path / "a")
    _fetch(bucket, table, tmp_path / "b", workers=1)
    assert [image.id for image in record.images] == _order(table)[:4]
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")
    files = {f"{id}.jpg" for id in _order(table)[:4]} | {"backgrounds.json", "ATTRIBUTION.csv"}
    assert set(_bytes(tmp_path / "a")) == files


def test_what_is_recorded_is_what_came(bucket: Server, tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.csv", IDS[:1], Rotation={IDS[0]: "270.0"})
    [image] = _fetch(bucket, table, tmp_path / "out", 1).images
    body = jpeg(0)
    assert image.url == f"{bucket.url}/validation/{IDS[0]}.jpg"
    assert (image.sha256, image.bytes) == (hashlib.sha256(body).hexdigest(), len(body))
    assert (image.height, image.width) == (24, 32)
    assert (image.licence, image.author, image.rotation) == (LICENCE, 'Ana "A", Ltd', 270)
    record = BackgroundSet.read(tmp_path / "out")
    assert record.images == (image,)
    assert (record.split, record.seed, record.listed, record.table) == ("validation", 1, False, "table.csv")
    assert record.table_sha256 == hashlib.sha256(table.read_bytes()).hexdigest()


def test_everyone_is_credited(bucket: Server, table: Path, tmp_path: Path) -> None:
    _fetch(bucket, table, tmp_path / "out", 2)
    with (tmp_path / "out" / "ATTRIBUTION.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["id"] for row in rows] == _order(table)[:2]
    assert rows[0] == {
        "id": rows[0]["id"],
        "author": 'Ana "A", Ltd',
        "author_url": "https://example.org/ana",
        "licence": LICENCE,
        "landing_url": f"https://example.org/{rows[0]['id']}",
        "title": "Straße",
    }


@pytest.mark.parametrize(
    ("reply", "reason"), [(Reply(404), "HTTP 404"), (Reply(403), "HTTP 403"), (Reply(body=HTML), "is not a JPEG")]
)
def test_an_id_that_cannot_be_had_is_reported_and_replaced(
    bucket: Server, table: Path, tmp_path: Path, reply: Reply, reason: str
) -> None:
    order = _order(table)
    bucket.replies[_path(order[1])] = [reply]
    record = _fetch(bucket, table, tmp_path / "out")
    assert [image.id for image in record.images] == [order[0], *order[2:5]]
    [failed] = record.failed
    assert failed.id == order[1]
    assert reason in failed.reason
    assert not (tmp_path / "out" / f"{order[1]}.jpg").exists()


def test_an_image_without_a_licence_is_replaced(bucket: Server, table: Path, tmp_path: Path) -> None:
    first, second = _order(table)[:2]
    record = _fetch(bucket, write_table(tmp_path / "bare.csv", License={first: " "}), tmp_path / "out", 1)
    assert [image.id for image in record.images] == [second]
    assert record.failed[0].reason == f"{first}: the table states no licence"
    assert bucket.asked[_path(first)] == 0


def test_with_fail_nothing_is_replaced(bucket: Server, table: Path, tmp_path: Path) -> None:
    bad = _order(table)[1]
    bucket.replies[_path(bad)] = [Reply(404)]
    with pytest.raises(DataError, match=f"{bad}.jpg: HTTP 404"):
        _fetch(bucket, table, tmp_path / "out", on_failure="fail")
    assert not (tmp_path / "out" / "backgrounds.json").exists()


def test_a_run_that_was_cut_short_goes_on_where_it_was(
    bucket: Server, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets.fetch.openimages as module

    out, order = tmp_path / "out", _order(table)
    real = module.describe_image

    def killed(path: Path, id: str, *rest: Any) -> Any:
        if id == order[2]:
            raise KeyboardInterrupt
        return real(path, id, *rest)

    monkeypatch.setattr(module, "describe_image", killed)
    with pytest.raises(KeyboardInterrupt):
        _fetch(bucket, table, out, workers=1)
    monkeypatch.undo()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    # The thread may have taken up the next one before the run could stop it; what came whole is then kept.
    whole = {json.loads(line)["id"] for line in (out / ".progress.jsonl").read_text().splitlines()}
    assert set(order[:2]) <= whole <= {*order[:2], order[3]}
    with (out / ".progress.jsonl").open("a") as journal:
        journal.write('{"id": "00')
    (out / f".{order[3]}.jpg.part").write_bytes(b"half")
    (out / ".00000000000000ff.jpg.part").write_bytes(b"half")
    bucket.asked.clear()

    record = _fetch(bucket, table, out)
    assert [image.id for image in record.images] == order[:4]
    assert bucket.asked == {_path(id): 1 for id in order[:4] if id not in whole}
    _fetch(bucket, table, tmp_path / "at once")
    assert _bytes(out) == _bytes(tmp_path / "at once")


def test_a_finished_folder_asks_for_nothing(bucket: Server, table: Path, tmp_path: Path) -> None:
    first = _fetch(bucket, table, tmp_path / "out")
    bucket.asked.clear()
    assert _fetch(bucket, table, tmp_path / "out") == first
    assert not bucket.asked


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_file_that_is_no_longer_what_came_is_fetched_again(
    bucket: Server, table: Path, tmp_path: Path, damage: str
) -> None:
    [image, *_] = _fetch(bucket, table, tmp_path / "out").images
    path = tmp_path / "out" / image.file
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b"x")
    bucket.asked.clear()
    _fetch(bucket, table, tmp_path / "out")
    assert bucket.asked == {_path(image.id): 1}
    assert hashlib.sha256(path.read_bytes()).hexdigest() == image.sha256


def test_another_count_keeps_what_it_can_and_only_removes_our_own(bucket: Server, table: Path, tmp_path: Path) -> None:
    out, order = tmp_path / "out", _order(table)
    _fetch(bucket, table, out, 2)
    (out / "mine.jpg").write_bytes(b"mine")
    bucket.asked.clear()
    _fetch(bucket, table, out, 3)
    assert bucket.asked == {_path(order[2]): 1}
    _fetch(bucket, table, out, 1)
    assert {path.name for path in out.glob("*.jpg")} == {f"{order[0]}.jpg", "mine.jpg"}


def test_the_table_can_come_from_a_url_and_comes_once(bucket: Server, table: Path, tmp_path: Path) -> None:
    bucket.replies["/t.csv"] = [Reply(500), Reply(body=table.read_bytes())]
    url = f"{bucket.url}/t.csv"
    record = _fetch(bucket, url, tmp_path / "out")
    assert record.table == url
    _fetch(bucket, url, tmp_path / "out")
    assert bucket.asked["/t.csv"] == 2


def test_a_table_url_that_gives_html_is_an_error(bucket: Server, tmp_path: Path) -> None:
    bucket.replies["/t.csv"] = [Reply(body=HTML)]
    with pytest.raises(DataError, match="has no column ImageID"):
        _fetch(bucket, f"{bucket.url}/t.csv", tmp_path / "out")


def test_rows_of_other_splits_are_not_drawn(bucket: Server, tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.csv", Subset=dict.fromkeys(IDS[3:], "train"))
    assert {row.id for row in read_rows(table, "validation")} == set(IDS[:3])
    with pytest.raises(DataError, match="has 3 images of validation, fewer than --count 4"):
        _fetch(bucket, table, tmp_path / "out")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("ImageID", "../../etc/hosts", "table.csv:2: ImageID: expected 16 hexadecimal digits"),
        ("Rotation", "left", "table.csv:2: Rotation: expected degrees, found 'left'"),
        ("ImageID", IDS[1], "has the same ImageID more than once"),
    ],
)
def test_a_wrong_table_is_an_error(bucket: Server, tmp_path: Path, column: str, value: str, message: str) -> None:
    table = write_table(tmp_path / "table.csv", **{column: {IDS[0]: value}})
    with pytest.raises(DataError, match=message):
        _fetch(bucket, table, tmp_path / "out", 30)


def test_a_table_that_was_cut_short_is_an_error(bucket: Server, table: Path, tmp_path: Path) -> None:
    text = table.read_text(encoding="utf-8")
    table.write_text(text[: text.rindex(IDS[-1]) - 100], encoding="utf-8")
    with pytest.raises(DataError, match="the line is cut short"):
        _fetch(bucket, table, tmp_path / "out")


def test_a_missing_table_is_an_error(bucket: Server, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: cannot be read"):
        _fetch(bucket, tmp_path / "none.csv", tmp_path / "out")


def test_a_list_of_ids_is_fetched_in_its_order(bucket: Server, table: Path, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text(f"# mine\nvalidation/{IDS[9]}\n\n{IDS[4]}  # the bridge\n")
    ids = read_ids(tmp_path / "ids.txt", "validation")
    record = _fetch(bucket, table, tmp_path / "out", None, ids=ids, on_failure="fail")
    assert [image.id for image in record.images] == [IDS[9], IDS[4]]
    assert record.listed


def test_an_unknown_listed_id_ends_the_run_before_it_begins(bucket: Server, table: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"1 of the listed ids are not in it for validation, such as f{16}"):
        _fetch(bucket, table, tmp_path / "out", None, ids=(IDS[0], "f" * 16), on_failure="fail")
    assert not bucket.asked


def test_an_unknown_listed_id_can_be_replaced_by_a_drawn_one(bucket: Server, table: Path, tmp_path: Path) -> None:
    first, second = _order(table)[:2]
    record = _fetch(bucket, table, tmp_path / "out", None, ids=("f" * 16, first))
    assert [image.id for image in record.images] == [first, second]
    assert [failed.id for failed in record.failed] == ["f" * 16]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("train/" + IDS[0], "ids.txt:1: expected 16 hexadecimal digits"),
        (f"{IDS[0]}\n{IDS[0]}", "ids.txt:2: .* is already in line 1"),
        ("# none", "lists no id"),
    ],
)
def test_a_wrong_list_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "ids.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        read_ids(tmp_path / "ids.txt", "validation")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": None}, "either --count or --ids"),
        ({"ids": (IDS[0],)}, "either --count or --ids"),
        ({"count": 0}, "--count: expected at least 1"),
        ({"workers": 0}, "--workers: expected at least 1"),
        ({"base_url": "bucket"}, "--base-url: expected an http"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    bucket: Server, table: Path, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        _fetch(bucket, table, tmp_path / "out", **changes)


def test_a_corrupt_record_is_an_error_that_says_what_to_do(bucket: Server, table: Path, tmp_path: Path) -> None:
    _fetch(bucket, table, tmp_path / "out", 1)
    path = tmp_path / "out" / "backgrounds.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 9}))
    with pytest.raises(DataError, match=r"schema_version: expected 1, found 9; move the folder away"):
        _fetch(bucket, table, tmp_path / "out", 1)
