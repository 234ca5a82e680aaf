"""Who may ask, how much may be sent, and what a browser may load."""

import asyncio
from typing import Any

import pytest

from demo.page.guard import Guard, policy
from demo.page.limits import Limits

OURS = "127.0.0.1:8080"


async def _app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"page"})


def _ask(kind: str = "http", **headers: str) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in {"host": OURS, **headers}.items()]
    guard = Guard(_app, "photos.local", Limits(upload=1000))
    asyncio.run(guard({"type": kind, "headers": pairs}, receive, send))
    return sent


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost"}, 200),
        ({"host": "[::1]:8080", "origin": "http://[::1]:8080"}, 200),
        ({"host": "photos.local:80"}, 200),
        ({"origin": f"http://{OURS}"}, 200),
        ({"host": "rebound.example.org:8080"}, 403),
        ({"host": ""}, 403),
        ({"host": "127.0.0.1.example.org"}, 403),
        ({"host": "127.0.0.1:80; script-src *"}, 403),
        ({"origin": "https://example.org"}, 403),
        ({"origin": "null"}, 403),
        ({"content_length": "1000"}, 200),
        ({"content_length": str(1 << 30)}, 413),
        ({"content_length": "9" * 5000}, 413),
        ({"content_length": "-1"}, 413),
        ({"transfer_encoding": "chunked"}, 411),
    ],
)
def test_who_and_how_much(headers: dict[str, str], status: int) -> None:
    assert _ask(**headers)[0]["status"] == status


def test_a_websocket_of_another_site_is_closed() -> None:
    assert [message["type"] for message in _ask("websocket", origin="https://example.org")] == ["websocket.close"]


def test_every_answer_forbids_to_load_from_elsewhere() -> None:
    headers = dict(_ask()[0]["headers"])
    assert headers[b"content-security-policy"].decode() == policy(OURS)
    for rule in policy(OURS).split("; "):
        assert set(rule.split()[1:]) <= {
            *("'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:", f"ws://{OURS}")
        }
