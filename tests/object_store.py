"""A local store of objects that speaks S3, with faults: it throttles, fails, breaks off, and gives other bytes."""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "bucket"
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
INTERNAL = b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


@dataclass
class Faults:
    """Which requests fare badly: every n-th of those for objects, 0 for none; `deny` is part of a path.

    Attributes:
        slow: told to slow down.
        fail: answered with an internal error.
        cut: broken off in the middle.
        flip: answered with one byte changed.
        deny: refused, where the path holds it.
    """

    slow: int = 0
    fail: int = 0
    cut: int = 0
    flip: int = 0
    deny: str = ""


@dataclass(frozen=True)
class Request:
    """What was asked: method, path, and the Range header or an empty text."""

    method: str
    path: str
    range: str


@dataclass
class Store:
    """The server: its faults, which a test sets, and what it was asked."""

    url: str
    admin: Any
    faults: Faults = field(default_factory=Faults)
    asked: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _turns: int = 0

    def upload(self, folder: Path, prefix: str) -> str:
        """Put a folder into the store, without faults; return its URL."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes())
        return f"s3://{BUCKET}/{prefix}"

    def put(self, key: str, data: bytes) -> None:
        """Put an object into the store, without faults."""
        faults, self.faults = self.faults, Faults()
        self.admin.put_object(Bucket=BUCKET, Key=key, Body=data)
        self.faults = faults

    def clear(self) -> None:
        """Remove every object and every fault, and forget what was asked."""
        self.faults = Faults()
        pages = self.admin.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        for key in [each["Key"] for page in pages for each in page.get("Contents", ())]:
            self.admin.delete_object(Bucket=BUCKET, Key=key)
        self.asked.clear()

    def keys(self, prefix: str) -> dict[str, bytes]:
        """Return what lies below a prefix, by its name there."""
        faults, self.faults = self.faults, Faults()
        pages = self.admin.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{prefix}/")
        keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
        found = {
            key.removeprefix(f"{prefix}/"): self.admin.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys
        }
        self.faults = faults
        return found

    def gets(self, part: str = "") -> list[Request]:
        """Return the requests for objects whose path holds a part."""
        return [each for each in self.asked if each.method == "GET" and part in each.path and _of_object(each.path)]

    def turn(self) -> int:
        """Count a request."""
        with self.lock:
            self._turns += 1
            return self._turns


def served(store: Store, app: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]) -> Any:
    """Return an application that is the store with its faults."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        faults = store.faults
        store.asked.append(Request(method, path, environ.get("HTTP_RANGE", "")))
        if faults.deny and faults.deny in path:
            return _error(start_response, "403 Forbidden", DENIED)
        if faults == Faults():
            return app(environ, start_response)
        turn = store.turn()
        if faults.slow and turn % faults.slow == 0:
            return _error(start_response, "503 Slow Down", SLOW_DOWN)
        if faults.fail and turn % faults.fail == 0:
            return _error(start_response, "500 Internal Server Error", INTERNAL)
        body = app(environ, start_response)
        if method == "GET" and _of_object(path):
            if faults.cut and turn % faults.cut == 0:
                return _cut(body)
            if faults.flip and turn % faults.flip == 0:
                whole = bytearray(b"".join(body))
                whole[len(whole) // 2] ^= 1
                return [bytes(whole)]
        return body

    return answer


def _of_object(path: str) -> bool:
    return path.strip("/").count("/") > 0


def _error(start_response: StartResponse, status: str, body: bytes) -> list[bytes]:
    start_response(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]


def _cut(body: Iterable[bytes]) -> Iterator[bytes]:
    whole = b"".join(body)
    yield whole[: len(whole) // 2]
    raise ConnectionAbortedError


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


def open_store() -> tuple[Store, Callable[[], None]]:
    """Start a store with an empty bucket; return it, and what stops it."""
    store = Store("", None)
    app = served(store, DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    store.url = f"http://127.0.0.1:{server.server_port}"
    store.admin = boto3.client(
        "s3", endpoint_url=store.url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    store.admin.create_bucket(Bucket=BUCKET)

    def stop() -> None:
        store.admin.close()
        server.shutdown()
        thread.join()
        server.server_close()

    return store, stop
