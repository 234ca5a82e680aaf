"""What a set of millions of frames costs to evaluate: bytes, time, requests and money, and what gives way first.

    python -m tools.scale_plan --set data/people-36-exact-seed1-v1 --run reports/default-20260101-120000 \\
        --seconds-per-frame 1.0 --frames 10000000 --machines 100 --machine-hour 0.40 --gb-month 0.023 \\
        --get-1000 0.0004 --list-1000 0.005

What a frame takes is measured on a set and a run of yours; prices are those of your provider, in any currency. The cost
of listing is measured here, on names alone.
"""

import argparse
import gc
import time
import tracemalloc
from dataclasses import dataclass, fields
from pathlib import Path

import fsspec

from configs.errors import UsageError
from configs.reading import MAX_LISTING_BYTES
from datasets.remote.client import client
from datasets.remote.path import remote_path
from datasets.remote.sets import open_place
from datasets.samples.manifest import MANIFEST_NAME
from eval.run.results import PER_SAMPLE_FILE
from eval.run.stored import read_run
from tools.command_line import run

PAGE = 1000
"""Objects that S3 names in one answer of a listing."""
LISTED = 20_000
"""Frames of the set on which listing is measured."""


@dataclass(frozen=True, slots=True)
class PerFrame:
    """What one frame takes, measured.

    Attributes:
        image_bytes: of its pictures, as files.
        objects: how many those are.
        manifest_bytes: of its entries in manifest.json; 0 for a set without one.
        score_bytes: of its rows in per_sample.csv, one for each variant.
        listed_bytes: of memory, once its set is listed.
        listed_seconds: of CPU, while its set is listed.
        seconds: of one machine, all variants, from the file to the scores.
    """

    image_bytes: float
    objects: float
    manifest_bytes: float
    score_bytes: float
    listed_bytes: float
    listed_seconds: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Prices:
    """What is paid, in any one currency: a machine's hour, a GB for a month, and a thousand requests of either kind."""

    machine_hour: float
    gb_month: float
    get_1000: float
    list_1000: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the plan: what, how much of it for a frame, and for all of them."""

    what: str
    frame: str
    whole: str


def plan(frame: PerFrame, prices: Prices, frames: int, machines: int) -> list[Line]:
    """Return the plan of one evaluation of `frames` frames on `machines` machines at once."""
    size, gets = frames * frame.image_bytes, frames * frame.objects
    lists = frames * frame.objects / PAGE
    hours = frames * frame.seconds / 3600
    rate = machines / frame.seconds
    money = {
        "machines": hours * prices.machine_hour,
        "storage for a month": size / 1e9 * prices.gb_month,
        "requests": gets / 1e3 * prices.get_1000 + lists / 1e3 * prices.list_1000,
    }
    return [
        Line("pictures in the store", _bytes(frame.image_bytes), _bytes(size)),
        Line("GET requests", f"{frame.objects:g}", f"{gets:,.0f}"),
        Line(f"LIST requests, of {PAGE:,} objects", f"{frame.objects / PAGE:g}", f"{lists:,.0f}"),
        Line("machine time", f"{frame.seconds:g} s", f"{hours:,.0f} h"),
        Line(f"time on {machines:,} machines", "", f"{hours / machines:,.1f} h"),
        Line("read from the store, all machines", "", f"{_bytes(rate * frame.image_bytes)}/s"),
        Line("GET requests, all machines", "", f"{rate * frame.objects:,.0f}/s"),
        Line("CPU time to list", f"{frame.listed_seconds * 1e6:.0f} µs", _time(frames, frame)),
        Line("memory of the listed set", _bytes(frame.listed_bytes), _bytes(frames * frame.listed_bytes)),
        Line("per_sample.csv", _bytes(frame.score_bytes), _bytes(frames * frame.score_bytes)),
        *(Line(f"money: {name}", f"{cost / frames:.2g}", f"{cost:,.0f}") for name, cost in money.items()),
        Line("money: all", f"{sum(money.values()) / frames:.2g}", f"{sum(money.values()):,.0f}"),
    ]


def limits(frame: PerFrame, memory: float) -> list[tuple[str, int]]:
    """Return what gives way and at how many frames, first things first.

    Args:
        frame: what one takes.
        memory: bytes that a machine has for the listed set.
    """
    found = [
        (f"manifest.json is longer than the {MAX_LISTING_BYTES >> 30} GiB that are read", frame.manifest_bytes),
        (f"per_sample.csv is longer than the {MAX_LISTING_BYTES >> 30} GiB that are read", frame.score_bytes),
    ]
    counts = [(what, int(MAX_LISTING_BYTES / each)) for what, each in found if each]
    counts.append((f"the listed set takes more than {_bytes(memory)} of memory", int(memory / frame.listed_bytes)))
    return sorted(counts, key=lambda found: found[1])


class Listed(fsspec.AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store that names the objects of a set of so many frames as S3 does, `listed://20000`, and has no bytes."""

    protocol = ("listed",)

    def find(self, path: str, **options: object) -> dict[str, dict[str, object]]:
        """Return the objects of a role's folder."""
        count, _, role = path.removeprefix("listed://").partition("/")
        names = (f"{count}/{role}/clip{index // 1000:05d}/{index:08d}.png" for index in range(int(count)))
        return {name: {"name": name, "size": 1 << 20, "type": "file", "ETag": f"{hash(name):032x}"} for name in names}

    def info(self, path: str, **options: object) -> dict[str, object]:
        """There is nothing besides."""
        raise FileNotFoundError(path)


