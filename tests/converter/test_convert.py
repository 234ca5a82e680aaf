import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from tiny_model import GAIN, SIZE, tiny_config

from configs.errors import ConversionError, DataError, ParityError, UsageError
from configs.files import sha256_of
from configs.schema import Config
from converter import convert as story
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.convert import convert, verify
from converter.forms.contract import Contract, ir_contract, network_contract
from converter.forms.record import RECORD_NAME, read_record
from converter.proof.counterfactual import DECLARED

FILES = [
    "conversion.json",
    "exported.onnx",
    "fp16/model.bin",
    "fp16/model.xml",
    "fp32/model.bin",
    "fp32/model.xml",
    "model.onnx",
]
Job = Callable[..., Config]


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return bytes and time of change of every file, by relative name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.fixture
def job(tiny_onnx: Path, tmp_path: Path) -> Job:
    def configure(**convert_keys: Any) -> Config:
        return tiny_config(tiny_onnx, tmp_path / "work" / "models", convert=convert_keys)

    return configure


@pytest.fixture
def models(job: Job, tiny_models: Path) -> Path:
    """Return a converted model folder that a test may change."""
    return shutil.copytree(tiny_models, job().convert.out)


@pytest.fixture
def own_onnx(tiny_onnx: Path, tmp_path: Path) -> Path:
    """Return an original that a test may change."""
    return shutil.copy(tiny_onnx, tmp_path / "original.onnx")


@pytest.fixture
def own_job(own_onnx: Path, tmp_path: Path) -> Config:
    return tiny_config(own_onnx, tmp_path / "work" / "models", convert={"precisions": ["fp32"]})


@pytest.fixture
def own_models(own_job: Config) -> Path:
    """Return a converted model folder of the original that a test may change."""
    convert(own_job, say=lambda _: None)
    return own_job.convert.out


def beside(folder: Path) -> set[str]:
    return {path.name for path in folder.parent.iterdir()}


def lift_gain(path: Path, gain: float) -> None:
    """Write another network: its foreground is brighter or darker."""
    model = onnx.load(path)
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == "gain")
    array = onnx.numpy_helper.to_array(tensor) * gain / GAIN
    tensor.CopyFrom(onnx.numpy_helper.from_array(array.astype("float32"), "gain"))
    onnx.save(model, path)


def test_folder_and_record(job: Job, tiny_onnx: Path) -> None:
    said: list[str] = []

    record = convert(job(), say=said.append)

    out = job().convert.out
    assert list(tree(out)) == FILES
    assert beside(out) == {"models"}
    assert read_record(out) == record
    assert [form.hop for form in record.forms] == ["onnx", "onnx-simplified", "ir-fp32", "ir-fp16"]
    for form in record.forms:
        for name, digest in form.files.items():
            assert sha256_of(out / name) == digest
    assert sorted([*(name for form in record.forms for name in form.files), RECORD_NAME]) == FILES
    digest = sha256_of(tiny_onnx)
    assert (record.source.kind, record.source.path, record.source.sha256) == ("onnx", tiny_onnx.as_posix(), digest)
    assert record.exporter is None
    assert all(record.versions[name] for name in ("onnx", "onnxruntime", "openvino", "torch"))
    network, ir = network_contract(ARCHITECTURE, SIZE, digest), ir_contract(ARCHITECTURE, SIZE, digest)
    assert [form.contract for form in record.forms] == [network, network, ir, ir]
    assert said[-1] == f"{out}: converted and verified"
    assert "ir-fp16" in said[-2]
    assert said[-2].endswith("contract proved")


def test_record_holds_the_proofs(tiny_models: Path) -> None:
    record = read_record(tiny_models)

    by_hop = {form.hop: form for form in record.forms}
    assert by_hop["onnx"].parity.alpha.max == 0
    assert 0 < by_hop["ir-fp16"].parity.foreground.max < 1e-3
    assert by_hop["onnx"].counterfactuals is None
    for hop in ("ir-fp32", "ir-fp16"):
        counterfactuals = by_hop[hop].counterfactuals
        assert counterfactuals is not None
        distances = dict(counterfactuals.distances)
        assert distances.pop(DECLARED) * 5 < min(distances.values())


def test_second_run_says_so_and_does_nothing(job: Job, models: Path) -> None:
    before, said = tree(models), list[str]()

    record = convert(job(), say=said.append)

    assert tree(models) == before
    assert said == [
        f"{models}: already converted from {record.source.path} with these settings and versions; nothing to do"
    ]
    assert record == read_record(models)


def test_force_does_it_again_with_equal_models(job: Job, models: Path) -> None:
    before = tree(models)

    convert(job(), force=True, say=lambda _: None)

    after = tree(models)
    assert list(after) == FILES
    for name in FILES:
        assert after[name][1] > before[name][1], name
        if not name.endswith(".xml"):  # OpenVINO numbers what it converts in one process
            assert after[name][0] == before[name][0] or name == RECORD_NAME, name
    assert beside(models) == {"models"}


@pytest.mark.parametrize("change", [{"precisions": ["fp32"]}, {"input_shape": [64, 64]}])
def test_changed_settings_do_it_again(job: Job, models: Path, change: dict[str, Any]) -> None:
    before = read_record(models)

    after = convert(job(**change), say=lambda _: None)

    assert after.key != before.key
    assert read_record(models) == after
    assert (models / "fp16").exists() == ("precisions" not in change)


