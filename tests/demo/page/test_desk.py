"""The worker and its bounded queue."""

import threading
from concurrent.futures import CancelledError

import pytest

from demo.page.desk import BusyError, Desk, Stop


def test_jobs_run_one_at_a_time_and_a_full_queue_says_busy() -> None:
    desk, gate, running = Desk(waiting=2), threading.Event(), threading.Event()
    order: list[int] = []

    def job(number: int) -> int:
        running.set()
        assert gate.wait(5)
        order.append(number)
        return number

    jobs = [desk.submit(lambda _, number=number: job(number)) for number in range(3)]
    assert running.wait(5)
    with pytest.raises(BusyError, match="2 jobs are waiting; try again"):
        desk.submit(lambda _: None)
    gate.set()
    assert [each.result(5) for each in jobs] == order == [0, 1, 2]
    assert desk.submit(lambda _: "again").result(5) == "again"
    desk.close()


def test_a_job_that_fails_frees_its_place() -> None:
    desk = Desk(waiting=0)

    def fail(_: Stop) -> None:
        raise ValueError("no")

    for _ in range(3):
        with pytest.raises(ValueError, match="no"):
            desk.submit(fail).result(5)
    desk.close()


def test_closing_stops_what_runs_and_drops_what_waits() -> None:
    desk, running, stopped = Desk(waiting=1), threading.Event(), threading.Event()

    def job(stop: Stop) -> None:
        with stop.calling(stopped.set):
            running.set()
            assert stopped.wait(5)

    first, second = desk.submit(job), desk.submit(job)
    assert running.wait(5)
    desk.close()
    assert (first.result(0), second.cancelled()) == (None, True)
    with pytest.raises(CancelledError):
        second.result(0)
    with pytest.raises(BusyError, match="ending"):
        desk.submit(job)


def test_a_stop_asked_for_before_counts() -> None:
    stop, calls = Stop(), []
    stop.ask()
    with stop.calling(lambda: calls.append(1)):
        assert calls == [1]
