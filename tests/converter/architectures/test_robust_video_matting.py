"""RobustVideoMatting: a small network of its interface, through conversion, with states, ratio and size fixed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from rvm_network import RATIO, small_rvm_answers, write_small_rvm
from tiny_model import SIZE, tiny_config
from toy_models import toy_config

from configs.errors import DataError, UsageError
from configs.schema import Config, ModelSection
from converter.architectures import architecture_named
from converter.convert import convert
from converter.forms.contract import ONNX_KEY, network_contract
from converter.forms.record import Conversion
from converter.forms.variant import FormFile, Variant, ir_variant
from converter.runners.base import encode_inputs
from converter.runners.opening import open_runner
from converter.runners.openvino_ir import read_ir
from converter.runners.original import open_original
from converter.steps.static_graph import dynamic_ir_values, dynamic_onnx_values
from converter.verify import verify

NAME = "robust-video-matting"
STATES = {"r1i": (1, 3, 16, 24), "r2i": (1, 4, 8, 12), "r3i": (1, 6, 4, 6), "r4i": (1, 8, 2, 3)}


def quiet(*_: Any) -> None:
    """Report to nobody."""


@pytest.fixture(scope="module")
def onnx_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_rvm(tmp_path_factory.mktemp("rvm") / "small.onnx")


def job(onnx_file: Path, out: Path, ratio: float | None = RATIO, name: str = NAME, **sections: Any) -> Config:
    """Return a job on the network."""
    model: dict[str, Any] = {"architecture": name, "onnx": str(onnx_file), "downsample_ratio": ratio}
    return toy_config(model, out, **sections)


@pytest.fixture(scope="module")
def models(onnx_file: Path) -> Path:
    out = onnx_file.parent / "models"
    convert(job(onnx_file, out), say=quiet)
    return out


@pytest.fixture(scope="module")
def frames() -> list[NDArray[np.uint8]]:
    draw = np.random.default_rng(7)
    return [draw.integers(0, 256, (*SIZE, 3), dtype=np.uint8) for _ in range(4)]


@pytest.fixture
def static_onnx(models: Path, tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a graph of static shapes, its ratio built in and without a contract, its tensors renamed."""

    def write(rename: Callable[[str], str] = str) -> Path:
        model = onnx.load(models / "model.onnx")
        kept = [entry for entry in model.metadata_props if entry.key != ONNX_KEY]
        del model.metadata_props[:]
        model.metadata_props.extend(kept)
        for value in (*model.graph.input, *model.graph.output):
            value.name = rename(value.name)
        for node in model.graph.node:
            node.input[:], node.output[:] = map(rename, node.input), map(rename, node.output)
        onnx.save(model, tmp_path / "static.onnx")
        return tmp_path / "static.onnx"

    return write


@pytest.mark.parametrize(
    ("size", "ratio"), [((720, 1280), 0.4), ((1080, 1920), 512 / 1920), ((1920, 1080), 512 / 1920), ((512, 288), 1)]
)
def test_the_ratio_left_out_is_that_of_the_published_program(size: tuple[int, int], ratio: float) -> None:
    contract = network_contract(architecture_named(NAME), size, "0" * 64)

    assert [port.value for port in contract.inputs if port.role == "ratio"] == [pytest.approx(ratio)]


def test_forms_are_static_and_have_the_ratio_built_in(models: Path) -> None:
    record = Conversion.read(models)

    for form in record.forms:
        contract = form.contract
        assert contract.constants == {"downsample_ratio": RATIO}
        assert [port.name for port in contract.inputs] == ["src", *STATES]
        assert {taken.name: taken.shape for taken, _ in contract.states} == STATES
        assert {given.name: given.shape for _, given in contract.states} == {
            name.replace("i", "o"): shape for name, shape in STATES.items()
        }
    simplified, ir = onnx.load(models / "model.onnx"), read_ir(models / "fp32" / "model.xml")
    assert [value.name for value in simplified.graph.input] == ["src", *STATES]
    assert dynamic_onnx_values(simplified) == dynamic_ir_values(ir) == []
    original = open_original(ModelSection.model_validate(record.settings["model"]), SIZE)
    assert original.contract.constants == {}
    assert [port.shape for port in original.contract.inputs if port.role == "state"] == [(1, None, None, None)] * 4


@pytest.mark.parametrize("hop", ["original", "onnx", "onnx-simplified", "ir-fp32", "ir-fp16"])
def test_every_form_gives_what_pytorch_gives_along_a_clip(
    models: Path, frames: list[NDArray[np.uint8]], hop: str
) -> None:
    with open_runner(ir_variant(hop) if hop.startswith("ir") else Variant(hop), models) as runner:
        found = []
        for clip, frame in (*(("a", frame) for frame in frames), ("b", frames[1])):
            runner.enter_clip(clip)
            found.append(runner.predict({"source": frame}).alpha)

    expected = [*small_rvm_answers(frames), *small_rvm_answers(frames[1:2])]
    near = 5e-3 if hop == "ir-fp16" else 1e-5
    for alpha, answer in zip(found, expected, strict=True):
        np.testing.assert_allclose(alpha, answer, rtol=0, atol=near)
    assert np.abs(expected[1] - expected[4]).max() > 0.1  # the same frame, after another and as the first


