"""A set of another aspect than the model's is said before it runs."""

from pathlib import Path

from tiny_model import SIZE, tiny_config

from datasets.samples.images import image_size
from datasets.samples.layout import open_set
from eval.run.stretch import stretch_ahead


def test_another_aspect_is_said_before_a_run_and_the_model_s_own_is_not(
    tiny_onnx: Path, tiny_models: Path, tiny_set: Path, tmp_path: Path
) -> None:
    job = tiny_config(tiny_onnx, tiny_models, tiny_set)
    assert image_size(open_set(tiny_set).refs[0].source) == SIZE
    assert stretch_ahead(job) is None
    square = job.replaced(dataset=job.dataset.replaced(path="synthetic", size=(64, 64)))
    expected = f"frames of 64x64 are stretched to the model's {SIZE[1]}x{SIZE[0]}"
    assert (stretch_ahead(square) or "").startswith(expected)
    unconverted = square.convert.replaced(out=tmp_path / "unconverted")
    assert stretch_ahead(square.replaced(convert=unconverted)) is None
    assert stretch_ahead(tiny_config(tiny_onnx, tiny_models, tmp_path / "no set")) is None  # evaluate names it
