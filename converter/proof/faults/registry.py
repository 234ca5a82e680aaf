"""All faults, as data: what each is called, its kind, what is edited, and in which precisions it is planted."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from converter.forms.variant import FormFile
from converter.network import MattingNetwork
from converter.proof.faults.border import INPUT_FAULTS, RESULT_FAULTS
from converter.proof.faults.graph import GRAPH_FAULTS, InXml, Plant, write_faulty
from converter.proof.faults.runner import ChangeInputs, ChangeResult, FaultyRunner
from converter.runners.base import Runner
from converter.runners.opening import open_runner

Where = Literal["fp32", "fp16", "bf16", "int8"]
_ALL: tuple[Where, ...] = ("fp32", "fp16", "bf16", "int8")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in a form of one precision.

    Attributes:
        name: what is wrong.
        kind: such as `weights` or `cells`.
        precision: of the form that it is planted in.
        inputs, result: what changes at the form's border; None where nothing does there.
        graph: what is planted inside; only where both others are None.
    """

    name: str
    kind: str
    precision: Where
    inputs: ChangeInputs | None = None
    result: ChangeResult | None = None
    graph: "Plant | InXml | None" = None

    def planted(self, sound: Runner, file: FormFile, network: MattingNetwork | None, work: Path) -> Runner:
        """Return a runner of a form with the fault.

        Args:
            sound: the form without, already open.
            file: the form's file.
            network: the original's.
            work: a folder for the IR with a fault inside.
        """
        if self.inputs is not None or self.result is not None:
            return FaultyRunner(sound, self.inputs, self.result, network)
        target = work / "faulty.xml"
        write_faulty(file.path, target, self.graph)
        return open_runner(FormFile(target, file.device, file.precision))


_GRAPH_IN: Mapping[str, tuple[Where, ...]] = {
    "all weights off by 1 %": ("fp32", "fp16", "bf16"),
    "refined alpha never written inside": ("fp32", "fp16", "bf16", "int8"),
    "reversal left out on the first path": ("fp32", "fp16", "bf16", "int8"),
    "scale 256 on the third path": ("fp32", "fp16", "bf16"),
    "alpha clipped at 0.99": ("fp32", "fp16", "int8"),
    "foreground clipped at 0.9 inside": ("fp32", "fp16", "int8"),
}
_BORDER_IN: Mapping[str, tuple[Where, ...]] = {
    "scale 256 for 255": _ALL,
    "mean of 2/255 subtracted": _ALL,
    "scale 256 for 255 of the background": ("fp32", "fp16"),
    "mean of 2/255 subtracted from the background": ("fp32", "fp16"),
    "background moved by a pixel": ("fp16",),
    "alpha 0 in the 150 rightmost of 1280 columns": _ALL,
    "alpha 0.15 in 12x12": _ALL,
    "alpha 0.4 in 16x16": _ALL,
    "alpha + 2.2/255 in 8x8": ("fp32", "fp16", "bf16"),
    "alpha gamma 1.1": _ALL,
    "foreground - 1/255": _ALL,
    "foreground + 2/255": _ALL,
    "foreground clipped at 0.9": _ALL,
    "refined alpha never written": _ALL,
}


def _faults() -> list[Fault]:
    found = [
        Fault(name, kind, precision, graph=graph)
        for name, (kind, graph) in GRAPH_FAULTS.items()
        for precision in _GRAPH_IN.get(name, ("fp32",))
    ]
    found += [
        Fault(name, kind, precision, inputs=change)
        for name, (kind, change) in INPUT_FAULTS.items()
        for precision in _BORDER_IN.get(name, ("int8",))
    ]
    found += [
        Fault(name, kind, precision, result=change)
        for name, (kind, change) in RESULT_FAULTS.items()
        for precision in _BORDER_IN.get(name, ("int8",))
    ]
    return found


FAULTS = tuple(_faults())
