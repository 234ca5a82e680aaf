"""Which texts are URLs that can be fetched from."""

import re
from urllib.parse import urlsplit

from configs.errors import UsageError, shortened

LONGEST = 2048
_PRINTABLE = re.compile(r"[!-~]+")
_LABEL = r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


def is_url(text: str) -> bool:
    """Return whether a text is meant as an HTTP URL rather than as a path."""
    return text.lower().startswith(("http://", "https://"))


def require_url(text: str, origin: str = "") -> None:
    """Raise `UsageError` unless a text is an HTTP URL with a host; `origin` names the option or key that gave it."""
    named = f"{origin}: " if origin else ""
    if fault := _fault(text):
        raise UsageError(f"{named}expected an http:// or https:// URL, found {shortened(ascii(text))[1:-1]} ({fault})")


def _fault(text: str) -> str:
    if not is_url(text):
        return "it begins otherwise"
    if len(text) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    if not _PRINTABLE.fullmatch(text):
        return "it holds a blank, or a character beyond ASCII, which must be written as %XX"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return str(error)
    if not host or not _HOST.fullmatch(host):
        return "it names no host" if not host else f"{host} is no host"
    return "port 0 is none" if port == 0 else ""
