from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from model_folder import FILES, beside, lift_gain, tree
from tiny_model import SIZE

from configs.errors import ConversionError, DataError, ParityError, UsageError
from configs.files import sha256_of
from configs.schema import Config
from configs.unfinished import folder_of
from converter import convert as story
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.convert import convert
from converter.forms.contract import ir_contract, network_contract
from converter.forms.made import Made
from converter.forms.record import Conversion
from converter.proof.counterfactual import DECLARED
from converter.proof.ways import ways_to_keep
from converter.steps.adopt_onnx import AdoptOnnx
from converter.steps.ir_from_onnx import IrFromOnnx
from converter.verify import verify

Job = Callable[..., Config]


def test_folder_and_record(job: Job, tiny_onnx: Path) -> None:
    said: list[str] = []

    record = convert(job(), say=said.append)

    out = job().convert.out
    assert list(tree(out)) == FILES
    assert beside(out) == {"models"}
    assert Conversion.read(out) == record
    assert [form.hop for form in record.forms] == ["onnx", "onnx-simplified", "ir-fp32", "ir-fp16"]
    for form in record.forms:
        for name, digest in form.files.items():
            assert sha256_of(out / name) == digest
    assert sorted([*(name for form in record.forms for name in form.files), Conversion.FILE]) == FILES
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
    record = Conversion.read(tiny_models)

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
    assert record == Conversion.read(models)


def test_force_does_it_again_with_equal_models(job: Job, models: Path) -> None:
    before = tree(models)

    convert(job(), force=True, say=lambda _: None)

    after = tree(models)
    assert list(after) == FILES
    for name in FILES:
        assert after[name][1] > before[name][1], name
        assert after[name][0] == before[name][0] or name == Conversion.FILE, name
    assert beside(models) == {"models"}


@pytest.mark.parametrize("change", [{"precisions": ["fp32"]}, {"size": "64x64"}])
def test_changed_settings_do_it_again(job: Job, models: Path, change: dict[str, Any]) -> None:
    before = Conversion.read(models)

    after = convert(job(**change), say=lambda _: None)

    assert after.key != before.key
    assert Conversion.read(models) == after
    assert (models / "fp16").exists() == ("precisions" not in change)


def test_changed_versions_do_it_again(job: Job, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {**story.installed_versions(story.LIBRARIES), "openvino": "1.0"}
    monkeypatch.setattr(story, "installed_versions", lambda _: versions)

    assert convert(job(), say=lambda _: None).versions["openvino"] == "1.0"


def test_changed_source_does_it_again(own_job: Config, own_models: Path, own_onnx: Path) -> None:
    before = Conversion.read(own_models)
    lift_gain(own_onnx, 0.8)

    after = convert(own_job, say=lambda _: None)

    assert after.source.sha256 == sha256_of(own_onnx) != before.source.sha256


@pytest.mark.parametrize("damage", ["fp16/model.bin", "missing"])
def test_a_damaged_folder_is_converted_again(job: Job, models: Path, damage: str) -> None:
    if damage == "missing":
        (models / "model.onnx").unlink()
    else:
        (models / damage).write_bytes((models / damage).read_bytes()[:-3])

    convert(job(), say=lambda _: None)

    assert list(tree(models)) == FILES
    verify(models, job(), say=lambda _: None)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", [Conversion.FILE, "fp16/holiday.jpg"])
def test_a_folder_that_is_not_only_a_conversion_is_never_replaced(
    job: Job, models: Path, name: str, force: bool
) -> None:
    """One whose record does not read as ours may be anybody's, and one that holds more is somebody's."""
    (models / name).write_text("dear", encoding="utf-8")
    (models / "fp32/model.bin").unlink()
    before = tree(models)

    with pytest.raises(UsageError, match=name):
        convert(job(), force=force, say=lambda _: None)

    assert tree(models) == before


def test_a_hop_out_of_tolerance_leaves_the_old_folder(job: Job, models: Path) -> None:
    before = tree(models)
    strict = {"tolerances": {"ir-fp16": {"mean": 1e-9, "quantile": 1.0, "cells": 1.0}}, "samples": 1}

    with pytest.raises(ParityError, match=r"^hop ir-fp16: .* mean \|alpha difference\| .* > 1e-09") as caught:
        convert(job(parity=strict), say=lambda _: None)

    kept = folder_of(models)
    assert caught.value.__notes__ == [
        "in step ir-fp16 (steps done before it: onnx, onnx-simplified, ir-fp32)",
        ways_to_keep(("fp32", "fp16"), "ir-fp16"),
        f"what was proved is kept in {kept}; the next conversion to the same folder goes on from there, with --force "
        "from nothing",
    ]
    assert tree(models) == before
    assert beside(models) == {"models", kept.name}


def test_a_failing_step_is_named_with_those_before_it(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(IrFromOnnx, "make", fail)

    with pytest.raises(
        ConversionError,
        match=r"step ir-fp32 failed: out of luck \(steps done before it: onnx, onnx-simplified\)",
    ):
        convert(job(), say=lambda _: None)

    assert beside(job().convert.out) == {folder_of(job().convert.out).name}


def test_a_wrong_contract_is_not_converted(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(step: IrFromOnnx) -> Made:
        right(replace(step, contract=step.contract.model_copy(update={"scale": 1.0})))
        step.target.write_text(step.target.read_text().replace("&quot;scale&quot;:1.0", "&quot;scale&quot;:255.0"))
        return Made(step.hop, step.target, step.contract)

    right = IrFromOnnx.make
    monkeypatch.setattr(IrFromOnnx, "make", forgetful)
    lax = {"tolerances": {"ir-fp32": {"mean": 9, "quantile": 9, "cells": 1}}, "samples": 1}

    with pytest.raises(ParityError, match=r"hop ir-fp32: the contract is wrong: inputs look 0\.\.1"):
        convert(job(parity=lax), say=lambda _: None)

    assert beside(job().convert.out) == {folder_of(job().convert.out).name}


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

    assert not own_job.convert.out.parent.exists()


def test_an_adopted_onnx_is_compared_with_the_file_it_came_from(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    adopt = AdoptOnnx.make

    def adopt_wrongly(step: AdoptOnnx) -> Made:
        made = adopt(step)
        model = onnx.load(step.target)
        [gain] = [tensor for tensor in model.graph.initializer if tensor.name == "gain"]
        gain.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(gain) * np.float32(1.01), "gain"))
        onnx.save(model, step.target)
        return made

    monkeypatch.setattr(AdoptOnnx, "make", adopt_wrongly)
    with pytest.raises(ParityError, match=r"^hop onnx: .*foreground"):
        convert(job(), say=lambda _: None)
