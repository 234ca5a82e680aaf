"""A server with faults, for the tests of downloads, and a tiny pack of people."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from bad_server import Server
from tiny_people import write_tiny_pack

from datasets.people.pack import Pack


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """Return a pack of three people of 64x96, the second in low light."""
    return write_tiny_pack(tmp_path / "pack")
