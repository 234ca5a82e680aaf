"""A local HTTP server that serves what a test scripts for each path, faults included, and counts what is asked."""

import io
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

HTML = b"<!DOCTYPE html><title>Sign in</title>"


def jpeg(grey: int) -> bytes:
    """Return a JPEG, 32 wide and 24 high, of one grey."""
    stream = io.BytesIO()
    Image.new("RGB", (32, 24), (grey, grey, grey)).save(stream, "JPEG")
    return stream.getvalue()


@dataclass(frozen=True)
class Reply:
    """One answer.

    `claimed` is the Content-Length (None: that of the body; 0: none), `drop` sends nothing at all, `drip` waits after
    every byte, `raw` is sent in place of everything, and `hold` keeps the connection open at the end.
    """

    status: int = 200
    body: bytes = b""
    claimed: int | None = None
    drop: bool = False
    delay: float = 0.0
    drip: float = 0.0
    raw: bytes | None = None
    hold: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    """`replies[path]` are given in turn, the last one forever; an unknown path is 404.

    `ranges` are the Range and If-Range of every request, in order.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: dict[str, list[Reply]] = {}
        self.asked: Counter[str] = Counter()
        self.ranges: list[tuple[str | None, str | None]] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        with self.server.lock:
            turn = self.server.asked[self.path]
            self.server.asked[self.path] += 1
            self.server.ranges.append((self.headers.get("Range"), self.headers.get("If-Range")))
        replies = self.server.replies.get(self.path, [Reply(404)])
        reply = replies[min(turn, len(replies) - 1)]
        time.sleep(reply.delay)
        if reply.drop:
            self.close_connection = True
            return
        if reply.raw is None:
            self._send_head(reply)
        body = reply.body if reply.raw is None else reply.raw
        step = 1 if reply.drip else max(1, len(body))
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            time.sleep(reply.drip)
        time.sleep(reply.hold)
        self.close_connection = True

    def _send_head(self, reply: Reply) -> None:
        self.send_response(reply.status)
        if reply.claimed != 0:
            self.send_header("Content-Length", str(len(reply.body) if reply.claimed is None else reply.claimed))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""
