"""Places that are named by a URL: sets and runs in a store of objects, such as `s3://bucket/people`."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from configs.errors import UsageError, shortened

EXAMPLES = "s3://bucket/folder, gs://bucket/folder or hf://datasets/owner/name"
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_COLLAPSED = re.compile(r"(s3a?|gs|gcs|hf|abfs|az|memory|file):/(?!/)")
_WEB = frozenset({"http", "https"})


def is_url(place: str) -> bool:
    """Tell whether a place is named by a URL rather than by a path."""
    return _SCHEME.match(place) is not None


def was_url(path: Path) -> bool:
    """Tell whether a path was made of a URL, whose two slashes became one."""
    return _COLLAPSED.match(str(path)) is not None


def url_fault(url: str) -> str:
    """Return why a URL cannot name a folder in a store; empty where it can, and for a path.

    No fault repeats a password that the URL holds.
    """
    if lost := _COLLAPSED.match(url):
        return f"expected two slashes, {lost[1]}://, found one"
    if "::" in url and "://" in url:
        return "expected one URL, found several that are chained"
    if not is_url(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        return f"is no URL ({error})"
    if parts.scheme.lower() in _WEB:
        return f"expected a store that lists its folders, such as {EXAMPLES}, found a web address"
    if "@" in parts.netloc and parts.scheme != "hf":
        return "holds a name or password before the @, which results would repeat; give credentials by the environment"
    if parts.query or parts.fragment:
        return "expected a URL without ? and #"
    if any(part in (".", "..") for part in parts.path.split("/")):
        return "expected a path without . and .. in it"
    return ""


def require_place(place: str, origin: str) -> None:
    """Raise `UsageError` where a place is a URL that cannot name a folder in a store; `origin` names who gave it."""
    if fault := url_fault(place):
        raise UsageError(f"{origin}: {without_secrets(place)}: {fault}")


def without_secrets(url: str) -> str:
    """Return a URL, shortened, with what may be credentials left out."""
    return shortened(re.sub(r"://[^/]*@", "://...@", url).partition("?")[0])


def folder_of(url: str) -> Path | None:
    """Return the folder of this disk that a `file://` URL names; None for every other URL.

    Raises:
        UsageError: it names another machine.
    """
    parts = urlsplit(url)
    if parts.scheme.lower() != "file":
        return None
    if parts.netloc not in ("", "localhost"):
        raise UsageError(f"{url}: expected file:///path of this machine, found the machine {parts.netloc}")
    return Path(unquote(parts.path))
