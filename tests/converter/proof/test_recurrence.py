"""What a form carries from frame to frame: each way to carry it wrongly is told, by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rvm_network import RATIO, write_small_rvm
from toy_models import toy_config

from configs.errors import ParityError
from configs.schema import Config
from converter.architectures.base import EXACT
from converter.convert import convert
from converter.forms.proofs import Recurrence
from converter.forms.variant import Variant, ir_variant
from converter.proof import prover
from converter.proof.recurrence import (
    check_recurrence,
    clips_of,
    looks_like,
    matted,
    measure_recurrence,
    wrong_ways,
)
from converter.runners.around import RunnerAround
from converter.runners.base import Feed, Outputs, Runner
from converter.runners.opening import open_runner
from converter.runners.original import Original
from datasets.samples.sample import Sample


def quiet(*_: Any) -> None:
    """Report to nobody."""


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("rvm")
    onnx = write_small_rvm(folder / "small.onnx")
    model: Any = {"architecture": "robust-video-matting", "onnx": str(onnx), "downsample_ratio": RATIO}
    return toy_config(model, folder / "models", convert={"precisions": ["fp32"]})


@pytest.fixture(scope="module")
def models(job: Config) -> Path:
    convert(job, say=quiet)
    return job.convert.out


STATES_OUT = ("r1o", "r2o", "r3o", "r4o")


class Stuck(RunnerAround):
    """A form that loses a state, hands on the one that it was given, or takes one for another."""

    def __init__(self, inner: Runner, fault: str) -> None:
        super().__init__(inner)
        self._fault, self._kept, self._late = fault, dict[str, Any](), False

    def _run(self, feed: Feed) -> Outputs:
        fed = dict(feed)
        if self._fault == "lost":
            fed |= {name: np.zeros_like(fed[name]) for name in ("r1i", "r2i", "r3i", "r4i")}
        outputs = {name: tensor.copy() for name, tensor in self._inner.run(fed).items()}
        if self._fault == "r2 lost":
            outputs["r2o"] = np.zeros_like(outputs["r2o"])
        if self._fault == "late":
            first = not any(fed[name].any() for name in ("r1i", "r2i", "r3i", "r4i")) and not self._late
            late = {name: np.zeros_like(outputs[name]) if first else self._kept[name] for name in STATES_OUT}
            self._kept, self._late = {name: outputs[name] for name in STATES_OUT}, first
            outputs |= late
        return outputs


@pytest.mark.parametrize(
    ("fault", "way"), [("lost", "no state carried"), ("r2 lost", "state r2 lost"), ("late", "states a frame late")]
)
def test_a_form_that_carries_states_wrongly_is_told_though_its_first_frame_is_right(
    models: Path, samples: list[Sample], fault: str, way: str
) -> None:
    clips = clips_of(samples)
    with open_runner(Variant("original"), models) as original, open_runner(ir_variant("ir-fp32"), models) as form:
        reference = matted(original, clips)
        sound = measure_recurrence(form, clips, reference)
        broken = measure_recurrence(Stuck(form, fault), clips, reference)
        looks = looks_like(Stuck(form, fault), original, clips)

    check_recurrence("ir-fp32", sound, EXACT, 5.0)
    assert broken.first.alpha.max < 1e-4
    with pytest.raises(ParityError) as caught:
        check_recurrence("ir-fp32", broken, EXACT, 5.0)
    assert looks == way
    assert "later frames of a clip: mean |alpha difference|" in str(caught.value)
    assert "the first frame of a clip" not in str(caught.value)


def test_every_wrong_way_moves_the_matte_of_a_sound_form(models: Path, samples: list[Sample]) -> None:
    clips = clips_of(samples)
    with open_runner(Variant("original"), models) as original, open_runner(ir_variant("ir-fp32"), models) as form:
        proof = measure_recurrence(form, clips, matted(original, clips))

    declared = proof.distances.pop("as declared")
    assert declared < 1e-4
    assert min(proof.distances.values()) > 1e-3
    assert "state r4 lost" in proof.distances and "states kept into the next clip" in proof.distances


def test_states_of_one_shape_can_be_swapped(models: Path) -> None:
    with open_runner(ir_variant("ir-fp32"), models) as form:
        contract = form.contract
    assert not [name for name in wrong_ways(contract) if "swapped" in name]
    states = dict.fromkeys(("r1", "r2", "r3"), (1, 3, 4, 6)) | {"r4": (1, 8, 2, 3)}

    ways = wrong_ways(contract.settled(states))

    swapped = {f"states {one} and {two} swapped" for one, two in (("r1", "r2"), ("r1", "r3"), ("r2", "r3"))}
    assert {name for name in ways if "swapped" in name} == swapped
    history: list[Feed] = [{f"r{index}i": np.full(1, index, np.float32) for index in (1, 2, 3, 4)}]
    carried = ways["states r1 and r3 swapped"](history)
    assert [float(carried[f"r{index}i"][0]) for index in (1, 2, 3, 4)] == [3, 2, 1, 4]
    assert ways["states a frame late"](history) == {}


def test_states_that_no_clip_shows_are_not_proved(models: Path, samples: list[Sample]) -> None:
    clips = clips_of(samples)
    with open_runner(ir_variant("ir-fp32"), models) as form:
        proof = measure_recurrence(form, clips, matted(form, clips))
    blind = Recurrence(first=proof.first, later=proof.later, distances=dict.fromkeys(proof.distances, 0.0))

    with pytest.raises(ParityError, match=r"whether it carries its states cannot be proved .* use samples"):
        check_recurrence("ir-fp32", blind, EXACT, 5.0)


def test_a_conversion_whose_form_loses_its_states_fails(
    job: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(form: Any, folder: Path | None = None, **how: Any) -> Runner:
        runner = open_runner(form, folder, **how)
        return runner if isinstance(form, Original) else Stuck(runner, "lost")

    monkeypatch.setattr(prover, "open_runner", opened)
    other = job.model_copy(update={"convert": job.convert.replaced(out=tmp_path / "models")})

    with pytest.raises(ParityError) as caught:
        convert(other, say=quiet)

    assert "hop onnx: later frames of a clip" in str(caught.value)
    assert "hop onnx: along a clip it looks like the original with no state carried" in str(caught.value)
    assert not (tmp_path / "models").exists()
