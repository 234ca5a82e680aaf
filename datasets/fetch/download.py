"""Downloads that end whole or not at all: tried again with growing pauses, checked, and many at once."""

import hashlib
import http.client
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential

from configs.errors import DataError, UsageError
from datasets.fetch.urls import require_url

HOPELESS = 10
"""This many failures before the first success end a run: the fault is the server's or the network's."""

_GONE = frozenset({404, 410})
_CHUNK = 1 << 16
_HEADERS = {"User-Agent": "mattekit", "Accept-Encoding": "identity"}

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient a download is.

    Attributes:
        attempts: tries per file, the first included. 404 and 410 are final at once, everything else is tried again.
        timeout: seconds without a byte after which an attempt is given up.
        backoff: seconds before the second attempt, doubled before each further one.
        longest_wait: seconds; backoff stays below it, and a server that asks for more (Retry-After) is not waited for.
        slowest: bytes per second; an attempt older than `timeout` that was slower on average is given up.
        most_bytes: a longer file is refused; None takes any length.
    """

    attempts: int = 5
    timeout: float = 30.0
    backoff: float = 1.0
    longest_wait: float = 120.0
    slowest: float = 1024.0
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
        begun, length = time.monotonic(), 0
        self._check(0, 0)
        try:
            request = urllib.request.Request(url, headers=_HEADERS)
            with urllib.request.urlopen(request, timeout=self.policy.timeout) as response:
                header = response.headers.get("Content-Length") or ""
                expected = int(header) if header.isascii() and header.isdigit() else None
                self._check(expected or 0, 0)
                while chunk := response.read1(_CHUNK):
                    length += len(chunk)
                    self._check(length, time.monotonic() - begun)
                    yield chunk
        except urllib.error.HTTPError as error:
            with error:
                after = _retry_after(error.headers.get("Retry-After"))
                asks = f"; the server asks to wait {after:.0f} s" if after > self.policy.longest_wait else ""
                raise _AttemptFailedError(
                    f"HTTP {error.code} {error.reason}{asks}", final=error.code in _GONE, after=after
                ) from error
        except (OSError, http.client.HTTPException) as error:
            raise _AttemptFailedError(self._explain(error)) from error
        except (ValueError, OverflowError) as error:  # of a redirect, too
            raise _AttemptFailedError(f"not a usable URL ({error})", final=True) from error
        if expected is not None and length != expected:
            raise _AttemptFailedError(f"truncated: {length} of {expected} bytes came")
        if not length:
            raise _AttemptFailedError("empty: 0 bytes came")

    def _check(self, length: int, seconds: float) -> None:
        """Raise `_AttemptFailedError` where a download of `length` bytes in `seconds` is not to go on."""
        if self._stopped.is_set():
            raise _AttemptFailedError("stopped", final=True)
        if self.policy.most_bytes is not None and length > self.policy.most_bytes:
            raise _AttemptFailedError(f"too long: more than {self.policy.most_bytes} bytes", final=True)
        if seconds > self.policy.timeout and length < self.policy.slowest * seconds:
            raise _AttemptFailedError(f"too slow: {length} bytes in {seconds:.0f} s")

    def _explain(self, error: Exception) -> str:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(cause, TimeoutError):
            return f"timed out: nothing came for {self.policy.timeout:g} s"
        return f"connection failed: {str(cause) or type(cause).__name__}"


@dataclass(frozen=True, slots=True)
class Harvest(Generic[Item, Result]):
    """What `fetch_first` returns: results in the candidates' order, and the candidates that failed, with the reason."""

    results: tuple[Result, ...]
    failures: tuple[tuple[Item, str], ...]


def fetch_first(
    candidates: Sequence[Item],
    count: int,
    fetch: Callable[[Item], Result],
    *,
    workers: int,
    replace: bool,
    stop: Callable[[], None] = lambda: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Harvest[Item, Result]:
    """Fetch the first `count` of `candidates` that can be fetched; which these are does not depend on timing.

    `fetch` runs in `workers` threads and raises `DataError` for a candidate that cannot be fetched. `stop` is called
    when the run ends early, to make the threads end soon.

    Raises:
        DataError: a candidate failed and `replace` is False; no candidate is left; or nothing at all succeeds.
    """
    results: dict[int, Result] = {}
    failures: dict[int, str] = {}
    upcoming = iter(range(len(candidates)))
    with ThreadPoolExecutor(workers) as pool:

        def submit(index: int) -> None:
            running[pool.submit(fetch, candidates[index])] = index

        running: dict[Future[Result], int] = {}
        try:
            for index in islice(upcoming, count):
                submit(index)
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    index = running.pop(future)
                    try:
                        results[index] = future.result()
                    except DataError as error:
                        failures[index] = str(error)
                        substitute = next(upcoming, None)
                        if not replace or substitute is None or (len(failures) >= HOPELESS and not results):
                            raise _gave_up(list(failures.values()), len(results), count, replace) from error
                        submit(substitute)
                    progress(len(results), count)
        except BaseException:
            stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return Harvest(
        tuple(results[index] for index in sorted(results)),
        tuple((candidates[index], failures[index]) for index in sorted(failures)),
    )


def _gave_up(reasons: list[str], done: int, count: int, replace: bool) -> DataError:
    shown = "".join(f"\n  {reason}" for reason in reasons[-5:])
    hint = "" if replace else ", or allow replacements (--on-failure replace)"
    return DataError(
        f"stopped at {done} of {count} files, because {len(reasons)} failed; the last ones:{shown}\n"
        f"what is whole is kept: mend the cause and run the same command again{hint}"
    )


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
