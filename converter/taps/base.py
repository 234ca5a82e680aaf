"""The contract of taps: which inner tensors a form has, in topological order, and how to read some of them.

Reading makes a tensor an output of the form. A framework fuses other operations then than in an ordinary run, so taps
show what the *graph* computes; a fault that only a fused kernel has does not show.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from configs.errors import DataError
from converter.forms.contract import Contract
from converter.runners.base import InputTensor, Runner, encode_inputs, unfed_inputs
from datasets.samples.sample import Pair

Array = NDArray[Any]
Feed = dict[str, InputTensor]


@dataclass(frozen=True, slots=True)
class Tap:
    """An inner tensor that can be read.

    Attributes:
        name: of the tensor; forms of one export share these names.
        node: name of the node that computes it.
        operation: kind of that node, as its framework calls it.
        size: in bytes; None when it is not known before a run.
        chosen: whether it is, or follows from, a choice (top-k, a comparison). There, rounding can decide which of two
            near-equal elements is taken, and that is a large difference in a few places.
    """

    name: str
    node: str
    operation: str
    size: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a graph: its name, and its kind as its framework calls it."""

    name: str
    operation: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a graph between known tensors and a target.

    Attributes:
        nodes: in topological order.
        inputs: the known tensors and the graph's own inputs that these nodes read.
        file: what runs this part alone, None where the framework cannot store it.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    file: Path | None


class Taps(ABC):
    """A form whose inner tensors can be read.

    Attributes:
        label: the form in messages: its file, and how it runs.
        framework: what runs it, `torch`, `onnxruntime` or `openvino`.
        precision: the inference precision that really runs.
        contract: what the form takes and gives.
        taps: every tensor that can be read, in topological order; inputs and constants are not among them.
        cuttable: whether a part of the graph can be stored and run alone.
    """

    label: str
    framework: str
    precision: str
    contract: Contract
    taps: tuple[Tap, ...]
    cuttable: ClassVar[bool] = True

    def feed(self, sample: Pair) -> Feed:
        """Return the form's input tensors for a sample, taken as the first frame of a clip."""
        return {**unfed_inputs(self.contract), **encode_inputs(self.contract, sample.images)}

    def states_after(self, frames: Iterable[Pair]) -> Feed:
        """Run the form along the first frames of a clip; return its states for the next one, none of a form without.

        Raises:
            DataError: a frame cannot be run.
        """
        if not self.contract.states:
            return {}
        with self._runner() as runner:
            for frame in frames:
                runner.predict(frame.images)
            return dict(runner.states)

    def _runner(self) -> Runner:
        """Return what runs the whole form."""
        raise DataError(f"{self.label}: carries states, and cannot be run along a clip; convert it and name the IR")

    @abstractmethod
    def read(self, names: Sequence[str], feed: Feed) -> dict[str, Array]:
        """Run the form as far as the tensors `names` need, and return them; holds no other tensor afterwards.

        Raises:
            DataError: the form cannot be run that far.
        """

    @abstractmethod
    def cut(self, target: str, known: Iterable[str], file: Path | None) -> Cut:
        """Return the part of the graph that computes `target` from tensors of `known` and the inputs.

        Args:
            target: a tap's name.
            known: names at which the part begins.
            file: where to store it, without suffix; None stores nothing, and so does a form that is not `cuttable`.
        """

    @abstractmethod
    def run_cut(self, cut: Cut, inputs: Mapping[str, Array]) -> Array:
        """Run a stored part on its inputs; return its target."""
