import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from model_folder import FILES, keep_weights_outside, lift_gain, tree

from configs.errors import DataError, ParityError
from configs.schema import Config
from converter.convert import convert
from converter.forms.record import Conversion
from converter.verify import verify

Job = Callable[..., Config]


def test_verifying_proves_every_form_again(job: Job, models: Path) -> None:
    before, said = tree(models), list[str]()

    forms = verify(models, job(), say=said.append)

    assert forms == Conversion.read(models).forms
    assert said[0] == f"{models}: 6 files match their hashes"
    assert said[1] == "stimuli: switched off (96x64); the configured samples alone prove the forms"
    assert len(said) == 6
    assert tree(models) == before


def test_verifying_measures_rather_than_reads(job: Job, models: Path) -> None:
    record = json.loads((models / Conversion.FILE).read_text())
    record["forms"][3]["parity"]["alpha"]["mean"] = 0.5
    (models / Conversion.FILE).write_text(json.dumps(record))

    assert verify(models, job(), say=lambda _: None)[3].parity.alpha.mean < 1e-3
    strict = {"tolerances": {"ir-fp16": {"mean": 1e-9, "quantile": 1.0, "cells": 1.0}}, "samples": 1}
    with pytest.raises(ParityError, match=r"^hop ir-fp16"):
        verify(models, job(parity=strict), say=lambda _: None)


@pytest.mark.parametrize("name", [name for name in FILES if name != Conversion.FILE])
def test_verifying_names_a_truncated_file(job: Job, models: Path, name: str) -> None:
    (models / name).write_bytes((models / name).read_bytes()[:-1])

    with pytest.raises(DataError, match=rf"{name}: changed since its conversion .* convert again with --force"):
        verify(models, job(), say=lambda _: None)


def test_verifying_names_a_missing_file(job: Job, models: Path) -> None:
    (models / "fp32" / "model.bin").unlink()

    with pytest.raises(DataError, match=r"fp32/model\.bin: cannot be read"):
        verify(models, job(), say=lambda _: None)


RECORDS = {
    "onnx-simplified lacks the hash of model.onnx": lambda forms: forms[1].update(files={}),
    "ir-fp32 lacks the hash of fp32/model.xml": lambda forms: forms[2]["files"].pop("fp32/model.xml"),
    "ir-fp32 has a hash of the foreign file fp16/model.bin": lambda forms: forms[2]["files"].update(
        {"fp16/model.bin": forms[3]["files"]["fp16/model.bin"]}
    ),
    "expected the forms onnx, onnx-simplified, ir-fp32, ir-fp16, found onnx, onnx-simplified, ir-fp32;": (
        lambda forms: forms.pop()
    ),
    "found onnx, onnx-simplified, ir-fp32, ir-fp16, ir-fp16;": lambda forms: forms.append(forms[3]),
}


@pytest.mark.parametrize("fault", RECORDS)
def test_a_record_that_lists_too_little_or_too_much_proves_nothing(job: Job, models: Path, fault: str) -> None:
    change: Callable[[list[dict[str, Any]]], object] = RECORDS[fault]
    record = json.loads((models / Conversion.FILE).read_text())
    change(record["forms"])
    (models / Conversion.FILE).write_text(json.dumps(record))

    with pytest.raises(DataError, match=rf"conversion\.json: .*{fault}.* convert again with --force"):
        verify(models, job(), say=lambda _: None)
    convert(job(), say=lambda _: None)
    assert list(tree(models)) == FILES
    verify(models, job(), say=lambda _: None)


def test_verifying_a_folder_without_record(job: Job, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"conversion\.json: there is no such file; run `mattekit convert`"):
        verify(tmp_path, job(), say=lambda _: None)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: text.replace('"schema_version": 1', '"schema_version": 2'),
        lambda text: text.replace('"ir-fp16"', '"ir-fp16/../../other"'),
        lambda text: json.dumps({**json.loads(text), "forms": []}),
        lambda text: json.dumps({**json.loads(text), "more": 1}),
        lambda text: json.dumps({**json.loads(text), "settings": {}}),
    ],
    ids=["half", "empty", "list", "other version", "unknown hop", "no forms", "unknown key", "no settings"],
)
def test_verifying_with_a_corrupt_record(job: Job, models: Path, damage: Callable[[str], str]) -> None:
    path = models / Conversion.FILE
    path.write_text(damage(path.read_text()))

    remedy = r"run `mattekit convert` to make it|convert again with --force"
    with pytest.raises(DataError, match=rf"conversion\.json.*({remedy})"):
        verify(models, job(), say=lambda _: None)


def test_verifying_after_the_source_changed(own_job: Config, own_models: Path, own_onnx: Path) -> None:
    lift_gain(own_onnx, 0.8)

    with pytest.raises(DataError, match=r"original\.onnx: changed since its conversion; run `mattekit convert` again"):
        verify(own_models, own_job, say=lambda _: None)


def test_verifying_after_the_source_went(own_job: Config, own_models: Path, own_onnx: Path) -> None:
    own_onnx.unlink()

    with pytest.raises(DataError, match=r"original\.onnx: the original of the converted model is not there"):
        verify(own_models, own_job, say=lambda _: None)


def test_a_file_that_the_source_keeps_weights_in_is_part_of_it(own_job: Config, own_onnx: Path) -> None:
    weights = keep_weights_outside(own_onnx)
    record, said = convert(own_job, say=lambda _: None), list[str]()
    assert list(record.source.files) == [own_onnx.as_posix(), weights.as_posix()]
    assert convert(own_job, say=said.append) == record
    assert said[-1].endswith("nothing to do")
    before = weights.read_bytes()
    weights.write_bytes(before[:-4] + b"\x00\x00\x00\x3f")

    with pytest.raises(DataError, match=r"original\.data: changed since its conversion; run `mattekit convert` again"):
        verify(own_job.convert.out, own_job, say=lambda _: None)
    assert convert(own_job, say=lambda _: None).source.sha256 != record.source.sha256

    weights.unlink()
    with pytest.raises(DataError, match=r"original\.data: no such file; .*original\.onnx keeps weights in it"):
        verify(own_job.convert.out, own_job, say=lambda _: None)
