"""`--device`, on every verb that runs an IR."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from outcome import Run

DEVICES = ("AUTO", "HETERO:CPU")


@pytest.mark.parametrize("device", DEVICES)
def test_convert_proves_every_ir_on_a_device_and_records_it(run: Run, job: Callable[..., Path], device: str) -> None:
    outcome = run("convert", "--config", job(), "--device", f"{device}.f32", "--out", "m")

    assert outcome.code == 0
    assert f"ir-fp16 on {device} (ran on CPU in f32): mean |alpha difference|" in outcome.text
    forms = json.loads(Path("m/conversion.json").read_text())["forms"]
    proofs = [form["device_proof"] for form in forms]
    assert proofs[:2] == [None, None]
    for form, proof in zip(forms[2:], proofs[2:], strict=True):
        assert (proof["device"], proof["executed_on"], proof["precision"]) == (device, ["CPU"], "f32")
        assert proof["parity"] == form["parity"]
        assert proof["counterfactuals"].keys() == form["counterfactuals"].keys()


def test_a_device_s_own_precision_is_proved_by_its_own_limits(run: Run, job: Callable[..., Path]) -> None:
    assert run("convert", "--config", job(), "--device", "AUTO", "--out", "m").code == 0

    forms = json.loads(Path("m/conversion.json").read_text())["forms"]
    assert {form["device_proof"]["precision"] for form in forms[2:]} <= {"f32", "bf16", "f16"}
    strict = {"ir-fp32": {"mean": 1e-5, "quantile": 1e-4}, "bf16": {"mean": 0, "quantile": 0, "cells": 0}}
    strict["f16"] = strict["bf16"]
    config = job(convert={"parity": {"samples": 1, "tolerances": strict}, "size": "96x64", "out": "n"})
    outcome = run("convert", "--config", config, "--precisions", "fp32", "--device", "AUTO")
    ran_in_f32 = forms[2]["device_proof"]["precision"] == "f32"
    assert outcome.code == (0 if ran_in_f32 else 1)
    assert ran_in_f32 or "hop ir-fp32 on AUTO: the converted form differs from the original" in outcome.text


def test_evaluate_runs_irs_on_a_device_and_names_it(run: Run, job: Callable[..., Path]) -> None:
    variants = "onnx,ir-fp32,ir-fp16@CPU.f32,ir-fp16@MULTI:CPU.f32"

    outcome = run("evaluate", "--config", job(), "--variants", variants, "--device", "HETERO:CPU", "--out", "run")

    assert outcome.code == 0
    results = json.loads(Path("run/results.json").read_text())
    assert [(v["name"], v["device"], v["executed_on"]) for v in results["variants"]] == [
        ("onnx", "CPU", ["CPU"]),
        ("ir-fp32@HETERO:CPU.f32", "HETERO:CPU", ["CPU"]),
        ("ir-fp16@f32", "CPU", ["CPU"]),
        ("ir-fp16@MULTI:CPU.f32", "MULTI:CPU", ["CPU"]),
    ]
    assert results["rerun"][-1].endswith(f"--variants {variants} --device HETERO:CPU")
    config = job(evaluate={"variants": variants.split(","), "device": "HETERO:CPU"})
    assert run("gate", "run", "--config", config, "--update-baseline", "--reason", "a device").code == 0
    baseline = json.loads(Path("baseline.json").read_text())
    expected = baseline["variants"]["ir-fp16@MULTI:CPU.f32"]
    assert (expected["device"], expected["executed_on"]) == ("MULTI:CPU", ["CPU"])
    assert run("gate", "run", "--config", config).code == 0
    baseline["variants"]["ir-fp16@MULTI:CPU.f32"]["executed_on"] = ["GPU"]
    Path("baseline.json").write_text(json.dumps(baseline))
    elsewhere = run("gate", "run", "--config", config)
    assert elsewhere.code == 5
    assert "executed on CPU, in the baseline on GPU" in elsewhere.text


def test_bench_times_a_device(run: Run, job: Callable[..., Path], tiny_models: Path) -> None:
    xml = tiny_models / "fp32" / "model.xml"

    outcome = run(
        *("bench", "--config", job(), "--variants", "onnx,ir-fp16@HETERO:CPU.f32", "--frames", 3, "--different", 1),
        *("--against", f"{xml}@AUTO.f32", "--device", "MULTI:CPU", "--out", "b"),
    )

    assert outcome.code == 0
    models = json.loads(Path("b/bench.json").read_text())["models"]
    assert [(model["device"], model["executed_on"]) for model in models] == [
        ("CPU", ["CPU"]),
        ("HETERO:CPU", ["CPU"]),
        ("AUTO", ["CPU"]),
    ]
    assert models[1]["name"] == "ir-fp16@HETERO:CPU.f32"
    assert models[2]["name"].endswith("fp32@AUTO.f32")
    assert models[1]["latency"]["ratio"]["against"] == models[2]["name"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("convert", "--force", "--out", "m", "--device", "XPU"),
        ("evaluate", "--out", "run", "--device", "HETERO:XPU,CPU"),
        ("evaluate", "--out", "run", "--variants", "onnx,ir-fp16@HETERO:XPU,CPU.f16"),
        ("bench", "--out", "b", "--frames", 3, "--device", "XPU"),
    ],
)
def test_a_device_that_is_not_there_is_a_usage_error_that_lists_what_is(
    run: Run, job: Callable[..., Path], arguments: tuple[object, ...]
) -> None:
    outcome = run(*arguments, "--config", job())

    assert outcome.code == 2
    assert "OpenVINO has no XPU here; it has CPU" in outcome.text


def test_an_unknown_architecture_is_a_usage_error(run: Run, job: Callable[..., Path]) -> None:
    outcome = run("convert", "--config", job(), "--architecture", "background-mating-v2", "--out", "m")

    assert outcome.code == 2
    assert "did you mean `background-matting-v2`?" in outcome.text


def test_doctor_lists_the_devices(run: Run) -> None:
    assert "OpenVINO devices" in run("doctor").text
