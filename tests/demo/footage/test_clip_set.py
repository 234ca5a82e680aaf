"""The footage as a set: a clip with truth, whose frames follow each other."""

from pathlib import Path

import numpy as np
import pytest

from configs.errors import UsageError
from datasets.people.pack import open_pack
from datasets.samples.layout import iterate, open_set
from demo.footage.clip_set import make_clip_set

SIZE = (72, 128)


def make(out: Path, seconds: float = 0.1, **keys: bool) -> None:
    """Make a small set."""
    make_clip_set(out, open_pack(), SIZE, seconds, progress=lambda *_: None, **keys)


def test_frames_follow_each_other_and_truth_explains_them(tmp_path: Path) -> None:
    make(tmp_path / "set")

    made = open_set(tmp_path / "set")
    samples = list(iterate(made))
    assert made.sequential
    assert [sample.id for sample in samples] == ["footage/0000", "footage/0001", "footage/0002"]
    assert {sample.clip for sample in samples} == {"footage"}
    for sample in samples:
        alpha = sample.alpha[..., None] / 255
        composed = alpha * sample.foreground + (1 - alpha) * sample.background
        # The camera's noise is all that the truth leaves open.
        assert np.abs(composed - sample.source).mean() < 2
        assert (sample.alpha == 255).any() and (sample.alpha == 0).any()
    assert (samples[0].source != samples[1].source).any()


def test_another_length_is_another_set_and_one_frame_is_no_clip(tmp_path: Path) -> None:
    make(tmp_path / "set")
    make(tmp_path / "set")

    with pytest.raises(UsageError, match="holds another set of footage"):
        make(tmp_path / "set", 0.2)
    make(tmp_path / "set", 0.2, force=True)
    assert len(open_set(tmp_path / "set").refs) == 6
    with pytest.raises(UsageError, match=r"--seconds: 0.03 s are 1 frames; expected at least two"):
        make(tmp_path / "one", 0.03)
