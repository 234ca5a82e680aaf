import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnx
import openvino
import pytest
import torch
from golden_network import golden_images, golden_network
from PIL import Image
from tiny_model import SIZE, tiny_answer

from configs.errors import DataError, UsageError
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import Contract, Port, ir_contract, network_contract
from converter.forms.variant import FormFile
from converter.network.refiner import Refiner
from converter.runners.base import (
    Feed,
    Outputs,
    Runner,
    Tensor,
    decode_outputs,
    decode_tensor,
    encode_image,
    encode_inputs,
)
from converter.runners.devices import default_inference_precision
from converter.runners.onnx_runtime import OnnxRunner
from converter.runners.opening import open_runner
from converter.runners.openvino_ir import OpenVinoRunner
from converter.runners.pytorch import TorchRunner
from converter.steps.ir_from_onnx import IrFromOnnx
from datasets.samples.sample import Prediction, Sample

HASH = "0" * 64
# Two by two pixels: red, green, blue, and a grey of 51 = 255 / 5.
PIXELS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [51, 51, 51]]], np.uint8)


def image_port(order: str, high: float, size: tuple[int, int] = (2, 2)) -> Port:
    fields = {"name": "src", "role": "source", "shape": (1, 3, *size), "high": high, "colour_order": order}
    return Port.model_validate(fields)


class ConstantRunner(Runner):
    """Gives the same outputs for every input."""

    framework = "constant"
    precision = "f32"

    def __init__(self, contract: Contract, alpha: Tensor, foreground: Tensor) -> None:
        self.contract, self.outputs = contract, (alpha, foreground)

    def _run(self, feed: Feed) -> Outputs:
        return dict(zip(("pha", "fgr"), self.outputs, strict=True))


@pytest.mark.parametrize("high", [1, 255, 65025])
@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_encoding_gives_range_and_order(order: str, high: float) -> None:
    tensor = encode_image(PIXELS, image_port(order, high))

    red, green, blue = ([[1, 0], [0, 0.2]], [[0, 1], [0, 0.2]], [[0, 0], [1, 0.2]])
    channels = (red, green, blue) if order == "RGB" else (blue, green, red)
    assert tensor.dtype == np.float32
    assert tensor.flags.c_contiguous
    np.testing.assert_allclose(tensor, [np.array(channels) * high], rtol=1e-6, atol=0)


@pytest.mark.parametrize("high", [1, 255])
def test_encoding_gives_white_and_black_exactly(high: float) -> None:
    tensor = encode_image(PIXELS, image_port("RGB", high))

    assert (tensor.min(), tensor.max()) == (0, high)


def frame_port(high: float = 255, size: tuple[int, int] = (2, 2)) -> Port:
    fields = {"shape": (1, *size, 3), "layout": "NHWC", "element_type": "u8", "high": high}
    return Port.model_validate({"name": "src", "role": "source", "colour_order": "BGR", **fields})


def test_a_frame_is_encoded_as_opencv_gives_it() -> None:
    tensor = encode_image(PIXELS, frame_port())

    assert tensor.dtype == np.uint8
    assert tensor.flags.c_contiguous
    assert np.array_equal(tensor, [cv2.cvtColor(PIXELS, cv2.COLOR_RGB2BGR)])
    np.testing.assert_allclose(decode_tensor(tensor, frame_port()), PIXELS / 255, rtol=0, atol=1e-7)


@pytest.mark.parametrize("high", [1, 65025])
def test_bytes_of_another_range_are_refused(high: float) -> None:
    with pytest.raises(DataError, match=rf"src: a contract of uint8 values is for 0\.\.255, found 0\.\.{high}"):
        encode_image(PIXELS, frame_port(high))


def test_a_range_below_0_is_encoded_about_grey_and_decoded_again() -> None:
    port = image_port("RGB", 1).model_copy(update={"low": -1.0})

    tensor = encode_image(PIXELS, port)

    assert (tensor.min(), tensor.max()) == (-1, 1)
    np.testing.assert_allclose(tensor, [PIXELS.transpose(2, 0, 1) / 127.5 - 1], rtol=0, atol=1e-7)
    np.testing.assert_allclose(decode_tensor(tensor, port), PIXELS / 255, rtol=0, atol=1e-7)


