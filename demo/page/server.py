"""Serve the page until a signal ends it."""

import ipaddress
import socket
from collections.abc import Callable
from contextlib import closing

import uvicorn
from fastapi import FastAPI
from nicegui import Client, ui

from configs.errors import UsageError
from demo.page.choices import Choice, OpenModels
from demo.page.desk import Desk
from demo.page.guard import Guard
from demo.page.limits import Limits
from demo.page.office import Office
from demo.page.routes import add_routes
from demo.page.store import stored
from demo.page.view import Page

GRACE = 1
"""Second that open connections get at the end."""
RECONNECT = 10.0
"""Seconds that a page may be away before its files are removed."""


def serve(
    choices: dict[str, Choice], device: str, host: str, port: int, limits: Limits, say: Callable[[str], None]
) -> None:
    """Serve the page; returns, or raises what the signal raises, once nothing of it is left.

    Args:
        choices: the variants to offer, by name.
        device: where IRs run.
        host: to listen on.
        port: likewise; 0 for any that is free.
        limits: of what is taken.
        say: is called with each line that a user should read.

    Raises:
        UsageError: the port is taken, or the host is none of this machine's.
    """
    with closing(_listening(host, port)) as listener, stored(limits.visitors) as store:
        office = Office(OpenModels(choices, device), Desk(limits.waiting), store, limits)
        server = uvicorn.Server(
            uvicorn.Config(
                Guard(application(office), host, limits),
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=GRACE,
                server_header=False,
                proxy_headers=False,
            )
        )
        if not is_loopback(host):
            say(f"{host}: whoever reaches this machine there can use the page, unencrypted and without a password")
        found = listener.getsockname()
        shown = f"[{found[0]}]" if ":" in found[0] else found[0]
        say(f"serving on http://{shown}:{found[1]}/ (Ctrl-C ends it)")
        try:
            server.run(sockets=[listener])
        finally:
            office.close()


def application(office: Office) -> FastAPI:
    """Return the application: the page and what is beside it. NiceGUI has one a process."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_routes(app, office)

    def root(client: Client) -> None:
        ui.add_head_html(
            '<link rel="stylesheet" href="/assets/page.css"><script src="/assets/split.js" defer></script>'
        )
        page = Page(office)
        client.on_delete(page.close)

    ui.page("/")(root)
    ui.run_with(
        app,
        title="mattekit",
        dark=None,
        tailwind=False,
        show_welcome_message=False,
        favicon="✂",
        reconnect_timeout=RECONNECT,
    )
    return app


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a host."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family, reuse_port=False)
    except OSError as error:
        raise UsageError(
            f"--host {host} --port {port}: cannot be listened on ({error.strerror}); choose another --port (0 for any "
            "that is free), or another --host"
        ) from error
