"""A store of objects, asked with patience: every request is tried again where that may help, and ends in our errors.

What speaks to the store is fsspec and the package of its kind, s3fs for `s3://`. Credentials and the address of a store
of one's own come from the environment, as those packages read it.
"""

import errno
import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from configs.errors import DataError, UsageError, shortened
from datasets.fetch.patience import AttemptFailedError, Policy
from datasets.remote.path import RemotePath, protocol_of

INSTALL = "pip install --constraint constraints.txt --editable '.[remote]'"
PATIENCE = Policy(attempts=5, timeout=30.0, backoff=0.5, longest_wait=20.0)
"""How patient an operation is, such as reading a block; pauses are drawn from 0 to a bound that doubles."""
REQUESTS = 4
"""How often s3fs sends a single request of one, so that a page of a listing that fails does not cost the others."""
LONGEST_WORDS = 160

_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "hf": "huggingface_hub"}
_OURS = frozenset({"s3fs"})
"""Packages that the extra `remote` brings."""
_VERSIONS = ("ETag", "etag", "generation", "blob_id", "md5Hash", "content_hash", "mtime", "created", "LastModified")
"""Where stores keep what changes when an object does; the first that is there counts."""
_NO_CREDENTIALS = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "ProfileNotFound"}
)
"""Names of the errors by which libraries say that they have none."""
_HOPELESS = frozenset({errno.EINVAL, errno.EPERM, errno.ENOSYS, errno.ENAMETOOLONG, getattr(errno, "EREMCHG", -1)})
"""Numbers of errors that say that the request itself is wrong, such as the name of a bucket that none can have."""
_NETWORK = frozenset(
    {"aiobotocore", "aiohttp", "botocore", "fsspec", "gcsfs", "google", "http", "httpx", "huggingface_hub", "requests"}
    | {"s3fs", "urllib3"}
)
"""Libraries whose errors are a store's or the network's, and no mistake of ours."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """An object as a listing names it.

    Attributes:
        path: its place.
        size: bytes.
        version: what changes when it does, such as its ETag; empty where the store says nothing of the kind.
    """

    path: RemotePath
    size: int
    version: str


class Client:
    """The store that a URL leads to; for any number of threads."""

    def __init__(self, root: RemotePath, policy: Policy | None = None) -> None:
        """Take the folder that is worked in.

        Raises:
            UsageError: the package for such URLs is not installed, or there is none.
        """
        self.root = root
        self._policy = PATIENCE if policy is None else policy
        self._files = _filesystem(protocol_of(root), os.getpid())

    def listing(self, below: RemotePath) -> list[RemoteObject]:
        """Return every object below a folder, at any depth; none where there is no such folder.

        Raises:
            DataError: the store does not answer, has no such bucket, or does not let it be listed.
        """
        found: Mapping[str, Mapping[str, Any]] = self._tried(
            below, lambda: self._files.find(str(below), detail=True), absent={}
        )
        bare = self._files._strip_protocol(str(below)).rstrip("/")
        objects = []
        for name, info in found.items():
            inner = name.removeprefix(bare).strip("/")
            # Consoles make empty objects that stand for folders.
            if inner and not name.endswith("/") and info.get("type", "file") == "file":
                objects.append(RemoteObject(below / inner, int(info["size"] or 0), _version(info)))
        return objects

    def find(self, path: RemotePath) -> RemoteObject | None:
        """Return one object; None where there is none.

        Raises:
            DataError: the store does not answer, or refuses.
        """
        info = self._tried(path, lambda: self._files.info(str(path)), absent=None)
        if info is None or info.get("type", "file") != "file":
            return None
        return RemoteObject(path, int(info["size"] or 0), _version(info))

    def read(self, path: RemotePath, start: int, end: int) -> bytes:
        """Return bytes `start` to `end` of an object.

        Raises:
            DataError: the store does not answer, refuses, or gives fewer or more in every attempt.
        """

        def ask() -> bytes:
            data: bytes = self._files.cat_file(str(path), start=start, end=end)
            if len(data) != end - start:
                raise AttemptFailedError(f"truncated: {len(data)} of {end - start} bytes came")
            return data

        return self._tried(path, ask) if end > start else b""

    def write(self, file: Path, path: RemotePath) -> None:
        """Put a file of this disk into the store, whole or not at all.

        Raises:
            DataError: the store does not answer, or refuses.
        """
        self._tried(path, lambda: self._files.put_file(str(file), str(path)))

    def remove(self, path: RemotePath) -> None:
        """Remove an object, if it is there.

        Raises:
            DataError: the store does not answer, or refuses.
        """
        self._tried(path, lambda: self._files.rm_file(str(path)), absent=None)

    def again(self, path: RemotePath, ask: Callable[[], Result]) -> Result:
        """Call what raises `AttemptFailedError` where another attempt may help.

        Raises:
            DataError: no attempt helped; it names `path`.
        """
        attempts = Retrying(
            retry=retry_if_exception_type(AttemptFailedError),
            wait=wait_random_exponential(self._policy.backoff, max=self._policy.longest_wait),
            stop=lambda state: _is_final(state) or stop_after_attempt(self._policy.attempts)(state),
            reraise=True,
        )
        try:
            return attempts(ask)
        except AttemptFailedError as failure:
            number = attempts.statistics["attempt_number"]
            tried = "" if failure.final else f" (tried {number} times)"
            raise DataError(f"{path}: {failure}{tried}") from failure

    def _tried(self, path: RemotePath, ask: Callable[[], Result], **absent: Any) -> Result:
        """Call the store; `absent` is the answer where nothing is there, without which that is an error."""

        def attempt() -> Result:
            try:
                return ask()
            except AttemptFailedError:
                raise
            except FileNotFoundError as error:
                if "absent" in absent and not _no_bucket(error):
                    result: Result = absent["absent"]
                    return result
                raise AttemptFailedError(_absence(error), final=True) from error
            except Exception as error:
                if (failure := _failure(error, self._policy)) is None:
                    raise
                raise failure from error

        return self.again(path, attempt)


@functools.lru_cache(maxsize=8)
def client(root: RemotePath) -> Client:
    """Return this process's client for a folder; of the same kind of store they share connections."""
    return Client(root)


