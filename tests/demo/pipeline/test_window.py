"""Results are shown where OpenCV has windows; elsewhere the reason is said."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import flat, write_clip

from configs.errors import UsageError
from demo.composing.targets import Colour
from demo.matting.matter import Matter
from demo.matting.opening import open_model
from demo.media.reading import open_source
from demo.pipeline.plates import Plates
from demo.pipeline.run import DemoOptions, run_demo
from demo.pipeline.window import Window, why_no_window


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Let OpenCV seem to have windows; return what is shown. Escape is pressed at the second picture."""
    pictures: list[np.ndarray] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(cv2, "getBuildInformation", lambda: "  GUI:                           QT5\n")
    monkeypatch.setattr(cv2, "imshow", lambda _, image: pictures.append(image), raising=False)
    monkeypatch.setattr(cv2, "waitKey", lambda _: 27 if len(pictures) > 1 else -1, raising=False)
    monkeypatch.setattr(cv2, "destroyAllWindows", lambda: None, raising=False)
    return pictures


def test_results_are_shown_and_escape_stops(tiny_models: Path, tmp_path: Path, shown: list[np.ndarray]) -> None:
    clip = write_clip(tmp_path / "in.mkv", [flat((60, 60, 60))] * 8)
    window = Window()
    options = DemoOptions(loop=True)
    with Matter(open_model(tiny_models)) as matter:
        plates = Plates(flat((60, 60, 60)), "off", match=False)
        done = run_demo(open_source(str(clip)), matter, plates, Colour((250, 10, 0)), options, window=window)
    window.close()
    assert done.stopped
    assert shown[0][5, 5].tolist() == pytest.approx([0, 10, 250], abs=6)


@pytest.mark.parametrize(
    ("gui", "display", "reason"),
    [("NONE", ":0", "opencv-python-headless"), ("QT5", "", "no display"), ("QT5", ":0", None)],
)
def test_why_nothing_is_shown(monkeypatch: pytest.MonkeyPatch, gui: str, display: str, reason: str | None) -> None:
    monkeypatch.setattr(cv2, "getBuildInformation", lambda: f"  GUI:   {gui}\n")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", display)
    found = why_no_window()
    assert found is None if reason is None else reason in str(found)
    if reason:
        with pytest.raises(UsageError, match=r"--show: .*write a file with -o"):
            Window()
