"""The one way to open a form: a variant of a model folder, the original itself, or a file from anywhere.

PyTorch and onnxruntime are loaded where a form of theirs is opened: an evaluation of IRs needs neither.
"""

from collections.abc import Mapping
from pathlib import Path

from configs.errors import DataError
from converter.forms.contract import Contract
from converter.forms.placement import Placement
from converter.forms.record import Conversion
from converter.forms.variant import TORCH, FormFile, Variant
from converter.runners.base import Runner
from converter.runners.devices import LATENCY
from converter.runners.openvino_ir import OpenVinoRunner
from converter.runners.original import Original, original_of


def open_runner(
    form: Variant | FormFile | Original,
    folder: Path | None = None,
    properties: Mapping[str, str] = LATENCY,
    contract: Contract | None = None,
    placement: Placement | None = None,
) -> Runner:
    """Open a form.

    Args:
        form: what is to run. A file may be of another program: an IR without a contract is taken to keep that of the
            architecture whose tensors it has.
        folder: the converted model folder that a variant is of.
        properties: of OpenVINO, which an IR is compiled with.
        contract: of a file which carries none.
        placement: where a folder that has no record yet keeps its forms; None: where its record says.

    Raises:
        DataError: a file is missing or broken, or the original is not what it was.
        UsageError: OpenVINO has no such device here, or cannot infer there at the precision asked for.
    """
    if isinstance(form, Original):
        return _run_original(form)
    if isinstance(form, FormFile):
        if form.path.suffix == ".onnx":
            return _run_onnx(form.path, contract)
        return OpenVinoRunner(form, contract=contract, assume=True, properties=properties)
    assert folder is not None, "a variant is of a folder"
    if not form.is_original:
        file = form.file(folder, placement or Conversion.read(folder).placement)
        return OpenVinoRunner(file, properties=properties) if form.is_ir else _run_onnx(file.path)
    original = original_of(Conversion.read(folder))
    if form.hop == TORCH and original.network is None:
        raise DataError(
            f"{original.source.path}: the original is an ONNX file, PyTorch cannot run it; use variant onnx"
        )
    return _run_original(original)


def _run_original(original: Original) -> Runner:
    if original.network is None:
        return _run_onnx(Path(original.source.path), original.contract)
    from converter.runners.pytorch import TorchRunner

    return TorchRunner(original.network, original.contract)


def _run_onnx(path: Path, contract: Contract | None = None) -> Runner:
    from converter.runners.onnx_runtime import OnnxRunner

    return OnnxRunner(path, contract)
