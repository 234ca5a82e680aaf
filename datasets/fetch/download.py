"""Downloads that end whole or not at all: tried again with growing pauses, watched, and checked.

A large file may keep its part: the next attempt, of this run or a later one, then asks for the rest alone.
"""

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

from configs.errors import DataError, UsageError, shortened
from configs.files import sha256_of
from datasets.fetch.answer import Answer, RedirectedError, open_answer
from datasets.fetch.part import Part, RangeError
from datasets.fetch.patience import AttemptFailedError, AttemptWatch, Policy
from datasets.fetch.urls import require_url

LONGEST_WORDS = 100
"""So many characters of a reason or header that a server gives are repeated."""

_GONE = frozenset({404, 410})
_CHUNK = 1 << 16
_NO_SUCH_RANGE = 416
_HEADERS = {"User-Agent": "mattekit", "Accept-Encoding": "identity"}


Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Download:
    """A whole file: the SHA-256 of its bytes as hex, and how many they are."""

    sha256: str
    bytes: int


class DownloadError(DataError):
    """A file could not be downloaded."""


class WrongFileError(DataError):
    """What a check raises where no further attempt would give the wanted file."""


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

    def download(
        self,
        url: str,
        path: Path,
        check: Callable[[Path], None] | None = None,
        *,
        size: int | None = None,
        keep_part: bool = False,
        progress: Progress = lambda done, total: None,
    ) -> Download:
        """Download `url` to `path` by way of `.<name>.part` beside it.

        Args:
            url: of the file.
            path: of the result.
            check: looks at the part before it takes the final name, and raises `DataError` where it is not what was
                wanted; that counts as a failed attempt, and as the last one where it is a `WrongFileError`.
            size: bytes of the whole file, where they are known: an answer that announces others fails at once.
            keep_part: what has come stays after a failed or interrupted attempt, and the next one, of a later run too,
                asks for the rest alone where the server vouches that the file is still the same. Else it is removed.
            progress: called with the bytes that have come and those of the whole file, None where it is not known.

        Raises:
            DownloadError: every attempt failed, or the first met what no further one would mend.
            UsageError: the URL is not HTTP, or the folder cannot be written.
        """
        require_url(url)
        policy, backoff = self.policy, wait_exponential(self.policy.backoff, max=self.policy.longest_wait)
        attempts = Retrying(
            retry=retry_if_exception_type(AttemptFailedError),
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
            return attempts(self._attempt, url, path, check, size, keep_part, progress)
        except AttemptFailedError as failure:
            number = attempts.statistics["attempt_number"]
            times = "once" if number == 1 else f"{number} times"
            part = Part(path, url, keep_part)
            kept = f"; {_kept(part)}" if part.resumable else ""
            raise DownloadError(f"{url}: {failure} (tried {times}{kept})") from failure

    def _attempt(
        self,
        url: str,
        path: Path,
        check: Callable[[Path], None] | None,
        size: int | None,
        keep_part: bool,
        progress: Progress,
    ) -> Download:
        try:
            part = Part(path, url, keep_part)
            try:
                for chunk in self._chunks(url, part, size):
                    part.write(chunk)
                    progress(part.length, part.total)
                part.close()
                if check is not None:
                    _require_wanted(part, check)
                found = Download(sha256_of(part.path), part.length)
                part.finish(path)
            except BaseException as error:
                part.close()
                if not part.resumable:
                    part.discard()
                elif not isinstance(error, AttemptFailedError):
                    error.add_note(f"{path.name}: {_kept(part)}")
                raise
        except OSError as error:
            raise UsageError(f"{path}: cannot be written ({error.strerror}); choose another output folder") from error
        return found

    def _chunks(self, url: str, part: Part, size: int | None) -> Iterator[bytes]:
        """Yield what is missing of a part; every fault of server or network becomes `AttemptFailedError`."""
        self._check(0)
        if part.whole:
            return
        watch = AttemptWatch(self.policy)
        try:
            with open_answer(url, {**_HEADERS, **part.headers}, self.policy.timeout, watch) as answer:
                _place(answer, part, size)
                self._check(part.length + (answer.announced or 0))
                yield from self._body(answer, watch, part.length, size)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == _NO_SUCH_RANGE:
                    part.discard()
                after = _retry_after(error.headers.get("Retry-After"))
                asks = f"; the server asks to wait {after:.0f} s" if after > self.policy.longest_wait else ""
                raise AttemptFailedError(
                    f"HTTP {error.code} {_short(error.reason)}{asks}", final=error.code in _GONE, after=after
                ) from error
        except RedirectedError as error:
            raise AttemptFailedError(f"redirected to {_short(error.target)}, {error.why}", final=True) from error
        except (OSError, http.client.HTTPException) as error:
            raise AttemptFailedError(self._explain(error)) from error
        except (ValueError, OverflowError) as error:  # of a redirect, too
            raise AttemptFailedError(f"not a usable URL ({error})", final=True) from error

    def _body(self, answer: Answer, watch: AttemptWatch, before: int, size: int | None) -> Iterator[bytes]:
        """Yield a body, before which `before` bytes of the file have come."""
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
            self._check(before + length)
            if announced is not None and length > announced:
                raise AttemptFailedError(f"too long: more than the {announced} bytes came that were announced")
            if size is not None and before + length > size:
                raise AttemptFailedError(f"too long: more than the {size} bytes came that the file has")
            yield chunk
        if announced is not None and length < announced:
            raise AttemptFailedError(f"truncated: {before + length} of {before + announced} bytes came")
        if not length:
            raise AttemptFailedError("empty: 0 bytes came")

    def _check(self, length: int) -> None:
        """Raise `AttemptFailedError` where a download of `length` bytes is not to go on."""
        if self._stopped.is_set():
            raise AttemptFailedError("stopped", final=True)
        if self.policy.most_bytes is not None and length > self.policy.most_bytes:
            raise AttemptFailedError(f"too long: more than {self.policy.most_bytes} bytes", final=True)

    def _explain(self, error: Exception) -> str:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(cause, TimeoutError):
            return f"timed out: nothing came for {self.policy.timeout:g} s"
        return f"connection failed: {str(cause) or type(cause).__name__}"


def _require_wanted(part: Part, check: Callable[[Path], None]) -> None:
    """Raise `AttemptFailedError` where what has come is not what was wanted; no later attempt goes on with it."""
    try:
        check(part.path)
    except DataError as error:
        part.discard()
        final = isinstance(error, WrongFileError)
        raise AttemptFailedError(str(error).removeprefix(f"{part.path}: "), final=final) from error


def _place(answer: Answer, part: Part, size: int | None) -> None:
    """Let a part take an answer: for the rest of the file where that was asked for, else for the whole file.

    Raises:
        AttemptFailedError: it is neither, or of another length than the file's.
    """
    encoding = answer.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise AttemptFailedError(f"came encoded as {_short(encoding)}, which was not asked for")
    if answer.status == http.client.PARTIAL_CONTENT and part.headers:
        try:
            part.go_on(answer.headers, answer.announced)
        except RangeError as error:
            part.discard()
            raise AttemptFailedError(f"HTTP 206 {_short(answer.reason)}, {_short(error)}; begun anew") from error
        return
    _require_whole(answer)
    if size is not None and answer.announced not in (None, size):
        kind = answer.headers.get("Content-Type")
        of = "" if kind is None else f" of {_short(kind)}"
        raise AttemptFailedError(f"expected {size} bytes, the server announces {answer.announced}{of}")
    part.begin(answer.headers, answer.announced)


def _require_whole(answer: Answer) -> None:
    """Raise `AttemptFailedError` unless an answer is the whole file as it is."""
    part = answer.headers.get("Content-Range")
    if answer.status != http.client.OK or part is not None:
        range_text = "" if part is None else f", Content-Range {_short(part)}"
        raise AttemptFailedError(
            f"HTTP {answer.status} {_short(answer.reason)}{range_text}: expected 200 and the whole file"
        )


def _kept(part: Part) -> str:
    return f"{part.length} of {part.total} bytes are kept, and the same command goes on there"


def _short(text: object) -> str:
    """Return a server's words, cut where they are long."""
    return shortened(" ".join(str(text).split()), LONGEST_WORDS)


def _failure(state: RetryCallState) -> AttemptFailedError:
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, AttemptFailedError)
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
