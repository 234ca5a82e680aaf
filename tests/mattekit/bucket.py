"""A local HTTP server in place of the bucket of Open Images: a small photograph for every id but one."""

import http.server
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

GONE = "0" * 16


class _Bucket(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if GONE in self.path:
            self.send_error(404)
            return
        stream = io.BytesIO()
        Image.new("RGB", (8, 8), (200, 120, 40)).save(stream, "JPEG")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(stream.getvalue())

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@contextmanager
def bucket() -> Iterator[str]:
    """Serve, and yield the URL."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Bucket) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
