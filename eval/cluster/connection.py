"""A connection to a Ray cluster, or one of this machine's own that is started for it. Ray is an extra."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from time import sleep
from typing import Any

from configs.errors import UsageError, shortened

INSTALL = "pip install --constraint constraints.txt --editable '.[ray]'"
REACHABLE_SECONDS = 5.0
_PATIENCE_SECONDS = 3.0
STORE_BYTES = 1 << 29
"""Of the memory in which a cluster of this machine's own passes things on: models, and results of shards."""
_OWN = "127.0.0.2"
"""Over which a cluster of this machine's own speaks: for 127.0.0.1 Ray would take the network's."""
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # as configs.telemetry says of others
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # a warning of how that will change
    "RAY_GCS_SERVER_REQUEST_TIMEOUT_SECONDS": "20",  # how long it looks for this machine among the nodes
}
_QUIET_HERE = {"RAY_AUTH_MODE": "token"}
"""Of a cluster of this machine's own: what Ray does by itself, with a notice on the terminal."""
_SETTINGS = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _SETTINGS
"""How a connection to the head begins: Ray itself would ask for minutes whatever answers there."""
_ADDRESS = "RAY_ADDRESS"


def address_of(given: str | None) -> str | None:
    """Return the address of the cluster that is meant: what is given, else what Ray's own variable says, or None."""
    address = given or os.environ.get(_ADDRESS)
    return None if address == "local" else address or None


def require_ray() -> None:
    """Raise `UsageError` with the line that installs Ray, unless it is there."""
    if find_spec("ray") is None:
        raise UsageError(f"--executor ray: needs Ray, which is not installed; run: {INSTALL}")


def require_reachable(address: str | None) -> None:
    """Raise `UsageError` where an address is none, or nothing answers there."""
    if address is None or address == "auto":
        return
    host, colon, port = address.rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 1 << 16) or "/" in host:
        raise UsageError(
            f"--address: expected HOST:PORT of the cluster's head, as `ray start --head` says it, or auto, found "
            f"{shortened(repr(address))}"
        )
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=REACHABLE_SECONDS) as line:
            line.sendall(_GREETING)
            answer = b"" if _encrypted() else line.recv(len(_SETTINGS))
    except OSError as error:
        raise UsageError(
            f"--address: no cluster answers at {address} ({error.strerror or error}); start one with `ray start --head`"
        ) from error
    if not _encrypted() and answer[3:4] != _SETTINGS[3:4]:
        raise UsageError(
            f"--address: what answers at {address} is no Ray cluster; give its head's, as `ray start` said"
        )


def require_head(address: str) -> None:
    """Raise `UsageError` where the head of a cluster does not answer any more, twice in a row.

    Asked itself, Ray waits a minute for it, and then ends the process.
    """
    try:
        require_reachable(address)
    except UsageError:
        sleep(_PATIENCE_SECONDS)
        try:
            require_reachable(address)
        except UsageError as error:
            raise UsageError(
                f"--executor ray: the cluster's head, {address}, is gone; start the cluster again, and run the same "
                "command"
            ) from error


def _encrypted() -> bool:
    return os.environ.get("RAY_USE_TLS", "0") not in ("", "0")


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Connect to a cluster; without an address start one of this machine alone, which ends with the block.

    Raises:
        UsageError: there is no Ray, or no cluster of the same Ray and Python.
    """
    require_ray()
    require_reachable(address)
    with _environment(_QUIET if address is not None else {**_QUIET, **_QUIET_HERE}):
        import ray

        options: dict[str, Any] = {}
        if address is None:
            options = {
                "include_dashboard": False,
                "object_store_memory": STORE_BYTES,
                "_node_ip_address": _OWN,
            }
        # its debugger's switch: of a node that dies Ray would print twenty lines of log, on standard output
        ray._private.worker._worker_logs_enabled = False
        terminate = signal.getsignal(signal.SIGTERM)
        try:
            ray.init(
                address=address or "local",
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                configure_logging=False,
                **options,
            )
        except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
            with suppress(Exception):
                ray.shutdown()
            raise UsageError(_explained(address, error)) from error
        finally:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, terminate)  # Ray has put its own in its place
        try:
            yield
        finally:
            ray.shutdown()


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables in the block where the user has not, for Ray and the processes that it starts."""
    added = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _explained(address: str | None, error: Exception) -> str:
    reason = shortened(" ".join(str(error.__cause__ or error).split()), 300)
    if address is None:
        return f"--executor ray: Ray could not be started here ({reason})"
    return (
        f"--address {address}: not connected ({reason}); this machine must be a node of the cluster, with its version "
        "of Ray and of Python"
    )