def test_bytes_of_a_range_below_0_are_refused() -> None:
    with pytest.raises(DataError, match=r"src: a contract of uint8 values is for 0\.\.255, found -255\.\.255"):
        encode_image(PIXELS, frame_port().model_copy(update={"low": -255.0}))


def test_encoding_to_0_to_255_keeps_every_level() -> None:
    levels = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)

    tensor = encode_image(levels, image_port("BGR", 255, (16, 16)))

    assert np.array_equal(tensor[0, 0].ravel(), np.arange(256, dtype=np.float32))


def test_encoding_resizes_as_pillow_bilinear_does() -> None:
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)

    tensor = encode_image(image, image_port("BGR", 255, (8, 12)))

    resized = np.asarray(Image.fromarray(image).resize((12, 8), Image.Resampling.BILINEAR))
    assert np.array_equal(tensor[0].transpose(1, 2, 0)[..., ::-1], resized.astype(np.float32))


def test_encoding_keeps_source_and_background_apart() -> None:
    white = np.full_like(PIXELS, 255)

    images = {"source": white, "background": np.zeros_like(PIXELS)}

    feed = encode_inputs(network_contract(ARCHITECTURE, (4, 4), HASH), images)

    assert feed["src"].shape == feed["bgr"].shape == (1, 3, 4, 4)
    assert feed["src"].min() == 1
    assert feed["bgr"].max() == 0


@pytest.mark.parametrize(
    "image", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 4), np.uint8), np.zeros((2, 2, 3), np.float32)]
)
def test_encoding_refuses_other_images(image: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"src: expected an \(H, W, 3\) uint8 RGB image, found"):
        encode_image(image, image_port("RGB", 1))


@pytest.mark.parametrize("high", [1, 255])
@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_decoding_inverts_encoding(order: str, high: float) -> None:
    port = image_port(order, high)

    image = decode_tensor(encode_image(PIXELS, port), port)

    assert image.dtype == np.float32
    assert image.flags.c_contiguous
    np.testing.assert_allclose(image, PIXELS / 255, rtol=0, atol=1e-7)


def test_decoding_drops_the_channel_of_alpha_only() -> None:
    alpha, foreground = np.full((1, 1, 4, 8), 0.25, np.float32), np.zeros((1, 3, 4, 8), np.float32)

    prediction = decode_outputs(network_contract(ARCHITECTURE, (4, 8), HASH), {"pha": alpha, "fgr": foreground})

    assert prediction.alpha.shape == (4, 8)
    assert prediction.foreground is not None
    assert prediction.foreground.shape == (4, 8, 3)
    assert np.array_equal(np.unique(prediction.alpha), [0.25])


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_result_that_is_not_finite_is_an_error(broken: float) -> None:
    alpha, foreground = np.zeros((1, 1, 4, 4), np.float32), np.zeros((1, 3, 4, 4), np.float32)
    foreground[0, 1, 2, 3] = broken
    runner = ConstantRunner(network_contract(ARCHITECTURE, (4, 4), HASH), alpha, foreground)

    with pytest.raises(DataError, match="fgr: the model returned NaN or infinity"):
        runner.predict({"source": PIXELS, "background": PIXELS})


def test_a_result_of_another_shape_is_an_error() -> None:
    alpha, foreground = np.zeros((1, 1, 4, 8), np.float32), np.zeros((1, 3, 4, 4), np.float32)
    runner = ConstantRunner(network_contract(ARCHITECTURE, (4, 4), HASH), alpha, foreground)

    with pytest.raises(DataError, match=r"pha: expected an output of shape \(1, 1, 4, 4\), found \(1, 1, 4, 8\)"):
        runner.predict({"source": PIXELS, "background": PIXELS})


FORMS: dict[str, Callable[[Path], Runner]] = {
    "exported.onnx": OnnxRunner,
    "model.onnx": OnnxRunner,
    "fp32/model.xml": lambda path: open_runner(FormFile(path)),
    "fp16/model.xml": lambda path: open_runner(FormFile(path)),
}


