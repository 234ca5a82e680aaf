"""An ONNX file, run by onnxruntime on the CPU in float32."""

from pathlib import Path

import onnxruntime

from configs.errors import DataError
from converter.forms.contract import ONNX_KEY, Contract, parse_contract
from converter.forms.external_data import external_files_of, graph_tensors, read_graph
from converter.forms.shapes import require_ports
from converter.runners.base import Feed, Outputs, Runner


class OnnxRunner(Runner):
    """Runs an ONNX file.

    Args:
        path: the file.
        contract: that of a file which carries none in its metadata, such as another program's.

    Raises:
        DataError: the file is missing, is no ONNX model, or no contract is known.
    """

    framework = "onnxruntime"
    precision = "f32"

    def __init__(self, path: Path, contract: Contract | None = None) -> None:
        if not path.is_file():
            raise DataError(f"{path}: no such ONNX file; run `mattekit convert`")
        graph = read_graph(path)
        external_files_of(graph, path)
        self._session = open_session(path, str(path))
        try:
            text = self._session.get_modelmeta().custom_metadata_map.get(ONNX_KEY)
        except UnicodeDecodeError as error:
            raise DataError(f"{path}: its metadata is no text in UTF-8 ({error}); convert the model again") from error
        known = parse_contract(text, str(path)) if text else contract
        if known is None:
            raise DataError(f"{path}: carries no I/O contract; convert it with `mattekit convert --onnx {path}`")
        require_ports(known, graph_tensors(graph), str(path))
        self.contract = known
        self._path = path

    def _run(self, feed: Feed) -> Outputs:
        names = [port.name for port in self.contract.outputs]
        try:
            return dict(zip(names, self._session.run(names, dict(feed)), strict=True))
        except Exception as error:  # onnxruntime's exceptions share no public base class
            raise DataError(f"{self._path}: onnxruntime cannot run it ({str(error).splitlines()[0]})") from error


def open_session(model: Path | bytes, origin: str, arena: bool = True) -> onnxruntime.InferenceSession:
    """Load an ONNX, a file or its bytes, on the CPU.

    Args:
        model: what is loaded.
        origin: its name in errors.
        arena: keep memory for the next run: faster from the second run on, and larger.

    Raises:
        DataError: onnxruntime cannot load it.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # fatal; what is an error comes as an exception as well
    options.enable_cpu_mem_arena = arena
    # Waiting threads that spin would slow the other variants of an evaluation down.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no public base class
        raise DataError(f"{origin}: onnxruntime cannot load it ({str(error).splitlines()[0]})") from error
