"""Timing in turn: what a round is, what counts, and when it ends."""

from collections.abc import Callable

import numpy as np
import pytest

from configs.errors import DataError
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import network_contract
from converter.runners.base import Feed, Outputs, Runner
from converter.runners.timing import IrStreams
from eval.bench.timing import FEWEST_ROUNDS, Length, first_predictions, time_latency, time_throughput

NAMES = ("a", "b", "c")
IDS = ("frame/1", "frame/2")
FRAMES = [dict.fromkeys(("src", "bgr"), np.full((1, 3, 4, 4), number, np.float32)) for number in (1, 2)]


class LoggedRunner(Runner):
    """Writes down which frame it was given."""

    framework, precision, contract = "none", "f32", network_contract(ARCHITECTURE, (4, 4), "0" * 64)

    def __init__(self, name: str, log: list[tuple[str, float]]) -> None:
        self.name, self.log = name, log

    def _run(self, feed: Feed) -> Outputs:
        self.log.append((self.name, float(feed["src"].max())))
        alpha = np.nan if self.name == "broken" else 0
        return {"pha": np.full((1, 1, 4, 4), alpha, np.float32), "fgr": np.zeros((1, 3, 4, 4), np.float32)}


class LoggedStreams(IrStreams):
    """Takes a second per frame, in another arithmetic, and counts frames."""

    def __init__(self, requests: int, seconds: float) -> None:
        self.requests, self.seconds, self.blocks = requests, seconds, []  # type: list[list[float]]
        self.blocks: list[list[float]] = []

    def run(self, frames: list[Feed]) -> float:  # type: ignore[override]
        self.blocks.append([float(frame["src"].max()) for frame in frames])
        return self.seconds * len(frames)


def _quiet(what: str, done: int, total: int) -> None:
    """Report to nobody."""


def _latency(length: Length, warmup: int, report: Callable[[str, int, int], None] = _quiet) -> tuple[list, list]:  # type: ignore[type-arg]
    log: list[tuple[str, float]] = []
    forms = {name: LoggedRunner(name, log) for name in NAMES}
    rows = time_latency(forms, dict.fromkeys(NAMES, FRAMES), IDS, warmup, length, report)
    return rows, log


def test_a_round_gives_every_model_the_same_frame_in_an_order_of_its_own() -> None:
    rows, log = _latency(Length(20), warmup=2)

    rounds = [log[start : start + 3] for start in range(0, len(log), 3)]
    assert len(rounds) == 22
    assert all(sorted(name for name, _ in group) == list(NAMES) for group in rounds)
    assert [{frame for _, frame in group} for group in rounds] == [{1.0}, {2.0}] * 11
    orders = {tuple(name for name, _ in group) for group in rounds}
    assert len(orders) == 6, "all orders of three come up in 22 rounds"
    assert [(name, _) for name, _ in log] == [(name, _) for name, _ in _latency(Length(20), warmup=2)[1]]
    # What warms up is not counted.
    assert [row.model for row in rows] == [name for name, _ in log[6:]]
    assert [row.round for row in rows] == [number for number in range(20) for _ in NAMES]
    assert [row.frame for row in rows] == [IDS[number % 2] for number in range(20) for _ in NAMES]
    assert all(row.milliseconds >= 0 and row.phase == "latency" for row in rows)


def test_seconds_end_after_a_whole_round_and_never_before_three() -> None:
    rows, _ = _latency(Length(1000, seconds=1e-9), warmup=0)
    assert len(rows) == FEWEST_ROUNDS * len(NAMES)


def test_progress_counts_rounds() -> None:
    seen: list[tuple[str, int, int]] = []
    _latency(Length(2), warmup=1, report=lambda *arguments: seen.append(arguments))
    assert seen == [("latency", 0, 2), ("latency", 1, 2), ("latency", 2, 2)]


def test_a_block_of_throughput_gives_every_model_the_same_frames() -> None:
    streams = {"a": LoggedStreams(1, 0.25), "b": LoggedStreams(3, 0.5)}
    rows = time_throughput(streams, dict.fromkeys("ab", FRAMES), IDS, 1, Length(13), _quiet)

    # Twice the requests of the largest: six frames; thirteen frames are three blocks, and one to warm up.
    assert streams["a"].blocks == streams["b"].blocks
    assert [len(block) for block in streams["a"].blocks] == [6] * 4
    assert all(block == [1, 2, 1, 2, 1, 2] for block in streams["a"].blocks)
    assert {(row.model, row.milliseconds) for row in rows} == {("a", 250.0), ("b", 500.0)}
    assert len(rows) == 6
    assert {row.phase for row in rows} == {"throughput"}


def test_a_model_that_returns_no_matte_is_named() -> None:
    forms = {"good": LoggedRunner("good", []), "broken": LoggedRunner("broken", [])}
    with pytest.raises(DataError, match="broken, first frame: pha: the model returned NaN"):
        first_predictions(forms, dict.fromkeys(forms, FRAMES))
