import importlib.metadata
import json
from typing import Any

import pytest
from pydantic import ValidationError

from configs.errors import DataError
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.architectures.modnet import ARCHITECTURE as MODNET
from converter.forms.contract import Contract, Port, ir_contract, network_contract, parse_contract

HASH = "0123abcd" * 8


def ports(contract: Contract) -> dict[str, tuple[tuple[int, ...], float, str | None]]:
    return {port.name: (port.shape, port.high, port.colour_order) for port in (*contract.inputs, *contract.outputs)}


def test_network_takes_and_gives_rgb_0_to_1() -> None:
    contract = network_contract(ARCHITECTURE, (720, 1280), HASH)

    assert ports(contract) == {
        "src": ((1, 3, 720, 1280), 1, "RGB"),
        "bgr": ((1, 3, 720, 1280), 1, "RGB"),
        "pha": ((1, 1, 720, 1280), 1, None),
        "fgr": ((1, 3, 720, 1280), 1, "RGB"),
    }
    assert (contract.scale, contract.size, contract.source_sha256) == (1, (720, 1280), HASH)
    assert contract.toolkit_version == importlib.metadata.version("mattekit")


def test_ir_takes_bgr_0_to_255_and_gives_rgb_0_to_1() -> None:
    contract = ir_contract(ARCHITECTURE, (64, 96), HASH)

    assert ports(contract) == {
        "src": ((1, 3, 64, 96), 255, "BGR"),
        "bgr": ((1, 3, 64, 96), 255, "BGR"),
        "pha": ((1, 1, 64, 96), 1, None),
        "fgr": ((1, 3, 64, 96), 1, "RGB"),
    }
    assert contract.scale == 255


def test_a_range_below_0_is_the_network_s_and_an_ir_subtracts_a_mean() -> None:
    network, ir = network_contract(MODNET, (64, 96), HASH), ir_contract(MODNET, (64, 96), HASH, "nhwc-u8")

    assert (network.source.span, network.mean, network.scale) == ("-1..1", 0, 1)
    assert (ir.source.span, ir.mean, ir.scale) == ("0..255", 127.5, 127.5)
    assert network.outputs == ir.outputs
    assert network.outputs[0].span == "0..1"
    for contract in (network, ir):
        assert parse_contract(contract.model_dump_json(), "model.xml") == contract


def test_a_contract_of_a_range_from_0_is_written_as_before() -> None:
    content = json.loads(ir_contract(ARCHITECTURE, (64, 96), HASH).model_dump_json())

    assert "mean" not in content
    assert all("low" not in port for port in (*content["inputs"], *content["outputs"]))


def test_a_range_that_ends_where_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"input: `low` must be below `high`, found 1\.\.1"):
        Port(name="input", role="source", shape=(1, 3, 4, 4), low=1, high=1)


def test_frames_are_uint8_with_channels_last() -> None:
    contract, published = (
        ir_contract(ARCHITECTURE, (64, 96), HASH, "nhwc-u8"),
        ir_contract(ARCHITECTURE, (64, 96), HASH),
    )

    for port in contract.inputs:
        assert (port.shape, port.layout, port.element_type) == ((1, 64, 96, 3), "NHWC", "u8")
        assert (port.high, port.colour_order, port.size) == (255, "BGR", (64, 96))
    assert (contract.outputs, contract.scale, contract.size) == (published.outputs, 255, (64, 96))
    assert [port.name for port in contract.inputs] == ["src", "bgr"]


@pytest.mark.parametrize(
    "contract",
    [
        network_contract(ARCHITECTURE, (64, 96), HASH),
        ir_contract(ARCHITECTURE, (8, 4), HASH),
        ir_contract(ARCHITECTURE, (8, 4), HASH, "nhwc-u8"),
    ],
    ids=["net", "ir", "frames"],
)
def test_text_gives_the_contract_back(contract: Contract) -> None:
    assert parse_contract(contract.model_dump_json(), "form") == contract


@pytest.mark.parametrize(
    "change",
    [
        {"scale": 0},
        {"scale": None},
        {"unknown": 1},
        {"inputs": []},
        {"inputs": [{"name": "src", "shape": [1, 3, 64], "high": 1, "colour_order": "RGB"}] * 2},
        {"inputs": [{"name": "src", "shape": [1, 3, 64, 0], "high": 1, "colour_order": "RGB"}] * 2},
        {"inputs": [{"name": "src", "shape": [1, 3, 64, 96], "high": 1, "colour_order": "rgb"}] * 2},
    ],
)
def test_a_text_that_is_no_contract_names_the_form(change: dict[str, Any]) -> None:
    content = {**json.loads(ir_contract(ARCHITECTURE, (64, 96), HASH).model_dump_json()), **change}

    with pytest.raises(DataError, match=r"model\.xml: its I/O contract is not readable; convert the model again"):
        parse_contract(json.dumps(content), "model.xml")


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_text_that_is_no_object(text: str) -> None:
    with pytest.raises(DataError, match="not readable"):
        parse_contract(text, "model.xml")


def test_a_contract_cannot_be_changed() -> None:
    port: Port = ir_contract(ARCHITECTURE, (64, 96), HASH).inputs[0]

    with pytest.raises(ValidationError, match="frozen"):
        port.high = 1.0
