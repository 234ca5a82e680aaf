"""The README's picture: its numbers are those of the example report, and the committed file shows them."""

from pathlib import Path

import numpy as np
from PIL import Image

from configs.load import DEFAULT_CONFIG, load_config
from configs.schema import GateSection, Tolerance
from eval.run.results import Results
from tools.readme_picture import Line, comment_of, draw, numbers_of, title_of

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs/at-a-glance.jpg"
RESULTS = Results.read(ROOT / "reports/example")


def test_the_committed_picture_shows_the_numbers_of_the_example_report() -> None:
    numbers = numbers_of(RESULTS, load_config(ROOT / DEFAULT_CONFIG).gate)
    with Image.open(PICTURE) as picture:
        assert picture.info["comment"].decode() == comment_of(title_of(RESULTS), numbers)
    assert PICTURE.stat().st_size <= 150_000
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    [words] = [line for line in shown.splitlines() if f"]({PICTURE.relative_to(ROOT).as_posix()})" in line]
    for line in numbers:
        assert line.figure in words


def test_a_drift_beyond_its_limit_is_no_green_number() -> None:
    narrow = GateSection(against_original={"f32": {"alpha_mad": Tolerance(absolute=0)}})
    drift = RESULTS.drift[0].model_copy(update={"variant": "ir-fp16@f32", "metric": "alpha_mad", "mean": 0.01})
    worse = RESULTS.model_copy(update={"drift": (drift,)})

    number = numbers_of(worse, narrow)[2]

    assert (number.figure, number.meaning) == ("+0.0100", "difference; more than 0")
    assert number.colour != numbers_of(RESULTS, load_config(ROOT / DEFAULT_CONFIG).gate)[2].colour


def test_the_picture_holds_its_frames_and_all_of_its_text() -> None:
    """The longest texts end before the right edge, so nothing is cut off."""
    red = np.zeros((72, 128, 3), np.uint8)
    red[..., 0] = 200
    numbers = numbers_of(RESULTS, load_config(ROOT / DEFAULT_CONFIG).gate)
    pixels = np.asarray(draw((red, red, red), title_of(RESULTS), numbers))
    assert (pixels == (200, 0, 0)).all(axis=-1).sum() >= 3 * 300 * 370
    assert (pixels[:, -8:] == 255).all()
    empty = np.asarray(draw((red, red, red), "", (Line("", ""),) * 3))
    assert (pixels != empty).any()
