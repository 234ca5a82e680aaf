"""What several folders of tests share: a tiny model, its conversion, a small set, and a server with faults."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bad_server import Server
from modnet_job import modnet_config
from tiny_model import INT8, INT8_PARITY, SIZE, tiny_config, write_tiny_onnx
from toy_models import FAMILIES

if TYPE_CHECKING:  # what the store is made of takes a second to import
    from object_store import Store
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


@pytest.fixture(scope="session")
def running_store() -> "Iterator[Store]":
    from object_store import open_store

    from datasets.remote import client

    store, stop = open_store()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "REQUESTS", 1)
        client._filesystem.cache_clear()  # what is opened now serves every test, since opening takes long
        yield store
    client._filesystem.cache_clear()
    stop()


@pytest.fixture
def store(
    running_store: "Store", monkeypatch: pytest.MonkeyPatch, tmp_path: Path, impatient: Callable[[int], None]
) -> "Iterator[Store]":
    """Return a store that speaks S3, without faults and empty, and let this process use it with a cache of its own."""
    running_store.clear()
    named = {
        "AWS_ENDPOINT_URL": running_store.url,
        "AWS_ACCESS_KEY_ID": "AKIAWHOEVER",
        "AWS_SECRET_ACCESS_KEY": "hunter2",
        "AWS_DEFAULT_REGION": "us-east-1",
        "MATTEKIT_CACHE": str(tmp_path / "cache"),
        "no_proxy": "127.0.0.1",
    }
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    yield running_store
    running_store.clear()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let what is asked of stores be tried again at once, five times, or as often as is said."""
    from datasets.fetch.patience import Policy
    from datasets.remote import client

    def tries(attempts: int) -> None:
        policy = Policy(attempts=attempts, timeout=5.0, backoff=0.001, longest_wait=0.01)
        monkeypatch.setattr(client, "PATIENCE", policy)
        client.client.cache_clear()

    tries(5)
    return tries
