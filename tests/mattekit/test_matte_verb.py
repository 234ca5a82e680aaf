"""`mattekit matte` as a user runs it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from outcome import Run
from tiny_model import tiny_answer

from datasets.samples.images import read_alpha, read_rgb, read_rgba
from datasets.samples.layout import iterate, open_set

Job = Callable[..., Path]


@pytest.fixture
def pair(tiny_set: Path) -> tuple[Path, Path]:
    [source, *_] = sorted((tiny_set / "com").rglob("*.png"))
    return source, tiny_set / "bgr" / source.relative_to(tiny_set / "com")


def test_a_picture_is_cut_out(run: Run, job: Job, pair: tuple[Path, Path], tiny_set: Path) -> None:
    outcome = run(
        *("matte", *pair, "--config", job(), "--align", "off", "--alpha", "a.png"),
        *("--foreground", "f.png", "--composite", "c.png", "--target", "#102030"),
    )
    assert outcome.code == 0, outcome.text
    assert "out: cut.png" in outcome.out
    [sample, *_] = iterate(open_set(tiny_set))
    alpha, foreground = tiny_answer(sample.source, sample.background)
    colours, matte = read_rgba(Path("cut.png"))
    # OpenVINO infers in bf16 where the CPU has it.
    assert np.abs(matte - alpha * 255).mean() < 2
    assert (read_alpha(Path("a.png")) == matte).all()
    assert np.abs(read_rgb(Path("f.png")) - foreground * 255).mean() < 2
    expected = alpha[..., None] * foreground * 255 + (1 - alpha[..., None]) * (0x10, 0x20, 0x30)
    assert np.abs(read_rgb(Path("c.png")) - expected).mean() < 2
    assert (colours[matte == 0] == 0).all()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--align", "sometimes"), 2, "--align: expected auto, off, always"),
        (("--out", "cut.jpg"), 2, "a picture is written as .png or .webp"),
        (("-m", "gone.xml"), 3, "gone.xml: no such model"),
        (("--target", "blur:x", "--composite", "c.png"), 2, "expected blur:K"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    run: Run, job: Job, pair: tuple[Path, Path], options: tuple[str, ...], code: int, message: str
) -> None:
    outcome = run("matte", *pair, "--config", job(), *options)
    assert (outcome.code, message in outcome.text) == (code, True), outcome.text
    assert not list(Path.cwd().glob("*.png"))


def test_a_missing_plate_and_the_source_as_plate_are_said(run: Run, job: Job, pair: tuple[Path, Path]) -> None:
    outcome = run("matte", pair[0], "--config", job())
    assert (outcome.code, "takes a background plate" in outcome.text) == (3, True), outcome.text
    outcome = run("matte", pair[0], pair[0], "--config", job())
    assert (outcome.code, "same picture" in outcome.text) == (0, True), outcome.text
    outcome = run("matte", *pair, "--config", job(), "--out", pair[1])
    assert (outcome.code, "is one of the inputs" in outcome.text) == (2, True), outcome.text


def test_without_a_converted_model_the_original_runs_and_it_is_said(
    run: Run, job: Job, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    outcome = run("matte", *pair, "--config", job(convert={"out": str(tmp_path / "none")}), "--align", "off")
    # The tiny network's original is an ONNX without a contract, which is its own error; the choice is said before.
    assert "no converted model there, so" in outcome.out, outcome.text
    assert "`mattekit convert` makes a faster form" in outcome.out
