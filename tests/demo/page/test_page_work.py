"""What the page does with uploads, through the tiny network, whose answer is known; no web server runs."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from clips import flat, read_clip, write_clip
from PIL import Image
from tiny_model import tiny_answer

from configs.errors import DataError, MattekitError
from datasets.samples.images import read_alpha, read_rgb, read_rgba, write_png
from demo.matting.matter import Matter
from demo.matting.opening import open_model
from demo.page.desk import Stop
from demo.page.limits import Limits
from demo.page.views import difference
from demo.page.work import AMPLIFIED, Made, Order, check_picture, check_source, compare, cut_out_of, make

LIMITS = Limits(pixels=20_000, frame_pixels=20_000, frames=12)
PLATE = flat((60, 60, 60))


@pytest.fixture(scope="module")
def matter(tiny_models: Path) -> Iterator[Matter]:
    with Matter(open_model(tiny_models, "ir-fp32@f32")) as opened:
        yield opened


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    image = PLATE.copy()
    image[20:40, 30:60] = (230, 200, 90)
    write_png(tmp_path / "photo.png", image)
    return tmp_path / "photo.png"


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    write_png(tmp_path / "plate.png", PLATE)
    return tmp_path / "plate.png"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    frames = [PLATE.copy() for _ in range(6)]
    for number, frame in enumerate(frames):
        frame[:, 8 * number : 8 * number + 8] = (230, 200, 90)
    return write_clip(tmp_path / "in.mp4", frames)


def _made(order: Order, matter: Matter, tmp_path: Path, stop: Stop | None = None) -> Made:
    (tmp_path / "out").mkdir()
    return make(order, matter, tmp_path / "out", LIMITS, stop or Stop(), lambda frames: None)


def test_a_picture_gives_every_view_and_its_downloads(matter: Matter, photo: Path, plate: Path, tmp_path: Path) -> None:
    made = _made(Order(source=photo, plate=plate, target="#102030", align="off"), matter, tmp_path)
    alpha, foreground = tiny_answer(read_rgb(photo), PLATE)
    assert list(made.views) == ["composite", "alpha", "foreground"]
    assert set(made.downloads) == {f"photo-{name}.png" for name in ("cut-out", "alpha", "foreground", "composite")}
    colours, matte = read_rgba(made.downloads["photo-cut-out.png"])
    assert np.abs(matte - alpha * 255).max() < 1
    assert (read_alpha(made.downloads["photo-alpha.png"]) == matte).all()
    expected = alpha[..., None] * foreground * 255 + (1 - alpha[..., None]) * (0x10, 0x20, 0x30)
    assert np.abs(read_rgb(made.downloads["photo-composite.png"]) - expected).max() < 1.5
    assert (colours[matte == 0] == 0).all()
    assert made.before is not None
    for path in (made.before, *made.views.values()):
        with Image.open(path) as shown:
            assert shown.size == (96, 64)


@pytest.mark.parametrize(
    ("target", "view", "suffix"),
    [("#0000FF", "composite", ".mp4"), ("transparent", "composite", ".webm"), ("transparent", "alpha", ".mp4")],
)
def test_a_video_is_written_in_the_view_chosen(
    matter: Matter, clip: Path, plate: Path, tmp_path: Path, target: str, view: str, suffix: str
) -> None:
    made = _made(Order(source=clip, plate=plate, target=target, align="off", view=view), matter, tmp_path)
    [path] = made.downloads.values()
    assert (path.suffix, list(made.downloads)) == (suffix, [f"in-{view}{suffix}"])
    frames, _ = read_clip(path)
    assert len(frames) == 6
    outside, inside = frames[0][32, 80].astype(int), frames[0][32, 4].astype(int)
    if view == "alpha":
        assert outside.max() < 30 and inside.min() > 225
    if target == "#0000FF":
        assert outside[2] > 200 and inside[0] > 180
    assert made.before is not None and made.before.read_bytes() == clip.read_bytes()
    assert "6 frames" in made.times


def test_a_missing_plate_of_a_video_is_estimated_and_said(matter: Matter, clip: Path, tmp_path: Path) -> None:
    made = _made(Order(source=clip, align="off", view="alpha"), matter, tmp_path)
    assert any("the plate is estimated" in line for line in made.lines)


def test_a_plate_s_faults_are_said(matter: Matter, photo: Path, plate: Path, tmp_path: Path) -> None:
    write_png(plate, flat((60, 60, 60), (32, 48)))
    made = _made(Order(source=photo, plate=plate), matter, tmp_path)
    assert any("the plate is 48x32, the frame 96x64" in line for line in made.lines)


def test_two_variants_are_set_against_each_other(
    matter: Matter, tiny_models: Path, photo: Path, plate: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    with Matter(open_model(tiny_models, "ir-fp16@f32")) as other:
        found = compare(Order(source=photo, plate=plate, align="off"), (matter, other), tmp_path / "out", LIMITS)
    assert 0 <= found.mean <= found.largest < 0.01
    assert min(found.milliseconds) > 0
    assert list(found.differences) == list(AMPLIFIED)
    assert all(path.is_file() for path in (*found.mattes, *found.differences.values()))


def test_of_a_video_the_first_frames_are_compared(matter: Matter, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    found = compare(Order(source=clip, align="off"), (matter, matter), tmp_path / "out", LIMITS)
    assert found.largest == 0
    assert len([line for line in found.lines if "the plate is estimated" in line]) == 1
    with Image.open(found.mattes[0]) as shown:
        grey = np.asarray(shown.convert("L"))
    assert (grey[32, 4] > 225, grey[32, 80] < 30) == (True, True)


def test_a_difference_is_amplified_and_black_where_there_is_none() -> None:
    first, second = np.array([[0.5, 0.5]], np.float32), np.array([[0.5, 0.51]], np.float32)
    once, hundredfold = difference(first, second, 1), difference(first, second, 100)
    assert once[0, 0].sum() < 10 and (hundredfold[0, 0] == once[0, 0]).all()
    assert hundredfold[0, 1].sum() > once[0, 1].sum() + 300


def test_a_stopped_video_leaves_no_file(matter: Matter, clip: Path, plate: Path, tmp_path: Path) -> None:
    stop = Stop()
    stop.ask()
    with pytest.raises(MattekitError, match="stopped"):
        _made(Order(source=clip, plate=plate), matter, tmp_path, stop)
    assert list((tmp_path / "out").iterdir()) == []


def _cmyk(folder: Path) -> Path:
    Image.new("CMYK", (64, 48)).save(folder / "print.jpg")
    return folder / "print.jpg"


def _text(name: str, text: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(text)
        return folder / name

    return write


def _truncated(folder: Path) -> Path:
    whole = write_clip(folder / "whole.mp4", [PLATE] * 4)
    (folder / "cut.mp4").write_bytes(whole.read_bytes()[:400] + b"\0")
    return folder / "cut.mp4"


def _large(folder: Path) -> Path:
    write_png(folder / "large.png", flat((1, 2, 3), (200, 200)))
    return folder / "large.png"


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (_text("a.png", b"not a picture"), "a.png: is not a PNG, JPEG or WebP"),
        (_cmyk, "print.jpg: .*CMYK"),
        (_text("list.m3u8", b"#EXTM3U\nhttp://example.org/a.ts\n"), "list.m3u8: is text; expected a picture or a"),
        (_truncated, "cut.mp4: FFmpeg cannot read it .*is it whole"),
        (_large, "large.png: is 200x200; the page takes at most 20000 pixels"),
        (lambda folder: write_clip(folder / "big.mp4", [flat((1, 2, 3), (160, 200))]), "big.mp4: is 200x160"),
        (lambda folder: write_clip(folder / "long.mp4", [PLATE] * 13), "has 13 frames; the page takes at most 12"),
    ],
)
def test_what_cannot_be_matted_is_one_line(
    matter: Matter, plate: Path, tmp_path: Path, bad: Callable[[Path], Path], message: str
) -> None:
    path = bad(tmp_path)
    with pytest.raises(DataError, match=message) as found:
        check_source(path, LIMITS)
    assert len(str(found.value).splitlines()) == 1
    with pytest.raises(DataError, match=message):
        _made(Order(source=path, plate=plate), matter, tmp_path)


def test_a_plate_must_be_a_picture_and_be_there(matter: Matter, photo: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a PNG, JPEG or WebP"):
        check_picture(_text("b.jpg", b"<html>")(tmp_path), LIMITS)
    with pytest.raises(DataError, match="the network takes a background plate"):
        cut_out_of(Order(source=photo), matter, tmp_path / "cut.png", LIMITS)
    assert not (tmp_path / "cut.png").exists()
