"""Proof on the stimuli, by the bundled checkpoint at a small size: the original passes, and no known fault does."""

import re
from collections.abc import Iterator

import numpy as np
import pytest

from configs.schema import ModelSection
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.network import MattingNetwork
from converter.proof.alternatives import Matted, PathImages
from converter.proof.faults.border import INPUT_FAULTS, RESULT_FAULTS
from converter.proof.faults.runner import FaultyRunner
from converter.proof.limits import Precision
from converter.proof.stimuli import Stimuli
from converter.runners.base import Images, Runner
from converter.runners.opening import open_runner
from converter.runners.original import Original, open_original
from converter.runners.pytorch import TorchRunner
from datasets.samples.gaps import gaps
from datasets.samples.sample import Prediction

SMALL = (96, 160)
TOLERANCES = ARCHITECTURE.tolerances


@pytest.fixture(scope="module")
def original() -> Original:
    return open_original(ModelSection(refine_sample_pixels=3200), SMALL)


@pytest.fixture(scope="module")
def stimuli(original: Original) -> Stimuli:
    return Stimuli(original)


@pytest.fixture(scope="module")
def sound(original: Original) -> Iterator[Runner]:
    with open_runner(original) as runner:
        yield runner


def problems(stimuli: Stimuli, runner: Runner, precision: Precision, hop: str = "ir-int8") -> list[str]:
    return list(stimuli.problems(stimuli.measure(runner, precision), precision, TOLERANCES[hop]))


def faulty(original: Original, sound: Runner, name: str) -> FaultyRunner:
    if name in INPUT_FAULTS:
        return FaultyRunner(sound, inputs=INPUT_FAULTS[name][1])
    return FaultyRunner(sound, result=RESULT_FAULTS[name][1], network=original.network)


def test_the_original_itself_has_no_problem_at_any_precision(stimuli: Stimuli, sound: Runner) -> None:
    proof = stimuli.measure(sound, "fp32")

    assert list(stimuli.problems(proof, "fp32", TOLERANCES["ir-fp32"])) == []
    assert proof.parity.alpha.max < 1e-6
    assert (proof.tiles.samples, proof.tiles.excused) == (14, 0)
    assert [share.fault for share in proof.shares] == [
        "the scale of input bgr were 256 for 255",
        "the scale of input src were 256 for 255",
        "2/255 were subtracted from input src",
    ]
    assert all(share.value is not None and abs(share.value) < 1e-3 for share in proof.shares)


def test_the_battery_leaves_nothing_unseen(stimuli: Stimuli) -> None:
    assert gaps(stimuli.coverage) == []


@pytest.mark.parametrize(
    ("fault", "precision", "told"),
    [
        ("alpha 0 in the 150 rightmost of 1280 columns", "int8", r"the alpha of an 8x8 block moved by 255/255, limit"),
        ("foreground clipped at 0.9", "int8", r"foreground"),
        (
            "alpha 0.15 in 12x12",
            "fp16",
            r"alpha of an 8x8 block moved by \d+/255, .*sample stimuli/hair-\d+, at x 12\d, y 1\d",
        ),
        ("alpha + 2.2/255 in 8x8", "fp16", r"the alpha of an 8x8 block moved by 2\.\d*/255"),
        ("scale 256 for 255", "int8", r"it is as if the scale of input src were 256 for 255"),
        ("scale 256 for 255 of the background", "fp16", r"it is as if the scale of input bgr were 256 for 255 \(1\.0"),
        ("mean of 2/255 subtracted", "int8", r"it is as if 2/255 were subtracted from input src"),
        ("mean of 2/255 subtracted from the background", "fp16", r"as if the scale of input bgr were 256 for 255"),
        ("alpha gamma 1.1", "int8", r"alpha gamma 1\.\d+, limit"),
        ("foreground - 1/255", "int8", r"foreground offset of red -0\.00\d+, limit 0 .*: as if 1/255 were subtracted"),
        ("foreground + 2/255", "int8", r"foreground offset of red 0\.00\d+, limit 0 .*: as if 2/255 were added"),
        ("alpha 0.4 in 16x16", "int8", r"the alpha of an 8x8 block moved by"),
        ("refined alpha never written", "int8", r"alpha left coarse 1\.0000, .*: as if 100% of the refinement"),
    ],
)
def test_known_ways_through_are_shut(
    stimuli: Stimuli, original: Original, sound: Runner, fault: str, precision: Precision, told: str
) -> None:
    found = problems(stimuli, faulty(original, sound, fault), precision)

    assert any(re.search(told, problem) for problem in found), found


class PathRunner(TorchRunner):
    """The original with other images on some of its paths."""

    def __init__(self, original: Original, *reversed_paths: str) -> None:
        assert isinstance(original.network, MattingNetwork)
        super().__init__(original.network, original.contract)
        self._matting, self._reversed = original.network, reversed_paths

    def predict(self, images: Images) -> Prediction:
        source, background = images["source"], images["background"]
        right = PathImages(source, background, source, background, source)
        wrong = {path: np.ascontiguousarray(getattr(right, path)[..., ::-1]) for path in self._reversed}
        return Matted(self._matting, right._replace(**wrong)).prediction()


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (("base_source",), "the channels of input src were in the other order in the base network alone"),
        (("base_background",), "the channels of input bgr were in the other order in the base network alone"),
        (("added_source",), r"the channels of input src were in the other order in the sum that makes the foreground"),
        (("base_source", "refiner_source", "added_source"), "the channels of input src were in the other order$"),
        (("base_background", "refiner_background"), "the channels of input bgr were in the other order$"),
        (PathImages._fields, "the channels of every input were in the other order$"),
        (
            ("base_source", "base_background", "refiner_source", "refiner_background"),
            "every input were in the other order, except for input src in the sum that makes the foreground",
        ),
    ],
)
def test_the_path_whose_channels_are_reversed_is_named(
    stimuli: Stimuli, original: Original, paths: tuple[str, ...], told: str
) -> None:
    looks = stimuli.looks_like(PathRunner(original, *paths))

    assert looks is not None and re.search(told, looks), looks


def test_a_form_that_fails_otherwise_looks_like_no_reversal(
    stimuli: Stimuli, original: Original, sound: Runner
) -> None:
    assert stimuli.looks_like(faulty(original, sound, "alpha inverted")) is None
