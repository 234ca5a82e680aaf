"""Networks that carry a state, take no plate and give no foreground run through the same pipeline."""

from pathlib import Path

import numpy as np
import pytest
from clips import COLOURS, flat, read_clip, write_clip
from tiny_model import tiny_answer
from toy_models import recurrent_answers, toy_config, write_recurrent

from converter.convert import convert
from converter.runners.devices import throughput
from datasets.samples.images import read_rgba, write_png
from demo.composing.targets import Transparent
from demo.matting.matter import Matter
from demo.matting.opening import open_model
from demo.media.reading import open_source
from demo.pipeline.plates import Plates, prepared_plates
from demo.pipeline.run import DemoOptions, run_demo


@pytest.mark.parametrize("variant", ["ir-fp32@f32", "onnx"])
def test_a_state_goes_from_frame_to_frame_and_starts_anew(toy_families: None, tmp_path: Path, variant: str) -> None:
    onnx = write_recurrent(tmp_path / "recurrent.onnx")
    convert(toy_config({"architecture": "recurrent", "onnx": str(onnx)}, tmp_path / "models"), say=lambda _: None)
    clip = write_clip(tmp_path / "in.mkv", [flat(colour) for colour in COLOURS])
    images = [frame.image for frame in open_source(str(clip)).frames()]
    expected = recurrent_answers(images)
    with Matter(open_model(tmp_path / "models", variant, properties=throughput())) as matter:
        assert not matter.takes_plate
        for turn in range(2):
            options = DemoOptions(out=tmp_path / f"out-{turn}", requests=4)
            run_demo(open_source(str(clip)), matter, Plates(None, "auto", match=False), Transparent(), options)
            for image, alpha, path in zip(images, expected, sorted((tmp_path / f"out-{turn}").iterdir()), strict=True):
                colours, matte = read_rgba(path)
                assert np.abs(matte - alpha.clip(0, 1) * 255).max() < 1
                # Without a foreground the source gives the colours.
                assert (colours[matte > 0] == image[matte > 0]).all()
        loop = DemoOptions(out=tmp_path / "loop.mov", loop=True, limit=2 * len(images))
        run_demo(open_source(str(clip)), matter, Plates(None, "auto", match=False), Transparent(), loop)
    frames, _ = read_clip(tmp_path / "loop.mov", "rgba")
    assert [frame[5, 5, 3] for frame in frames[: len(images)]] == [frame[5, 5, 3] for frame in frames[len(images) :]]


def test_no_plate_is_asked_for_where_none_is_taken_and_a_given_one_is_passed_over(
    modnet_models: Path, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / "in.mkv", [flat(colour) for colour in COLOURS])
    write_png(tmp_path / "plate.png", flat((60, 60, 60)))
    ir = modnet_models / "fp16" / "model.xml"
    made = []
    for number, background in enumerate((None, tmp_path / "plate.png")):
        said: list[str] = []
        with Matter(open_model(ir)) as matter:
            source = open_source(str(clip))
            plates = prepared_plates(source, background, "auto", False, matter.takes_plate, said.append)
            run_demo(source, matter, plates, Transparent(), DemoOptions(out=tmp_path / f"out-{number}"))
        passed_over = f"{background}: the network takes no plate; it is passed over"
        assert said == ([] if background is None else [passed_over])
        made.append([path.read_bytes() for path in sorted((tmp_path / f"out-{number}").iterdir())])
    assert made[0] == made[1]


def test_a_network_that_takes_frames_as_bytes(int8_models: Path, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "in.mkv", [flat(colour) for colour in COLOURS])
    plate = flat((60, 60, 60))
    with Matter(open_model(int8_models, "ir-fp32@f32", properties=throughput())) as matter:
        options = DemoOptions(out=tmp_path / "out", requests=3)
        run_demo(open_source(str(clip)), matter, Plates(plate, "off", match=False), Transparent(), options)
    for number, frame in enumerate(open_source(str(clip)).frames()):
        assert (
            np.abs(read_rgba(tmp_path / f"out/{number:06}.png")[1] - tiny_answer(frame.image, plate)[0] * 255).max() < 1
        )
