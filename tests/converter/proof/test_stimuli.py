"""Proof on the stimuli, by the bundled checkpoint at a small size: the original passes, and no known fault does."""

import re
from collections.abc import Iterator

import pytest

from configs.schema import ModelSection
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.proof.faults.border import INPUT_FAULTS, RESULT_FAULTS
from converter.proof.faults.runner import FaultyRunner
from converter.proof.limits import Precision
from converter.proof.stimuli import Stimuli
from converter.runners.base import Runner
from converter.runners.opening import open_runner
from converter.runners.original import Original, open_original
from datasets.samples.gaps import gaps

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
