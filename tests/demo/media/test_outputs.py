"""Every kind of output holds pictures, alpha, times and sound; nothing half appears."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import COLOURS, flat, read_clip, sound_of, write_clip
from PIL import Image

from configs.errors import DataError, UsageError
from datasets.samples.images import read_rgba
from demo.media.frames import FrameSource, TimedFrame
from demo.media.reading import open_source
from demo.media.writing import Result, check_output, open_output

TIMES = [Fraction(0), Fraction(1, 10), Fraction(3, 10), Fraction(1, 2)]


class _Still(FrameSource):
    what = "still"
    rate = Fraction(10)

    def frames(self) -> Iterator[TimedFrame]:
        yield from ()


def _write(path: Path, images: list[np.ndarray], source: FrameSource | None = None) -> list[str]:
    transparent = images[0].shape[2] == 4
    with open_output(path, source or _Still(), transparent=transparent, sound=True) as output:
        for number, (image, time) in enumerate(zip(images, TIMES, strict=False)):
            output.write(Result(f"{number:06}", image, time))
    return output.notes


def _rgba(alpha: int) -> list[np.ndarray]:
    return [np.dstack((flat(colour), np.full((64, 96), alpha, np.uint8))) for colour in COLOURS[:4]]


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "h264"), ("a.webm", "vp9"), ("a.mov", "prores")])
def test_videos_keep_colours_and_uneven_times(tmp_path: Path, name: str, codec: str) -> None:
    _write(tmp_path / name, [flat(colour) for colour in COLOURS[:4]])
    frames, times = read_clip(tmp_path / name)
    assert times == pytest.approx([float(time) for time in TIMES], abs=1e-3)
    for frame, colour in zip(frames, COLOURS, strict=False):
        assert np.abs(frame[32, 48].astype(int) - colour).max() <= 6
    with av.open(tmp_path / name) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.colorspace, context.color_range) == (codec, 5, 1)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.webm", "a.mov"])
@pytest.mark.parametrize("alpha", [0, 128, 255])
def test_videos_keep_alpha(tmp_path: Path, name: str, alpha: int) -> None:
    _write(tmp_path / name, _rgba(alpha))
    frames, _ = read_clip(tmp_path / name, "rgba")
    assert len(frames) == 4
    assert all(np.abs(frame[..., 3].astype(int) - alpha).max() <= 2 for frame in frames)


def test_an_animated_webp_keeps_alpha_and_loops(tmp_path: Path) -> None:
    _write(tmp_path / "a.webp", _rgba(128))
    with Image.open(tmp_path / "a.webp") as image:
        assert (image.n_frames, image.info["loop"], image.mode) == (4, 0, "RGBA")  # type: ignore[attr-defined]
        assert np.asarray(image)[32, 48].tolist() == pytest.approx([*COLOURS[0], 128], abs=8)


def test_a_folder_gets_a_png_for_each_frame(tmp_path: Path) -> None:
    _write(tmp_path / "out", _rgba(77))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"00000{number}.png" for number in range(4)]
    assert (read_rgba(tmp_path / "out/000002.png")[1] == 77).all()


def test_odd_sides_are_made_even_where_they_must_be_and_it_is_said(tmp_path: Path) -> None:
    odd = [flat(COLOURS[0], (33, 51))] * 2
    assert "H.264 wants even sides: 51x33" in _write(tmp_path / "a.mp4", odd)[0]
    assert read_clip(tmp_path / "a.mp4")[0][0].shape == (34, 52, 3)
    for name in ("a.webm", "a.mov"):
        assert _write(tmp_path / name, odd) == []
        assert read_clip(tmp_path / name)[0][0].shape == (33, 51, 3)


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [("a.mp4", "aac", "aac"), ("a.webm", "aac", "opus"), ("a.mp4", "libopus", "aac"), ("a.mov", "aac", "aac")],
)
def test_sound_is_taken_along(tmp_path: Path, name: str, given: str, kept: str) -> None:
    clip = write_clip(tmp_path / "in.mkv", [flat(colour) for colour in COLOURS], sound=given, start=Fraction(3, 10))
    source = open_source(str(clip))
    images = [frame.image for frame in source.frames()][:4]
    notes = _write(tmp_path / name, images, source)
    codec, seconds, frequency = sound_of(tmp_path / name)
    # Four frames, the last at half a second: sound as long as they are, though the input has more.
    assert (codec, frequency) == (kept, pytest.approx(440, abs=5))
    assert seconds == pytest.approx(0.6, abs=0.06)
    assert (notes == []) == (kept == given)


def test_an_error_leaves_nothing_behind_and_what_was_there_alone(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("mine")
    with pytest.raises(DataError, match="000001 is 40x30, the frames before it 96x64"):
        _write(tmp_path / "a.mp4", [flat(COLOURS[0]), flat(COLOURS[0], (30, 40))])
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_outputs_that_cannot_be_are_refused(tmp_path: Path) -> None:
    source = _Still()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/a.txt").touch()
    (tmp_path / "in.mp4").touch()
    for name, transparent, message in (
        ("a.avi", False, "expected .mp4, .webm, .mov, .webp, or a folder"),
        ("a.mp4", True, "holds no alpha; choose .webm, .mov, .webp"),
        ("full", False, "is there already"),
        ("in.mp4", False, "is one of the inputs"),
    ):
        with pytest.raises(UsageError, match=message):
            check_output(tmp_path / name, source, transparent, (tmp_path / "in.mp4",))
