"""One frame through a form: any size in, its own size out; models by their names."""

from pathlib import Path

import numpy as np
import pytest

from configs.errors import DataError, UsageError
from datasets.samples.layout import iterate, open_set
from demo.matting.matter import Matter
from demo.matting.opening import open_model


def test_a_frame_of_the_networks_size_is_matted_as_the_runner_does(tiny_models: Path, tiny_set: Path) -> None:
    [sample, *_] = iterate(open_set(tiny_set))
    with Matter(open_model(tiny_models, precision="f32")) as matter:
        expected = matter.runner.predict(sample.images)
        matte = matter(sample.source, sample.background)
    assert matter.takes_plate
    assert (matte.alpha == expected.alpha).all()
    assert matte.foreground is not None
    assert expected.foreground is not None
    assert (matte.foreground == expected.foreground).all()


@pytest.mark.parametrize("size", [(41, 67), (300, 80)])
def test_any_size_comes_back_at_its_own(tiny_models: Path, size: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    with Matter(open_model(tiny_models, "onnx")) as matter:
        matte = matter(image, image)
    assert matte.alpha.shape == size
    assert matte.foreground is not None
    assert matte.foreground.shape == (*size, 3)


def test_wrong_plates_are_said(tiny_models: Path) -> None:
    image = np.zeros((64, 96, 3), np.uint8)
    with Matter(open_model(tiny_models)) as matter:
        with pytest.raises(DataError, match="takes a background plate"):
            matter(image)
        with pytest.raises(DataError, match="the plate is 96x32, the frame 96x64"):
            matter(image, image[:32])


def test_models_are_found_by_what_they_are(tiny_models: Path, tmp_path: Path) -> None:
    for path in (tiny_models / "fp32/model.xml", tiny_models / "model.onnx"):
        assert path.is_file()
        with Matter(open_model(path)) as matter:
            assert matter.takes_plate
    with pytest.raises(DataError, match="no such model; give a folder"):
        open_model(tmp_path / "nothing.xml")
    with pytest.raises(UsageError, match="is chosen of a converted model's folder"):
        open_model(tiny_models / "model.onnx", "onnx")
