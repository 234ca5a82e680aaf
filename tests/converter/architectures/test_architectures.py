"""Architectures: found by their files, asked by name, and what one declares is what a conversion goes by."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from tiny_model import SIZE
from toy_models import recurrent_answers, toy_config, write_alpha_only, write_recurrent

from configs.errors import DataError, UsageError
from configs.schema import HOPS, REDUCED, Config, ModelSection
from converter.architectures import architecture_named, known_architectures, with_defaults
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.convert import convert
from converter.forms.contract import Contract, ir_contract, network_contract, parse_contract
from converter.forms.record import Conversion
from converter.forms.variant import Variant, ir_variant
from converter.info import describe_model
from converter.runners.opening import open_runner
from converter.runners.original import open_original
from converter.verify import verify
from datasets.samples.sample import Sample

ROOT = Path(__file__).parents[3]
HASH = "0" * 64


def quiet(_: str) -> None:
    """Say it to nobody."""


def test_the_product_s_families_are_found() -> None:
    ours = {"background-matting-v2", "background-matting-v2-base", "modnet", "robust-video-matting"}
    assert {*ours, "robust-video-matting-omz"} <= set(known_architectures())


@pytest.mark.usefixtures("toy_families")
def test_a_family_is_found_by_its_file() -> None:
    assert {"background-matting-v2", "alpha-only", "recurrent"} <= set(known_architectures())


def test_an_unknown_architecture_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no 'background-mating'; did you mean `background-matting-v2`\? \(known: "):
        architecture_named("background-mating")
    with pytest.raises(UsageError, match=r"model\.architecture: there is no 'x'"):
        open_original(ModelSection(architecture="x"), SIZE)


def test_a_size_that_the_network_cannot_take_is_refused() -> None:
    with pytest.raises(UsageError, match=r"convert\.size: .*divisible by 4 for BackgroundMattingV2, not 1280x721"):
        open_original(ModelSection(), (721, 1280))


def test_every_hop_and_every_reduced_precision_has_a_tolerance() -> None:
    for architecture in known_architectures().values():
        assert set(architecture.tolerances) == {*HOPS, *REDUCED}
        cells = {tolerance.cells is not None for tolerance in architecture.tolerances.values()}
        assert cells == {architecture.cell is not None}


def test_what_the_configuration_gives_wins_by_hop_and_the_rest_is_the_architecture_s() -> None:
    given = {"ir-fp16": {"mean": 0.5, "quantile": 0.6}, "onnx": {"mean": 0.1, "quantile": 0.2, "cells": 0.3}}
    config = Config.model_validate({"convert": {"parity": {"tolerances": given}}})

    found = with_defaults(config, ARCHITECTURE).convert

    own = ARCHITECTURE.tolerances
    fp16, onnx = found.parity.tolerances["ir-fp16"], found.parity.tolerances["onnx"]
    assert (fp16.mean, fp16.quantile, fp16.cells) == (0.5, 0.6, own["ir-fp16"].cells)
    assert (onnx.mean, onnx.quantile, onnx.cells) == (0.1, 0.2, 0.3)
    assert {hop: found.parity.tolerances[hop] for hop in own if hop not in given} == {
        hop: own[hop] for hop in own if hop not in given
    }
    assert found.int8.candidates == ARCHITECTURE.int8_candidates


@pytest.mark.parametrize(
    "contract", [network_contract(ARCHITECTURE, SIZE, HASH), ir_contract(ARCHITECTURE, SIZE, HASH)]
)
def test_a_contract_of_an_earlier_version_gets_its_roles_from_the_architecture(contract: Contract) -> None:
    content = json.loads(contract.model_dump_json())
    del content["architecture"]
    for port in (*content["inputs"], *content["outputs"]):
        for key in ("role", "state", "value"):
            del port[key]

    assert parse_contract(json.dumps(content), "model.xml") == contract


def test_a_contract_without_roles_of_no_known_architecture_is_refused() -> None:
    content = json.loads(network_contract(ARCHITECTURE, SIZE, HASH).model_dump_json())
    del content["architecture"]
    content["inputs"][0]["name"] = "image"

    with pytest.raises(DataError, match=r"it names no architecture, and none is known that has its tensors"):
        parse_contract(json.dumps(content), "model.xml")


@pytest.mark.usefixtures("toy_families")
def test_what_was_unwrapped_of_a_checkpoint_is_said_and_recorded(tmp_path: Path) -> None:
    plain = safetensors.torch.load_file(write_alpha_only(tmp_path / "alpha.safetensors"))
    checkpoint = tmp_path / "last.ckpt"
    torch.save({"epoch": 3, "state_dict": {f"module.{key}": value for key, value in plain.items()}}, checkpoint)
    model = {"architecture": "alpha-only", "checkpoint": str(checkpoint)}
    said: list[str] = []

    record = convert(toy_config(model, tmp_path / "models", convert={"precisions": ["fp32"]}), say=said.append)

    read_as = (
        "the weights were taken from 'state_dict'",
        "'module.' was left off the start of every key",
    )
    assert said[:2] == [f"{checkpoint}: {note}" for note in read_as]
    assert record.source.read_as == Conversion.read(tmp_path / "models").source.read_as == read_as
    facts = describe_model(checkpoint, ModelSection.model_validate(model), SIZE).facts
    assert facts["read as"] == "; ".join(read_as)


@pytest.mark.usefixtures("toy_families")
def test_a_network_with_one_input_and_alpha_alone_goes_through_every_hop(tmp_path: Path) -> None:
    checkpoint = write_alpha_only(tmp_path / "alpha.safetensors")
    model = {"architecture": "alpha-only", "checkpoint": str(checkpoint)}
    config = toy_config(
        model, tmp_path / "models", convert={"precisions": ["fp32", "fp16"], "device": "HETERO:CPU.f32"}
    )

    record = convert(config, say=quiet)

    assert [form.hop for form in record.forms] == ["onnx", "onnx-simplified", "ir-fp32", "ir-fp16"]
    assert record.graph == "reference"
    for form in record.forms:
        assert (form.parity.foreground, form.parity.cells, form.parity.differing_cells) == (None, None, None)
        assert form.contract.architecture == "alpha-only"
        assert [(port.name, port.role) for port in form.contract.inputs] == [("image", "source")]
    irs = record.forms[2:]
    assert all(form.counterfactuals for form in irs)
    assert set(irs[0].counterfactuals.distances) == {"as declared", "image swapped", "not scaled", "scaled twice"}  # type: ignore[union-attr]
    assert [(form.device_proof.device, form.device_proof.executed_on) for form in irs if form.device_proof] == [
        ("HETERO:CPU", ("CPU",))
    ] * 2
    assert convert(config, say=quiet) == record
    assert [form.parity for form in verify(tmp_path / "models", config, say=quiet)] == [
        form.parity for form in record.forms
    ]


@pytest.mark.usefixtures("toy_families")
def test_its_size_and_its_checkpoint_are_held_against_what_it_declares(tmp_path: Path) -> None:
    model = {"architecture": "alpha-only", "checkpoint": str(write_alpha_only(tmp_path / "alpha.safetensors"))}

    with pytest.raises(UsageError, match=r"divisible by 8 for Alpha Only, not 96x60"):
        convert(toy_config(model, tmp_path / "models", convert={"size": "96x60"}), say=quiet)
    with pytest.raises(DataError, match="converted from a ready ONNX alone"):
        convert(toy_config({**model, "architecture": "recurrent"}, tmp_path / "models"), say=quiet)


@pytest.fixture
def recurrent_models(toy_families: None, tmp_path: Path) -> Path:
    onnx = write_recurrent(tmp_path / "recurrent.onnx")
    out = tmp_path / "models"
    convert(toy_config({"architecture": "recurrent", "onnx": str(onnx)}, out), say=quiet)
    return out


@pytest.mark.parametrize("hop", ["original", "onnx", "onnx-simplified", "ir-fp32"])
def test_a_state_goes_from_frame_to_frame_and_starts_anew_with_each_clip(
    recurrent_models: Path, samples: list[Sample], hop: str
) -> None:
    frames = [samples[0].source, samples[1].source, samples[0].source]
    variant = Variant(hop) if hop != "ir-fp32" else ir_variant(hop)

    with open_runner(variant, recurrent_models) as runner:
        found = []
        for clip in ("a", "a", "a", "b", "b"):
            runner.enter_clip(clip)
            found.append(runner.predict({"source": frames[len(found) % 3]}))

    expected = [*recurrent_answers(frames), *recurrent_answers(frames[:2])]
    for prediction, answer in zip(found, expected, strict=True):
        assert prediction.foreground is None
        np.testing.assert_allclose(prediction.alpha, answer, rtol=0, atol=1e-5)
    assert np.abs(found[3].alpha - found[0].alpha).max() < 1e-6
    assert np.abs(found[2].alpha - found[0].alpha).max() > 0.1


def test_a_ratio_is_built_in_and_a_frame_missing_is_named(recurrent_models: Path, samples: list[Sample]) -> None:
    with open_runner(ir_variant("ir-fp32"), recurrent_models) as runner:
        assert (runner.contract.input("ratio"), runner.contract.constants) == (None, {"gain": 0.5})
        with pytest.raises(DataError, match="frame: the model takes a source, and there is none"):
            runner.predict({"background": samples[0].background})
        with pytest.raises(DataError, match="frame: an input of the model that is not fed"):
            runner.infer({})
        with pytest.raises(DataError, match="bgr: no input of the model; it has frame, before_in"):
            runner.infer({"bgr": np.zeros((1, 3, *SIZE), np.float32)})


NAMED_HERE = re.compile(r"""["'](src|bgr|pha|fgr)["']|\.(pha|fgr)\b|\bCELL\b|4x4|% 4\b|// 4\b""")
OWN = (
    "converter/architectures/background_matting_v2",  # and `..._base`, the same network without its refiner
    "converter/architectures/robust_video_matting",
    "converter/network/",
    "converter/fast/",
    "converter/proof/exactness.py",
)


def test_only_its_own_files_name_the_tensors_and_cells_of_an_architecture() -> None:
    """Sets in OMZ's layout have folders of these names as well: those of `datasets` are not tensors."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for folder in ("configs", "converter", "eval", "mattekit")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not path.relative_to(ROOT).as_posix().startswith(OWN)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if NAMED_HERE.search(line)
    ]
    assert found == []
