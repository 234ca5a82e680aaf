"""Models that carry no contract: it is found by running them in every plausible way, and never believed unproved."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import openvino
import pytest
from onnx import helper, numpy_helper
from openvino.preprocess import PrePostProcessor
from tiny_model import SIZE

from configs.errors import DataError, MattekitError, UsageError
from configs.schema import NamedModel
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import network_contract
from converter.forms.named import named_forms
from converter.forms.proofs import ContractProof
from converter.proof.named import Reference, open_named
from converter.runners.onnx_runtime import OnnxRunner
from datasets.samples.layout import iterate_pairs, open_set

MakeModel = Callable[..., Path]
Open = Callable[..., ContractProof]


@pytest.fixture
def foreign(tiny_models: Path, tmp_path: Path) -> MakeModel:
    """Make an IR of the tiny network as another program would: no rt_info, its own names, order, range and layout."""

    def make(
        *,
        order: str = "BGR",
        scale: float = 1,
        mean: float = 0,
        layout: str = "NCHW",
        rename: dict[str, str] | None = None,
        source: Path | None = None,
    ) -> Path:
        processor = PrePostProcessor(openvino.Core().read_model(source or tiny_models / "model.onnx"))
        for name in ("src", "bgr"):
            entry = processor.input(name)
            entry.tensor().set_layout(openvino.Layout(layout))
            entry.model().set_layout(openvino.Layout("NCHW"))
            if order == "BGR":
                entry.preprocess().reverse_channels()
            if mean:
                entry.preprocess().mean(mean)
            if scale != 1:
                entry.preprocess().scale(scale)
        model = processor.build()
        for port in (*model.inputs, *model.outputs):
            port.set_names({(rename or {}).get(name, name) for name in port.get_names()})
        path = tmp_path / "theirs.xml"
        openvino.save_model(model, path, compress_to_fp16=False)
        return path

    return make


@pytest.fixture
def opened(tiny_models: Path, tiny_set: Path) -> Open:
    """Open a model beside the tiny one, on the first two samples of the set; return how its contract is known."""

    def proved(path: Path | str, contract: str | None = None, samples: int = 2) -> ContractProof:
        with OnnxRunner(tiny_models / "model.onnx") as original:
            reference = Reference(original, lambda: list(iterate_pairs(open_set(tiny_set), samples)), 5.0)
            [form] = named_forms({"theirs": NamedModel(path=str(path), contract=contract)})
            runner, proof = open_named(form, reference)
            with runner:
                sample = reference.samples[0]
                prediction = runner.predict(sample.images)
                # Whatever way it takes its images, it gives what the original gives.
                np.testing.assert_allclose(prediction.alpha, reference.predictions[0].alpha, atol=2e-3)
            return proof

    return proved


@pytest.mark.parametrize(
    ("order", "mean", "scale", "span"),
    [("BGR", 0, 255, "0..255"), ("RGB", 0, 1, "0..1"), ("BGR", 0, 1, "0..1"), ("RGB", -1, 2, "-1..1")],
)
def test_the_contract_is_the_way_that_brings_it_near_the_original(
    foreign: MakeModel, opened: Open, order: str, mean: float, scale: float, span: str
) -> None:
    proof = opened(foreign(order=order, mean=mean, scale=scale))
    images = f"src (source) {order}, bgr (background) {order}, NCHW f32 {span}"
    assert proof.takes == f"{images} -> pha (alpha), fgr (foreground) RGB, 0..1"
    assert (proof.how, proof.tried) == ("proved", 56)
    assert proof.distance is not None and proof.next_distance is not None
    assert proof.distance < 1e-5 < 5e-3 < proof.next_distance


def test_tensors_of_other_names_are_told_by_what_they_hold(foreign: MakeModel, opened: Open) -> None:
    names = {"src": "x.2", "bgr": "x.1", "pha": "out.a", "fgr": "out.b"}
    proof = opened(foreign(rename=names, layout="NHWC"))
    assert proof.takes == (
        "x.2 (source) BGR, x.1 (background) BGR, NHWC f32 0..1 -> out.a (alpha), out.b (foreground) RGB, 0..1"
    )
    assert opened(foreign(rename=names), "source=x.2,alpha=out.a").how == "given"


def test_an_onnx_of_anybody_s_is_proved_as_well(tiny_onnx: Path, opened: Open) -> None:
    assert opened(tiny_onnx).takes.startswith("src (source) RGB, bgr (background) RGB, NCHW f32 0..1")


def test_a_form_of_ours_says_it_itself(tiny_models: Path, opened: Open) -> None:
    assert opened(tiny_models / "fp16/model.xml").how == "read"
    with pytest.raises(UsageError, match=r"fp16/model\.xml carries a contract of its own"):
        opened(tiny_models / "fp16/model.xml", "colour=BGR")


def grey(onnx_file: Path, target: Path) -> Path:
    """Write the network with equal weights for red, green and blue, and alpha alone: it cannot tell orders apart."""
    model = onnx.load(onnx_file)
    for tensor in model.graph.initializer:
        if tensor.name == "weights":
            tensor.CopyFrom(
                numpy_helper.from_array(np.repeat([1.5, -1.5], 3).astype(np.float32).reshape(1, 6, 1, 1), "weights")
            )
    del model.graph.output[1]
    onnx.save(model, target)
    return target


def test_what_cannot_be_told_must_be_given(tiny_onnx: Path, tiny_set: Path, tmp_path: Path) -> None:
    path = grey(tiny_onnx, tmp_path / "grey.onnx")
    model = onnx.load(path)
    for value in (*model.graph.input, *model.graph.output):
        for side, length in zip(value.type.tensor_type.shape.dim[2:], SIZE, strict=True):
            side.dim_value = length
    onnx.save(model, path)
    whole = network_contract(ARCHITECTURE, SIZE, "0" * 64)
    contract = whole.model_copy(update={"outputs": whole.outputs[:1]})
    with OnnxRunner(path, contract) as original:
        reference = Reference(original, lambda: list(iterate_pairs(open_set(tiny_set), 2)), 5.0)

        def proof(text: str | None) -> ContractProof:
            [form] = named_forms({"theirs": NamedModel(path=str(path), contract=text)})
            return open_named(form, reference).proof

        with pytest.raises(UsageError, match=r"cannot be told: run with .*colour=.*--contract theirs=.*more colour"):
            proof(None)
        with pytest.raises(UsageError, match=r"the given contract is wrong: .*range=0\.\.1"):
            proof("colour=RGB,range=0..255,source=src")
        known = proof("colour=BGR,range=0..1,source=src")
        assert known.how == "given" and known.takes.startswith("src (source) BGR, bgr (background) BGR")


def test_a_given_contract_is_held_against_the_other_ways(foreign: MakeModel, opened: Open) -> None:
    path = foreign(scale=255)
    assert opened(path, "colour=BGR,range=0..255").how == "given"
    with pytest.raises(UsageError, match=r"the given contract is wrong: .* with colour=BGR and .* nothing, and"):
        opened(path, "colour=RGB")
    with pytest.raises(UsageError, match=r"no way to run it is as the given contract says"):
        opened(path, "range=0..7")


def test_a_contract_comes_from_a_file_too(foreign: MakeModel, opened: Open, tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    file.write_text("colour: BGR\nrange: 0..255\n", encoding="utf-8")
    assert opened(foreign(scale=255), str(file)).how == "given"
    file.write_text("color: BGR\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"theirs\.contract: color: .*; the keys are colour, "):
        opened(foreign(scale=255), str(file))


def test_a_broken_ir_is_named(foreign: MakeModel, opened: Open) -> None:
    path = foreign()
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: len(text) // 2], encoding="utf-8")
    with pytest.raises(DataError, match=r"theirs\.xml: OpenVINO cannot read it"):
        opened(path)
    path.with_suffix(".bin").unlink()
    with pytest.raises(DataError, match=r"theirs\.bin: no such file, of the model theirs; the weights of an IR lie"):
        opened(path)


def test_a_model_of_another_size_or_with_another_input_is_refused(
    tiny_onnx: Path, tmp_path: Path, opened: Open
) -> None:
    model = onnx.load(tiny_onnx)
    for value in model.graph.input:
        for side, length in zip(value.type.tensor_type.shape.dim[2:], (32, 32), strict=True):
            side.dim_value = length
    onnx.save(model, tmp_path / "small.onnx")
    with pytest.raises(DataError, match=r"src takes images of 32x32, the original of 96x64"):
        opened(tmp_path / "small.onnx")
    model = onnx.load(tiny_onnx)
    model.graph.input.append(helper.make_tensor_value_info("trimap", 1, [1, 1, *SIZE]))
    onnx.save(model, tmp_path / "trimap.onnx")
    with pytest.raises(DataError, match=r"the input trimap of shape \(1, 1, 64, 96\) is no image of 3 channels"):
        opened(tmp_path / "trimap.onnx")


@pytest.mark.parametrize(
    ("name", "path", "error", "says"),
    [
        ("torch", "m.xml", UsageError, "cannot be called 'torch'"),
        ("ir-fp16", "m.xml", UsageError, "no name of a variant"),
        ("a b", "m.xml", UsageError, "cannot be called 'a b'"),
        ("mine", "m.pth", UsageError, "expected the path of an IR or ONNX"),
        ("mine", "m.xml@f64", UsageError, "model.xml@PRECISION"),
        ("mine", "m.onnx@bf16", UsageError, "an ONNX runs in f32"),
        ("mine", "m.xml", DataError, "m.xml: no such file, of the model mine; check evaluate.models, or --model"),
    ],
)
def test_names_and_paths_that_are_none(name: str, path: str, error: type[MattekitError], says: str) -> None:
    with pytest.raises(error, match=says):
        named_forms({name: NamedModel(path=path)})
