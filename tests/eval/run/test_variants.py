"""Variants by name: what a name stands for, and which names are refused."""

from pathlib import Path

import pytest

from configs.errors import DataError, UsageError
from configs.schema import EvaluateSection
from converter.forms.record import Conversion
from eval.run.variants import Variant, open_variant, parse_variants


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("torch", Variant("torch", None, "fp32", "f32")),
        ("onnx", Variant("onnx", "onnx-simplified", "fp32", "f32")),
        ("ir-fp32@f32", Variant("ir-fp32@f32", "ir-fp32", "fp32", "f32")),
        ("ir-fp16@default", Variant("ir-fp16@default", "ir-fp16", "fp16", "default")),
        ("ir-fp16@bf16", Variant("ir-fp16@bf16", "ir-fp16", "fp16", "bf16")),
        ("ir-fp16", Variant("ir-fp16@f32", "ir-fp16", "fp16", "f32")),
        (" onnx ", Variant("onnx", "onnx-simplified", "fp32", "f32")),
    ],
)
def test_a_name_says_which_form_runs_and_how(name: str, expected: Variant) -> None:
    assert parse_variants([name]) == (expected,)


def test_the_order_is_kept_for_the_first_is_the_original() -> None:
    assert [variant.name for variant in parse_variants(["ir-fp32", "torch"])] == ["ir-fp32@f32", "torch"]


def test_the_default_variants_are_known() -> None:
    names = EvaluateSection().variants
    assert tuple(variant.name for variant in parse_variants(names)) == names


@pytest.mark.parametrize("name", ["tensorflow", "ir", "ir-", "ir-fp16@", "ir-fp16@int4", "ir-fp16@f32@f32", "", "ONNX"])
def test_an_unknown_name_is_refused_and_says_what_is_known(name: str) -> None:
    with pytest.raises(UsageError, match="ir-<weights>@<inference precision>") as caught:
        parse_variants([name])
    assert repr(name) in str(caught.value)


def test_a_variant_named_twice_is_refused_also_by_its_short_name() -> None:
    with pytest.raises(UsageError, match="ir-fp16@f32 is named twice"):
        parse_variants(["ir-fp16@f32", "ir-fp16"])


def test_no_variant_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="no variant"):
        parse_variants([])


def test_a_form_that_the_folder_does_not_hold_is_refused_and_the_held_ones_named(tiny_models: Path) -> None:
    [variant] = parse_variants(["ir-int8@f32"])
    with pytest.raises(DataError, match=r"no ir-int8 for variant ir-int8@f32 .*ir-fp32, ir-fp16"):
        open_variant(variant, Conversion.read(tiny_models), tiny_models)


def test_torch_is_refused_where_the_original_is_an_onnx(tiny_models: Path) -> None:
    [variant] = parse_variants(["torch"])
    with pytest.raises(DataError, match="use variant onnx"):
        open_variant(variant, Conversion.read(tiny_models), tiny_models)


def test_an_opened_variant_says_what_runs(tiny_models: Path) -> None:
    record = Conversion.read(tiny_models)
    [variant] = parse_variants(["ir-fp16@f32"])
    runner, description = open_variant(variant, record, tiny_models)
    form = record.form("ir-fp16")
    assert form is not None
    assert (description.framework, description.precision, description.weights) == ("openvino", "f32", "fp16")
    assert description.model_path == (tiny_models / "fp16" / "model.xml").as_posix()
    assert description.model_sha256 == form.files["fp16/model.bin"]
    assert runner.contract == form.contract
