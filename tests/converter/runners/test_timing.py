"""Forms that are timed give the network's answer, and IRs of other programs are taken for what they are."""

from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino.preprocess import PrePostProcessor
from tiny_model import SIZE

from configs.errors import DataError, UsageError
from converter.forms.contract import Contract
from converter.forms.variant import FormFile, Variant
from converter.runners.base import Feed, encode_inputs
from converter.runners.opening import open_runner
from converter.runners.timing import IrStreams, profile_ir
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


def test_what_is_timed_gives_what_is_inferred(tiny_models: Path, samples: list[Sample]) -> None:
    runners = [open_runner(Variant(hop), tiny_models) for hop in ("ir-fp32", "onnx-simplified")]
    for runner in runners:
        for sample in samples:
            feed = encode_inputs(runner.contract, sample.images)
            timed = {name: tensor.copy() for name, tensor in runner.run(feed).items()}
            inferred = runner.infer(feed)
            assert timed.keys() == inferred.keys() == {"pha", "fgr"}
            assert all(np.array_equal(timed[name], inferred[name]) for name in timed)
    assert [(runner.framework, runner.precision, runner.assumed) for runner in runners] == [
        ("openvino", "f32", False),
        ("onnxruntime", "f32", False),
    ]
    assert runners[0].threads is not None
    assert runners[0].threads >= 1


def test_an_ir_without_contract_is_taken_to_keep_the_published_one(
    foreign_ir: Path, samples: list[Sample], answers: list[Prediction]
) -> None:
    runner = open_runner(FormFile(foreign_ir))

    assert runner.assumed
    assert runner.contract.architecture == "background-matting-v2"
    assert [(port.colour_order, port.high) for port in runner.contract.inputs] == [("BGR", 255), ("BGR", 255)]
    np.testing.assert_allclose(runner.predict(samples[0].images).alpha, answers[0].alpha, rtol=0, atol=1e-5)


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

    with pytest.raises(DataError, match=r"expected the inputs src, bgr and the outputs pha, fgr.*, found image, matte"):
        open_runner(FormFile(path))


def test_a_foreign_ir_of_no_fixed_size_is_refused(tiny_onnx: Path, tmp_path: Path) -> None:
    path = _saved(openvino.Core().read_model(tiny_onnx), tmp_path)

    with pytest.raises(DataError, match=r"src: expected a fixed shape \(1, 3, H, W\), found \[1,3,\?,\?\]"):
        open_runner(FormFile(path))


def test_a_foreign_ir_of_another_element_type_is_refused(tiny_onnx: Path, tmp_path: Path) -> None:
    model = openvino.Core().read_model(tiny_onnx)
    model.reshape({name: [1, 3, *SIZE] for name in ("src", "bgr")})
    processor = PrePostProcessor(model)
    processor.input("bgr").tensor().set_element_type(openvino.Type.u8)
    path = _saved(processor.build(), tmp_path)

    with pytest.raises(DataError, match=r"bgr: expected f32 \(1, 3, 64, 96\) as in the published contract, found u8"):
        open_runner(FormFile(path))


def _frames(tiny_models: Path, samples: list[Sample]) -> tuple[FormFile, Contract, list[Feed]]:
    file = FormFile(tiny_models / "fp32/model.xml")
    contract = open_runner(file).contract
    return file, contract, [encode_inputs(contract, sample.images) for sample in samples]


def test_streams_take_every_frame(tiny_models: Path, samples: list[Sample]) -> None:
    file, contract, frames = _frames(tiny_models, samples)

    one = IrStreams(file, contract, streams=1)
    chosen = IrStreams(file, contract, streams=None)

    assert one.streams == 1
    assert chosen.streams >= 1
    assert min(one.requests, one.threads or 0, chosen.requests, chosen.threads or 0) >= 1
    assert one.run(frames * 3) > 0
    assert chosen.run(frames) > 0


def test_the_profile_names_the_operations_the_longest_first(tiny_models: Path, samples: list[Sample]) -> None:
    times = profile_ir(*_frames(tiny_models, samples))

    assert [time.milliseconds for time in times] == sorted((time.milliseconds for time in times), reverse=True)
    [convolution] = [time for time in times if time.operation == "Convolution"]
    assert convolution.nodes == 1
    assert "f32" in convolution.kernels[0]
    assert all(time.milliseconds > 0 for time in times)


def test_a_precision_that_the_cpu_lacks_is_refused_everywhere(tiny_models: Path) -> None:
    file = FormFile(tiny_models / "fp32/model.xml", precision="f16")
    contract = open_runner(FormFile(file.path)).contract
    for compile_ in (lambda: open_runner(file), lambda: IrStreams(file, contract, None)):
        try:
            compile_()
        except UsageError as error:
            assert "asked OpenVINO for f16, but this CPU runs" in str(error)
