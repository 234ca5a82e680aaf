"""Search for faults of one reader: hypothesis breaks its file until the time is up, past the faults already known."""

import resource
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from tools.fuzz.readers import Reader
from tools.fuzz.trial import attempt

MOST_MEMORY = 1 << 31
"""Bytes by which a reader of a small file may let the process grow."""


@dataclass(slots=True)
class Found:
    """What a search found.

    Attributes:
        reader: that was tried.
        outcomes: how often a file was read, and how often each error refused one.
        faults: what else happened, with the file that shows it; each kind once.
        megabytes: by which memory grew at its peak.
    """

    reader: str
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: dict[str, bytes] = field(default_factory=dict)
    megabytes: int = 0


def search(reader: Reader, examples: int, number: int | None = None) -> Found:
    """Break a reader's file `examples` times: as `number` says, or the same way every time where it is None."""
    found = Found(reader.name)
    before = _peak()

    @settings(
        max_examples=examples,
        derandomize=number is None,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(reader.broken)
    def run(content: bytes) -> None:
        try:
            found.outcomes[attempt(reader, content)] += 1
        except Exception as error:
            found.outcomes["fault"] += 1
            found.faults.setdefault(_kind(error), content)

    whole = reader.file.read_bytes() if reader.file.exists() else None
    try:
        (run if number is None else seed(number)(run))()
    finally:
        if whole is not None:
            reader.file.write_bytes(whole)
    found.megabytes = (_peak() - before) >> 20
    if found.megabytes << 20 > MOST_MEMORY:
        found.faults.setdefault(f"memory grew by {found.megabytes} MB", b"")
    return found


def search_for(reader: Reader, seconds: float, number: int, kept: Path) -> Found:
    """Search for some time, writing each file to `kept` before it is tried, for a fault that ends the process."""
    read = reader.read

    def keeping(file: Path) -> object:
        kept.write_bytes(reader.file.read_bytes())
        return read(file)

    total = Found(reader.name)
    kept_reader = Reader(reader.name, reader.broken, reader.file, keeping)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = search(kept_reader, 20, number)
        total.outcomes += found.outcomes
        total.faults = found.faults | total.faults
        total.megabytes = max(total.megabytes, found.megabytes)
        number += 1
    return total


def limit_memory() -> None:
    """Let this process grow by `MOST_MEMORY` of address space at most."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MOST_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _kind(error: Exception) -> str:
    """Return type and place of an error, by which faults are told apart."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/site-packages/" not in frame.filename]
    place = ours[-1] if ours else last
    reason = " ".join(str(error).split())[:160]
    return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno} in {place.name}: {reason}"


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
