"""Stages at once: order is kept, an error is raised once and ends all, a stop lets the rest through."""

import threading
import time
from collections.abc import Iterator

import pytest

from demo.pipeline.line import DEPTH, Line, Stage


class _Box:
    def __init__(self, number: int) -> None:
        self.number, self.seen = number, [0.0]


def _boxes(count: int) -> Iterator[_Box]:
    for number in range(count):
        yield _Box(number)


def _uneven(box: _Box) -> None:
    time.sleep(0.003 * (box.number % 3))


def test_items_leave_in_the_order_they_came() -> None:
    left: list[int] = []
    line = Line(_boxes(20), [Stage("a", _uneven), Stage("b", _uneven), Stage("c", lambda box: left.append(box.number))])
    line.run()
    assert left == list(range(20))
    assert [(times.name, len(times.work)) for times in line.times] == [("decode", 20), ("a", 20), ("b", 20), ("c", 20)]


def test_no_more_are_inside_than_the_queues_hold() -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def boxes() -> Iterator[_Box]:
        nonlocal inside, most
        for box in _boxes(30):
            with lock:
                inside += 1
                most = max(most, inside)
            yield box

    def leave(_: _Box) -> None:
        nonlocal inside
        time.sleep(0.002)
        with lock:
            inside -= 1

    Line(boxes(), [Stage("a", lambda _: None), Stage("b", leave)]).run()
    assert most <= 2 * DEPTH + 3


@pytest.mark.parametrize("where", ["source", "a", "b"])
def test_an_error_of_any_stage_ends_all_and_is_raised_once(where: str) -> None:
    def boxes() -> Iterator[_Box]:
        yield from _boxes(5)
        if where == "source":
            raise ValueError("no more")
        yield from _boxes(1000)

    def fails(stage: str, box: _Box) -> None:
        if where == stage and box.number == 3:
            raise ValueError("no more")

    before = threading.active_count()
    with pytest.raises(ValueError, match="no more"):
        Line(boxes(), [Stage(name, lambda box, name=name: fails(name, box)) for name in "abc"]).run()  # type: ignore[misc]
    assert threading.active_count() == before


def test_a_stop_lets_those_inside_through() -> None:
    left: list[int] = []

    def last(box: _Box) -> None:
        left.append(box.number)
        if box.number == 4:
            line.stop()

    line = Line(_boxes(1000), [Stage("a", lambda _: None), Stage("b", last)])
    line.run()
    assert line.stopped
    assert left == list(range(len(left)))
    assert 5 <= len(left) < 50


def test_waiting_is_no_work() -> None:
    asked = iter([False, False, True] * 3)

    def ready() -> bool:
        time.sleep(0.01)
        return next(asked)

    line = Line(_boxes(3), [Stage("a", lambda _: None, ready)])
    line.run()
    assert line.times[1].starved > 0.08
    assert sum(line.times[1].work) < 0.02
