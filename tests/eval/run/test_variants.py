"""A variant at work, and what results say of it."""

from pathlib import Path

import pytest

from configs.errors import DataError
from converter.forms.record import Conversion
from converter.forms.variant import parse_variants
from eval.run.variants import open_variant


def test_torch_is_refused_where_the_original_is_an_onnx(tiny_models: Path) -> None:
    [variant] = parse_variants(["torch"])
    with pytest.raises(DataError, match="use variant onnx"):
        open_variant(variant, Conversion.read(tiny_models), tiny_models)


@pytest.mark.parametrize(("name", "device"), [("ir-fp16@f32", "CPU"), ("ir-fp16@AUTO.f32", "AUTO")])
def test_an_opened_variant_says_what_runs_and_where(tiny_models: Path, name: str, device: str) -> None:
    record = Conversion.read(tiny_models)
    [variant] = parse_variants([name])
    runner, description = open_variant(variant, record, tiny_models)
    form = record.form("ir-fp16")
    assert form is not None
    assert (description.framework, description.precision, description.weights) == ("openvino", "f32", "fp16")
    assert description.model_path == (tiny_models / "fp16" / "model.xml").as_posix()
    assert description.model_sha256 == form.files["fp16/model.bin"]
    assert (description.name, description.device, description.executed_on) == (name, device, ("CPU",))
    assert runner.contract == form.contract
