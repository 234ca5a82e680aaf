"""`mattekit evaluate` on sets whose names are unusual: evaluated to the end, or refused before the first sample."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from outcome import Run


def _renamed(tiny_set: Path, root: Path, clip: str, frame: str) -> Path:
    """Copy a set's first frame under other names of clip and frame."""
    for role in ("com", "bgr", "fgr"):
        (root / role / clip).mkdir(parents=True)
        shutil.copy(min((tiny_set / role).glob("*/*.png")), root / role / clip / f"{frame}.png")
    return root


def test_names_as_long_as_may_be_reach_the_report(
    run: Run, job: Callable[..., Path], tmp_path: Path, tiny_set: Path
) -> None:
    clip, frame = "ö" * 120, "|`*" * 78
    _renamed(tiny_set, tmp_path / "set", clip, frame)
    outcome = run("evaluate", "--config", job(), "--dataset", "set", "--out", "run")
    assert outcome.code == 0
    assert clip in (tmp_path / "run/per_sample.csv").read_text(encoding="utf-8")
    assert len(list((tmp_path / "run/panels").glob("*.png"))) == 1


@pytest.mark.parametrize(
    ("frame", "fault"),
    [(os.fsdecode(b"\xff"), r"\xff.png: its name is not UTF-8"), ("a\\b", "holds a backslash"), ("x" * 240, "bytes")],
    ids=["not UTF-8", "backslash", "long"],
)
def test_a_name_that_no_result_can_hold_ends_an_evaluation_before_it_begins(
    run: Run, job: Callable[..., Path], tmp_path: Path, tiny_set: Path, frame: str, fault: str
) -> None:
    _renamed(tiny_set, tmp_path / "set", "clip", frame)
    outcome = run("evaluate", "--config", job(), "--dataset", "set", "--out", "run")
    assert outcome.code == 3
    assert fault in " ".join(outcome.text.split())
    assert "evaluating" not in outcome.text
    assert not (tmp_path / "run").exists()
