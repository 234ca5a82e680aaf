"""Proof of what a form carries from frame to frame: it mattes a short clip as the original does, and only so.

A form that loses a state, hands on an old one, or takes one for another gives a right first frame. So frames of a clip
are matted with states carried, first and later frames judged apart; and the form is run in every wrong way to carry its
states, from which the right way has to stand out.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.errors import ParityError
from configs.schema import HopTolerance
from converter.forms.contract import Contract
from converter.forms.proofs import Recurrence
from converter.proof.counterfactual import DECLARED, distance_between
from converter.proof.parity import measure_parity, violations
from converter.runners.base import Feed, Images, Runner
from datasets.samples.sample import Pair, Prediction

FRAMES = 4
"""Of the clip. A state that is one frame late shows from the third frame on."""
_STEP = 1 / 100
"""Of a frame's longer side: how far the camera turns between two frames."""
NEVER_CARRIED, LATE, KEPT = "no state carried", "states a frame late", "states kept into the next clip"
NEARER = 0.5
"""A form looks like the original in a wrong way if it is at most this share as far from that as from the original."""

Carry = Callable[[Sequence[Feed]], Feed]
"""What a frame is given, from the states after each frame before it."""


class Clips(NamedTuple):
    """A clip, and the first frame of another one."""

    frames: tuple[Images, ...]
    next: Images


class Matted(NamedTuple):
    """What a form makes of them."""

    frames: list[Prediction]
    next: Prediction


def clips_of(samples: Sequence[Pair]) -> Clips:
    """Return clips made of composites: a camera that turns over the first, and the last one, mirrored."""
    first, last = samples[0].images, samples[-1].images
    frames = tuple({role: _moved(image, number) for role, image in first.items()} for number in range(FRAMES))
    return Clips(frames, {role: np.ascontiguousarray(image[:, ::-1]) for role, image in last.items()})


def matted(runner: Runner, clips: Clips) -> Matted:
    """Matte the clips as declared: states carried within a clip, and not into the next."""
    return Matted(_play(runner, clips.frames, _last), _play(runner, (clips.next,), _last)[0])


def measure_recurrence(runner: Runner, clips: Clips, original: Matted) -> Recurrence:
    """Run a form over the clips as declared and in every wrong way to carry its states.

    Args:
        runner: the form.
        clips: of `clips_of`.
        original: what the original makes of them.
    """
    declared = matted(runner, clips)
    distances = {DECLARED: _furthest(declared, original)}
    for name, carry in wrong_ways(runner.contract).items():
        frames = _play(runner, clips.frames, carry)
        distances[name] = _furthest(Matted(frames, declared.next), original)
    _play(runner, clips.frames, _last)
    left = dict(runner.states)
    distances[KEPT] = _furthest(Matted(declared.frames, _play(runner, (clips.next,), lambda _: left)[0]), original)
    runner.start_clip()
    return Recurrence(
        first=measure_parity(original.frames[:1], declared.frames[:1], None),
        later=measure_parity(original.frames[1:], declared.frames[1:], None),
        distances=distances,
    )


def recurrence_problems(proof: Recurrence, tolerance: HopTolerance, margin: float) -> Iterator[str]:
    """Yield in words what is beyond a tolerance, and which wrong way is as near to the original as the declared one.

    A single state may move a matte by less than a lower precision does: it is then not told, and no fault. That no
    state is carried must be told.
    """
    found = [
        f"{place} of a clip: {problem}"
        for place, parity in (("the first frame", proof.first), ("later frames", proof.later))
        for problem in violations(parity, tolerance)
    ]
    yield from found
    declared, lost = proof.distances[DECLARED], proof.distances[NEVER_CARRIED]
    nearest = min(proof.distances, key=lambda name: proof.distances[name])
    if proof.distances[nearest] < declared:
        figures = f"{proof.distances[nearest]:.3g} against {declared:.3g}"
        yield f"with {nearest} it is nearer to the original than as declared ({figures})"
    elif not found and lost <= declared * margin:
        yield (
            f"whether it carries its states cannot be proved (distance as declared {declared:.3g}, with "
            f"{NEVER_CARRIED} {lost:.3g}, margin asked {margin:g}); use samples that show it"
        )


def check_recurrence(hop: str, proof: Recurrence, tolerance: HopTolerance, margin: float) -> None:
    """Raise `ParityError`, naming all that is wrong, unless a form carries its states as the original does."""
    if problems := list(recurrence_problems(proof, tolerance, margin)):
        raise ParityError(f"hop {hop}: {'; '.join(problems)}")


def looks_like(runner: Runner, original: Runner, clips: Clips) -> str | None:
    """Say as what a form that has failed looks: as the original with its states carried wrongly; None where not."""
    found, right = matted(runner, clips), matted(original, clips)
    wrong = {
        name: Matted(_play(original, clips.frames, carry), right.next)
        for name, carry in wrong_ways(original.contract).items()
    }
    distances = {name: _furthest(found, matte) for name, matte in wrong.items()}
    nearest = min(distances, key=lambda name: distances[name])
    return nearest if distances[nearest] <= NEARER * _furthest(found, right) else None


def wrong_ways(contract: Contract) -> dict[str, Carry]:
    """Return the wrong ways to carry states within a clip, as far as the contract's states allow them."""
    states = [taken for taken, _ in contract.states]
    ways: dict[str, Carry] = {NEVER_CARRIED: lambda _: {}, LATE: _late}
    if len(states) > 1:
        ways |= {f"state {port.state} lost": _without(port.name) for port in states}
    for one, other in combinations(states, 2):
        if one.shape == other.shape and None not in one.shape:
            ways[f"states {one.state} and {other.state} swapped"] = _swapped(one.name, other.name)
    return ways


def _play(runner: Runner, frames: Sequence[Images], carry: Carry) -> list[Prediction]:
    runner.start_clip()
    history: list[Feed] = []
    predictions = []
    for images in frames:
        runner.states = carry(history)
        predictions.append(runner.predict(images))
        history.append(runner.states)
    return predictions


def _last(history: Sequence[Feed]) -> Feed:
    return history[-1] if history else {}


def _late(history: Sequence[Feed]) -> Feed:
    return _last(history[:-1])


def _without(name: str) -> Carry:
    return lambda history: {state: tensor for state, tensor in _last(history).items() if state != name}


def _swapped(one: str, other: str) -> Carry:
    def carry(history: Sequence[Feed]) -> Feed:
        states = dict(_last(history))
        if states:
            states[one], states[other] = states[other], states[one]
        return states

    return carry


def _furthest(found: Matted, original: Matted) -> float:
    """Return the distance of the frame that is furthest from the original's."""
    pairs = zip((*found.frames, found.next), (*original.frames, original.next), strict=True)
    return max(distance_between(ours, theirs) for ours, theirs in pairs)


def _moved(image: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    """Return what a camera sees that has turned to the right and down `number` times; what comes in is mirrored."""
    height, width = image.shape[:2]
    step = max(1, round(_STEP * max(height, width))) * number
    shift = np.array([[1, 0, -step], [0, 1, -(step // 2)]], np.float32)
    moved = cv2.warpAffine(image, shift, (width, height), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.uint8)
