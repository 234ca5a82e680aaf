"""What keeps the page from asking anybody for anything: a policy for the browser, and scripts without addresses."""

import base64
import hashlib
import re
from collections.abc import Iterable

_ADDRESS = re.compile(rb"(?:https?|wss?)://(?!www\.w3\.org/)[\w./?=&%#@:{}$+~-]*")
"""What a browser could be sent to; the names of XML's own spaces begin like addresses and are none."""


def without_addresses(script: bytes) -> bytes:
    """Return a script whose addresses of servers are empty: of map tiles, fonts and the cloud that charts go to."""
    return _ADDRESS.sub(b"", script)


def policy(scripts: Iterable[bytes]) -> str:
    """Return a Content-Security-Policy under which these scripts alone run, and nothing is requested or sent."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
        "form-action 'none'"
    )
