"""What stands before the page: who may ask, how much may be sent, and what a browser may load."""

import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from configs.errors import MattekitError
from demo.page.limits import MEGABYTE, Limits

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_HOST = re.compile(r"([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?", re.ASCII)
FILES = 3
"""Uploads that one request may hold: source, plate and target."""


class Guard:
    """An ASGI application before another one.

    Only requests for this machine's own names pass: another site's name that leads here (DNS rebinding) does not, and a
    page of another site cannot ask either. A body must tell its length and keep within the limits. Every answer forbids
    the browser to load anything from elsewhere.

    Args:
        app: what is guarded.
        host: that the page is served on.
        limits: of uploads.
    """

    def __init__(self, app: App, host: str, limits: Limits) -> None:
        self.app = app
        self._names = {"localhost", socket.gethostname().lower(), host.lower()}
        self._most = FILES * limits.upload + MEGABYTE
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        status, reason = self._refusal(headers)
        if status and scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": reason})
        elif status:
            await send({"type": "http.response.start", "status": status, "headers": _plain(reason)})
            await send({"type": "http.response.body", "body": reason.encode()})
        else:
            await self.app(scope, receive, _with_headers(send, policy(headers["host"])))

    def _refusal(self, headers: dict[str, str]) -> tuple[int, str]:
        host = headers.get("host", "")
        if not self._is_ours(host):
            return 403, f"refused: the page is not served as {host!r}"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return 403, f"refused: a page of {origin} may not use this one"
        if "transfer-encoding" in headers:
            return 411, "refused: an upload must tell its length"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > self._most:
            try:
                self._limits.require_upload("the upload")
            except MattekitError as error:
                return 413, str(error)
        return 0, ""

    def _is_ours(self, host: str) -> bool:
        if not _HOST.fullmatch(host):
            return False
        name = urlsplit(f"//{host}").hostname or ""
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True  # an address leads nowhere else than to who has it


def policy(host: str) -> str:
    """Return the Content-Security-Policy: all from here alone; NiceGUI writes scripts and styles into its page."""
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "font-src 'self' data:",
            f"connect-src 'self' ws://{host}",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _with_headers(send: Send, csp: str) -> Send:
    added = [
        (b"content-security-policy", csp.encode("latin-1")),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return sending


def _plain(text: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text.encode())).encode()),
        (b"connection", b"close"),
    ]
