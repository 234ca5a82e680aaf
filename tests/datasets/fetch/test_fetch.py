"""Downloads: every fault of a server and what becomes of it; which candidates are chosen."""

import hashlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from bad_server import HTML, Reply, Server, jpeg

from configs.errors import DataError, UsageError
from datasets.fetch.backgrounds import require_jpeg
from datasets.fetch.download import LONGEST_WORDS, Downloader, DownloadError
from datasets.fetch.harvest import HOPELESS, fetch_first
from datasets.fetch.patience import Policy

GOOD = jpeg(100)
PATIENT = Policy(attempts=3, timeout=10, backoff=0.5, longest_wait=100, slowest=1000)
QUICK = replace(PATIENT, timeout=0.3)


class Pauses(list[float]):
    """Notes how long a wait would have been, without waiting."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


def _download(server: Server, path: Path, pauses: Pauses, *replies: Reply, policy: Policy = PATIENT) -> int:
    server.replies["/a.jpg"] = list(replies)
    found = Downloader(policy, pauses).download(f"{server.url}/a.jpg", path, require_jpeg)
    assert path.read_bytes() == GOOD
    assert (found.sha256, found.bytes) == (hashlib.sha256(GOOD).hexdigest(), len(GOOD))
    return server.asked["/a.jpg"]


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_good_file_is_fetched_once(server: Server, tmp_path: Path, pauses: Pauses) -> None:
    assert _download(server, tmp_path / "a.jpg", pauses, Reply(body=GOOD)) == 1
    assert pauses == []
    assert _files(tmp_path) == ["a.jpg"]


FAULTS = {
    "dropped": (Reply(drop=True), "connection failed: "),
    "truncated": (Reply(body=GOOD[:-9], claimed=len(GOOD)), f"truncated: {len(GOOD) - 9} of {len(GOOD)} bytes came"),
    "truncated, no length": (Reply(body=GOOD[: len(GOOD) // 2], claimed=0), "is truncated or corrupt"),
    "empty": (Reply(), "empty: 0 bytes came"),
    "500": (Reply(500), "HTTP 500 Internal Server Error"),
    "503": (Reply(503), "HTTP 503 Service Unavailable"),
    "429": (Reply(429), "HTTP 429 Too Many Requests"),
    "403": (Reply(403), "HTTP 403 Forbidden"),
    "html": (Reply(body=HTML), "is not a JPEG; it starts with b'<!DOCTYPE html"),
    "silent": (Reply(body=GOOD, delay=0.7), "timed out: nothing came for 0.3 s"),
    "dripping": (Reply(body=GOOD, drip=0.02), "too slow: "),
    "dripping head": (
        Reply(raw=b"HTTP/1.0 200 OK\r\nContent-Type: " + bytes(99), drip=0.02),
        "too slow: no whole header in 0.3 s",
    ),
    "dripping status": (Reply(raw=b"HTTP/1.0 200 " + b"K" * 99, drip=0.02), "too slow: no whole header in 0.3 s"),
    "dripping chunks": (
        Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 999, drip=0.005),
        "too slow: ",
    ),
    "endless head": (Reply(raw=b"HTTP/1.0 200 OK\r\n" + b"A: b\r\n" * 999), "connection failed: got more than 100"),
    "part": (
        Reply(206, GOOD[:9], headers={"Content-Range": f"bytes 0-8/{len(GOOD)}"}),
        f"HTTP 206 Partial Content, Content-Range bytes 0-8/{len(GOOD)}: expected 200 and the whole file",
    ),
    "part that is called whole": (
        Reply(body=GOOD, headers={"Content-Range": "bytes 5-9/700"}),
        "HTTP 200 OK, Content-Range bytes 5-9/700: expected 200 and the whole file",
    ),
    "nothing": (Reply(204), "HTTP 204 No Content: expected 200"),
    "more than announced": (
        Reply(body=GOOD, claimed=len(GOOD) - 9),
        f"too long: more than the {len(GOOD) - 9} bytes came that were announced",
    ),
    "encoded": (Reply(body=GOOD, headers={"Content-Encoding": "gzip"}), "came encoded as gzip"),
    "no HTTP": (Reply(raw=b"SSH-2.0-OpenSSH_9.6\r\n"), "connection failed: SSH-2.0"),
    "long words": (
        Reply(raw=b"HTTP/1.0 500 " + b"no " * 9999 + b"\r\n\r\n"),
        f"HTTP 500 {('no ' * 99)[:LONGEST_WORDS]}... (tried",
    ),
}


def _policy(fault: str) -> Policy:
    return QUICK if fault == "silent" or fault.startswith("dripping") else PATIENT


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_is_mended_by_another_attempt(
    server: Server, tmp_path: Path, pauses: Pauses, fault: str
) -> None:
    assert _download(server, tmp_path / "a.jpg", pauses, FAULTS[fault][0], Reply(body=GOOD), policy=_policy(fault)) == 2
    assert pauses == [0.5]
    assert _files(tmp_path) == ["a.jpg"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_an_error_that_names_it_and_leaves_no_file(
    server: Server, tmp_path: Path, pauses: Pauses, fault: str
) -> None:
    reply, reason = FAULTS[fault]
    with pytest.raises(DownloadError) as raised:
        _download(server, tmp_path / "a.jpg", pauses, reply, policy=_policy(fault))
    assert str(raised.value).startswith(f"{server.url}/a.jpg: {reason}")
    assert str(raised.value).endswith("(tried 3 times)")
    assert server.asked["/a.jpg"] == 3
    assert pauses == [0.5, 1.0]
    assert _files(tmp_path) == []


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_not_asked_for_again(server: Server, tmp_path: Path, pauses: Pauses, status: int) -> None:
    with pytest.raises(DownloadError, match=rf"HTTP {status} .* \(tried once\)"):
        _download(server, tmp_path / "a.jpg", pauses, Reply(status))
    assert server.asked["/a.jpg"] == 1


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/a.jpg", "file:///etc/passwd", "data:,x", "gopher://x/", "ftp:a"])
def test_a_redirection_to_what_is_no_http_is_final(server: Server, tmp_path: Path, pauses: Pauses, target: str) -> None:
    with pytest.raises(DownloadError, match=rf"redirected to {target}, where only HTTP is followed \(tried once\)"):
        _download(server, tmp_path / "a.jpg", pauses, Reply(302, headers={"Location": target}))


def test_a_redirection_to_http_is_followed(server: Server, tmp_path: Path, pauses: Pauses) -> None:
    server.replies["/b.jpg"] = [Reply(body=GOOD)]
    _download(server, tmp_path / "a.jpg", pauses, Reply(307, headers={"Location": "/b.jpg"}))
    assert (server.asked["/a.jpg"], server.asked["/b.jpg"]) == (1, 1)


def test_a_redirection_in_a_circle_ends(server: Server, tmp_path: Path, pauses: Pauses) -> None:
    with pytest.raises(DownloadError, match=r"HTTP 302 The HTTP server returned a redirect error .* \(tried 3 times\)"):
        _download(server, tmp_path / "a.jpg", pauses, Reply(302, headers={"Location": "/a.jpg"}))


def test_a_server_that_does_not_end_is_left_once_all_has_come(server: Server, tmp_path: Path, pauses: Pauses) -> None:
    begun = time.monotonic()
    _download(server, tmp_path / "a.jpg", pauses, Reply(body=GOOD, hold=3), policy=replace(PATIENT, grace=0.1))
    assert time.monotonic() - begun < 2


def test_an_attempt_ends_whatever_comes(server: Server, tmp_path: Path, pauses: Pauses) -> None:
    policy = replace(PATIENT, attempts=1, longest=0.3, slowest=0)
    with pytest.raises(DownloadError, match=r"too slow: not done after 0\.3 s \(tried once\)"):
        _download(server, tmp_path / "a.jpg", pauses, Reply(body=GOOD, drip=0.01), policy=policy)


def test_a_server_that_is_not_there_is_named(tmp_path: Path, pauses: Pauses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/a.jpg"
        with pytest.raises(DownloadError, match=r"connection failed: .*refused"):
            Downloader(PATIENT, pauses).download(url, tmp_path / "a.jpg")


def test_the_wait_doubles_up_to_its_limit(server: Server, tmp_path: Path, pauses: Pauses) -> None:
    policy = Policy(attempts=5, timeout=1, backoff=1, longest_wait=3)
    with pytest.raises(DownloadError):
        _download(server, tmp_path / "a.jpg", pauses, Reply(500), policy=policy)
    assert pauses == [1, 2, 3, 3]


def test_retry_after_in_seconds_is_honoured(server: Server, tmp_path: Path, pauses: Pauses) -> None:
    _download(server, tmp_path / "a.jpg", pauses, Reply(503, headers={"Retry-After": "7"}), Reply(body=GOOD))
    assert pauses == [7]


def test_retry_after_as_a_date_is_honoured(server: Server, tmp_path: Path, pauses: Pauses) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    _download(server, tmp_path / "a.jpg", pauses, Reply(429, headers={"Retry-After": date}), Reply(body=GOOD))
    assert 50 < pauses[0] <= 60


@pytest.mark.parametrize("value", ["soon", "-5", "Mon, 01 Jan 2001 00:00:00 GMT"])
def test_a_retry_after_that_makes_no_sense_changes_nothing(
    server: Server, tmp_path: Path, pauses: Pauses, value: str
) -> None:
    _download(server, tmp_path / "a.jpg", pauses, Reply(503, headers={"Retry-After": value}), Reply(body=GOOD))
    assert pauses == [0.5]


def test_a_retry_after_beyond_all_patience_ends_the_download(server: Server, tmp_path: Path, pauses: Pauses) -> None:
    with pytest.raises(DownloadError, match=r"the server asks to wait 3600 s \(tried once\)"):
        _download(server, tmp_path / "a.jpg", pauses, Reply(503, headers={"Retry-After": "3600"}))
    assert pauses == []


@pytest.mark.parametrize("claimed", [None, 0])
def test_a_file_beyond_the_limit_is_refused(
    server: Server, tmp_path: Path, pauses: Pauses, claimed: int | None
) -> None:
    policy = Policy(most_bytes=len(GOOD) - 1, timeout=1)
    with pytest.raises(DownloadError, match=f"too long: more than {len(GOOD) - 1} bytes"):
        _download(server, tmp_path / "a.jpg", pauses, Reply(body=GOOD, claimed=claimed), policy=policy)


def test_a_file_already_there_stays_when_the_download_fails(server: Server, tmp_path: Path, pauses: Pauses) -> None:
    (tmp_path / "a.jpg").write_bytes(b"before")
    with pytest.raises(DownloadError):
        _download(server, tmp_path / "a.jpg", pauses, Reply(body=HTML))
    assert (tmp_path / "a.jpg").read_bytes() == b"before"


def test_a_part_that_a_kill_left_is_overwritten(server: Server, tmp_path: Path, pauses: Pauses) -> None:
    (tmp_path / ".a.jpg.part").write_bytes(GOOD * 2)
    _download(server, tmp_path / "a.jpg", pauses, Reply(body=GOOD))
    assert _files(tmp_path) == ["a.jpg"]


@pytest.mark.parametrize("url", ["file:///etc/hosts", "ftp://127.0.0.1/a", "a.jpg"])
def test_only_http_is_fetched(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="expected an http:// or https:// URL"):
        Downloader(PATIENT).download(url, tmp_path / "a")


def test_a_folder_that_cannot_be_written_is_the_user_s_to_change(server: Server, tmp_path: Path) -> None:
    server.replies["/a.jpg"] = [Reply(body=GOOD)]
    with pytest.raises(UsageError, match="cannot be written"):
        Downloader(PATIENT).download(f"{server.url}/a.jpg", tmp_path / "missing" / "a.jpg")


def test_stop_ends_a_wait_at_once(server: Server, tmp_path: Path) -> None:
    server.replies["/a.jpg"] = [Reply(500)]
    downloader = Downloader(Policy(backoff=60, timeout=1))
    threading.Timer(0.1, downloader.stop).start()
    begun = time.monotonic()
    with pytest.raises(DownloadError, match="stopped"):
        downloader.download(f"{server.url}/a.jpg", tmp_path / "a.jpg")
    assert time.monotonic() - begun < 5


def _fails_at(*wrong: int) -> Callable[[int], str]:
    def fetch(item: int) -> str:
        time.sleep(0.001 * (item % 3))
        if item in wrong:
            raise DataError(f"no {item}")
        return f"got {item}"

    return fetch


@pytest.mark.parametrize("workers", [1, 4])
def test_the_first_that_can_be_had_are_chosen_whatever_the_timing(workers: int) -> None:
    calls: list[tuple[int, int]] = []
    harvest = fetch_first(
        range(20), 5, _fails_at(1, 3, 5), workers=workers, replace=True, progress=lambda *at: calls.append(at)
    )
    assert harvest.results == ("got 0", "got 2", "got 4", "got 6", "got 7")
    assert harvest.failures == ((1, "no 1"), (3, "no 3"), (5, "no 5"))
    assert calls[-1] == (5, 5)


def test_without_replacement_the_first_failure_ends_the_run() -> None:
    with pytest.raises(DataError, match=r"1 failed(?s:.*)no 2(?s:.*)--on-failure replace"):
        fetch_first(range(20), 5, _fails_at(2), workers=1, replace=False)


def test_running_out_of_candidates_is_an_error() -> None:
    with pytest.raises(DataError, match=r"stopped at \d of 5 files, because 2 failed"):
        fetch_first(range(6), 5, _fails_at(1, 3, 5), workers=1, replace=True)


def test_a_run_in_which_nothing_succeeds_ends_early() -> None:
    tried: list[int] = []

    def fetch(item: int) -> str:
        tried.append(item)
        raise DataError("dead")

    with pytest.raises(DataError, match=f"stopped at 0 of 50 files, because {HOPELESS} failed"):
        fetch_first(range(1000), 50, fetch, workers=1, replace=True)
    assert len(tried) < 1000


def test_another_kind_of_error_ends_the_run_and_stops_the_threads() -> None:
    stopped: list[bool] = []

    def fetch(item: int) -> str:
        raise UsageError("disk full")

    with pytest.raises(UsageError, match="disk full"):
        fetch_first(range(9), 5, fetch, workers=2, replace=True, stop=lambda: stopped.append(True))
    assert stopped == [True]
