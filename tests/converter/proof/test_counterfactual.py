"""IRs made in each of the six wrong ways, all carrying the declared contract, and what the proof says of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import openvino
import pytest
from openvino.preprocess import PrePostProcessor
from tiny_model import SIZE, tiny_answer

from configs.errors import ParityError
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import RT_INFO_PATH, Contract, ir_contract
from converter.forms.proofs import Counterfactuals
from converter.forms.variant import FormFile
from converter.proof.counterfactual import DECLARED, check_counterfactuals, measure_counterfactuals
from converter.runners.opening import open_runner
from datasets.samples.sample import Prediction, Sample

CONTRACT = ir_contract(ARCHITECTURE, SIZE, "0" * 64)
FRAMES = ir_contract(ARCHITECTURE, SIZE, "0" * 64, "nhwc-u8")
MARGIN = 5.0
MakeIr = Callable[..., Path]


@pytest.fixture
def make_ir(tiny_models: Path, tmp_path: Path) -> MakeIr:
    def make(
        reversed_inputs: tuple[str, ...] = ("src", "bgr"),
        scales: int = 1,
        flip_foreground: bool = False,
        contract: Contract = CONTRACT,
    ) -> Path:
        source = tiny_models / "model.onnx"
        if flip_foreground:
            source = flipped(source, tmp_path / "flipped.onnx")
        processor = PrePostProcessor(openvino.Core().read_model(source))
        for name in ("src", "bgr"):
            entry = processor.input(name)
            entry.tensor().set_layout(openvino.Layout(contract.inputs[0].layout))
            entry.model().set_layout(openvino.Layout("NCHW"))
            if contract == FRAMES:
                entry.tensor().set_element_type(openvino.Type.u8)
                entry.preprocess().convert_element_type(openvino.Type.f32)
            if name in reversed_inputs:
                entry.preprocess().reverse_channels()
            for _ in range(scales):
                entry.preprocess().scale(CONTRACT.scale)
        model = processor.build()
        model.set_rt_info(contract.model_dump_json(), list(RT_INFO_PATH))
        path = tmp_path / "model.xml"
        openvino.save_model(model, path, compress_to_fp16=False)
        return path

    return make


def flipped(source: Path, target: Path) -> Path:
    """Write the ONNX once more, its foreground's channels reversed."""
    model = onnx.load(source)
    for node in model.graph.node:
        node.output[:] = ["rgb" if name == "fgr" else name for name in node.output]
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([2, 1, 0]), "reversed"))
    model.graph.node.append(onnx.helper.make_node("Gather", ["rgb", "reversed"], ["fgr"], axis=1))
    onnx.save(model, target)
    return target


def measure(path: Path, samples: list[Sample], answers: list[Prediction]) -> Counterfactuals:
    with open_runner(FormFile(path)) as runner:
        return measure_counterfactuals(runner, samples, answers)


FORMS = pytest.mark.parametrize("contract", [CONTRACT, FRAMES], ids=["nchw-f32", "nhwc-u8"])


@FORMS
def test_the_right_ir_is_proved(
    make_ir: MakeIr, samples: list[Sample], answers: list[Prediction], contract: Contract
) -> None:
    result = measure(make_ir(contract=contract), samples, answers)

    assert result.distances.pop(DECLARED) < 1e-6
    assert list(result.distances) == [
        "src swapped",
        "background swapped",
        "both swapped",
        "not scaled",
        "scaled twice",
        "fgr flipped",
    ]
    assert min(result.distances.values()) > 0.02
    check_counterfactuals("ir-fp32", measure(make_ir(contract=contract), samples, answers), contract, MARGIN)


def test_both_input_forms_are_equally_far_in_every_way(
    make_ir: MakeIr, samples: list[Sample], answers: list[Prediction]
) -> None:
    planes = measure(make_ir(), samples, answers).distances
    frames = measure(make_ir(contract=FRAMES), samples, answers).distances

    assert frames == pytest.approx(planes, abs=1e-6)


@FORMS
@pytest.mark.parametrize(
    ("fault", "looks"),
    [
        ({"reversed_inputs": ("bgr",)}, "input src looks RGB"),
        ({"reversed_inputs": ("src",)}, r"input bgr \(the background\) looks RGB"),
        ({"reversed_inputs": ()}, "inputs look RGB"),
        ({"scales": 0}, r"inputs look 0\.\.1: the scale of 255 is not in the model"),
        ({"scales": 2}, r"inputs look 0\.\.65025: the scale of 255 is in the model twice"),
        ({"flip_foreground": True}, "output fgr looks BGR"),
    ],
    ids=[
        "src not reversed",
        "background not reversed",
        "neither reversed",
        "not scaled",
        "scaled twice",
        "fgr flipped",
    ],
)
def test_a_wrong_ir_is_refused_with_what_it_looks_like(
    make_ir: MakeIr,
    samples: list[Sample],
    answers: list[Prediction],
    fault: dict[str, object],
    looks: str,
    contract: Contract,
) -> None:
    result = measure(make_ir(**fault, contract=contract), samples, answers)

    with pytest.raises(ParityError, match=rf"^hop ir-fp32: the contract is wrong: {looks} \(distance as declared 0\."):
        check_counterfactuals("ir-fp32", result, contract, MARGIN)


def test_grey_samples_prove_nothing(make_ir: MakeIr, samples: list[Sample]) -> None:
    def grey(image: np.ndarray) -> np.ndarray:
        return np.repeat(image[..., 1:2], 3, axis=2)

    greys = [replace(one, source=grey(one.source), background=grey(one.background)) for one in samples]
    pairs = [tiny_answer(one.source, one.background) for one in greys]
    answers = [Prediction(alpha.astype(np.float32), colours.astype(np.float32)) for alpha, colours in pairs]

    result = measure(make_ir(), greys, answers)

    with pytest.raises(ParityError, match=r"the contract cannot be proved, .* use samples with more colour"):
        check_counterfactuals("ir-fp32", result, CONTRACT, MARGIN)


def test_nearest_but_not_by_the_margin_is_not_proved() -> None:
    distances = {DECLARED: 0.03, "src swapped": 0.1, "fgr flipped": 0.2}

    check_counterfactuals("ir-fp16", Counterfactuals(distances=distances), CONTRACT, 3.0)
    with pytest.raises(ParityError, match=r"cannot be proved.*declared 0\.03, src swapped 0\.1, margin asked 5"):
        check_counterfactuals("ir-fp16", Counterfactuals(distances=distances), CONTRACT, 5.0)


def test_distance_is_the_mean_over_samples_of_alpha_plus_foreground(
    make_ir: MakeIr, samples: list[Sample], answers: list[Prediction]
) -> None:
    moved = [
        Prediction(answers[0].alpha + np.float32(0.25), answers[0].foreground),
        Prediction(answers[1].alpha, answers[1].foreground + np.float32(0.75)),
    ]

    assert measure(make_ir(), samples, moved).distances[DECLARED] == pytest.approx(0.5, abs=1e-5)
