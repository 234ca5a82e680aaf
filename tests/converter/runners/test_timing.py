"""Forms made ready for timing give the network's answer, and IRs of other programs are taken for what they are."""

from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino.preprocess import PrePostProcessor
from tiny_model import SIZE

from configs.errors import DataError, UsageError
from converter.runners.base import encode_inputs
from converter.runners.onnx_runtime import OnnxRunner
from converter.runners.timing import IrStreams, TimedForm, TimedIr, TimedRunner, profile_ir
from datasets.samples.sample import Prediction, Sample


@pytest.fixture
def foreign_ir(tiny_onnx: Path, tmp_path: Path) -> Path:
    """Return an IR of the tiny network as Model Optimizer would make it: BGR 0..255 in, no contract."""
    model = openvino.Core().read_model(tiny_onnx)
    model.reshape({name: [1, 3, *SIZE] for name in ("src", "bgr")})
    processor = PrePostProcessor(model)
    for name in ("src", "bgr"):
        entry = processor.input(name)
        entry.tensor().set_layout(openvino.Layout("NCHW"))
        entry.preprocess().reverse_channels().scale(255.0)
    path = tmp_path / "foreign" / "model.xml"
    openvino.save_model(processor.build(), path, compress_to_fp16=False)
    return path


def _run(form: TimedForm, sample: Sample) -> Prediction:
    form.run(encode_inputs(form.contract, sample.source, sample.background))
    return form.prediction()


def test_every_timed_form_gives_the_answer_for_good(
    tiny_models: Path, samples: list[Sample], answers: list[Prediction]
) -> None:
    forms = (TimedIr(tiny_models / "fp32/model.xml", "f32"), TimedRunner(OnnxRunner(tiny_models / "model.onnx")))
    for form in forms:
        found = [_run(form, sample) for sample in samples]
        for prediction, answer in zip(found, answers, strict=True):
            np.testing.assert_allclose(prediction.alpha, answer.alpha, rtol=0, atol=1e-5)
            np.testing.assert_allclose(prediction.foreground, answer.foreground, rtol=0, atol=1e-5)
    assert [(form.framework, form.precision, form.assumed) for form in forms] == [
        ("openvino", "f32", False),
        ("onnxruntime", "f32", False),
    ]
    assert forms[0].threads is not None
    assert forms[0].threads >= 1


def test_nothing_is_predicted_before_anything_ran(tiny_models: Path) -> None:
    with pytest.raises(DataError, match="nothing has run yet"):
        TimedRunner(OnnxRunner(tiny_models / "model.onnx")).prediction()


def test_an_ir_without_contract_is_taken_to_keep_the_published_one(
    foreign_ir: Path, samples: list[Sample], answers: list[Prediction]
) -> None:
    form = TimedIr(foreign_ir, "f32")

    assert form.assumed
    assert [(port.colour_order, port.high) for port in form.contract.inputs] == [("BGR", 255), ("BGR", 255)]
    np.testing.assert_allclose(_run(form, samples[0]).alpha, answers[0].alpha, rtol=0, atol=1e-5)


def _saved(model: openvino.Model, folder: Path) -> Path:
    path = folder / "other.xml"
    openvino.save_model(model, path)
    return path


def test_an_ir_of_another_network_is_refused(tmp_path: Path) -> None:
    parameter = openvino.opset13.parameter([1, 3, 8, 8], openvino.Type.f32, name="image")
    parameter.output(0).set_names({"image"})
    result = openvino.opset13.relu(parameter)
    result.output(0).set_names({"matte"})
    path = _saved(openvino.Model([result], [parameter]), tmp_path)

    with pytest.raises(DataError, match=r"expected the inputs src, bgr and the outputs pha, fgr, found image, matte"):
        TimedIr(path, "f32")


def test_a_foreign_ir_of_no_fixed_size_is_refused(tiny_onnx: Path, tmp_path: Path) -> None:
    path = _saved(openvino.Core().read_model(tiny_onnx), tmp_path)

    with pytest.raises(DataError, match=r"src: expected a fixed shape \(1, 3, H, W\), found \[1,3,\?,\?\]"):
        TimedIr(path, "f32")


def test_a_foreign_ir_of_another_element_type_is_refused(tiny_onnx: Path, tmp_path: Path) -> None:
    model = openvino.Core().read_model(tiny_onnx)
    model.reshape({name: [1, 3, *SIZE] for name in ("src", "bgr")})
    processor = PrePostProcessor(model)
    processor.input("bgr").tensor().set_element_type(openvino.Type.u8)
    path = _saved(processor.build(), tmp_path)

    with pytest.raises(DataError, match=r"bgr: expected f32 \(1, 3, 64, 96\) as in the published contract, found u8"):
        TimedIr(path, "f32")


def test_streams_take_every_frame(tiny_models: Path, samples: list[Sample]) -> None:
    form = TimedIr(tiny_models / "fp32/model.xml", "f32")
    frames = [encode_inputs(form.contract, sample.source, sample.background) for sample in samples]

    one = IrStreams(tiny_models / "fp32/model.xml", "f32", streams=1)
    chosen = IrStreams(tiny_models / "fp32/model.xml", "f32", streams=None)

    assert one.streams == 1
    assert chosen.streams >= 1
    assert min(one.requests, one.threads, chosen.requests, chosen.threads) >= 1
    assert one.run(frames * 3) > 0
    assert chosen.run(frames) > 0


def test_the_profile_names_the_operations_the_longest_first(tiny_models: Path, samples: list[Sample]) -> None:
    form = TimedIr(tiny_models / "fp32/model.xml", "f32")
    frames = [encode_inputs(form.contract, sample.source, sample.background) for sample in samples]

    times = profile_ir(tiny_models / "fp32/model.xml", "f32", frames)

    assert [time.milliseconds for time in times] == sorted((time.milliseconds for time in times), reverse=True)
    [convolution] = [time for time in times if time.operation == "Convolution"]
    assert convolution.nodes == 1
    assert "f32" in convolution.kernels[0]
    assert all(time.milliseconds > 0 for time in times)


def test_a_precision_that_the_cpu_lacks_is_refused_everywhere(tiny_models: Path) -> None:
    path = tiny_models / "fp32/model.xml"
    for compile_ in (lambda: TimedIr(path, "f16"), lambda: IrStreams(path, "f16", None)):
        try:
            compile_()
        except UsageError as error:
            assert "asked OpenVINO for f16, but this CPU runs" in str(error)