def measure_set(place: str) -> tuple[float, float, float]:
    """Return the bytes of pictures, the objects, and the bytes of manifest.json of one frame of a set, on the mean.

    Raises:
        DataError: there is no such set.
    """
    sample_set = open_place(place)
    count = len(sample_set.refs)
    if sample_set.refs[0].store is None:
        files = [path for ref in sample_set.refs for path in ref.files]
        sizes = [path.stat().st_size for path in files]
        manifest = sample_set.root / MANIFEST_NAME
        length = manifest.stat().st_size if manifest.is_file() else 0
    else:
        root = remote_path(place)
        asked = client(root)
        wanted = {path for ref in sample_set.refs for path in ref.files}
        sizes = [
            each.size for role in ("com", "bgr", "fgr") for each in asked.listing(root / role) if each.path in wanted
        ]
        listed = asked.find(root / MANIFEST_NAME)
        length = 0 if listed is None else listed.size
    return sum(sizes) / count, len(sizes) / count, length / count


def measure_run(folder: Path) -> float:
    """Return the bytes of per_sample.csv that a frame of a run takes, on the mean.

    Raises:
        DataError: there is no such run.
    """
    samples = read_run(folder).results.dataset.samples
    return (folder / PER_SAMPLE_FILE).stat().st_size / samples


def measure_listing(frames: int = LISTED) -> tuple[float, float]:
    """Return the bytes of memory and the seconds of CPU that listing a set takes for one frame."""
    fsspec.register_implementation("listed", Listed, clobber=True)
    started = time.process_time()
    open_place(f"listed://{frames}")
    seconds = time.process_time() - started
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = open_place(f"listed://{frames}")
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(kept.refs) == frames
    return used / frames, seconds / frames


def table(lines: list[Line], frames: int) -> str:
    """Return the plan as a table of markdown."""
    rows = [f"| | a frame | {frames:,} frames |", "| --- | ---: | ---: |"]
    return "\n".join([*rows, *(f"| {line.what} | {line.frame} | {line.whole} |" for line in lines)])


def _time(frames: int, frame: PerFrame) -> str:
    return f"{frames * frame.listed_seconds / 60:,.1f} min"


def _bytes(size: float) -> str:
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:,.2f} {unit}"
    return f"{size:.0f} B"


def main() -> None:
    """Measure, and print the plan."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", required=True, help="a set like the one that is planned: folder or URL")
    parser.add_argument("--run", type=Path, required=True, help="a run with the variants that are planned")
    parser.add_argument(
        "--seconds-per-frame", type=float, required=True, help="of one machine, as `evaluate` took them"
    )
    parser.add_argument("--frames", type=int, default=10_000_000)
    parser.add_argument("--machines", type=int, default=1)
    parser.add_argument("--memory", type=float, default=16, help="GB of a machine for the listed set")
    for field in fields(Prices):
        option = f"--{field.name.replace('_', '-')}"
        parser.add_argument(option, type=float, required=True, help="price, in any currency")
    given = parser.parse_args()
    prices = Prices(*(getattr(given, field.name) for field in fields(Prices)))
    if min(given.seconds_per_frame, given.frames, given.machines, given.memory) <= 0:
        raise UsageError("expected seconds, frames, machines and memory above 0")
    image_bytes, objects, manifest_bytes = measure_set(given.set)
    listed_bytes, listed_seconds = measure_listing()
    frame = PerFrame(
        image_bytes=image_bytes,
        objects=objects,
        manifest_bytes=manifest_bytes,
        score_bytes=measure_run(given.run),
        listed_bytes=listed_bytes,
        listed_seconds=listed_seconds,
        seconds=given.seconds_per_frame,
    )
    print(table(plan(frame, prices, given.frames, given.machines), given.frames))
    print("\nWhat gives way, in one set and one run:\n")
    for what, frames in limits(frame, given.memory * 1e9):
        print(f"- at {frames:,} frames {what}")


if __name__ == "__main__":
    run(main)
