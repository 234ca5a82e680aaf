import json
from collections.abc import Callable
from pathlib import Path

import pytest
from model_folder import FILES, lift_gain, tree

from configs.errors import DataError, ParityError
from configs.schema import Config
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

    with pytest.raises(DataError, match=r"original\.onnx: no such model file"):
        verify(own_models, own_job, say=lambda _: None)
