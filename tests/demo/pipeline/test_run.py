"""From a video to a video through the tiny network, whose answer is known."""

from pathlib import Path

import numpy as np
import pytest
from clips import flat, read_clip, write_clip
from tiny_model import tiny_answer

from configs.errors import DataError
from converter.runners.devices import throughput
from datasets.samples.images import read_rgba, write_png
from demo.composing.targets import Colour, Transparent, plain_target
from demo.matting.matter import Matter
from demo.matting.opening import open_model
from demo.media.reading import open_source
from demo.pipeline.plates import Plates
from demo.pipeline.run import DemoOptions, run_demo, within
from demo.pipeline.targets import open_target

PLATE = flat((60, 60, 60))


def _frames(count: int) -> list[np.ndarray]:
    """Return frames in each of which another column of the plate is bright."""
    frames = [PLATE.copy() for _ in range(count)]
    for number, frame in enumerate(frames):
        frame[:, 8 * number : 8 * number + 8] = (230, 200, 90)
    return frames


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "in.mkv", _frames(8))


@pytest.mark.parametrize(("variant", "requests"), [("ir-fp32@f32", 1), ("ir-fp32@f32", 3), ("onnx", None)])
def test_every_frame_is_matted_in_order(
    tiny_models: Path, clip: Path, tmp_path: Path, variant: str, requests: int | None
) -> None:
    out = tmp_path / "out"
    with Matter(open_model(tiny_models, variant, properties=throughput("1", 1))) as matter:
        plates = Plates(PLATE, "off", match=False)
        done = run_demo(open_source(str(clip)), matter, plates, Transparent(), DemoOptions(out=out, requests=requests))
    assert done.times is not None
    assert (done.times.frames, done.stopped, done.notes) == (8, False, ())
    assert [row.name for row in done.times.stages] == [
        *("decode", "plate", "preprocess", "inference", "postprocess", "render", "encode")
    ]
    for number, frame in enumerate(open_source(str(clip)).frames()):
        alpha, foreground = tiny_answer(frame.image, PLATE)
        colours, matte = read_rgba(out / f"{number:06}.png")
        assert np.abs(matte - alpha * 255).max() < 1
        shown = matte > 0
        assert np.abs(colours[shown] - foreground[shown] * 255).max() < 1


def test_a_frame_of_another_size_comes_back_at_its_own(tiny_models: Path, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "in.mkv", [flat((60, 60, 60), (91, 41))] * 2)
    with Matter(open_model(tiny_models)) as matter:
        plates = Plates(flat((60, 60, 60), (91, 41)), "off", match=False)
        run_demo(open_source(str(clip)), matter, plates, Colour((1, 2, 3)), DemoOptions(out=tmp_path / "out.mov"))
    assert read_clip(tmp_path / "out.mov")[0][0].shape == (91, 41, 3)


def test_limit_loop_beside_and_size(tiny_models: Path, clip: Path, tmp_path: Path) -> None:
    options = DemoOptions(out=tmp_path / "out.mp4", limit=11, loop=True, beside=True, largest=(32, 200))
    with Matter(open_model(tiny_models)) as matter:
        plates = Plates(PLATE, "off", match=False)
        done = run_demo(open_source(str(clip)), matter, plates, Colour((250, 0, 250)), options)
    frames, times = read_clip(tmp_path / "out.mp4")
    assert done.times is not None
    assert (done.times.frames, len(frames)) == (11, 11)
    assert times == pytest.approx([number / 10 for number in range(11)], abs=1e-3)
    # 192x64 fitted into 200x32: the frame to the left, its result to the right.
    assert frames[0].shape == (32, 96, 3)
    assert np.abs(frames[0][16, 40].astype(int) - 60).max() < 12
    assert np.abs(frames[0][16, 90].astype(int) - (250, 0, 250)).max() < 12


def test_an_error_in_the_middle_leaves_nothing(tiny_models: Path, tmp_path: Path) -> None:
    for number, size in enumerate([(64, 96), (64, 96), (20, 30)]):
        write_png(tmp_path / f"in-{number}.png", flat((60, 60, 60), size))
    (tmp_path / "in").mkdir()
    for path in tmp_path.glob("in-*.png"):
        path.rename(tmp_path / "in" / path.name)
    with Matter(open_model(tiny_models)) as matter, pytest.raises(DataError, match="a video has one size"):
        plates = Plates(PLATE, "off", match=False)
        run_demo(
            open_source(str(tmp_path / "in")), matter, plates, Colour((0, 0, 0)), DemoOptions(out=tmp_path / "a.mp4")
        )
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_moving_target_goes_on_when_it_ends(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "t.mkv", [flat((200, 0, 0)), flat((0, 0, 200))])
    with open_target(str(clip)) as target:
        seen = [target.background(PLATE, None)[0, 0].argmax() for _ in range(5)]
    assert seen == [0, 2, 0, 2, 0]
    with pytest.raises(DataError, match="no such picture or video"), open_target("gone.mp4"):
        pass


def test_a_scaled_cut_out_keeps_its_colours_at_the_edge() -> None:
    rgba = np.zeros((8, 8, 4), np.uint8)
    rgba[:, :3] = (200, 100, 50, 255)
    small = within(rgba, (4, 4))
    assert small.shape == (4, 4, 4)
    assert small[0, 1].tolist() == [200, 100, 50, 128]


def test_blur_target_uses_the_plate(tiny_models: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "in.png", flat((60, 60, 60)))
    target = plain_target("blur:9")
    assert target is not None
    with Matter(open_model(tiny_models)) as matter:
        plates = Plates(PLATE, "off", match=False)
        done = run_demo(
            open_source(str(tmp_path / "in.png")), matter, plates, target, DemoOptions(out=tmp_path / "out.png")
        )
    assert done.times is not None
    assert done.times.frames == 1
