"""State dicts as training programs save them: what is unwrapped, what is left off, and what no state dict may hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from configs.errors import DataError
from converter.network.checkpoint import load_weights, read_state_dict
from converter.network.state_dicts import HOLDERS, state_dict_in

OPTIMIZER = {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 0.1}]}


class Head(nn.Module):
    """A network whose own keys begin as a wrapper's would."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Linear(2, 1)


def weights(value: float = 0.5, prefix: str = "") -> dict[str, Tensor]:
    return {f"{prefix}weight": torch.full((1, 2), value), f"{prefix}bias": torch.zeros(1)}


def loaded(tmp_path: Path, content: Any, network: nn.Module | None = None) -> Any:
    torch.save(content, tmp_path / "network.ckpt")
    network = network or nn.Linear(2, 1)
    load_weights(network, tmp_path / "network.ckpt")
    return network


@pytest.mark.parametrize("holder", HOLDERS)
def test_what_holds_the_weights_is_unwrapped_and_said(tmp_path: Path, holder: str) -> None:
    network = loaded(tmp_path, {"epoch": 3, "optimizer": OPTIMIZER, holder: weights()})

    assert network.weight.tolist() == [[0.5, 0.5]]
    assert network.read_as == (f"the weights were taken from {holder!r}",)
    assert read_state_dict(tmp_path / "network.ckpt").keys() == {"weight", "bias"}


def test_holders_within_holders(tmp_path: Path) -> None:
    network = loaded(tmp_path, {"model": {"state_dict": weights(prefix="module.")}, "lr": 0.1})

    assert network.read_as == (
        "the weights were taken from 'model.state_dict'",
        "'module.' was left off the start of every key",
    )


@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.model."])
def test_what_stands_before_every_key_is_left_off_and_said(tmp_path: Path, prefix: str) -> None:
    network = loaded(tmp_path, weights(prefix=prefix))

    assert network.weight.tolist() == [[0.5, 0.5]]
    assert network.read_as == (f"{prefix!r} was left off the start of every key",)


def test_a_network_s_own_names_are_no_prefix(tmp_path: Path) -> None:
    network = loaded(tmp_path, weights(prefix="model."), Head())

    assert network.read_as == ()
    assert network.model.weight.tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({**weights(prefix="module."), "bias": torch.zeros(1)}, r"lacks weight; it has foreign keys module\.weight"),
        ({"module.weight": torch.zeros(1, 2)}, r"it lacks bias$"),
        ({**weights(prefix="module."), "module.scale": torch.zeros(1)}, r"it has foreign keys scale$"),
        (weights(prefix="other."), r"foreign keys other\.weight, other\.bias"),
    ],
    ids=["before some", "one too few", "one too many", "unknown"],
)
def test_it_is_strict_after_that(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        loaded(tmp_path, content)


def test_of_several_the_weights_come_before_their_average_and_both_are_said(tmp_path: Path) -> None:
    network = loaded(tmp_path, {"ema": weights(0.25), "model": weights(0.75), "loss": {"scale": torch.ones(1)}})

    assert network.weight.tolist() == [[0.75, 0.75]]
    assert network.read_as == ("the weights were taken from 'model'; 'ema' would fit too: save it alone to take it",)


def test_of_several_the_one_that_fits_is_taken(tmp_path: Path) -> None:
    network = loaded(tmp_path, {"model": {"other.weight": torch.zeros(1)}, "generator": weights(0.25)})

    assert network.read_as == ("the weights were taken from 'generator'",)


class _Named(Tensor):
    """A kind of tensor of its own."""


ODD: dict[str, tuple[Callable[[], Tensor], str]] = {
    "sparse": (lambda: torch.eye(2).to_sparse(), r"is sparse \(torch\.sparse_coo\)"),
    "meta": (lambda: torch.zeros(1, 2, device="meta"), "is on the device `meta` and has no values"),
    "quantized": (lambda: torch.quantize_per_tensor(torch.zeros(1, 2), 0.1, 0, torch.qint8), "is quantized"),
    "subclass": (lambda: torch.zeros(1, 2).as_subclass(_Named), "is a _Named, a kind of tensor of its own"),
}


@pytest.mark.filterwarnings("ignore:.*(TypedStorage|quantize|Quantize|Sparse).*")
@pytest.mark.parametrize("kind", ODD)
def test_a_tensor_that_is_no_plain_one_is_named_with_its_key(tmp_path: Path, kind: str) -> None:
    make, message = ODD[kind]
    content = {"state_dict": {**weights(), "weight": make()}}
    with pytest.raises(DataError, match=rf"network\.ckpt: weight: .*{message}"):
        state_dict_in(content, tmp_path / "network.ckpt", nn.Linear(2, 1).state_dict())
    if kind != "subclass":  # of which none can be read without running code
        with pytest.raises(DataError, match=rf"network\.ckpt: weight: .*{message}"):
            loaded(tmp_path, content)


def test_few_bytes_that_stand_for_endless_values_are_not_looked_at(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"wrong shapes: weight \(1, 100000000000000\)"):
        loaded(tmp_path, {**weights(), "weight": torch.zeros(1).expand(1, 10**14)})
