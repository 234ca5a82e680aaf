"""What a step of the conversion has made: a form that is not proved yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from converter.forms.contract import Contract
from converter.forms.record import Quantization


@dataclass(frozen=True, slots=True)
class Made:
    """The result of a step.

    Attributes:
        hop: that the step takes.
        path: of the file that runs: the ONNX, or the IR's XML.
        contract: that the file carries.
        details: facts about it for the record, by name.
        quantization: how it came about, of a quantized form.
    """

    hop: str
    path: Path
    contract: Contract
    details: Mapping[str, str] = field(default_factory=dict)
    quantization: Quantization | None = None
