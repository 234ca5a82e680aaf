"""How patient a download is: attempts, pauses, and how long an answer may take."""

import time
from dataclasses import dataclass


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


class AttemptFailedError(Exception):
    """Why one attempt failed; `after` is the server's Retry-After in seconds."""

    def __init__(self, reason: str, *, final: bool = False, after: float = 0.0) -> None:
        super().__init__(reason)
        self.final, self.after = final, after


class AttemptWatch:
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
            raise AttemptFailedError(f"too slow: not done after {policy.longest:g} s")
        if in_head and received and seconds >= policy.timeout:
            raise AttemptFailedError(f"too slow: no whole header in {policy.timeout:g} s")
        if received and seconds > policy.timeout and received < policy.slowest * seconds:
            raise AttemptFailedError(f"too slow: {received} bytes in {seconds:.2g} s")
        if self.complete:
            return policy.grace
        patience = policy.timeout - seconds if in_head and received else policy.timeout
        return min(patience, policy.longest - age)
