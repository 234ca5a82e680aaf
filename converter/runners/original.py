"""The original that every converted form is compared with: a checkpoint run by PyTorch, or a ready ONNX."""

from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError
from configs.files import sha256_of
from configs.schema import ModelSection
from converter.forms.contract import Contract, network_contract
from converter.forms.record import Conversion, SourceFile, recorded_model
from converter.network import MattingNetwork
from converter.network.checkpoint import load_network
from converter.runners.base import Runner
from converter.runners.onnx_runtime import OnnxRunner
from converter.runners.pytorch import TorchRunner


@dataclass(frozen=True, slots=True, eq=False)
class Original:
    """Where a conversion starts. `network` is None where that is a ready ONNX."""

    source: SourceFile
    contract: Contract
    network: MattingNetwork | None

    def runner(self) -> Runner:
        """Return a runner of the original, whichever it is."""
        return self.torch_runner() if self.network else OnnxRunner(Path(self.source.path), self.contract)

    def torch_runner(self) -> TorchRunner:
        """Return a runner of the checkpoint.

        Raises:
            DataError: the original is an ONNX.
        """
        if self.network is None:
            raise DataError(
                f"{self.source.path}: the original is an ONNX file, PyTorch cannot run it; use variant onnx"
            )
        return TorchRunner(self.network, self.contract)


def source_file(model: ModelSection) -> SourceFile:
    """Return the file the configuration starts from, with its hash.

    Raises:
        DataError: it is missing.
    """
    path = model.onnx or model.checkpoint
    if path is None or not path.is_file():
        raise DataError(f"{path}: no such model file; give a checkpoint (.pth, .safetensors) or an ONNX")
    return SourceFile(kind="onnx" if model.onnx else "checkpoint", path=path.as_posix(), sha256=sha256_of(path))


def open_original(model: ModelSection, size: tuple[int, int]) -> Original:
    """Open the original for images of `size` (height, width).

    Raises:
        DataError: it is missing, unreadable or not this network.
    """
    source = source_file(model)
    network = load_network(model) if source.kind == "checkpoint" else None
    return Original(source, network_contract(size, source.sha256), network)


def original_of(record: Conversion) -> Original:
    """Open the original that a conversion's record names.

    Raises:
        DataError: it is missing, or no longer the file that was converted.
    """
    settings = recorded_model(record)
    size = record.forms[0].contract.size
    if source_file(settings).sha256 != record.source.sha256:
        raise DataError(f"{record.source.path}: changed since its conversion; run `mattekit convert` again")
    return open_original(settings, size)
