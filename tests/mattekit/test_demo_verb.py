"""`mattekit demo` and `mattekit dataset footage` as a user runs them."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from clips import flat, read_clip, sound_of, write_clip
from outcome import Run

from datasets.samples.images import write_png
from demo.pipeline import run as pipeline

Job = Callable[..., Path]
PLATE = flat((60, 60, 60))


def _moving(count: int) -> list[np.ndarray]:
    frames = [PLATE.copy() for _ in range(count)]
    for number, frame in enumerate(frames):
        frame[:, 8 * (number % 12) : 8 * (number % 12) + 8] = (230, 200, 90)
    return frames


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    write_png(tmp_path / "plate.png", PLATE)
    return write_clip(tmp_path / "in.mkv", _moving(8), sound="aac")


def test_a_video_is_matted_with_the_options_of_omz(run: Run, job: Job, clip: Path) -> None:
    outcome = run(
        *(
            "demo",
            "-i",
            clip,
            "--bgr",
            "plate.png",
            "--target_bgr",
            "#0000FF",
            "-o",
            "out.mp4",
            "--no_show",
            "-d",
            "CPU",
        ),
        *("-nireq", 2, "-nstreams", 1, "-nthreads", 1, "--output_resolution", "48x48", "--config", job()),
        *("--align", "off"),
    )
    assert outcome.code == 0, outcome.text
    assert "8 frames" in outcome.out
    assert "written: out.mp4" in outcome.out
    for stage in ("decode", "plate", "preprocess", "inference", "postprocess", "render", "encode"):
        assert stage in outcome.out
    frames, _ = read_clip(Path("out.mp4"))
    assert (len(frames), frames[0].shape) == (8, (32, 48, 3))
    assert frames[0][16, 40].argmax() == 2
    assert sound_of(Path("out.mp4"))[0] == "aac"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_a_playable_file(
    run: Run, job: Job, clip: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """The signal comes once five frames are done, of a loop without an end."""
    count = 0
    report = pipeline._Pipeline._encode

    def encode(self: pipeline._Pipeline, work: pipeline._Work) -> None:
        nonlocal count
        report(self, work)
        count += 1
        if count == 5:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(pipeline._Pipeline, "_encode", encode)
    before = threading.active_count()
    arguments = ("-i", clip, "--background", "plate.png", "-o", "out.mp4", "--loop", "--align", "off")
    outcome = run("demo", *arguments, "--config", job())
    assert outcome.code == 130, outcome.text
    frames, _ = read_clip(Path("out.mp4"))
    assert f"stopped after {len(frames)} frames; out.mp4 holds them" in outcome.text
    assert len(frames) >= 5
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--background", "gone.png"), 3, "gone.png"),
        (("--background", "plate.png", "-o", "out.avi"), 2, "expected .mp4, .webm, .mov, .webp"),
        (("--background", "plate.png", "-o", "out.mp4", "--target-bgr", "transparent"), 2, "holds no alpha"),
        (("--background", "plate.png", "--target-bgr", "red"), 3, "other targets: #RRGGBB"),
        (("--background", "plate.png", "--blur_bgr", "5", "--target-bgr", "#000000"), 2, "--blur_bgr blurs the scene"),
        (("--background", "plate.png", "--show"), 2, "--show: "),
        (("--background", "plate.png", "--output-resolution", "wide"), 2, "--output-resolution: expected"),
    ],
)
def test_what_cannot_be_is_refused(
    run: Run, job: Job, clip: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], code: int, message: str
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    outcome = run("demo", "-i", clip, *options, "--config", job())
    assert (outcome.code, message in outcome.text) == (code, True), outcome.text
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["in.mkv", "job.yaml", "plate.png"]


def test_footage_is_made(run: Run) -> None:
    outcome = run("dataset", "footage", "--size", "160x90", "--seconds", "0.2")
    assert outcome.code == 0, outcome.text
    assert "6 frames of 160x90" in outcome.out
    assert (Path("data/footage/source.mp4")).is_file()
