"""Downloads that end whole or not at all: tried again with growing pauses, watched, and checked."""

import hashlib
import http.client
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential

from configs.errors import DataError, UsageError
from datasets.fetch.answer import Answer, RedirectedError, open_answer
from datasets.fetch.urls import require_url

LONGEST_WORDS = 100
"""So many characters of a reason or header that a server gives are repeated."""

_GONE = frozenset({404, 410})
_CHUNK = 1 << 16
_HEADERS = {"User-Agent": "mattekit", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a download is.

    Attributes:
        attempts: tries per file, the first included. 404 and 410 are final at once, everything else is tried again.
        timeout: seconds without a byte after which an attempt is given up; so it is where connecting takes that long,
            or an answer's status and headers together do.
        longest: seconds after which an attempt is given up, whatever came.
        backoff: seconds before the second attempt, doubled before each further one.
        longest_wait: seconds; backoff stays below it, and a server that asks for more (Retry-After) is not waited for.
        slowest: bytes per second; an attempt older than `timeout` that was slower on average is given up.
        grace: seconds in which a server that has sent all that it announced must end its answer; what comes instead of
            the end makes the attempt fail.
        most_bytes: a longer file is refused; None takes any length.
    """

    attempts: int = 5
    timeout: float = 30.0
    longest: float = 3600.0
    backoff: float = 1.0
    longest_wait: float = 120.0
    slowest: float = 1024.0
    grace: float = 0.5
    most_bytes: int | None = 1 << 26


@dataclass(frozen=True, slots=True)
class Download:
    """A whole file: the SHA-256 of its bytes as hex, and how many they are."""

    sha256: str
    bytes: int


class DownloadError(DataError):
    """A file could not be downloaded."""


class _AttemptFailedError(Exception):
    """Why one attempt failed; `after` is the server's Retry-After in seconds."""

    def __init__(self, reason: str, *, final: bool = False, after: float = 0.0) -> None:
        super().__init__(reason)
        self.final, self.after = final, after


class _AttemptWatch:
    """How long the answers of one attempt, redirections included, may still take.

    Attributes:
        complete: whether all that was announced has come, so that only the answer's end is awaited.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy, self._begun, self.complete = policy, time.monotonic(), False

    def left(self, received: int, seconds: float, in_head: bool) -> float:
        """See `datasets.fetch.answer.Watch`."""
        policy, age = self._policy, time.monotonic() - self._begun
        if age >= policy.longest:
            raise _AttemptFailedError(f"too slow: not done after {policy.longest:g} s")
        if in_head and received and seconds >= policy.timeout:
            raise _AttemptFailedError(f"too slow: no whole header in {policy.timeout:g} s")
        if received and seconds > policy.timeout and received < policy.slowest * seconds:
            raise _AttemptFailedError(f"too slow: {received} bytes in {seconds:.2g} s")
        if self.complete:
            return policy.grace
        patience = policy.timeout - seconds if in_head and received else policy.timeout
        return min(patience, policy.longest - age)


class Downloader:
    """Downloads under one policy, from any number of threads, until `stop` is called."""

    def __init__(self, policy: Policy, pause: Callable[[float], Any] | None = None) -> None:
        """Take a policy; `pause` waits for a number of seconds, by default until `stop` at the latest."""
        self.policy = policy
        self._stopped = threading.Event()
        self._pause: Callable[[float], Any] = self._stopped.wait if pause is None else pause

    def stop(self) -> None:
        """Let no download go on, those that wait for another attempt included."""
        self._stopped.set()

    def download(self, url: str, path: Path, check: Callable[[Path], None] | None = None) -> Download:
        """Download `url` to `path` by way of `.<name>.part` beside it, which a later attempt overwrites.

        `check` looks at the part before it takes the final name, and raises `DataError` where it is not what was
        wanted; that counts as a failed attempt.

        Raises:
            DownloadError: every attempt failed, or the first met what no further one would mend.
            UsageError: the URL is not HTTP, or the folder cannot be written.
        """
        require_url(url)
        policy, backoff = self.policy, wait_exponential(self.policy.backoff, max=self.policy.longest_wait)
        attempts = Retrying(
            retry=retry_if_exception_type(_AttemptFailedError),
            wait=lambda state: max(backoff(state), _failure(state).after),
            stop=lambda state: (
                _failure(state).final
                or state.attempt_number >= policy.attempts
                or state.upcoming_sleep > policy.longest_wait
            ),
            sleep=self._pause,
            reraise=True,
        )
        try:
            return attempts(self._attempt, url, path, check)
        except _AttemptFailedError as failure:
            number = attempts.statistics["attempt_number"]
            times = "once" if number == 1 else f"{number} times"
            raise DownloadError(f"{url}: {failure} (tried {times})") from failure

    def _attempt(self, url: str, path: Path, check: Callable[[Path], None] | None) -> Download:
        part, digest, length = path.with_name(f".{path.name}.part"), hashlib.sha256(), 0
        try:
            with part.open("wb") as stream:
                for chunk in self._chunks(url):
                    stream.write(chunk)
                    digest.update(chunk)
                    length += len(chunk)
            if check is not None:
                try:
                    check(part)
                except DataError as error:
                    raise _AttemptFailedError(str(error).removeprefix(f"{part}: ")) from error
            part.replace(path)
        except OSError as error:
            raise UsageError(f"{path}: cannot be written ({error.strerror}); choose another output folder") from error
        finally:
            part.unlink(missing_ok=True)
        return Download(digest.hexdigest(), length)

    def _chunks(self, url: str) -> Iterator[bytes]:
        """Yield a response's body; every fault of server or network becomes `_AttemptFailedError`."""
        self._check(0)
        watch = _AttemptWatch(self.policy)
        try:
            with open_answer(url, _HEADERS, self.policy.timeout, watch) as answer:
                _require_whole(answer)
                self._check(answer.announced or 0)
                yield from self._body(answer, watch)
        except urllib.error.HTTPError as error:
            with error:
                after = _retry_after(error.headers.get("Retry-After"))
                asks = f"; the server asks to wait {after:.0f} s" if after > self.policy.longest_wait else ""
                raise _AttemptFailedError(
                    f"HTTP {error.code} {_short(error.reason)}{asks}", final=error.code in _GONE, after=after
                ) from error
        except RedirectedError as error:
            target = _short(str(error))
            raise _AttemptFailedError(f"redirected to {target}, where only HTTP is followed", final=True) from error
        except (OSError, http.client.HTTPException) as error:
            raise _AttemptFailedError(self._explain(error)) from error
        except (ValueError, OverflowError) as error:  # of a redirect, too
            raise _AttemptFailedError(f"not a usable URL ({error})", final=True) from error

    def _body(self, answer: Answer, watch: "_AttemptWatch") -> Iterator[bytes]:
        length, announced = 0, answer.announced
        while True:
            watch.complete = announced is not None and length >= announced
            try:
                chunk = answer.read1(_CHUNK)
            except TimeoutError:
                if not watch.complete:
                    raise
                chunk = b""  # a server that keeps the connection open has said all the same
            if not chunk:
                break
            length += len(chunk)
            self._check(length)
            if announced is not None and length > announced:
                raise _AttemptFailedError(f"too long: more than the {announced} bytes came that were announced")
            yield chunk
        if announced is not None and length < announced:
            raise _AttemptFailedError(f"truncated: {length} of {announced} bytes came")
        if not length:
            raise _AttemptFailedError("empty: 0 bytes came")

    def _check(self, length: int) -> None:
        """Raise `_AttemptFailedError` where a download of `length` bytes is not to go on."""
        if self._stopped.is_set():
            raise _AttemptFailedError("stopped", final=True)
        if self.policy.most_bytes is not None and length > self.policy.most_bytes:
            raise _AttemptFailedError(f"too long: more than {self.policy.most_bytes} bytes", final=True)

    def _explain(self, error: Exception) -> str:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(cause, TimeoutError):
            return f"timed out: nothing came for {self.policy.timeout:g} s"
        return f"connection failed: {str(cause) or type(cause).__name__}"


def _require_whole(answer: Answer) -> None:
    """Raise `_AttemptFailedError` unless an answer is the whole file as it is: nobody asked for a part of it."""
    part = answer.headers.get("Content-Range")
    if answer.status != http.client.OK or part is not None:
        range_text = "" if part is None else f", Content-Range {_short(part)}"
        raise _AttemptFailedError(
            f"HTTP {answer.status} {_short(answer.reason)}{range_text}: expected 200 and the whole file"
        )
    encoding = answer.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise _AttemptFailedError(f"came encoded as {_short(encoding)}, which was not asked for")


def _short(text: object) -> str:
    """Return a server's words, cut where they are long."""
    words = " ".join(str(text).split())
    return words if len(words) <= LONGEST_WORDS else f"{words[:LONGEST_WORDS]}..."


def _failure(state: RetryCallState) -> _AttemptFailedError:
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, _AttemptFailedError)
    return failure


def _retry_after(text: str | None) -> float:
    """Return the seconds of a Retry-After header, which is a number or an HTTP date; 0 without one that makes sense."""
    if text is None:
        return 0.0
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
