"""Variants by name: what a name stands for, and which names are refused."""

from pathlib import Path

import pytest

from configs.errors import DataError, UsageError
from configs.schema import EvaluateSection
from converter.forms.placement import Placement
from converter.forms.record import Conversion
from converter.forms.variant import (
    FormFile,
    Variant,
    device_place,
    ir_variant,
    parse_variants,
    recorded_file,
    variant_names,
)


@pytest.mark.parametrize(
    ("name", "expected", "full_name"),
    [
        ("torch", Variant("torch", "fp32", "CPU", "f32"), "torch"),
        ("onnx", Variant("onnx-simplified", "fp32", "CPU", "f32"), "onnx"),
        ("ir-fp32@f32", Variant("ir-fp32", "fp32", "CPU", "f32"), "ir-fp32@f32"),
        ("ir-fp16@default", Variant("ir-fp16", "fp16", "CPU", "default"), "ir-fp16@default"),
        ("ir-fp16@bf16", Variant("ir-fp16", "fp16", "CPU", "bf16"), "ir-fp16@bf16"),
        ("ir-fp16", Variant("ir-fp16", "fp16", "CPU", "f32"), "ir-fp16@f32"),
        (" onnx ", Variant("onnx-simplified", "fp32", "CPU", "f32"), "onnx"),
        ("ir-fp16@GPU.f16", Variant("ir-fp16", "fp16", "GPU", "f16"), "ir-fp16@GPU.f16"),
        ("ir-fp16@GPU.1.f16", Variant("ir-fp16", "fp16", "GPU.1", "f16"), "ir-fp16@GPU.1.f16"),
        ("ir-int8@AUTO.default", Variant("ir-int8", "int8", "AUTO", "default"), "ir-int8@AUTO.default"),
        (
            "ir-fp16@HETERO:GPU,CPU.f16",
            Variant("ir-fp16", "fp16", "HETERO:GPU,CPU", "f16"),
            "ir-fp16@HETERO:GPU,CPU.f16",
        ),
        ("ir-fp16@CPU.f32", Variant("ir-fp16", "fp16", "CPU", "f32"), "ir-fp16@f32"),
    ],
)
def test_a_name_says_which_form_runs_where_and_how(name: str, expected: Variant, full_name: str) -> None:
    assert parse_variants([name]) == (expected,)
    assert expected.name == full_name


def test_the_order_is_kept_for_the_first_is_the_original() -> None:
    assert [variant.name for variant in parse_variants(["ir-fp32", "torch"])] == ["ir-fp32@f32", "torch"]


def test_the_default_variants_are_known() -> None:
    names = EvaluateSection().variants
    assert tuple(variant.name for variant in parse_variants(names)) == names


def test_a_device_is_for_the_irs_that_name_none() -> None:
    names = ["torch", "onnx", "ir-fp16", "ir-fp16@default", "ir-fp16@CPU.f32", "ir-fp16@AUTO.f32"]

    assert [variant.name for variant in parse_variants(names, "GPU")] == [
        "torch",
        "onnx",
        "ir-fp16@GPU.f32",
        "ir-fp16@GPU.default",
        "ir-fp16@f32",
        "ir-fp16@AUTO.f32",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "tensorflow",
        "ir",
        "ir-",
        "ir-fp16@",
        "ir-fp16@int4",
        "ir-fp16@f32@f32",
        "",
        "ONNX",
        "ir-fp16@GPU",
        "ir-fp16@.f16",
        "ir-fp16@GPU.",
    ],
)
def test_an_unknown_name_is_refused_and_says_what_is_known(name: str) -> None:
    with pytest.raises(UsageError, match="ir-<weights>@<inference precision>") as caught:
        parse_variants([name])
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    "names", [["ir-fp16@f32", "ir-fp16"], ["ir-fp16@CPU.f32", "ir-fp16"]], ids=["short", "with the CPU"]
)
def test_a_variant_named_twice_is_refused_by_any_of_its_names(names: list[str]) -> None:
    with pytest.raises(UsageError, match="ir-fp16@f32 is named twice"):
        parse_variants(names)


def test_no_variant_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="no variant"):
        parse_variants([])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("torch, onnx,ir-fp16", ("torch", "onnx", "ir-fp16")),
        ("torch,,", ("torch",)),
        ("ir-fp16@HETERO:GPU,CPU.f16,torch", ("ir-fp16@HETERO:GPU,CPU.f16", "torch")),
        ("ir-fp16@MULTI:GPU.0,GPU.1,CPU.f32, onnx", ("ir-fp16@MULTI:GPU.0,GPU.1,CPU.f32", "onnx")),
        ("ir-fp16@HETERO:CPU.f32,onnx", ("ir-fp16@HETERO:CPU.f32", "onnx")),
        ("onnx,bogus", ("onnx", "bogus")),
    ],
)
def test_a_list_is_split_but_not_within_a_device(text: str, names: tuple[str, ...]) -> None:
    assert variant_names(text) == names


@pytest.mark.parametrize(
    ("text", "place"),
    [("GPU", ("GPU", "default")), ("GPU.f16", ("GPU", "f16")), ("GPU.0", ("GPU.0", "default"))],
)
def test_a_device_to_prove_on_may_have_a_precision(text: str, place: tuple[str, str]) -> None:
    assert device_place(text) == place


def test_the_file_of_a_variant() -> None:
    folder, plain, omz = Path("models"), Placement(), Placement(layout="omz", model="mine")
    fp16 = ir_variant("ir-fp16", "GPU", "f16")

    assert fp16.file(folder, plain) == FormFile(folder / "fp16/model.xml", "GPU", "f16")
    assert fp16.file(folder, omz) == FormFile(folder / "public/mine/FP16/mine.xml", "GPU", "f16")
    assert (
        Variant("onnx").file(folder, plain) == Variant("onnx").file(folder, omz) == FormFile(folder / "exported.onnx")
    )


def test_a_form_that_the_folder_does_not_hold_is_refused_and_the_held_ones_named(tiny_models: Path) -> None:
    [variant] = parse_variants(["ir-int8@f32"])
    with pytest.raises(DataError, match=r"no ir-int8 for variant ir-int8@f32 .*ir-fp32, ir-fp16"):
        recorded_file(variant, Conversion.read(tiny_models), tiny_models)
