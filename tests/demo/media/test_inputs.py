"""Pictures, folders, videos and cameras come in upright, in order, with their times."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import COLOURS, flat, write_clip

from configs.errors import DataError, UsageError
from datasets.samples.images import write_png, write_webp
from demo.media import frames as limits
from demo.media import library
from demo.media.frames import looped
from demo.media.reading import open_source
from demo.media.video_in import VideoSource


def test_a_picture(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", flat((1, 2, 3)))
    write_webp(tmp_path / "b.webp", flat((1, 2, 3)))
    for name in ("a.png", "b.webp"):
        source = open_source(str(tmp_path / name))
        [frame] = source.frames()
        assert source.is_picture
        assert (frame.name, frame.image[0, 0].tolist()) == (name[0], [1, 2, 3])


def test_a_folder_is_read_by_name_and_the_rest_passed_over(tmp_path: Path) -> None:
    for name, colour in (("2", 20), ("10", 10), ("1", 5)):
        write_png(tmp_path / f"{name}.png", flat((colour, 0, 0)))
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".DS_Store").touch()
    source = open_source(str(tmp_path))
    assert [(frame.name, frame.image[0, 0, 0]) for frame in source.frames()] == [("1", 5), ("10", 10), ("2", 20)]
    assert source.notes == [f"{tmp_path}: passed over what is no picture: notes.txt"]


def test_a_video_keeps_colours_and_uneven_times(tmp_path: Path) -> None:
    times = [Fraction(0), Fraction(1, 10), Fraction(1, 4), Fraction(1)]
    path = write_clip(tmp_path / "a.mp4", [flat(colour) for colour in COLOURS[:4]], times, start=Fraction(2, 5))
    source = open_source(str(path))
    frames = list(source.frames())
    assert source.count == 4
    assert [frame.time for frame in frames] == times
    for frame, colour in zip(frames, COLOURS, strict=False):
        assert np.abs(frame.image.astype(int) - colour).max() <= 4


@pytest.mark.parametrize(("rotation", "corner"), [(90, (-1, 0)), (180, (-1, -1)), (-90, (0, -1))])
def test_a_turned_video_comes_in_upright(tmp_path: Path, rotation: int, corner: tuple[int, int]) -> None:
    image = flat((0, 0, 0))
    image[:20, :20] = 250
    path = write_clip(tmp_path / "a.mp4", [image] * 2, rotation=rotation)
    [frame, _] = open_source(str(path)).frames()
    assert frame.image.shape[:2] == ((96, 64) if rotation % 180 else (64, 96))
    assert frame.image[corner].min() > 200


def test_a_loop_goes_on_with_its_times(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", [flat(colour) for colour in COLOURS[:3]])
    frames = list(islice(looped(open_source(str(path))), 7))
    assert [float(frame.time) for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert (frames[3].image == frames[0].image).all()


def test_what_is_no_video_is_said_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "junk.mp4").write_bytes(b"no video at all" * 100)
    with pytest.raises(DataError, match=r"junk\.mp4: FFmpeg cannot read it"):
        open_source(str(tmp_path / "junk.mp4"))
    with pytest.raises(DataError, match="no such picture, folder or video"):
        open_source(str(tmp_path / "gone.mp4"))
    with pytest.raises(DataError, match="holds no picture"):
        open_source(str(tmp_path))
    path = write_clip(tmp_path / "large.mp4", [flat((0, 0, 0))])
    monkeypatch.setattr(limits, "MAX_PIXELS", 100)
    with pytest.raises(DataError, match="has frames of 96x64"):
        open_source(str(path))


def test_a_video_that_ends_too_early_is_said(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (8, 64, 96, 3), dtype=np.uint8)
    path = write_clip(tmp_path / "a.mp4", list(noise))
    data = path.read_bytes()
    # The index stands at the end, so the pictures before it are overwritten rather than cut off.
    middle = data.index(b"moov") // 2
    path.write_bytes(data[:middle] + bytes(data.index(b"moov") - 8 - middle) + data[data.index(b"moov") - 8 :])
    source = open_source(str(path))
    try:
        frames = list(source.frames())
    except DataError as error:
        assert "FFmpeg cannot read it" in str(error)
    else:
        assert len(frames) < 8
        assert "says it has 8 frames" in source.notes[0]


def test_without_pyav_the_line_that_installs_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "a.mp4", [flat((0, 0, 0))])
    monkeypatch.setattr(library, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"PyAV, which is not installed; run: pip install .*\[demo\]"):
        VideoSource(path)


class _Camera:
    def __init__(self, index: int) -> None:
        self.left = 2 if index == 0 else 0

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.left > 0

    def get(self, _: int) -> float:
        return 25.0

    def read(self) -> tuple[bool, np.ndarray | None]:
        self.left -= 1
        return self.left >= 0, flat((10, 20, 200))

    def release(self) -> None:
        self.left = 0


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(cv2, "VideoCapture", _Camera)
    yield


def test_a_camera_goes_by_its_number(camera: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = open_source("0")
    frames = source.frames()
    assert next(frames).image[0, 0].tolist() == [200, 20, 10]
    assert next(frames).time > 0
    with pytest.raises(DataError, match="camera 0: stopped giving frames after 2"):
        next(frames)
    with pytest.raises(DataError, match="camera 1: cannot be opened"):
        open_source("1")
