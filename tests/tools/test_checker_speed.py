"""The tool that times an evaluation beside another checker: who runs when, and what is counted."""

import resource
import sys
from pathlib import Path

import pytest

from configs.errors import DataError
from converter.forms.variant import FormFile
from converter.runners.opening import open_runner
from datasets.samples.layout import open_set
from tools.checker_speed import BARE, CHECKER, EVALUATE, Spent, infer, run_command, table, take_turns


def test_contestants_take_turns_the_other_way_round_in_every_second_round() -> None:
    ran: list[str] = []

    def contestant(name: str) -> Spent:
        ran.append(name)
        return Spent(len(ran), 1)

    spent = take_turns({name: lambda name=name: contestant(name) for name in ("a", "b", "c")}, 3)  # type: ignore[misc]

    assert "".join(ran) == "abccbaabc"
    assert [each.wall for each in spent["b"]] == [2, 5, 8]


def test_the_cpu_seconds_of_a_command_are_its_own_and_its_childrens() -> None:
    busy = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    child = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {busy!r}]); time.sleep(0.3)"

    spent = run_command([sys.executable, "-c", child])

    assert spent.cpu >= 0.3
    assert spent.wall >= 0.6
    assert spent.memory is not None
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # what a process has before it becomes another
    assert 1 < spent.memory < 1000 + own


def test_a_command_that_fails_is_no_measure() -> None:
    with pytest.raises(DataError, match="ended with 3:\nno set"):
        run_command([sys.executable, "-c", "import sys; print('no set'); sys.exit(3)"])
    with pytest.raises(DataError, match=r"no-such-checker: cannot be run \(No such file or directory\)"):
        run_command(["no-such-checker"])


def test_ratios_are_taken_per_round() -> None:
    spent = {
        BARE: [Spent(1, 2), Spent(10, 2), Spent(2, 2)],
        EVALUATE: [Spent(2, 3, 100), Spent(15, 3, 300), Spent(6, 3, 200)],
        CHECKER: [Spent(8, 6, 50), Spent(30, 6, 50), Spent(6, 6, 50)],
    }

    text = table(spent, 12)

    assert text.startswith("12 frames, medians of 3 rounds\n")
    assert f"| {EVALUATE} | 6.00 | 3.00 | 2.00 | 2.00 | 1.50 | 300 |" in text
    assert f"{EVALUATE} takes 2.00 times as long as {BARE}" in text
    assert f"{EVALUATE} does 2.00 times as many frames a second as {CHECKER}" in text


def test_inference_alone_is_of_as_many_frames_as_are_asked_for(tiny_models: Path, tiny_set: Path) -> None:
    with open_runner(FormFile(tiny_models / "fp16/model.xml")) as runner:
        ran, right = [], runner.run
        runner.run = lambda feed: ran.append(feed) or right(feed)  # type: ignore[method-assign, func-returns-value]
        spent = infer(runner, open_set(tiny_set), 1)

    assert len(ran) == 3  # two to warm up
    assert 0 < spent.wall < 1
