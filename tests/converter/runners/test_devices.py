"""Devices other than the CPU: what is there runs and says where and how, what is not is refused by name."""

import re
from pathlib import Path

import pytest

from configs.errors import UsageError
from converter.forms.variant import FormFile, Variant, ir_variant
from converter.runners import devices
from converter.runners.base import encode_inputs
from converter.runners.devices import default_inference_precision, require_device
from converter.runners.opening import open_runner
from converter.runners.timing import IrStreams, profile_ir
from datasets.samples.sample import Sample

VIRTUAL = ("AUTO", "AUTO:CPU", "HETERO:CPU", "MULTI:CPU", "BATCH:CPU")


class FakeCore:
    def __init__(self, *available: str) -> None:
        self.available_devices = available


@pytest.mark.parametrize("device", VIRTUAL)
def test_a_device_that_stands_for_the_cpu_gives_the_cpu_s_answer_and_says_so(
    tiny_models: Path, samples: list[Sample], device: str
) -> None:
    with (
        open_runner(ir_variant("ir-fp16", device), tiny_models) as runner,
        open_runner(ir_variant("ir-fp16"), tiny_models) as on_cpu,
    ):
        found, expected = runner.predict(samples[0].images), on_cpu.predict(samples[0].images)

    assert (runner.device, runner.executed_on, runner.precision) == (device, ("CPU",), "f32")
    assert runner.threads == on_cpu.threads
    assert abs(found.alpha - expected.alpha).max() < 1e-6


@pytest.mark.parametrize("device", ["AUTO", "HETERO:CPU"])
def test_the_precision_that_runs_is_read_back(tiny_models: Path, device: str) -> None:
    with open_runner(ir_variant("ir-fp16", device, "default"), tiny_models) as runner:
        assert runner.precision == default_inference_precision()
    try:
        runner = open_runner(ir_variant("ir-fp16", device, "f16"), tiny_models)
    except UsageError as error:
        # A CPU with AVX512-FP16 infers in f16 where it is asked to, others do not.
        assert re.search(rf"asked OpenVINO for f16, but {device} runs (f32|bf16)", str(error))
    else:
        with runner:
            assert runner.precision == "f16"


@pytest.mark.parametrize("device", ["AUTO", "HETERO:CPU"])
def test_streams_and_profile_run_there_too(tiny_models: Path, samples: list[Sample], device: str) -> None:
    file = FormFile(tiny_models / "fp32/model.xml", device)
    with open_runner(file) as runner:
        contract = runner.contract
    frames = [encode_inputs(contract, sample.images) for sample in samples]

    streams = IrStreams(file, contract, None)

    assert min(streams.streams, streams.requests, streams.threads or 0) >= 1
    assert streams.run(frames) > 0
    assert "Convolution" in {time.operation for time in profile_ir(file, contract, frames)}


@pytest.mark.parametrize(
    ("available", "device"),
    [
        (("CPU", "GPU"), "GPU"),
        (("CPU", "GPU.0", "GPU.1"), "GPU"),
        (("CPU", "GPU.0", "GPU.1"), "GPU.1"),
        (("CPU", "GPU"), "HETERO:GPU,CPU"),
        (("CPU", "GPU"), "MULTI:GPU(4),CPU(2)"),
        (("CPU", "GPU"), "AUTO:-CPU"),
        (("CPU",), "AUTO"),
    ],
)
def test_what_is_there(monkeypatch: pytest.MonkeyPatch, available: tuple[str, ...], device: str) -> None:
    monkeypatch.setattr(devices, "openvino_core", lambda: FakeCore(*available))

    require_device(device)


@pytest.mark.parametrize(
    ("device", "missing"),
    [
        ("NPU", "NPU"),
        ("GPU.2", "GPU.2"),
        ("HETERO:NPU,CPU", "NPU"),
        ("gpu", "gpu"),
        ("", "device without a name"),
        ("HETERO:", "device without a name"),
        ("CPU.f32", "CPU.f32"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(monkeypatch: pytest.MonkeyPatch, device: str, missing: str) -> None:
    monkeypatch.setattr(devices, "openvino_core", lambda: FakeCore("CPU", "GPU.0"))

    with pytest.raises(UsageError, match=rf"OpenVINO has no {missing} here; it has CPU, GPU\.0 \(and AUTO"):
        require_device(device)


def test_a_form_is_not_opened_on_a_device_that_is_not_there(tiny_models: Path) -> None:
    with pytest.raises(UsageError, match="OpenVINO has no XPU here; it has CPU"):
        open_runner(Variant("ir-fp32", device="HETERO:XPU,CPU"), tiny_models)
    path = tiny_models / "fp32/model.xml"
    with open_runner(FormFile(path)) as runner, pytest.raises(UsageError, match="OpenVINO has no XPU here"):
        IrStreams(FormFile(path, "XPU"), runner.contract, 1)
