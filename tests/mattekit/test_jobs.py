"""The job that a verb works on: what its options change, and the command that repeats it."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from command_lines import parse_mattekit
from outcome import Run

from configs.errors import UsageError
from mattekit.terminal.jobs import changed, command

Job = Callable[..., Path]


def test_an_option_that_is_not_given_changes_nothing(job: Job) -> None:
    config = changed(job(), {"--limit": ("dataset.limit", 2), "--out": ("convert.out", None)})
    assert config.dataset.limit == 2
    assert config.convert.out != Path("models")


def test_what_options_imply_can_be_null(job: Job) -> None:
    config = changed(job(), {"--checkpoint": ("model.checkpoint", Path("a.pth"))}, {"model.onnx": None})
    assert (config.model.checkpoint, config.model.onnx) == (Path("a.pth"), None)


def test_a_wrong_combination_names_the_options_that_were_given(job: Job) -> None:
    options = {
        "--dataset": ("dataset.path", "synthetic"),
        "--plate": ("dataset.plate", "handheld"),
        "--limit": ("dataset.limit", None),
    }
    with pytest.raises(UsageError, match=r"^--dataset, --plate: wrong configuration\n  dataset: "):
        changed(job(), options)


@pytest.mark.parametrize("verb", ["evaluate", "bench"])
def test_options_that_do_not_go_together_end_with_2_and_are_named(run: Run, job: Job, verb: str) -> None:
    outcome = run(verb, "--config", job(), "--dataset", "synthetic", "--plate", "handheld")
    assert outcome.code == 2
    assert "error: --dataset, --plate: wrong configuration" in outcome.text


def test_the_command_gives_lists_once_an_item_and_flags_alone() -> None:
    options = {
        "--config": Path("my jobs/a.yaml"),
        "--models": None,
        "--against": ("a.xml", "b.xml@bf16"),
        "--warmup": 0,
        "--profile": True,
        "--no-throughput": False,
    }
    text = command("bench", options)
    assert text == (
        "mattekit bench --config 'my jobs/a.yaml' --against a.xml --against b.xml@bf16 --warmup 0 --profile"
    )
    parse_mattekit(tuple(shlex.split(text))[1:])
