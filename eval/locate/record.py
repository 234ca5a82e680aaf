"""`located.json`: what was compared, where the two forms part, and the error of every shared tensor."""

from typing import Annotated, ClassVar

from pydantic import Field

from configs.environment import Environment
from configs.records import Frozen, Record
from eval.locate.compare import Difference, Tolerance
from eval.locate.search import TensorRecord

GROWTH_FILE = "growth.png"
REPRODUCTION = "reproduction"
"""The folder of the minimal reproduction."""
SCRIPT = "reproduce.py"
INPUTS_A, INPUTS_B, OUTPUTS = "inputs_a.npz", "inputs_b.npz", "outputs.npz"
_PARTS = "a.onnx", "a.xml", "a.bin", "b.onnx", "b.xml", "b.bin"
_REPRODUCED = tuple(f"{REPRODUCTION}/{name}" for name in (SCRIPT, INPUTS_A, INPUTS_B, OUTPUTS, *_PARTS))

Count = Annotated[int, Field(ge=0)]


class FormRecord(Frozen):
    """One of the two forms.

    Attributes:
        path: as given.
        label: its file, framework and precision.
        framework: what ran it.
        precision: the inference precision that really ran.
        tensors: how many inner tensors it has.
    """

    path: str
    label: str
    framework: str
    precision: str
    tensors: Count


class NodeRecord(Frozen):
    """A node between the last tensors that both forms have and the one where they part."""

    name: str
    operation: str


class Parting(Frozen):
    """The first tensor, in topological order of A, at which the forms part.

    Attributes:
        tensor: its name.
        nodes_a, nodes_b: what computes it from shared tensors, in each form; the last one gives the tensor.
        inputs: the shared tensors that these read.
        difference: in the whole graphs.
        local: when the nodes of one form run alone on the other's values; None where neither can be cut, or the tensor
            cannot be computed at all.
    """

    tensor: str
    nodes_a: tuple[NodeRecord, ...]
    nodes_b: tuple[NodeRecord, ...]
    inputs: tuple[str, ...]
    difference: Difference
    local: Difference | None


class Located(Record):
    """The whole record; `first` is None where the forms do not part."""

    FILE: ClassVar[str] = "located.json"
    REMEDY: ClassVar[str] = "run `mattekit locate` to make it"
    BESIDE: ClassVar[tuple[str, ...]] = (GROWTH_FILE, *_REPRODUCED)

    environment: Environment
    a: FormRecord
    b: FormRecord
    sample: str
    dataset: str
    size: tuple[int, int]
    tolerance: Tolerance
    first: Parting | None
    tensors: tuple[TensorRecord, ...]
    whole: bool
