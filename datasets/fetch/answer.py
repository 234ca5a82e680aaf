"""One answer of an HTTP server, read under a watch: nothing that a server does or leaves undone holds it for ever.

The standard library's timeout is for one read: a server that sends a byte now and then is never timed out by it, least
of all in its headers. Here every read, of headers too, ends with the time that is left for it.
"""

import http.client
import io
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from functools import partial
from typing import IO, Any, Protocol
from urllib.parse import urljoin

from datasets.fetch.urls import is_url


class Watch(Protocol):
    """How long an answer may still take."""

    def left(self, received: int, seconds: float, in_head: bool) -> float:
        """Return the seconds that the next read may take, or raise what ends the download.

        Args:
            received: bytes that came so far, headers included.
            seconds: since the request was sent.
            in_head: whether headers are still awaited.
        """


class RedirectedError(Exception):
    """A redirection that is not followed, and why."""

    def __init__(self, target: str, why: str) -> None:
        super().__init__(target, why)
        self.target, self.why = target, why


def open_answer(url: str, headers: dict[str, str], timeout: float, watch: Watch) -> "Answer":
    """Ask for a URL, following redirections to HTTP alone, and from HTTPS to HTTPS alone.

    Args:
        url: of the file.
        headers: of the request.
        timeout: seconds for a connection to come about.
        watch: over the reading of each answer.

    Raises:
        RedirectedError: a redirection leads elsewhere.
        OSError, http.client.HTTPException, ValueError: as `urllib.request` does.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirections(),
        _Connections(watch),
    ):
        opener.add_handler(handler)
    answer = opener.open(urllib.request.Request(url, headers=headers), timeout=timeout)
    assert isinstance(answer, Answer)
    return answer


class Answer(http.client.HTTPResponse):
    """An answer whose every read is watched.

    Attributes:
        announced: bytes that Content-Length promises; None without one. Reading goes on beyond them, to the end that
            the server sets, so that a wrong promise shows.
    """

    announced: int | None = None

    def __init__(self, sock: socket.socket, *arguments: Any, watch: Watch, **keywords: Any) -> None:
        super().__init__(sock, *arguments, **keywords)
        self.fp.close()
        self._wire = _Wire(sock, watch)
        self.fp = io.BufferedReader(self._wire)

    def begin(self) -> None:
        """Read status and headers."""
        super().begin()
        self._wire.in_head = False
        self.announced = None if self.chunked else self.length
        if self.length:
            self.length = None


class _Wire(io.RawIOBase):
    """What a socket receives."""

    def __init__(self, sock: socket.socket, watch: Watch) -> None:
        super().__init__()
        self._socket, self._watch = sock, watch
        self._stream = sock.makefile("rb", buffering=0)
        self._received, self._begun = 0, time.monotonic()
        self.in_head = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(self._left())
        try:
            count = self._stream.readinto(buffer)
        except TimeoutError:
            self._left()  # says which limit it was, if that was no read's own
            raise
        self._received += count or 0
        return count

    def _left(self) -> float:
        return self._watch.left(self._received, time.monotonic() - self._begun, self.in_head)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Connections(urllib.request.HTTPSHandler, urllib.request.HTTPHandler):
    """Opens connections whose answers are watched."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._watched(http.client.HTTPConnection), request)

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._watched(http.client.HTTPSConnection), request)

    def _watched(self, kind: Callable[..., http.client.HTTPConnection]) -> Any:
        def connection(host: str, **keywords: Any) -> http.client.HTTPConnection:
            made = kind(host, **keywords)
            made.response_class = partial(Answer, watch=self._watch)  # type: ignore[assignment]
            return made

        return connection


class _Redirections(urllib.request.HTTPRedirectHandler):
    """Follows to HTTP alone, and from HTTPS to HTTPS alone: else whoever is on the way could give another file."""

    def http_error_302(
        self, request: urllib.request.Request, answer: IO[bytes], code: int, reason: str, headers: Message
    ) -> Any:
        target = headers.get("Location") or headers.get("URI")
        if target is not None and (why := _not_followed(request.full_url, urljoin(request.full_url, target))):
            answer.close()
            raise RedirectedError(target, why)
        return super().http_error_302(request, answer, code, reason, headers)  # type: ignore[arg-type]

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302  # type: ignore[assignment]


def _not_followed(url: str, target: str) -> str:
    """Say why a redirection is not followed; empty where it is."""
    if not is_url(target):
        return "where only HTTP is followed"
    left = url.lower().startswith("https:") and not target.lower().startswith("https:")
    return "which leaves HTTPS" if left else ""
