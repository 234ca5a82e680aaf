"""From a path to taps: an ONNX, an IR, a checkpoint, or a converted model folder, which stands for its original."""

from pathlib import Path

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from configs.load import override
from configs.schema import Config, Graph, InferencePrecision
from configs.sizes import size_text
from converter.architectures import architecture_named
from converter.forms.contract import Contract, network_contract
from converter.forms.named import GivenContract, NamedForm
from converter.forms.record import Conversion
from converter.forms.variant import FormFile, Variant, recorded_form
from converter.proof.named import Reference, proved_contract
from converter.proof.parity import parity_samples
from converter.runners.opening import open_runner
from converter.runners.openvino_ir import carries_no_contract
from converter.runners.original import Original, open_original, original_of
from converter.taps.base import Taps
from converter.taps.onnx_taps import OnnxTaps
from converter.taps.openvino_taps import OpenVinoTaps
from converter.taps.torch_taps import TorchTaps

CHECKPOINTS = (".pth", ".pt", ".safetensors")
LEARN_THE_SIZE = {".xml": 0, ".onnx": 1, **dict.fromkeys(CHECKPOINTS, 2)}
"""In which order forms are opened: those that know their size first."""


def open_pair(
    a: Path, b: Path, precision_a: InferencePrecision, precision_b: InferencePrecision, config: Config
) -> tuple[Taps, Taps]:
    """Open two forms; one that has no size of its own, a checkpoint, takes the other's.

    Args:
        a, b: `.onnx`, `.xml`, a checkpoint, or a converted model folder, which stands for its original.
        precision_a, precision_b: the inference precision; anything but f32 is for IRs.
        config: the settings of a checkpoint's network, the opset and arrangement it is exported at, and the size if
            neither has one.

    Raises:
        DataError: a file is missing or unreadable, or the two take images of different sizes.
        UsageError: not a model, or a precision that the form cannot run at.
    """
    for path, precision in ((a, precision_a), (b, precision_b)):
        if not path.exists():
            raise DataError(f"{path}: no such model; expected an .onnx, an .xml, a checkpoint or a converted folder")
        if precision != "f32" and path.suffix != ".xml":
            raise UsageError(f"{path}: only an IR (.xml) can run at {precision}; this form runs in f32")
    contract: Contract | None = None
    opened: dict[int, Taps] = {}
    given = ((0, a, precision_a), (1, b, precision_b))
    silent = {index for index, path, _ in given if path.suffix == ".xml" and carries_no_contract(path)}
    if len(silent) == len(given):
        raise DataError(f"{a} and {b} carry no I/O contract, and one must, for that of the other to be proved")
    for index, path, precision in sorted(
        given, key=lambda form: (form[0] in silent, LEARN_THE_SIZE.get(form[1].suffix, 0))
    ):
        if index in silent:
            opened[index] = _open_silent(path, precision, b if index == 0 else a, config, contract)
        else:
            opened[index] = _open(path, precision, config, contract)
        contract = contract or opened[index].contract
    first, second = opened[0], opened[1]
    if first.contract.size != second.contract.size:
        sizes = " and ".join(size_text(taps.contract.size) for taps in (first, second))
        raise DataError(f"{a} and {b} take images of different sizes, {sizes}; convert both at one")
    return first, second


def open_variant_taps(variant: Variant, config: Config) -> Taps:
    """Open a variant of the configured converted model folder.

    Args:
        variant: of the folder; an IR on its device, at its inference precision.
        config: `convert.out` is the folder; the opset of an original whose record does not say it.

    Raises:
        DataError: the folder does not hold this form, or a file of it is missing or unreadable.
        UsageError: OpenVINO has no such device here, or cannot run this precision there.
    """
    folder = config.convert.out
    record = Conversion.read(folder)
    if variant.is_original:
        return _taps_of(original_of(record), _opset(record.settings, config), record.graph or "reference")
    recorded_form(variant, record, folder)
    file = variant.file(folder, record.placement)
    return OpenVinoTaps(file) if variant.is_ir else OnnxTaps(file.path)


def _open(path: Path, precision: InferencePrecision, config: Config, contract: Contract | None) -> Taps:
    if path.suffix == ".xml":
        return OpenVinoTaps(FormFile(path, precision=precision))
    if path.suffix == ".onnx":
        # One that carries no contract is taken for the network of the other form, as published: RGB 0..1.
        return OnnxTaps(path, _published(contract, path) if contract else None)
    if (path / Conversion.FILE).is_file():
        record = Conversion.read(path)
        return _taps_of(original_of(record), _opset(record.settings, config), record.graph or "reference")
    if path.suffix in CHECKPOINTS:
        changes = {"model.checkpoint": path, "model.onnx": None, "model.download": None}
        model = override(config, changes, str(path)).model
        size = contract.size if contract else config.convert.size
        return _taps_of(open_original(model, size), config.convert.opset, config.convert.graph)
    raise UsageError(
        f"{path}: expected an .onnx, an IR's .xml, a checkpoint ({', '.join(CHECKPOINTS)}) or a converted model folder"
    )


def _open_silent(
    path: Path, precision: InferencePrecision, other: Path, config: Config, contract: Contract | None
) -> Taps:
    """Open an IR that carries no contract: proved against the other form, on the configured set."""
    assert contract is not None, "the other form is open"
    if other.suffix in (".xml", ".onnx"):
        opened = open_runner(FormFile(other), contract=contract)
    elif (other / Conversion.FILE).is_file():
        opened = open_runner(original_of(Conversion.read(other)))
    else:
        changes = {"model.checkpoint": other, "model.onnx": None, "model.download": None}
        opened = open_runner(open_original(override(config, changes, str(other)).model, contract.size))
    parity = config.convert.parity
    with opened as runner:
        composites = parity_samples(config.dataset, contract.size, parity.samples, takes_plate=contract.takes_plate)
        reference = Reference(runner, lambda: composites, parity.counterfactual_margin)
        form = NamedForm(path.name, FormFile(path), GivenContract())
        return OpenVinoTaps(FormFile(path, precision=precision), proved_contract(form, reference))


def _published(contract: Contract, path: Path) -> Contract:
    return network_contract(architecture_named(contract.architecture), contract.size, sha256_of(path))


def _taps_of(original: Original, opset: int, graph: Graph) -> Taps:
    path = original.source.path
    if original.network is None:
        return OnnxTaps(Path(path), original.contract)
    return TorchTaps(original.arranged(graph), original.contract, opset, path)


def _opset(settings: dict[str, object], config: Config) -> int:
    convert = settings.get("convert")
    recorded = convert.get("opset") if isinstance(convert, dict) else None
    return recorded if isinstance(recorded, int) else config.convert.opset
