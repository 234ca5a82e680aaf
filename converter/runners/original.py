"""The original that every converted form is compared with: a checkpoint, or a ready ONNX."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from configs.errors import DataError, UsageError
from configs.files import sha256_of
from configs.schema import Graph, ModelSection
from converter.architectures import architecture_named
from converter.architectures.base import Architecture
from converter.forms.contract import Contract, network_contract
from converter.forms.record import Conversion, SourceFile, recorded_model

if TYPE_CHECKING:  # whoever runs converted forms alone loads no framework for the original
    from torch import nn


@dataclass(frozen=True, slots=True, eq=False)
class Original:
    """Where a conversion starts. `network` is None where that is a ready ONNX."""

    source: SourceFile
    contract: Contract
    network: "nn.Module | None"

    @property
    def architecture(self) -> Architecture:
        """The family that it is of."""
        return architecture_named(self.contract.architecture)

    def arranged(self, graph: Graph) -> "nn.Module":
        """Return what is exported of the network: itself, or its arrangement for speed where the family has one.

        Raises:
            UsageError: there is no such arrangement of this network or size.
        """
        module: nn.Module = self.architecture.arranged(self.network, self.contract.size, graph)
        return module


def source_file(model: ModelSection) -> SourceFile:
    """Return the file the configuration starts from, with the hashes of all that is read of it.

    Raises:
        DataError: it, or a file that it keeps weights in, is missing; or it is no ONNX.
    """
    path = model.onnx or model.checkpoint
    if path is None or not path.is_file():
        raise DataError(f"{path}: no such model file; give a checkpoint (.pth, .safetensors) or an ONNX")
    further = _external_files(path) if model.onnx else ()
    files = {file.as_posix(): sha256_of(file) for file in (path, *further)}
    sha256 = files[path.as_posix()] if len(files) == 1 else _digest(path.parent, files)
    return SourceFile(kind="onnx" if model.onnx else "checkpoint", path=path.as_posix(), sha256=sha256, files=files)


def _external_files(onnx: Path) -> tuple[Path, ...]:
    from converter.forms.external_data import external_files

    return external_files(onnx)


def _digest(folder: Path, files: Mapping[str, str]) -> str:
    """Return the hash of a list of files, whatever folder they lie in."""
    lines = "".join(f"{sha256}  {os.path.relpath(file, folder)}\n" for file, sha256 in files.items())
    return hashlib.sha256(lines.encode()).hexdigest()


def is_original(model: ModelSection, record: Conversion) -> bool:
    """Tell whether a configuration starts from the very original of a conversion, wherever its file lies.

    Raises:
        DataError: the record does not hold its settings.
    """
    recorded, model = recorded_model(record), model.replaced(download=None)
    if model == recorded:
        return True
    kinds = [each.onnx is None for each in (model, recorded)]
    settings = [each.model_dump(exclude={"checkpoint", "onnx"}) for each in (model, recorded)]
    try:
        return kinds[0] == kinds[1] and settings[0] == settings[1] and source_file(model).sha256 == record.source.sha256
    except DataError:
        return False


def open_original(model: ModelSection, size: tuple[int, int]) -> Original:
    """Open the original for images of `size` (height, width).

    Raises:
        DataError: it is missing, unreadable or not this network.
        UsageError: there is no such architecture, it does not take this size, or takes no ratio where one is set.
    """
    architecture = architecture_named(model.architecture)
    architecture.check_size(size)
    source = source_file(model)
    network = architecture.network(model) if source.kind == "checkpoint" else None
    source = source.model_copy(update={"read_as": tuple(getattr(network, "read_as", ()))})
    contract = network_contract(architecture, size, source.sha256, model.downsample_ratio)
    if network is None:
        from converter.forms.external_data import graph_tensors, read_graph

        found = graph_tensors(read_graph(Path(source.path)))
        contract = contract.fitted_to({name: sides for name, (sides, _) in found.items()})
    if model.downsample_ratio is not None and contract.input("ratio") is None:
        fault = f"{architecture.title} takes none"
        if any(port.role == "ratio" for port in architecture.inputs):
            fault = f"{source.path} has its ratio built in"
        raise UsageError(f"model.downsample_ratio: {fault}; leave the key out")
    return Original(source, contract, network)


def original_of(record: Conversion) -> Original:
    """Open the original that a conversion's record names.

    Raises:
        DataError: it is missing, or no longer the file that was converted.
    """
    if record.source.tried:
        own, then = record.source.tried
        where = f"{own} (as seen from the model's folder)" + (
            f" nor at {then} (when it was converted)" if then != own else ""
        )
        raise DataError(
            f"{record.source.path}: the original of the converted model is not there, neither at {where}; put it back, "
            "or run `mattekit convert` again"
        )
    settings = recorded_model(record)
    size = record.forms[0].contract.size
    found = source_file(settings)
    if found.sha256 != record.source.sha256:
        changed = [file for file, sha256 in found.files.items() if record.source.files.get(file) != sha256]
        name = changed[0] if record.source.files and changed else record.source.path
        raise DataError(f"{name}: changed since its conversion; run `mattekit convert` again")
    return open_original(settings, size)
