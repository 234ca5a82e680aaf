"""The original that every converted form is compared with: a checkpoint, or a ready ONNX."""

from dataclasses import dataclass

from torch import nn

from configs.errors import DataError
from configs.files import sha256_of
from configs.schema import Graph, ModelSection
from converter.architectures import architecture_named
from converter.architectures.base import Architecture
from converter.forms.contract import Contract, network_contract
from converter.forms.record import Conversion, SourceFile, recorded_model


@dataclass(frozen=True, slots=True, eq=False)
class Original:
    """Where a conversion starts. `network` is None where that is a ready ONNX."""

    source: SourceFile
    contract: Contract
    network: nn.Module | None

    @property
    def architecture(self) -> Architecture:
        """The family that it is of."""
        return architecture_named(self.contract.architecture)

    def arranged(self, graph: Graph) -> nn.Module:
        """Return what is exported of the network: itself, or its arrangement for speed where the family has one.

        Raises:
            UsageError: there is no such arrangement of this network or size.
        """
        module: nn.Module = self.architecture.arranged(self.network, self.contract.size, graph)
        return module


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
        UsageError: there is no such architecture, or it does not take this size.
    """
    architecture = architecture_named(model.architecture)
    architecture.check_size(size)
    source = source_file(model)
    network = architecture.network(model) if source.kind == "checkpoint" else None
    return Original(source, network_contract(architecture, size, source.sha256), network)


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
