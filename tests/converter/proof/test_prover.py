"""The prover over whole conversions: what is recorded of the stimuli, what is said, and what a failure names."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_model import tiny_config
from toy_models import toy_config, write_alpha_only, write_recurrent

from configs.errors import ParityError
from configs.schema import Config
from converter.convert import convert
from converter.forms.record import Conversion
from converter.proof import prover
from converter.proof.faults.border import RESULT_FAULTS
from converter.proof.faults.runner import FaultyRunner
from converter.runners.base import Runner
from converter.runners.opening import open_runner
from converter.runners.original import Original
from converter.verify import verify
from datasets.samples.coverage import KINDS

Job = Callable[..., Config]
PARITY = {"samples": 1}


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let every form, but not the original, have a fault."""

    def plant(name: str) -> None:
        def opened(form: Any, folder: Path | None = None, **keywords: Any) -> Runner:
            runner = open_runner(form, folder, **keywords)
            return runner if isinstance(form, Original) else FaultyRunner(runner, result=RESULT_FAULTS[name][1])

        monkeypatch.setattr(prover, "open_runner", opened)

    return plant


def test_the_record_holds_what_the_stimuli_show(job: Job) -> None:
    said: list[str] = []

    record = convert(job(parity=PARITY), say=said.append)

    assert Conversion.read(job().convert.out) == record
    assert record.stimuli is not None and record.stimuli.samples == 14
    assert all(record.stimuli.tiles(kind).share == 1 for kind in KINDS)
    assert "stimuli: 14; nothing of the frame or of the values is left unseen" in said
    assert "on the stimuli the worst block moved" in said[-2]
    by_hop = {form.hop: form.stimuli for form in record.forms}
    assert {hop: proof and proof.limits for hop, proof in by_hop.items()} == {
        "onnx": "fp32",
        "onnx-simplified": "fp32",
        "ir-fp32": "fp32",
        "ir-fp16": "fp16",
    }
    proof = by_hop["onnx"]
    assert proof is not None
    assert (proof.tiles.alpha.moved, proof.parity.samples) == (0, 14)
    assert {share.fault: share.value for share in proof.shares} == {
        "the scale of input src were 256 for 255": 0,
        "2/255 were subtracted from input src": 0,
        "the scale of input bgr were 256 for 255": 0,
    }
    gain = proof.systematic.component("foreground gain of red")
    assert gain is not None and gain.value == 1


def test_a_record_of_before_the_stimuli_is_read(models: Path) -> None:
    content = json.loads((models / Conversion.FILE).read_text())
    del content["stimuli"]
    for form in content["forms"]:
        del form["stimuli"]
    (models / Conversion.FILE).write_text(json.dumps(content))

    record = Conversion.read(models)

    assert record.stimuli is None
    assert all(form.stimuli is None for form in record.forms)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "alpha 0.3 in 8x8",
            r"hop onnx: on the stimuli the alpha of an 8x8 block moved by \d+/255, limit 0\.\d+/255 "
            r"\(sample stimuli/[a-z-]+\d*, at x 56, y 17; \d+ places beyond\)",
        ),
        ("foreground times 255/256", r"foreground gain of red 0\.9960\d*, .* as if the scale were 256 for 255"),
        ("foreground + 2/255", r"foreground offset of green 0\.0078\d*, .* as if 2/255 were added"),
    ],
)
def test_verifying_names_hop_place_value_and_limit(
    job: Job, models: Path, fault: Callable[[str], None], name: str, told: str
) -> None:
    fault(name)

    with pytest.raises(ParityError, match=told):
        verify(models, job(parity=PARITY), say=lambda _: None)


def test_a_wider_factor_lets_it_pass(job: Job, models: Path, fault: Callable[[str], None]) -> None:
    fault("foreground times 255/256")
    lax = {"mean": 9, "quantile": 9}
    hops = ("onnx", "onnx-simplified", "ir-fp32", "ir-fp16")
    parity = {"samples": 1, "stimuli_factor": 1e4, "tolerances": dict.fromkeys(hops, lax)}

    assert len(verify(models, job(parity=parity), say=lambda _: None)) == len(hops)
    with pytest.raises(ParityError, match=r"as if the scale of input src were 256 for 255"):
        verify(models, job(parity={**parity, "stimuli_factor": 1.0}), say=lambda _: None)


def test_the_factor_that_is_named_lets_it_pass(job: Job, models: Path, fault: Callable[[str], None]) -> None:
    fault("foreground times 255/256")
    hops = ("onnx", "onnx-simplified", "ir-fp32", "ir-fp16")
    parity = {"samples": 1, "tolerances": {hop: {"mean": 9, "quantile": 9} for hop in hops}}
    with pytest.raises(ParityError) as caught:
        verify(models, job(parity=parity), say=lambda _: None)

    named = re.search(r"set `convert\.parity\.stimuli_factor` to (\d+), from 1; `convert", str(caught.value))
    assert named is not None
    assert verify(models, job(parity={**parity, "stimuli_factor": int(named[1])}), say=lambda _: None)
    with pytest.raises(ParityError):
        verify(models, job(parity={**parity, "stimuli_factor": int(named[1]) / 4}), say=lambda _: None)


def test_a_size_too_small_for_the_stimuli_is_said(tiny_onnx: Path, tiny_set: Path, tmp_path: Path) -> None:
    said: list[str] = []
    keys = {"parity": PARITY, "size": "64x48", "precisions": ["fp32"]}

    record = convert(tiny_config(tiny_onnx, tmp_path / "models", tiny_set, convert=keys), say=said.append)

    assert record.stimuli is None
    assert "stimuli: not made below 64 pixels (64x48); the configured samples alone prove the forms" in said


@pytest.mark.usefixtures("toy_families")
def test_a_network_without_plate_and_foreground_is_proved_on_the_stimuli(tmp_path: Path) -> None:
    model = {"architecture": "alpha-only", "checkpoint": str(write_alpha_only(tmp_path / "toy.safetensors"))}
    config = toy_config(model, tmp_path / "models", convert={"parity": PARITY})

    record = convert(config, say=lambda _: None)

    proof = record.forms[-1].stimuli
    assert proof is not None
    assert (proof.tiles.foreground, proof.tiles.cells, proof.parity.foreground) == (None, 0, None)
    assert {share.output for share in proof.shares} == {"alpha"}
    assert not any(component.name.startswith("foreground") for component in proof.systematic.components)


@pytest.mark.usefixtures("toy_families")
def test_each_stimulus_is_a_clip_of_its_own(tmp_path: Path) -> None:
    model = {"architecture": "recurrent", "onnx": str(write_recurrent(tmp_path / "toy.onnx"))}
    config = toy_config(model, tmp_path / "models", convert={"parity": PARITY})

    record = convert(config, say=lambda _: None)

    assert all(form.stimuli is not None for form in record.forms)
