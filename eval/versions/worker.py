"""The process in an environment: `python -P -m eval.versions.worker NUMBER`, a socket's number, does what it is told.

Each command is answered by (kind, content): any number of `report`, then `answer`, `error` (one of ours) or `fault`
(what was raised, in a line). It ends with the process that it works for, however that ends.
"""

import os
import sys
import traceback
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any

from configs.errors import MattekitError
from eval.versions.commands import Command, Desk


def main() -> None:
    """Serve commands until the other end closes."""
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    commands: SimpleQueue[Command[Any]] = SimpleQueue()
    Thread(target=_receive, args=(connection, commands), daemon=True).start()
    desk = Desk(report=lambda work, done, total: connection.send(("report", (work, done, total))))
    while True:
        command = commands.get()
        try:
            reply = "answer", command.run(desk)
        except MattekitError as error:
            reply = "error", error
        except Exception as error:
            # A release may lack, or have changed, what the toolkit calls: that is a finding about the release.
            reply = "fault", _line(error)
        connection.send(reply)


def _receive(connection: "Connection[Any, Any]", commands: "SimpleQueue[Command[Any]]") -> None:
    """Hand commands on; end the process at once when nobody is left to answer to, whatever is being computed."""
    while True:
        try:
            commands.put(connection.recv())
        except (EOFError, OSError):
            os._exit(0)


def _line(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text} ({place.filename}:{place.lineno})"


if __name__ == "__main__":
    main()
