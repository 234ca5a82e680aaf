"""The plan of an evaluation of millions of frames: sums that can be done by hand, of what was measured."""

import subprocess
import sys
from pathlib import Path

import fsspec

from tools.scale_plan import Line, PerFrame, Prices, limits, measure_listing, measure_set, plan

FRAME = PerFrame(
    image_bytes=2e6,
    objects=3,
    manifest_bytes=1 << 10,
    score_bytes=1 << 11,
    listed_bytes=2e3,
    listed_seconds=60e-6,
    seconds=1.8,
)
PRICES = Prices(machine_hour=0.5, gb_month=0.02, get_1000=0.001, list_1000=0.01)


def test_the_plan_is_what_one_gets_by_hand() -> None:
    lines = {line.what: line for line in plan(FRAME, PRICES, 1_000_000, 20)}
    whole = {what: line.whole for what, line in lines.items()}
    assert whole["pictures in the store"] == "2.00 TB"
    assert (whole["GET requests"], whole["LIST requests, of 1,000 objects"]) == ("3,000,000", "3,000")
    assert (whole["machine time"], whole["time on 20 machines"]) == ("500 h", "25.0 h")
    assert whole["read from the store, all machines"] == "22.22 MB/s"
    assert whole["GET requests, all machines"] == "33/s"
    assert (whole["CPU time to list"], whole["memory of the listed set"]) == ("1.0 min", "2.00 GB")
    assert whole["per_sample.csv"] == "2.05 GB"
    money = [whole[f"money: {what}"] for what in ("machines", "storage for a month", "requests", "all")]
    assert money == ["250", "40", "3", "293"]
    assert lines["money: all"] == Line("money: all", "0.00029", "293")


def test_what_gives_way_first_comes_first() -> None:
    assert [count for _, count in limits(FRAME, 1e8)] == [50_000, 1_048_576, 2_097_152]
    assert [what.split()[0] for what, _ in limits(FRAME, 1e8)] == ["the", "per_sample.csv", "manifest.json"]


def test_a_set_is_measured_alike_in_a_folder_and_in_a_store(tiny_set: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.put(str(tiny_set), "/plan/three", recursive=True)
    try:
        found = measure_set(str(tiny_set))
        assert measure_set("memory://plan/three") == found
    finally:
        memory.rm("/plan", recursive=True)
    size, objects, manifest = found
    assert size * 3 == sum(path.stat().st_size for path in tiny_set.rglob("*.png"))
    assert (objects, manifest * 3) == (3, (tiny_set / "manifest.json").stat().st_size)


def test_listing_is_measured_for_a_frame() -> None:
    memory, seconds = measure_listing(200)
    assert 500 < memory < 20_000
    assert 0 < seconds < 0.1


def test_a_plan_of_nothing_is_refused() -> None:
    program = [sys.executable, "-m", "tools.scale_plan", "--set", "x", "--run", "x", "--seconds-per-frame", "0"]
    prices = [word for name in ("machine-hour", "gb-month", "get-1000", "list-1000") for word in (f"--{name}", "1")]
    done = subprocess.run([*program, *prices], cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "error: expected seconds, frames, machines and memory above 0\n")
