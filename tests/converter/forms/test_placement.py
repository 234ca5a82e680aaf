"""Where a converted model folder keeps its files."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from configs.errors import UsageError
from configs.schema import HOPS, ConvertSection
from converter.forms.placement import Placement, placement_of


def test_each_layout_puts_every_form_at_a_place_of_its_own() -> None:
    plain = placement_of(ConvertSection(out=Path("models/mine")))
    omz = placement_of(ConvertSection(out=Path("models/mine"), layout="omz"))

    assert [plain.path(hop).as_posix() for hop in HOPS] == [
        *("exported.onnx", "model.onnx", "fp32/model.xml", "fp16/model.xml", "int8/model.xml")
    ]
    assert [omz.path(hop).as_posix() for hop in HOPS] == [
        *("exported.onnx", "model.onnx", "public/mine/FP32/mine.xml"),
        *("public/mine/FP16/mine.xml", "public/mine/FP32-INT8/mine.xml"),
    ]
    assert omz.files("ir-fp16") == (Path("public/mine/FP16/mine.xml"), Path("public/mine/FP16/mine.bin"))
    assert omz.files("onnx") == (Path("exported.onnx"),)


def test_a_folder_whose_name_no_model_could_have_is_refused_in_omz_s_layout_alone() -> None:
    odd = Path("models/my model")

    assert placement_of(ConvertSection(out=odd)) == Placement()
    with pytest.raises(UsageError, match=r"convert\.out: with `layout: omz` .*found 'my model'"):
        placement_of(ConvertSection(out=odd, layout="omz"))


@pytest.mark.parametrize("name", ["..", "a/b", "", ".hidden"])
def test_a_record_cannot_name_a_model_that_leads_elsewhere(name: str) -> None:
    with pytest.raises(ValidationError):
        Placement.model_validate({"layout": "omz", "model": name})
