"""A variant at work, and what results say of it."""

import shutil
from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino import opset13 as ops

from configs.errors import DataError
from configs.files import sha256_of
from converter.forms.record import Conversion, check_files
from converter.forms.variant import parse_variants
from converter.runners.openvino_ir import read_ir
from eval.run.results import QuantizedRecord
from eval.run.variants import open_variant


def _with_rounding(models: Path, form: str, levels: int, anywhere: bool) -> None:
    """Round a form's convolution input, or its alpha, and let the folder's record have the new hashes."""
    model = read_ir(models / form / "model.xml")
    [convolution] = [node for node in model.get_ordered_ops() if node.get_type_name() == "Convolution"]
    place = model.output("pha").get_node().input(0) if anywhere else convolution.input(0)
    bounds = map(np.float32, (0, 1, 0, 1))
    place.replace_source_output(ops.fake_quantize(place.get_source_output(), *bounds, levels=levels).output(0))
    if not anywhere:
        place = convolution.input(1)
        bounds = map(np.float32, (-3, 3, -3, 3))
        place.replace_source_output(ops.fake_quantize(place.get_source_output(), *bounds, levels=levels).output(0))
    names = [f"{form}/{file}" for file in ("model.xml", "model.bin")]
    record = (models / "conversion.json").read_text()
    before = [sha256_of(models / name) for name in names]
    openvino.save_model(model, models / "new.xml", compress_to_fp16=False)
    for suffix in (".xml", ".bin"):
        (models / f"new{suffix}").replace(models / form / f"model{suffix}")
    for name, sha256 in zip(names, before, strict=True):
        record = record.replace(sha256, sha256_of(models / name))
    (models / "conversion.json").write_text(record)


@pytest.mark.parametrize(("levels", "anywhere"), [(1 << 24, False), (256, True), (256, False)])
def test_no_rounding_put_into_a_float_form_gives_it_the_limits_of_int8(
    tiny_models: Path, tmp_path: Path, levels: int, anywhere: bool
) -> None:
    models = Path(shutil.copytree(tiny_models, tmp_path / "models"))
    _with_rounding(models, "fp32", levels, anywhere)
    record = Conversion.read(models)
    check_files(models, record)
    [variant] = parse_variants(["ir-fp32@f32"])
    _, description = open_variant(variant, record, models)
    assert (description.precision, description.rest_precision) == ("f32", None)
    assert (description.quantized is not None) == (levels == 256 and not anywhere)


def test_an_int8_form_says_how_much_of_it_is_and_must_be_what_was_made(int8_models: Path, tmp_path: Path) -> None:
    models = Path(shutil.copytree(int8_models, tmp_path / "models"))
    [variant] = parse_variants(["ir-int8@f32"])
    _, description = open_variant(variant, Conversion.read(models), models)
    assert description.ran_in == "int8 (rest f32)"
    assert description.quantized == QuantizedRecord(convolutions=1, all_convolutions=1)
    for file in ("model.xml", "model.bin"):
        shutil.copy(models / "fp32" / file, models / "int8" / file)
    with pytest.raises(DataError, match=r"0 of its 1 convolutions are quantized, its conversion quantized 1"):
        open_variant(variant, Conversion.read(models), models)


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