def test_changed_versions_do_it_again(job: Job, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {**story.installed_versions(story.LIBRARIES), "openvino": "1.0"}
    monkeypatch.setattr(story, "installed_versions", lambda _: versions)

    assert convert(job(), say=lambda _: None).versions["openvino"] == "1.0"


def test_changed_source_does_it_again(own_job: Config, own_models: Path, own_onnx: Path) -> None:
    before = read_record(own_models)
    lift_gain(own_onnx, 0.8)

    after = convert(own_job, say=lambda _: None)

    assert after.source.sha256 == sha256_of(own_onnx) != before.source.sha256


@pytest.mark.parametrize("damage", ["fp16/model.bin", "missing", RECORD_NAME])
def test_a_damaged_folder_is_converted_again(job: Job, models: Path, damage: str) -> None:
    if damage == "missing":
        (models / "model.onnx").unlink()
    else:
        (models / damage).write_bytes((models / damage).read_bytes()[:-3])

    convert(job(), say=lambda _: None)

    assert list(tree(models)) == FILES
    verify(models, job(), say=lambda _: None)


def test_a_hop_out_of_tolerance_leaves_the_old_folder(job: Job, models: Path) -> None:
    before = tree(models)
    strict = {"tolerances": {"ir-fp16": {"mean": 1e-9, "quantile": 1.0, "cells": 1.0}}, "samples": 1}

    with pytest.raises(ParityError, match=r"^hop ir-fp16: .* mean \|alpha difference\| .* > 1e-09"):
        convert(job(parity=strict), say=lambda _: None)

    assert tree(models) == before
    assert beside(models) == {"models"}


def test_a_failing_step_is_named_with_those_before_it(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(story, "ir_from_onnx", fail)

    with pytest.raises(
        ConversionError,
        match=r"step ir-fp32 failed: out of luck \(steps done before it: onnx, onnx-simplified\)",
    ):
        convert(job(), say=lambda _: None)

    assert beside(job().convert.out) == set()


def test_a_wrong_contract_is_not_converted(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(source: Path, contract: Any, precision: Any, target: Path) -> None:
        unscaled = contract.model_copy(update={"scale": 1.0})
        right(source, unscaled, precision, target)
        target.write_text(target.read_text().replace("&quot;scale&quot;:1.0", "&quot;scale&quot;:255.0"))

    right = story.ir_from_onnx
    monkeypatch.setattr(story, "ir_from_onnx", forgetful)
    lax = {"tolerances": {"ir-fp32": {"mean": 9, "quantile": 9, "cells": 1}}, "samples": 1}

    with pytest.raises(ParityError, match=r"hop ir-fp32: the contract is wrong: inputs look 0\.\.1"):
        convert(job(parity=lax), say=lambda _: None)

    assert beside(job().convert.out) == set()


def test_a_foreign_folder_is_never_replaced(job: Job) -> None:
    out = job().convert.out
    out.mkdir(parents=True)
    (out / "thesis.txt").write_text("years of work")

    for force in (False, True):
        with pytest.raises(UsageError, match=r"models: not empty, and not a converted model folder; choose another"):
            convert(job(), force=force, say=lambda _: None)

    assert (out / "thesis.txt").read_text() == "years of work"


def test_an_empty_folder_is_taken(job: Job) -> None:
    job().convert.out.mkdir(parents=True)

    convert(job(), say=lambda _: None)

    assert list(tree(job().convert.out)) == FILES


def test_a_missing_original(own_job: Config, own_onnx: Path) -> None:
    own_onnx.unlink()

    with pytest.raises(DataError, match=r"original\.onnx: no such model file; give a checkpoint"):
        convert(own_job, say=lambda _: None)


def test_a_broken_original(own_job: Config, own_onnx: Path) -> None:
    own_onnx.write_bytes(own_onnx.read_bytes()[:-20])

    with pytest.raises(DataError, match=r"original\.onnx: not a readable ONNX model"):
        convert(own_job, say=lambda _: None)

    assert beside(own_job.convert.out) == set()


def test_verifying_proves_every_form_again(job: Job, models: Path) -> None:
    before, said = tree(models), list[str]()

    forms = verify(models, job(), say=said.append)

    assert forms == read_record(models).forms
    assert said[0] == f"{models}: 6 files match their hashes"
    assert len(said) == 5
    assert tree(models) == before


def test_verifying_measures_rather_than_reads(job: Job, models: Path) -> None:
    record = json.loads((models / RECORD_NAME).read_text())
    record["forms"][3]["parity"]["alpha"]["mean"] = 0.5
    (models / RECORD_NAME).write_text(json.dumps(record))

    assert verify(models, job(), say=lambda _: None)[3].parity.alpha.mean < 1e-3
    strict = {"tolerances": {"ir-fp16": {"mean": 1e-9, "quantile": 1.0, "cells": 1.0}}, "samples": 1}
    with pytest.raises(ParityError, match=r"^hop ir-fp16"):
        verify(models, job(parity=strict), say=lambda _: None)


@pytest.mark.parametrize("name", [name for name in FILES if name != RECORD_NAME])
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
    path = models / RECORD_NAME
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


def test_an_adopted_onnx_is_compared_with_the_file_it_came_from(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    adopt = story.adopt_onnx

    def adopt_wrongly(source: Path, contract: Contract, target: Path) -> None:
        adopt(source, contract, target)
        model = onnx.load(target)
        [gain] = [tensor for tensor in model.graph.initializer if tensor.name == "gain"]
        gain.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(gain) * np.float32(1.01), "gain"))
        onnx.save(model, target)

    monkeypatch.setattr(story, "adopt_onnx", adopt_wrongly)
    with pytest.raises(ParityError, match=r"^hop onnx: .*foreground"):
        convert(job(), say=lambda _: None)