@functools.lru_cache(maxsize=8)
def _filesystem(protocol: str, process: int) -> Any:
    """Return fsspec's file system for a scheme; each process gets its own, since connections do not survive a fork."""
    try:
        import fsspec

        kind = fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        package = _PACKAGES.get(protocol, "")
        if not package or package in _OURS:
            needed = package or "fsspec"
            raise UsageError(f"{protocol}:// needs {needed}, which is not installed; run: {INSTALL}") from error
        raise UsageError(
            f"{protocol}:// needs {package}, which is not installed and not pinned by this project; "
            f"run: pip install {package}"
        ) from error
    except ValueError as error:
        raise UsageError(f"{protocol}:// is no store that fsspec knows; expected s3://, gs:// or hf://") from error
    options: dict[str, Any] = {}
    if package_is_s3 := _PACKAGES.get(protocol) == "s3fs":
        options["config_kwargs"] = {
            "connect_timeout": PATIENCE.timeout / 3,
            "read_timeout": PATIENCE.timeout,
            "max_pool_connections": 64,
            "retries": {"total_max_attempts": REQUESTS, "mode": "standard"},
        }
    # A listing that was kept would hide what has changed since.
    files = kind(skip_instance_cache=True, use_listings_cache=False, **options)
    if package_is_s3:
        files.retries = 1
    return files


def _version(info: Mapping[str, Any]) -> str:
    return next((str(info[key]).strip('"') for key in _VERSIONS if info.get(key)), "")


def _is_final(state: RetryCallState) -> bool:
    failure = state.outcome.exception() if state.outcome else None
    return isinstance(failure, AttemptFailedError) and failure.final


def _failure(error: Exception, policy: Policy) -> AttemptFailedError | None:
    """Return why an attempt failed; None for an error that is neither the store's nor the network's."""
    said = _words(error)
    if type(error).__name__ in _NO_CREDENTIALS:
        return AttemptFailedError(
            f"no credentials ({said}); give them by the environment, such as AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or set FSSPEC_S3_ANON=true for a bucket that is open to all",
            final=True,
        )
    if isinstance(error, PermissionError):
        return AttemptFailedError(f"permission denied ({said}); check the credentials and their rights", final=True)
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return AttemptFailedError(f"timed out: nothing came for {policy.timeout:g} s")
    if isinstance(error, OSError) and error.errno in _HOPELESS:
        return AttemptFailedError(f"refused: {said}", final=True)
    if isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _NETWORK:
        return AttemptFailedError(f"failed: {said}")
    return None


def _no_bucket(error: FileNotFoundError) -> bool:
    return "bucket does not exist" in str(error).lower() or "NoSuchBucket" in str(error.__cause__)


def _absence(error: FileNotFoundError) -> str:
    return "there is no such bucket; check the URL" if _no_bucket(error) else "there is no such object"


def _words(error: Exception) -> str:
    """Return what an error says on one line, without its number."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return shortened(" ".join(str(text).split()) or type(error).__name__, LONGEST_WORDS)
