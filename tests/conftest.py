"""What several folders of tests share: a tiny model, its conversion, a small set, and a server with faults."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from bad_server import Server
from modnet_job import modnet_config
from tiny_model import INT8, INT8_PARITY, SIZE, tiny_config, write_tiny_onnx
from toy_models import FAMILIES

# Read when torch is loaded, so set before any test imports it. By default its threads spin while they wait for each
# other, and where another process wants the processors too, they spin many times longer than they work. Who works on
# what stays as it is, and so does every figure.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(scope="session")
def tiny_onnx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_onnx(tmp_path_factory.mktemp("tiny") / "tiny.onnx")


@pytest.fixture(scope="session")
def tiny_models(tiny_onnx: Path) -> Path:
    """Return the tiny network's converted model folder."""
    from converter.convert import convert

    out = tiny_onnx.parent / "models"
    convert(tiny_config(tiny_onnx, out), say=lambda _: None)
    return out


@pytest.fixture(scope="session")
def modnet_onnx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an ONNX with MODNet's interface."""
    from modnet_network import small_modnet, write_modnet

    return write_modnet(small_modnet(), tmp_path_factory.mktemp("modnet") / "modnet.onnx")


@pytest.fixture(scope="session")
def modnet_models(modnet_onnx: Path) -> Path:
    """Return its converted model folder, with an IR of every precision."""
    from converter.convert import convert

    out = modnet_onnx.parent / "models"
    convert(modnet_config(modnet_onnx, out), say=lambda _: None)
    return out


@pytest.fixture(scope="session")
def int8_models(tiny_onnx: Path) -> Path:
    """Return the tiny network's folder with an fp32 and an int8 IR, both for frames."""
    from converter.convert import convert

    out = tiny_onnx.parent / "int8-models"
    settings = {"precisions": ["fp32", "int8"], "int8": INT8, "parity": INT8_PARITY, "input_form": "nhwc-u8"}
    convert(tiny_config(tiny_onnx, out, convert=settings), say=lambda _: None)
    return out


@pytest.fixture(scope="session")
def tiny_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a synthetic set of three samples of the tiny network's size."""
    from datasets.synthetic.make import synthesize

    root = tmp_path_factory.mktemp("set") / "three"
    synthesize(root, 3, 1, SIZE, workers=1)
    return root


@pytest.fixture
def toy_families(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the families of `tests/converter/architectures/families` be found beside the product's."""
    from converter import architectures

    monkeypatch.setattr(architectures, "__path__", [*architectures.__path__, str(FAMILIES)])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()
