"""Sets of a video's frames and a plate."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.errors import DataError, UsageError
from datasets.importing import video
from datasets.importing.video import make_frames
from datasets.samples.layout import iterate_pairs

av = pytest.importorskip("av")
SIZE = (32, 48)


def write_video(path: Path, frames: int = 6) -> Path:
    """Write grey frames of levels 40, 50 ... without loss."""
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(25))
        stream.height, stream.width = SIZE
        stream.pix_fmt = "bgr0"
        for number in range(frames):
            image = np.full((*SIZE, 3), 40 + 10 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    path = tmp_path / "plate.png"
    Image.new("RGB", SIZE[::-1], (5, 6, 7)).save(path)
    return path


def test_every_nth_frame_becomes_a_sample_of_a_clip(tmp_path: Path, plate: Path) -> None:
    videos = [write_video(tmp_path / "one.mkv"), write_video(tmp_path / "two.mkv", 2)]
    made = make_frames(videos, [plate], tmp_path / "set", every=2, limit=2)
    pairs = list(iterate_pairs(made))
    assert [pair.id for pair in pairs] == ["one/000000", "one/000002", "two/000000"]
    assert [pair.source.mean() for pair in pairs] == [40, 60, 40]
    assert pairs[0].background[0, 0].tolist() == [5, 6, 7]
    assert made.sequential
    assert not made.has_truth


def test_without_a_plate_it_is_a_set_without_plates(tmp_path: Path) -> None:
    made = make_frames([write_video(tmp_path / "talk.mkv")], [], tmp_path / "set", limit=2)

    assert (made.has_plates, made.has_truth, made.sequential) == (False, False, True)
    assert [ref.id for ref in made.refs] == ["talk/000000", "talk/000001"]
    assert not (tmp_path / "set" / "bgr").exists()


def test_what_cannot_be_taken_is_named(tmp_path: Path, plate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = write_video(tmp_path / "talk.mkv", 1)
    (tmp_path / "text.mp4").write_text("no video")
    Image.new("RGB", (10, 10)).save(tmp_path / "small.png")
    for videos, plates, error, message in (
        ([tmp_path / "gone.mp4"], [plate], DataError, "no such video"),
        ([tmp_path / "text.mp4"], [plate], DataError, "FFmpeg cannot read it"),
        ([talk], [tmp_path / "small.png"], DataError, r"small\.png: is 10x10, but talk/000000 is 48x32"),
        ([talk], [plate, plate], UsageError, "expected one plate for all, or one for each of 1"),
        ([talk, talk], [plate], UsageError, "two videos are called talk"),
    ):
        with pytest.raises(error, match=message):
            make_frames(videos, plates, tmp_path / "set")
        assert not (tmp_path / "set").exists()
    monkeypatch.setattr(video, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"PyAV, which is not installed; run: pip install .*\[demo\]"):
        make_frames([talk], [plate], tmp_path / "set")
