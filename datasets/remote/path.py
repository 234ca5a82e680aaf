"""A path in a store of objects, which shows as its URL."""

from pathlib import Path, PosixPath

from configs.urls import without_secrets


class RemotePath(PosixPath):
    """Where an object lies: parts, name and ending as of any path, `s3://bucket/people/com/a/1.png` as text.

    Nothing is there on this disk; `datasets.remote.store` brings it.
    """

    def __str__(self) -> str:
        scheme, separator, rest = super().__str__().partition(":/")
        return f"{scheme}://{rest.lstrip('/')}" if separator else scheme

    def absolute(self) -> "RemotePath":
        """Return the path itself: a URL is absolute."""
        return self

    def __fspath__(self) -> str:
        return str(self)


def remote_path(url: str) -> RemotePath:
    """Return the path of a URL, without slashes at its end."""
    return RemotePath(url.rstrip("/"))


def protocol_of(path: Path) -> str:
    """Return the scheme of a path's URL, such as `s3`."""
    return str(path).partition("://")[0].lower()


def shown(path: Path) -> str:
    """Return a path for a message, without what may be credentials."""
    return without_secrets(str(path))