@pytest.mark.parametrize("name", list(FORMS))
def test_every_form_gives_the_answer(
    tiny_models: Path, name: str, samples: list[Sample], answers: list[Prediction]
) -> None:
    with FORMS[name](tiny_models / name) as runner:
        found = [runner.predict(sample.images) for sample in samples]

    tolerance = 1e-3 if "fp16" in name else 1e-5
    for prediction, answer in zip(found, answers, strict=True):
        np.testing.assert_allclose(prediction.alpha, answer.alpha, rtol=0, atol=tolerance)
        np.testing.assert_allclose(prediction.foreground, answer.foreground, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", ["model.onnx", "fp32/model.xml"])
def test_a_form_resizes_images_of_another_size(tiny_models: Path, name: str) -> None:
    source = np.random.default_rng(1).integers(0, 256, (100, 150, 3), np.uint8)

    with FORMS[name](tiny_models / name) as runner:
        prediction = runner.predict({"source": source, "background": np.zeros_like(source)})

    small = np.asarray(Image.fromarray(source).resize((SIZE[1], SIZE[0]), Image.Resampling.BILINEAR))
    np.testing.assert_allclose(prediction.foreground, tiny_answer(small, np.zeros_like(small))[1], rtol=0, atol=1e-5)


def test_contract_is_read_back_from_the_form(tiny_models: Path) -> None:
    network, ir = (
        OnnxRunner(tiny_models / "model.onnx"),
        open_runner(FormFile(tiny_models / "fp16/model.xml")),
    )

    digest = network.contract.source_sha256
    assert len(digest) == 64
    assert network.contract == network_contract(ARCHITECTURE, SIZE, digest)
    assert ir.contract == ir_contract(ARCHITECTURE, SIZE, digest)


def test_openvino_says_what_precision_really_runs(tiny_models: Path) -> None:
    path = tiny_models / "fp16/model.xml"

    assert open_runner(FormFile(path)).precision == "f32"
    assert open_runner(FormFile(path, precision="default")).precision == default_inference_precision()
    assert default_inference_precision() in ("f32", "bf16", "f16")


@pytest.mark.parametrize("asked", ["bf16", "f16"])
def test_openvino_never_runs_another_precision_in_silence(tiny_models: Path, asked: str) -> None:
    try:
        runner = open_runner(FormFile(tiny_models / "fp32/model.xml", precision=asked))  # type: ignore[arg-type]
    except UsageError as error:
        assert f"asked OpenVINO for {asked}, but this CPU runs" in str(error)
        assert "leave the variant out, or use @default" in str(error)
    else:
        assert runner.precision == asked


def test_openvino_results_outlive_the_next_inference(tiny_models: Path) -> None:
    dark, light = np.zeros((1, 3, *SIZE), np.float32), np.full((1, 3, *SIZE), 255, np.float32)

    with open_runner(FormFile(tiny_models / "fp32/model.xml")) as runner:
        outputs = runner.infer({"src": dark, "bgr": dark})
        runner.infer({"src": light, "bgr": dark})

    assert outputs["pha"].max() == 0
    np.testing.assert_allclose(outputs["fgr"], 0.05, rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def frame_ir(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny network's IR that takes frames."""
    path = tmp_path_factory.mktemp("frames") / "model.xml"
    IrFromOnnx(tiny_models / "model.onnx", ir_contract(ARCHITECTURE, SIZE, HASH, "nhwc-u8"), "fp32", path).run()
    return path


def test_an_ir_for_frames_gives_the_answer(
    frame_ir: Path, samples: list[Sample], answers: list[Prediction], tiny_models: Path
) -> None:
    with (
        open_runner(FormFile(frame_ir)) as runner,
        open_runner(FormFile(tiny_models / "fp32/model.xml")) as planes,
    ):
        assert runner.contract == ir_contract(ARCHITECTURE, SIZE, HASH, "nhwc-u8")
        for sample, answer in zip(samples, answers, strict=True):
            prediction = runner.predict(sample.images)
            np.testing.assert_allclose(prediction.alpha, answer.alpha, rtol=0, atol=1e-5)
            np.testing.assert_allclose(prediction.foreground, answer.foreground, rtol=0, atol=1e-5)
            same = planes.predict(sample.images)
            np.testing.assert_allclose(prediction.alpha, same.alpha, rtol=0, atol=1e-6)


def test_an_ir_for_frames_opens_to_floats_and_stays_the_same_function(frame_ir: Path, samples: list[Sample]) -> None:
    sample = samples[0]

    with open_runner(FormFile(frame_ir)) as runner, runner.with_float_inputs() as opened:
        assert {port.element_type for port in opened.contract.inputs} == {"f32"}
        assert {port.layout for port in opened.contract.inputs} == {"NHWC"}
        closed = runner.predict(sample.images)
        floats = opened.predict(sample.images)

    assert np.array_equal(closed.alpha, floats.alpha)
    assert np.array_equal(closed.foreground, floats.foreground)


def test_an_ir_for_floats_is_open_already(tiny_models: Path) -> None:
    with open_runner(FormFile(tiny_models / "fp32/model.xml")) as runner, runner.with_float_inputs() as opened:
        assert opened is runner


HEIGHT, WIDTH = SIZE
WRONG_FOR_FRAMES = {
    "floats": (np.zeros((1, HEIGHT, WIDTH, 3), np.float32), r"src: expected uint8 values 0\.\.255, found float32"),
    "planes": (
        np.zeros((1, 3, HEIGHT, WIDTH), np.uint8),
        r"src: expected shape .* \(NHWC\), found .* in another order",
    ),
    "size": (np.zeros((1, 8, 8, 3), np.uint8), r"src: expected shape .*, found \(1, 8, 8, 3\): another size"),
}
WRONG_FOR_PLANES = {
    "bytes": (np.zeros((1, 3, HEIGHT, WIDTH), np.uint8), r"src: expected float32 values 0\.\..*, found uint8"),
    "doubles": (np.zeros((1, 3, HEIGHT, WIDTH)), r"src: expected float32 values 0\.\..*, found float64"),
    "frames": (np.zeros((1, HEIGHT, WIDTH, 3), np.float32), r"src: expected shape .* \(NCHW\), .* in another order"),
    "no batch": (np.zeros((3, HEIGHT, WIDTH), np.float32), r"src: expected shape .*: another size"),
}


@pytest.mark.parametrize("wrong", WRONG_FOR_FRAMES)
def test_an_ir_for_frames_refuses_other_inputs(frame_ir: Path, wrong: str) -> None:
    tensor, message = WRONG_FOR_FRAMES[wrong]

    with open_runner(FormFile(frame_ir)) as runner, pytest.raises(DataError, match=message):
        runner.infer({"src": tensor, "bgr": np.zeros((1, HEIGHT, WIDTH, 3), np.uint8)})


@pytest.mark.parametrize("name", ["model.onnx", "fp32/model.xml"])
@pytest.mark.parametrize("wrong", WRONG_FOR_PLANES)
def test_a_form_for_planes_refuses_other_inputs(tiny_models: Path, name: str, wrong: str) -> None:
    tensor, message = WRONG_FOR_PLANES[wrong]

    with FORMS[name](tiny_models / name) as runner, pytest.raises(DataError, match=message):
        runner.infer({"src": tensor, "bgr": np.zeros((1, 3, HEIGHT, WIDTH), np.float32)})


def test_the_second_input_is_checked_too(tiny_models: Path) -> None:
    good = np.zeros((1, 3, HEIGHT, WIDTH), np.float32)

    with (
        open_runner(FormFile(tiny_models / "fp32/model.xml")) as runner,
        pytest.raises(DataError, match=r"^bgr: "),
    ):
        runner.infer({"src": good, "bgr": good[:, :, :4]})


@pytest.mark.parametrize(("name", "missing"), [("model.onnx", "model.onnx"), ("fp32/model.xml", "fp32/model.bin")])
def test_a_missing_file_is_named(tiny_models: Path, tmp_path: Path, name: str, missing: str) -> None:
    folder = shutil.copytree(tiny_models, tmp_path / "models")
    (folder / missing).unlink()

    with pytest.raises(DataError, match=rf"{missing}: no such .*; run `mattekit convert`"):
        FORMS[name](folder / name)


@pytest.mark.parametrize(
    ("name", "damaged"),
    [("model.onnx", "model.onnx"), ("fp32/model.xml", "fp32/model.xml"), ("fp32/model.xml", "fp32/model.bin")],
)
@pytest.mark.parametrize("damage", ["empty", "half", "tail", "garbage"])
def test_a_broken_file_is_named(tiny_models: Path, tmp_path: Path, name: str, damaged: str, damage: str) -> None:
    folder = shutil.copytree(tiny_models, tmp_path / "models")
    whole = (folder / damaged).read_bytes()
    content = {"empty": b"", "half": whole[: len(whole) // 2], "tail": whole[:-40], "garbage": b"garbage"}[damage]
    (folder / damaged).write_bytes(content)

    with pytest.raises(
        DataError,
        match=rf"{name}: (not a readable ONNX|its graph is not|onnxruntime cannot load|OpenVINO cannot read)",
    ):
        FORMS[name](folder / name)


def test_an_onnx_without_contract_is_refused(tiny_onnx: Path) -> None:
    with pytest.raises(DataError, match=r"carries no I/O contract; convert it with `mattekit convert --onnx"):
        OnnxRunner(tiny_onnx)


def test_an_ir_without_contract_is_refused(tiny_onnx: Path, tmp_path: Path) -> None:
    path = tmp_path / "plain.xml"
    openvino.save_model(openvino.Core().read_model(tiny_onnx), path)

    with pytest.raises(DataError, match=r"plain\.xml: carries no I/O contract in its rt_info"):
        OpenVinoRunner(FormFile(path))


def test_an_onnx_whose_contract_is_garbled_is_refused(tiny_models: Path, tmp_path: Path) -> None:
    model = onnx.load(tiny_models / "model.onnx")
    model.metadata_props[0].value = "{}"
    onnx.save(model, tmp_path / "garbled.onnx")

    with pytest.raises(DataError, match=r"garbled\.onnx: its I/O contract is not readable"):
        OnnxRunner(tmp_path / "garbled.onnx")


def test_torch_runs_the_network_of_the_contract() -> None:
    rng = np.random.default_rng(2)
    source, background = rng.integers(0, 256, (2, 64, 96, 3), np.uint8)

    with TorchRunner(golden_network(refine_mode="full"), network_contract(ARCHITECTURE, (64, 96), HASH)) as runner:
        prediction = runner.predict({"source": source, "background": background})
        swapped = runner.predict({"source": background, "background": source})

    assert (runner.framework, runner.precision) == ("torch", "f32")
    assert prediction.alpha.shape == (64, 96)
    assert prediction.foreground.shape == (64, 96, 3)
    assert np.abs(prediction.alpha - swapped.alpha).max() > 1e-3


def test_torch_refines_the_chosen_cells_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    network = golden_network(refine_sample_pixels=800)
    source, background = (image.numpy() for image in golden_images(64, 96))
    expected = network(torch.from_numpy(source), torch.from_numpy(background))
    monkeypatch.delattr(Refiner, "refine_everywhere")

    with TorchRunner(network, network_contract(ARCHITECTURE, (64, 96), HASH)) as runner:
        outputs = runner.infer({"src": source, "bgr": background})

    assert np.abs(outputs["pha"] - expected.pha.detach().numpy()).max() <= 1e-6
    assert np.abs(outputs["fgr"] - expected.fgr.detach().numpy()).max() <= 1e-6


RELEASED_AS_THEY_CAME = """
import os, signal, sys
from pathlib import Path
from converter.forms.variant import FormFile
from converter.runners.opening import open_runner

first, second = (open_runner(FormFile(Path(sys.argv[1]))) for _ in range(2))
del first
del second
signal.signal(signal.SIGINT, lambda *_: print("handled"))
os.kill(os.getpid(), signal.SIGINT)
"""


def test_a_signal_is_handled_after_runners_went_in_the_order_they_came(tiny_models: Path) -> None:
    script = [sys.executable, "-c", RELEASED_AS_THEY_CAME, str(tiny_models / "fp32/model.xml")]

    ended = subprocess.run(script, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (0, "handled\n"), ended.stderr
