"""MODNet: a frame alone in -1..1 goes in, and IRs of 0..255 with the mean inside are proved against it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import openvino
import pytest
import torch
from modnet_job import SIZE, modnet_config
from modnet_network import modnet_like, small_modnet, write_modnet
from openvino.preprocess import PrePostProcessor
from tiny_model import tiny_config

from configs.errors import DataError, ParityError, UsageError
from configs.schema import ModelSection
from converter.architectures.modnet import ARCHITECTURE
from converter.convert import convert
from converter.forms.contract import RT_INFO_PATH, ir_contract
from converter.forms.record import Conversion
from converter.forms.variant import FormFile, Variant, ir_variant
from converter.proof.counterfactual import check_counterfactuals, measure_counterfactuals, wrong_ways
from converter.runners.opening import open_runner
from converter.verify import verify
from datasets.samples.sample import Prediction, Sample

CONTRACT = ir_contract(ARCHITECTURE, SIZE, "0" * 64)
MARGIN = 5.0


def answer(sample: Sample) -> np.ndarray:
    """Return what the network gives, with PyTorch."""
    image = torch.from_numpy(sample.source.transpose(2, 0, 1)[None].copy()).float() / 127.5 - 1
    with torch.inference_mode():
        return small_modnet()(image)[0, 0].numpy()


def test_every_form_gives_what_the_network_gives(modnet_models: Path, samples: list[Sample]) -> None:
    variants = {"onnx": Variant("onnx"), **{hop: ir_variant(hop) for hop in ("ir-fp32", "ir-fp16", "ir-int8")}}

    for name, variant in variants.items():
        with open_runner(variant, modnet_models) as runner:
            prediction = runner.predict(samples[0].images)
        assert prediction.foreground is None
        limit = {"ir-fp16": 1e-2, "ir-int8": 0.1}.get(name, 1e-5)
        np.testing.assert_allclose(prediction.alpha, answer(samples[0]), rtol=0, atol=limit, err_msg=name)


def test_irs_are_proved_against_every_wrong_range(modnet_onnx: Path, modnet_models: Path) -> None:
    record = Conversion.read(modnet_models)

    for form in record.forms[2:]:
        assert (form.contract.source.span, form.contract.mean, form.contract.scale) == ("0..255", 127.5, 127.5)
        assert form.counterfactuals is not None
        assert set(form.counterfactuals.distances) == {
            "as declared",
            "input swapped",
            "not scaled",
            "scaled twice",
            "mean missed",
            "mean twice",
            "scale missed",
            "taken for 0..1",
        }
    assert len(verify(modnet_models, modnet_config(modnet_onnx, modnet_models), say=lambda _: None)) == 5


Steps = Sequence[tuple[str, float]]
MakeIr = Callable[..., Path]
RIGHT: Steps = (("mean", 127.5), ("scale", 127.5))


@pytest.fixture
def make_ir(modnet_models: Path, tmp_path: Path) -> MakeIr:
    """Return what writes an IR that does these steps to its images, whatever its contract says."""

    def make(steps: Steps, *, reverse: bool = True) -> Path:
        processor = PrePostProcessor(openvino.Core().read_model(modnet_models / "model.onnx"))
        entry = processor.input("input")
        entry.tensor().set_layout(openvino.Layout("NCHW"))
        entry.model().set_layout(openvino.Layout("NCHW"))
        if reverse:
            entry.preprocess().reverse_channels()
        for step, value in steps:
            getattr(entry.preprocess(), step)(value)
        model = processor.build()
        model.set_rt_info(CONTRACT.model_dump_json(), list(RT_INFO_PATH))
        path = tmp_path / "model.xml"
        openvino.save_model(model, path, compress_to_fp16=False)
        return path

    return make


def judge(path: Path, samples: list[Sample]) -> None:
    answers = [Prediction(answer(sample)) for sample in samples]
    with open_runner(FormFile(path)) as runner:
        check_counterfactuals("ir-fp32", measure_counterfactuals(runner, samples, answers), CONTRACT, MARGIN)


def test_an_ir_that_does_as_it_says_passes(make_ir: MakeIr, samples: list[Sample]) -> None:
    judge(make_ir(RIGHT), samples)


@pytest.mark.parametrize(
    ("steps", "looks"),
    [
        ((), r"-1\.\.1: the mean of 127\.5 and the scale of 127\.5 are not in the model"),
        ((*RIGHT, *RIGHT), r"127\.5\.\.32640: .* are in the model twice"),
        (RIGHT[1:], r"-127\.5\.\.127\.5: the mean of 127\.5 is not in the model, its scale of 127\.5 is"),
        ((RIGHT[0], *RIGHT), r"127\.5\.\.382\.5: the mean of 127\.5 is in the model twice"),
        (RIGHT[:1], r"126\.5\.\.128\.5: the scale of 127\.5 is not in the model, its mean of 127\.5 is"),
        ((("scale", 255.0),), r"-255\.\.255: the model divides by 255 instead"),
    ],
)
def test_an_ir_of_a_wrong_range_is_refuted_by_name(
    make_ir: MakeIr, samples: list[Sample], steps: Steps, looks: str
) -> None:
    with pytest.raises(ParityError, match=f"hop ir-fp32: the contract is wrong: input input looks {looks}"):
        judge(make_ir(steps), samples)


def test_an_ir_of_the_other_colour_order_is_refuted(make_ir: MakeIr, samples: list[Sample]) -> None:
    with pytest.raises(ParityError, match="the contract is wrong: input input looks RGB"):
        judge(make_ir(RIGHT, reverse=False), samples)


def test_every_wrong_way_is_another(samples: list[Sample]) -> None:
    ways = wrong_ways(CONTRACT)

    assert len({way.contract.model_dump_json() for way in ways.values()} | {CONTRACT.model_dump_json()}) == 8


def test_frames_of_bytes_give_the_same(modnet_onnx: Path, samples: list[Sample], tmp_path: Path) -> None:
    out = tmp_path / "frames"
    convert(
        modnet_config(modnet_onnx, out, convert={"precisions": ["fp32"], "input_form": "nhwc-u8"}), say=lambda _: None
    )

    with open_runner(ir_variant("ir-fp32"), out) as runner:
        assert runner.contract.source.element_type == "u8"
        np.testing.assert_allclose(runner.predict(samples[0].images).alpha, answer(samples[0]), rtol=0, atol=1e-5)


def test_a_size_or_a_checkpoint_that_it_does_not_take_is_refused(modnet_onnx: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="divisible by 32 for MODNet, not 1280x720"):
        convert(modnet_config(modnet_onnx, tmp_path / "out", convert={"size": "1280x720"}))
    with pytest.raises(DataError, match="MODNet is converted from a ready ONNX alone"):
        ARCHITECTURE.network(ModelSection(architecture="modnet", checkpoint=modnet_onnx))


def test_an_ir_of_its_tensors_that_carries_no_contract_is_not_taken_for_it(modnet_onnx: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    openvino.save_model(openvino.convert_model(modnet_onnx), path)

    with pytest.raises(DataError, match=r"tensors, input and output, may be any network's; .*--architecture modnet"):
        open_runner(FormFile(path))


def test_a_family_that_has_its_tensors_is_named_where_another_is_asked_for(modnet_onnx: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found input; MODNet has these: give --architecture modnet"):
        convert(tiny_config(modnet_onnx, tmp_path / "out"), say=lambda _: None)


@pytest.mark.slow
def test_a_network_of_its_size_is_proved_with_the_tolerances_it_has(tmp_path: Path) -> None:
    onnx = write_modnet(modnet_like(), tmp_path / "modnet.onnx", (256, 320))
    parity = {"samples": 1, "stimuli": True, "stimuli_factor": 4}
    settings = {"precisions": ["fp32", "fp16"], "size": "320x256", "parity": parity}

    record = convert(modnet_config(onnx, tmp_path / "models", convert=settings), say=lambda _: None)

    assert [form.hop for form in record.forms] == ["onnx", "onnx-simplified", "ir-fp32", "ir-fp16"]
