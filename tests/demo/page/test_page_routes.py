"""`/matte` and `/results`, asked by several clients at once."""

import asyncio
import io
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import flat
from PIL import Image
from tiny_model import tiny_answer

from datasets.samples.images import write_png

pytest.importorskip("nicegui", reason="the extra `serve` is not installed")

import httpx
from fastapi import FastAPI

from demo.page.choices import OpenModels, choices_of
from demo.page.desk import Desk
from demo.page.guard import Guard
from demo.page.limits import Limits
from demo.page.office import Office
from demo.page.routes import add_routes
from demo.page.store import Store

CLIENTS = 8
PLATE = flat((60, 60, 60))
Answers = list[httpx.Response]


@pytest.fixture
def office(tiny_models: Path, tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "store").mkdir()
    limits = Limits(upload=100_000, pixels=20_000, waiting=CLIENTS)
    made = Office(OpenModels(choices_of(tiny_models)), Desk(limits.waiting), Store(tmp_path / "store", 32), limits)
    yield made
    made.close()


def _png(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def _photo(number: int) -> np.ndarray:
    image = PLATE.copy()
    image[:, 10 * number : 10 * number + 10] = (230, 200, 90)
    return image


def _ask(office: Office, *requests: dict[str, Any]) -> Answers:
    """Return the answers to requests that are sent at once."""
    app = FastAPI()
    add_routes(app, office)

    async def ask() -> Answers:
        transport = httpx.ASGITransport(Guard(app, "127.0.0.1", office.limits))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", trust_env=False) as client:
            asked: list[Coroutine[Any, Any, httpx.Response]] = [
                client.request(**{"method": "POST", "url": "/matte", **each}) for each in requests
            ]
            return await asyncio.gather(*asked)

    return asyncio.run(ask())


def _request(number: int = 0, **fields: str) -> dict[str, Any]:
    files = {"source": (f"{number}.png", _png(_photo(number))), "plate": ("plate.png", _png(PLATE))}
    return {"files": files, "data": {"variant": "ir-fp32@f32", "align": "off", **fields}}


def test_clients_at_once_each_get_their_own_picture(office: Office) -> None:
    answers = _ask(office, *(_request(number) for number in range(CLIENTS)))
    for number, answer in enumerate(answers):
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
        with Image.open(io.BytesIO(answer.content)) as image:
            rgba = np.asarray(image)
        alpha, _ = tiny_answer(_photo(number), PLATE)
        assert rgba.shape == (64, 96, 4)
        assert np.abs(rgba[..., 3] - alpha * 255).max() < 1
    assert list(office.store._root.iterdir()) == []


def test_more_than_may_wait_are_told_to_come_again(office: Office) -> None:
    office.desk.close()
    small = Office(office.models, Desk(0), office.store, office.limits)
    answers = _ask(small, *(_request(number) for number in range(CLIENTS)))
    small.desk.close()
    busy = [answer for answer in answers if answer.status_code == 503]
    assert 0 < len(busy) < CLIENTS
    assert all(answer.status_code in (200, 503) for answer in answers)
    assert (busy[0].headers["retry-after"], "try again in a moment" in busy[0].text) == ("1", True)


def _cmyk() -> bytes:
    stream = io.BytesIO()
    Image.new("CMYK", (96, 64)).save(stream, "JPEG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("files", "fields", "status", "line"),
    [
        ({"plate": None}, {}, 422, "error: the network takes a background plate"),
        ({"source": None}, {}, 422, "error: source: expected the files source, plate and target"),
        ({"source": ("a.png", b"text")}, {}, 422, "error: a.png: is not a PNG, JPEG or WebP"),
        ({"plate": ("b.jpg", _cmyk())}, {}, 422, "error: b.jpg: "),
        ({"source": ("c.mp4", b"\0")}, {}, 422, "error: c.mp4: is no picture"),
        ({"source": ("d.png", b"x" * 100_001)}, {}, 422, "error: d.png: too large for the page"),
        ({"source": ("e.png", b"x" * 2_000_000)}, {}, 413, "the upload: too large for the page"),
        ({}, {"target": "/etc/passwd"}, 422, "error: target '/etc/passwd': expected #RRGGBB"),
        ({}, {"align": "maybe"}, 422, "error: --align: expected auto, off, always"),
        ({}, {"variant": "ir-int4"}, 422, "error: variant 'ir-int4' is none of this page's"),
        ({}, {"view": "depth"}, 422, "error: view 'depth': expected composite, alpha, foreground"),
        ({}, {"colour": "red"}, 422, "error: colour: expected the files"),
    ],
)
def test_an_error_is_one_line_that_names_the_file_alone(
    office: Office, files: dict[str, Any], fields: dict[str, str], status: int, line: str
) -> None:
    request = _request(**fields)
    request["files"] = {name: file for name, file in {**request["files"], **files}.items() if file is not None}
    [answer] = _ask(office, request)
    assert (answer.status_code, answer.text[: len(line)]) == (status, line)
    assert answer.text.strip().count("\n") == 0
    assert str(office.store._root) not in answer.text
    assert list(office.store._root.iterdir()) == []


def test_a_broken_request_and_a_defect_are_told_apart(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a defect")

    broken = {"content": b"--cut\r\n\r\n", "headers": {"content-type": "multipart/form-data; boundary=cut"}}
    many = _request(one="1", two="2", three="3", four="4", five="5")
    answers = _ask(office, broken, many)
    assert [answer.status_code for answer in answers] == [400, 400]
    assert "error: Too many fields" in answers[1].text
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("demo.page.office.cut_out_of", fail)
    [answer] = _ask(office, _request())
    assert (answer.status_code, answer.text) == (
        500,
        "error: internal error: please report it with the lines in the terminal\n",
    )
    assert "RuntimeError: a defect" in capsys.readouterr().err


def test_results_come_under_their_address_and_as_downloads(office: Office) -> None:
    visitor = office.store.open()
    path = visitor.results("made") / "alpha.png"
    write_png(path, PLATE)
    address = visitor.address(path)
    shown, loaded, gone = _ask(
        office,
        {"method": "GET", "url": address},
        {"method": "GET", "url": address, "params": {"download": "me-alpha.png"}},
        {"method": "GET", "url": address.replace(visitor.token, "x")},
    )
    assert shown.content == path.read_bytes()
    assert (shown.headers["cache-control"], "content-disposition" in shown.headers) == ("no-store", False)
    assert loaded.headers["content-disposition"] == 'attachment; filename="me-alpha.png"'
    assert gone.status_code == 404
