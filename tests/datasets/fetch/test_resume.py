"""Downloads that keep their part: what makes them go on, and every wrong answer to a request for the rest."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from bad_server import HTML, Reply, Server

from configs.errors import DataError
from configs.interruption import Interrupted
from datasets.fetch.download import Downloader, DownloadError
from datasets.fetch.patience import Policy

GOOD = bytes(range(256)) * 40
CUT = 6000
SHA256 = hashlib.sha256(GOOD).hexdigest()
TAG = '"one"'
POLICY = Policy(attempts=3, timeout=10, backoff=0)
NAME = "a.pth"
REST = f"bytes={CUT}-"


def _cut(tag: str | None = TAG, length: int = CUT) -> Reply:
    """Return an answer that breaks off."""
    return Reply(body=GOOD[:length], claimed=len(GOOD), headers={} if tag is None else {"ETag": tag})


def _rest(content_range: str | None = None, body: bytes = GOOD[CUT:], tag: str | None = TAG) -> Reply:
    headers = {"Content-Range": content_range or f"bytes {CUT}-{len(GOOD) - 1}/{len(GOOD)}"}
    return Reply(206, body, headers=headers | ({} if tag is None else {"ETag": tag}))


WHOLE = Reply(body=GOOD, headers={"ETag": TAG})


def _require_good(path: Path) -> None:
    if (found := hashlib.sha256(path.read_bytes()).hexdigest()) != SHA256:
        raise DataError(f"{path}: SHA-256 expected {SHA256}, found {found}")


def _download(server: Server, folder: Path, *replies: Reply, policy: Policy = POLICY, size: int | None = None) -> None:
    server.replies[f"/{NAME}"] = list(replies)
    server.asked.clear()
    server.ranges.clear()
    found = Downloader(policy).download(f"{server.url}/{NAME}", folder / NAME, _require_good, size=size, keep_part=True)
    assert (found.sha256, found.bytes) == (SHA256, len(GOOD))
    assert [path.name for path in folder.iterdir()] == [NAME]
    assert (folder / NAME).read_bytes() == GOOD


def test_what_is_missing_alone_is_asked_for(server: Server, tmp_path: Path) -> None:
    _download(server, tmp_path, _cut(), _rest())
    assert server.ranges == [(None, None), (REST, TAG)]


def test_a_second_break_goes_on_from_there(server: Server, tmp_path: Path) -> None:
    last = _rest(f"bytes 8000-{len(GOOD) - 1}/{len(GOOD)}", GOOD[8000:])
    _download(server, tmp_path, _cut(), replace(_rest(body=GOOD[CUT:8000]), claimed=len(GOOD) - CUT), last)
    assert server.ranges[1:] == [(REST, TAG), ("bytes=8000-", TAG)]


def test_a_later_run_goes_on(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=rf"truncated.*; {CUT} of {len(GOOD)} bytes are kept, and the same command"):
        _download(server, tmp_path, _cut(), policy=replace(POLICY, attempts=1))
    _download(server, tmp_path, _rest())
    assert server.ranges == [(REST, TAG)]


def test_a_part_that_is_whole_already_is_asked_for_no_more(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError):
        _download(server, tmp_path, _cut(), policy=replace(POLICY, attempts=1))
    (tmp_path / f".{NAME}.part").write_bytes(GOOD)
    _download(server, tmp_path)
    assert not server.ranges


WRONG = {
    "200 to a range": (WHOLE, None),
    "another file, by 200": (replace(WHOLE, headers={"ETag": '"two"'}), None),
    "416": (Reply(416), "HTTP 416"),
    "another start": (_rest(f"bytes 0-{len(GOOD) - 1}/{len(GOOD)}"), "Content-Range: expected bytes 6000-"),
    "another end": (_rest(f"bytes {CUT}-9000/{len(GOOD)}"), "Content-Range: expected bytes 6000-"),
    "another total": (_rest(f"bytes {CUT}-{len(GOOD) - 1}/{len(GOOD) + 1}"), "Content-Range: expected bytes 6000-"),
    "no sense": (_rest("pages 1-2"), "Content-Range: expected bytes 6000-"),
    "no Content-Range": (Reply(206, GOOD[CUT:]), "Content-Range: expected bytes 6000-10239/10240, found none"),
    "another length": (_rest(body=GOOD[CUT:-9]), "Content-Length: expected 4240, found 4231"),
    "another tag": (_rest(tag='"two"'), "the file has changed meanwhile"),
    "other bytes": (_rest(body=bytes(len(GOOD) - CUT)), "SHA-256 expected"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_answer_to_a_range_costs_the_part_alone(server: Server, tmp_path: Path, fault: str) -> None:
    reply, said = WRONG[fault]
    _download(server, tmp_path, _cut(), reply, WHOLE)
    requests = [(None, None), (REST, TAG)] + ([] if said is None else [(None, None)])
    assert server.ranges == requests


@pytest.mark.parametrize("fault", [fault for fault, (_, said) in WRONG.items() if said])
def test_a_wrong_answer_to_a_range_is_named(server: Server, tmp_path: Path, fault: str) -> None:
    reply, said = WRONG[fault]
    with pytest.raises(DownloadError, match=said) as raised:
        _download(server, tmp_path, _cut(), reply, policy=replace(POLICY, attempts=2))
    assert "are kept" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "reply", [Reply(503), Reply(drop=True), _rest(body=b"", tag=None)], ids=["503", "drop", "none"]
)
def test_a_fault_that_passes_keeps_the_part(server: Server, tmp_path: Path, reply: Reply) -> None:
    _download(server, tmp_path, _cut(), replace(reply, claimed=len(GOOD) - CUT), _rest())
    assert server.ranges == [(None, None), (REST, TAG), (REST, TAG)]


def test_a_stall_in_the_body_keeps_the_part(server: Server, tmp_path: Path) -> None:
    _download(server, tmp_path, replace(_cut(), hold=0.6), _rest(), policy=replace(POLICY, timeout=0.2))
    assert server.ranges == [(None, None), (REST, TAG)]


@pytest.mark.parametrize("tag", [None, 'W/"one"'])
def test_without_a_strong_tag_the_file_is_begun_anew(server: Server, tmp_path: Path, tag: str | None) -> None:
    _download(server, tmp_path, _cut(tag), WHOLE)
    assert server.ranges == [(None, None), (None, None)]


def test_another_url_does_not_go_on_with_the_part(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError):
        _download(server, tmp_path, _cut(), policy=replace(POLICY, attempts=1))
    server.replies["/mirror"] = [WHOLE]
    server.ranges.clear()
    Downloader(POLICY).download(f"{server.url}/mirror", tmp_path / NAME, _require_good, keep_part=True)
    assert server.ranges == [(None, None)]


@pytest.mark.parametrize("record", [b"", b"{", b'{"version": 2}', b"\xff"])
def test_a_part_whose_record_makes_no_sense_is_begun_anew(server: Server, tmp_path: Path, record: bytes) -> None:
    (tmp_path / f".{NAME}.part").write_bytes(b"x" * CUT)
    (tmp_path / f".{NAME}.part.json").write_bytes(record)
    _download(server, tmp_path, WHOLE)


@pytest.mark.parametrize("claimed", [None, 0])
def test_another_length_than_the_file_s_fails_at_once(server: Server, tmp_path: Path, claimed: int | None) -> None:
    page = Reply(body=HTML * 1000, claimed=claimed, headers={"Content-Type": "text/html"})
    said = (
        f"expected {len(GOOD)} bytes, the server announces 37000 of text/html" if claimed is None else "too long: more"
    )
    with pytest.raises(DownloadError, match=said):
        _download(server, tmp_path, page, size=len(GOOD))
    assert list(tmp_path.iterdir()) == []


def test_a_page_in_place_of_the_rest_does_not_cost_the_part(server: Server, tmp_path: Path) -> None:
    _download(server, tmp_path, _cut(), Reply(body=HTML), _rest(), size=len(GOOD))


def test_an_interruption_says_what_is_kept(server: Server, tmp_path: Path) -> None:
    def interrupt(done: int, total: int | None) -> None:
        assert total == len(GOOD)
        raise Interrupted(2)

    server.replies[f"/{NAME}"] = [WHOLE]
    with pytest.raises(Interrupted) as raised:
        Downloader(POLICY).download(f"{server.url}/{NAME}", tmp_path / NAME, keep_part=True, progress=interrupt)
    kept = (tmp_path / f".{NAME}.part").stat().st_size
    [note] = raised.value.__notes__
    assert note.startswith(f"{NAME}: {kept} of {len(GOOD)} bytes are kept")


def test_redirections_keep_the_range(server: Server, tmp_path: Path) -> None:
    server.replies["/there"] = [_rest()]
    _download(server, tmp_path, _cut(), Reply(302, headers={"Location": "/there"}))
    assert server.ranges == [(None, None), (REST, TAG), (REST, TAG)]


def test_a_proxy_of_the_environment_is_asked(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy")
    server.replies["http://models.invalid/a"] = [WHOLE]
    Downloader(POLICY).download("http://models.invalid/a", tmp_path / NAME, _require_good)
    assert server.asked == {"http://models.invalid/a": 1}
