"""`mattekit dataset fetch`: its words, its exit codes, and what it says of a replaced id."""

import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from outcome import Run
from PIL import Image

HEADER = "ImageID,Subset,OriginalLandingURL,License,AuthorProfileURL,Author,Title,Rotation\n"
GONE, THERE = "0" * 16, "1" * 16


class _Bucket(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if GONE in self.path:
            self.send_error(404)
            return
        stream = io.BytesIO()
        Image.new("RGB", (8, 8)).save(stream, "JPEG")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(stream.getvalue())

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Bucket) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(HEADER + "".join(f"{id},validation,l,c,p,a,t,\n" for id in (GONE, THERE)))
    (tmp_path / "ids.txt").write_text(f"{GONE}\n")
    return path


def test_photographs_come_with_their_credits(run: Run, url: str, table: Path, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text(f"{THERE}\n")
    outcome = run(
        "dataset", "fetch", "openimages", "--ids", "ids.txt", "--out", "o", "--table", table, "--base-url", url
    )
    assert outcome.code == 0
    assert "o: 1 photographs from openimages, 0 ids replaced" in outcome.out
    assert {path.name for path in (tmp_path / "o").iterdir()} == {f"{THERE}.jpg", "backgrounds.json", "ATTRIBUTION.csv"}


def test_a_replaced_id_is_said(run: Run, url: str, table: Path) -> None:
    arguments = ("--ids", "ids.txt", "--on-failure", "replace", "--out", "o", "--table", table, "--base-url", url)
    outcome = run("dataset", "fetch", "openimages", *arguments)
    assert outcome.code == 0
    assert f"replaced {GONE}: {url}/validation/{GONE}.jpg: HTTP 404" in outcome.out
    assert "1 ids replaced" in outcome.out


def test_a_listed_id_that_is_gone_ends_with_3(run: Run, url: str, table: Path) -> None:
    outcome = run(
        "dataset", "fetch", "openimages", "--ids", "ids.txt", "--out", "o", "--table", table, "--base-url", url
    )
    assert outcome.code == 3
    assert "HTTP 404" in outcome.err


def test_a_missing_table_ends_with_3(run: Run, url: str) -> None:
    outcome = run("dataset", "fetch", "openimages", "--count", 1, "--out", "o", "--table", "no.csv", "--base-url", url)
    assert outcome.code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("openimages", "--out", "o"),
        ("openimages", "--count", "1", "--ids", "ids.txt", "--out", "o"),
        ("openimages", "--count", "1"),
        ("imagenet", "--count", "1", "--out", "o"),
        ("openimages", "--count", "1", "--out", "o", "--on-failure", "ignore"),
        ("openimages", "--count", "1", "--out", "o", "--base-url", "bucket"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(run: Run, table: Path, arguments: tuple[str, ...]) -> None:
    assert run("dataset", "fetch", *arguments).code == 2
