"""Where there is no cluster, that is said at once."""

import socket
from threading import Thread
from time import monotonic

import pytest

from configs.errors import UsageError
from eval.cluster import connection
from eval.cluster.connection import REACHABLE_SECONDS, address_of, require_reachable
from eval.cluster.execute import execute_on_ray


def test_without_ray_the_line_is_told_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"needs Ray, which is not installed; run: pip install .*'\.\[ray\]'"):
        execute_on_ray()


@pytest.mark.parametrize("address", ["head", "head:", ":6379", "head:none", "head:70000", "ray://head:10001"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="expected HOST:PORT of the cluster's head"):
        require_reachable(address)


def test_an_address_where_nothing_answers_is_refused_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    begun = monotonic()
    with pytest.raises(UsageError, match=f"no cluster answers at {address}"):
        require_reachable(address)
    assert monotonic() - begun < REACHABLE_SECONDS


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n", None])
def test_what_is_no_cluster_is_told_from_one(monkeypatch: pytest.MonkeyPatch, answer: bytes | None) -> None:
    monkeypatch.setattr(connection, "REACHABLE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        replies = Thread(target=lambda: _answer(other, answer))
        replies.start()
        with pytest.raises(UsageError, match=f"{address}.*(is no Ray cluster|timed out)"):
            require_reachable(address)
        replies.join()


def _answer(server: socket.socket, answer: bytes | None) -> None:
    accepted, _ = server.accept()
    with accepted:
        accepted.recv(100)
        if answer is not None:
            accepted.sendall(answer)
        else:
            accepted.recv(100)  # ends with the other side


def test_ray_s_own_variable_names_the_cluster_where_no_option_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    assert [address_of(given) for given in (None, "local", "other:1")] == ["head:6379", None, "other:1"]
    monkeypatch.delenv("RAY_ADDRESS")
    assert address_of(None) is None
