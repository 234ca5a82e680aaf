"""The variants that a page offers, and those of them that are open."""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError, UsageError
from converter.forms.record import Conversion, is_ir, recorded_model
from converter.forms.variant import CPU, TORCH, Variant, ir_variant
from converter.runners.devices import LATENCY, throughput
from demo.matting.matter import Matter
from demo.matting.opening import open_model

OPEN = 2
"""Networks in memory at once: what a comparison needs."""
_FIRST = ("ir-fp16@default", "ir-fp32@default")


@dataclass(frozen=True, slots=True)
class Choice:
    """A model, ready to open.

    Attributes:
        model: a converted folder, or a file.
        variant: of a folder.
        takes_plate: whether it takes a background plate; of a file outside a converted folder it is taken to.
    """

    model: Path
    variant: str | None = None
    takes_plate: bool = True


def choices_of(path: Path, device: str = CPU) -> dict[str, Choice]:
    """Return what can be run of a path, by name, the one to begin with first.

    Args:
        path: a converted model's folder, a folder of such folders, an IR, an ONNX or a checkpoint.
        device: where IRs run, in OpenVINO's words.

    Raises:
        DataError: there is no model.
    """
    if path.is_file():
        # An ONNX lies in its folder, an IR one further down.
        folder = next((each for each in path.absolute().parents[:2] if (each / Conversion.FILE).is_file()), None)
        return {path.name: Choice(path, takes_plate=folder is None or _takes_plate(folder))}
    if (path / Conversion.FILE).is_file():
        taken = _takes_plate(path)
        return {name: Choice(path, name, taken) for name in _variants(path, device)}
    folders = sorted(each.parent for each in path.glob(f"*/{Conversion.FILE}"))
    if not folders:
        raise DataError(
            f"{path}: no model there; give a folder made by `mattekit convert`, a folder of such folders, an IR "
            "(.xml), an ONNX or a checkpoint"
        )
    return {
        f"{folder.name}: {name}": Choice(folder, name, _takes_plate(folder))
        for folder in folders
        for name in _variants(folder, device)
    }


def _takes_plate(folder: Path) -> bool:
    return Conversion.read(folder).forms[0].contract.takes_plate


def _variants(folder: Path, device: str) -> list[str]:
    record = Conversion.read(folder)
    names = []
    for form in record.forms:
        if is_ir(form.hop):
            names += [ir_variant(form.hop, device, precision).name for precision in ("default", "f32")]
        elif Variant(form.hop).name == "onnx":
            names.append("onnx")
    checkpoint = recorded_model(record).checkpoint
    if checkpoint is not None and checkpoint.is_file():
        names.append(TORCH)
    return sorted(names, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), names.index(name)))


class OpenModels:
    """Keeps the networks that were used last open; to be called from one thread.

    Args:
        choices: by name.
        device: where IRs run.
    """

    def __init__(self, choices: dict[str, Choice], device: str = CPU) -> None:
        self.choices = choices
        self._device = device
        self._open: OrderedDict[tuple[str, bool], Matter] = OrderedDict()

    def matter(self, name: str, *, video: bool = False) -> Matter:
        """Return a network, opened where it is not open; the one that was not used for longest makes room.

        Args:
            name: of a choice.
            video: whether it infers several frames at once, rather than one as soon as can be.

        Raises:
            UsageError: there is no variant of this name.
            DataError: it cannot be opened.
        """
        if name not in self.choices:
            raise UsageError(f"variant {name!r} is none of this page's; expected {', '.join(self.choices)}")
        key = (name, video)
        if key not in self._open:
            while len(self._open) >= OPEN:
                self._open.popitem(last=False)[1].runner.close()
            choice = self.choices[name]
            properties = throughput() if video else LATENCY
            self._open[key] = Matter(open_model(choice.model, choice.variant, self._device, properties=properties))
        self._open.move_to_end(key)
        return self._open[key]

    def close(self) -> None:
        """Close all."""
        while self._open:
            self._open.popitem()[1].runner.close()
