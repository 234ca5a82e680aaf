"""The variants that the page offers."""

from pathlib import Path

import pytest

from configs.errors import DataError, UsageError
from demo.page.choices import OPEN, Choice, OpenModels, choices_of

VARIANTS = ["ir-fp16@default", "ir-fp32@default", "onnx", "ir-fp32@f32", "ir-fp16@f32"]


def test_a_folder_offers_its_forms_and_a_file_itself(tiny_models: Path, tiny_onnx: Path) -> None:
    assert list(choices_of(tiny_models)) == VARIANTS
    assert choices_of(tiny_models)["onnx"] == Choice(tiny_models, "onnx")
    assert choices_of(tiny_onnx) == {"tiny.onnx": Choice(tiny_onnx)}
    assert [*choices_of(tiny_models, "GPU")][-1] == "ir-fp16@GPU.f32"


def test_a_choice_says_whether_it_takes_a_plate(modnet_models: Path, tiny_models: Path) -> None:
    assert not any(choice.takes_plate for choice in choices_of(modnet_models).values())
    assert not choices_of(modnet_models / "fp16" / "model.xml")["model.xml"].takes_plate
    assert not choices_of(modnet_models / "model.onnx")["model.onnx"].takes_plate
    assert all(choice.takes_plate for choice in choices_of(tiny_models).values())


def test_a_folder_of_folders_offers_all(tiny_models: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").symlink_to(tiny_models)
    assert list(choices_of(tmp_path)) == [f"mine: {name}" for name in VARIANTS]


def test_a_place_without_a_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no model there; give a folder made by"):
        choices_of(tmp_path)


def test_few_networks_are_open_at_once(tiny_models: Path) -> None:
    models = OpenModels(choices_of(tiny_models))
    first = models.matter("onnx")
    models.matter("ir-fp32@f32")
    assert models.matter("onnx") is first
    models.matter("ir-fp16@f32")
    assert len(models._open) == OPEN
    assert models.matter("onnx") is first
    with pytest.raises(UsageError, match="'ir-int8' is none of this page's; expected ir-fp16@default"):
        models.matter("ir-int8")
    models.close()
    assert not models._open