def test_sizes_of_states_follow_from_size_and_ratio(onnx_file: Path, tmp_path: Path) -> None:
    settings = {"size": "120x72", "precisions": ["fp32"]}

    record = convert(job(onnx_file, tmp_path / "models", None, convert=settings), say=quiet)

    contract = record.forms[-1].contract
    assert contract.constants == {"downsample_ratio": 1}
    assert [taken.shape for taken, _ in contract.states] == [
        (1, 3, 36, 60),
        (1, 4, 18, 30),
        (1, 6, 9, 15),
        (1, 8, 5, 8),
    ]


def test_states_are_proved_and_proved_again(models: Path, onnx_file: Path) -> None:
    record = Conversion.read(models)

    for form in record.forms:
        assert form.recurrence is not None
        assert (form.recurrence.first.samples, form.recurrence.later.samples) == (1, 3)
        assert set(form.recurrence.distances) == {
            "as declared",
            "no state carried",
            "states a frame late",
            "states kept into the next clip",
            *(f"state r{index} lost" for index in (1, 2, 3, 4)),
        }
    again = verify(models, job(onnx_file, models), say=quiet)
    assert [form.recurrence for form in again] == [form.recurrence for form in record.forms]


@pytest.mark.parametrize("hop", ["original", "onnx-simplified", "ir-fp32"])
def test_a_state_of_another_shape_is_refused(models: Path, frames: list[NDArray[np.uint8]], hop: str) -> None:
    with open_runner(ir_variant(hop) if hop.startswith("ir") else Variant(hop), models) as runner:
        images = encode_inputs(runner.contract, {"source": frames[0]})
        with pytest.raises(DataError, match=r"r2i: expected shape \(1, .*, found \(4, 8, 12\)"):
            runner.infer({**images, "r2i": np.zeros((4, 8, 12), np.float32)})
        with pytest.raises(DataError, match=r"r2i: expected float32, found float64"):
            runner.infer({**images, "r2i": np.zeros((1, 4, 8, 12))})  # type: ignore[dict-item]
        if hop != "original":
            with pytest.raises(DataError, match=r"r2i: expected shape \(1, 4, 8, 12\) .*, found \(1, 4, 12, 8\)"):
                runner.infer({**images, "r2i": np.zeros((1, 4, 12, 8), np.float32)})


def test_a_ratio_that_nothing_takes_is_a_usage_error(
    static_onnx: Callable[..., Path], tmp_path: Path, tiny_onnx: Path
) -> None:
    with pytest.raises(UsageError, match=r"model.downsample_ratio: .*static.onnx has its ratio built in"):
        convert(job(static_onnx(), tmp_path / "models"), say=quiet)
    plain = tiny_config(tiny_onnx, tmp_path / "models")
    model = {**plain.model_dump()["model"], "downsample_ratio": 0.5}
    with pytest.raises(UsageError, match=r"model.downsample_ratio: BackgroundMattingV2 takes none; leave the key out"):
        convert(Config.model_validate({**plain.model_dump(), "model": model}), say=quiet)


@pytest.mark.parametrize("omz", [False, True], ids=["without a ratio", "as Open Model Zoo names it"])
def test_an_onnx_of_fixed_sizes_is_taken(
    static_onnx: Callable[..., Path], tmp_path: Path, frames: list[NDArray[np.uint8]], omz: bool
) -> None:
    names = {f"r{i}{end}": f"{start}r{i}" for i in (1, 2, 3, 4) for end, start in (("i", ""), ("o", "r"))}
    source = static_onnx((lambda name: names.get(name, name)) if omz else str)

    config = job(source, tmp_path / "models", None, f"{NAME}-omz" if omz else NAME)
    record = convert(config, say=quiet)

    contract = record.forms[-1].contract
    assert contract.constants == {}
    assert [taken.shape for taken, _ in contract.states] == list(STATES.values())
    with open_runner(ir_variant("ir-fp32"), tmp_path / "models") as runner:
        found = [runner.predict({"source": frame}).alpha for frame in frames]
    np.testing.assert_allclose(found, small_rvm_answers(frames), rtol=0, atol=1e-5)


def test_another_program_s_ir_is_known_by_its_tensors(
    static_onnx: Callable[..., Path], tmp_path: Path, frames: list[NDArray[np.uint8]]
) -> None:
    import openvino
    from openvino.preprocess import PrePostProcessor

    steps = PrePostProcessor(openvino.Core().read_model(static_onnx()))
    steps.input("src").preprocess().reverse_channels().scale(255.0)
    steps.input("src").tensor().set_layout(openvino.Layout("NCHW"))
    openvino.save_model(steps.build(), tmp_path / "model.xml", compress_to_fp16=False)

    with open_runner(FormFile(tmp_path / "model.xml")) as runner:
        assert runner.assumed
        found = [runner.predict({"source": frame}).alpha for frame in frames]

    np.testing.assert_allclose(found, small_rvm_answers(frames), rtol=0, atol=1e-5)


def test_an_onnx_of_other_tensors_is_named(tiny_onnx: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"tiny.onnx: expected the inputs src and r1i .* found src, bgr"):
        convert(job(tiny_onnx, tmp_path / "models"), say=quiet)


def test_int8_is_refused_because_stills_have_no_states(onnx_file: Path, tmp_path: Path) -> None:
    config = job(onnx_file, tmp_path / "models", convert={"precisions": ["fp32", "int8"]})

    with pytest.raises(UsageError, match=r"no int8 of RobustVideoMatting: it carries states \(r1i, r2i, r3i, r4i\)"):
        convert(config, say=quiet)
    assert not (tmp_path / "models").exists()
