"""Opening a model of anybody's: its contract is read from it, or proved by running it in every plausible way.

A wrong colour order or range changes a matte less than one would think, so nothing is assumed: the model runs on a few
composites in every way, and one must bring it near the original by a clear margin. What the user gives is held against
the other ways as well.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from configs.errors import UsageError
from configs.records import LARGEST_NUMBER
from converter.forms.contract import ONNX_KEY, RT_INFO_PATH, Contract, Port
from converter.forms.named import NamedForm
from converter.forms.proofs import ContractProof
from converter.forms.shapes import GraphPorts
from converter.proof.counterfactual import distance_between
from converter.proof.parity import predict_all
from converter.proof.plausible import agrees, in_words, plausible_contracts, said
from converter.runners.base import Runner, decode_outputs, encode_inputs
from converter.runners.devices import LATENCY
from converter.runners.ir_graph import graph_ports as ir_ports
from converter.runners.opening import open_runner
from converter.runners.openvino_ir import read_ir
from datasets.samples.sample import Pair, Prediction

HOPELESS = 20.0
"""How many times as far as the nearest a way must be on the first composite to be left out on the others."""
SAME = 1.01
"""Of two ways whose distances differ by less than this factor none is the nearer one."""
ROUNDING = 1e-5
"""A distance up to here is none: frameworks round otherwise."""


class Reference:
    """What models are held against: the original's predictions for a few composites, made when first asked for.

    Args:
        runner: of the original.
        samples: makes the composites.
        margin: by which factor the proved way must be nearer than any other.
    """

    def __init__(self, runner: Runner, samples: Callable[[], Sequence[Pair]], margin: float) -> None:
        self._runner, self._samples, self.margin = runner, samples, margin

    @property
    def contract(self) -> Contract:
        """The original's."""
        return self._runner.contract

    @cached_property
    def samples(self) -> Sequence[Pair]:
        """The composites."""
        return self._samples()

    @cached_property
    def predictions(self) -> Sequence[Prediction]:
        """The original's, for each of them."""
        found = predict_all(self._runner, self.samples)
        self._runner.start_clip()
        return found


@dataclass(slots=True)
class _Way:
    contract: Contract
    total: float = 0.0
    samples: int = 0

    @property
    def distance(self) -> float:
        return min(self.total / max(1, self.samples), LARGEST_NUMBER)


class Opened(NamedTuple):
    """A model at work, its contract, and where that comes from."""

    runner: Runner
    proof: ContractProof


def open_named(form: NamedForm, reference: Reference, properties: Mapping[str, str] = LATENCY) -> Opened:
    """Open a model of anybody's.

    Raises:
        DataError: its files are broken, or it takes or gives something else than the original.
        UsageError: its contract cannot be told, the given one is refuted by another way to run it or contradicts the
            one that it carries, or OpenVINO cannot run it as asked.
    """
    ports = _ports_without_contract(form, reference.contract)
    if ports is None:
        runner = open_runner(form.file, properties=properties)
        return Opened(runner, ContractProof(how="read", takes=in_words(runner.contract)))
    contract, proof = _proved(form, ports, reference)
    return Opened(open_runner(form.file, properties=properties, contract=contract), proof)


def proved_contract(form: NamedForm, reference: Reference) -> Contract:
    """Return the contract of a model that carries none, proved; errors as `open_named`."""
    ports = _ports_without_contract(form, reference.contract)
    assert ports is not None, "it carries none"
    return _proved(form, ports, reference)[0]


def _ports_without_contract(form: NamedForm, original: Contract) -> GraphPorts | None:
    """Return the tensors of a model that carries no contract; None of one that does."""
    path = form.file.path
    known = [port.name for port in (*original.inputs, *original.outputs)]
    if form.is_ir:
        model = read_ir(path)
        carried, ports = model.has_rt_info(list(RT_INFO_PATH)), ir_ports(model, [*form.given.names, *known])
    else:
        from converter.forms.external_data import graph_ports as onnx_ports
        from converter.forms.external_data import read_graph

        graph = read_graph(path)
        carried, ports = any(entry.key == ONNX_KEY for entry in graph.metadata_props), onnx_ports(graph)
    if not carried:
        return ports
    if form.given.says_something:
        raise UsageError(f"model {form.name}: {path} carries a contract of its own; leave out what is given of it")
    return None


def _proved(form: NamedForm, ports: GraphPorts, reference: Reference) -> tuple[Contract, ContractProof]:
    origin = f"model {form.name}, {form.file.path}"
    contracts = plausible_contracts(ports, reference.contract, form.given, origin)
    ways = _measured(form, contracts, reference)
    best, others = _settled(form, ways, reference.margin)
    nearest = min(others, key=lambda way: way.distance, default=None)
    proof = ContractProof(
        how="given" if form.given.says_something else "proved",
        takes=in_words(best.contract),
        distance=best.distance,
        next_nearest=None if nearest is None else _otherwise(nearest.contract, best.contract),
        next_distance=None if nearest is None else nearest.distance,
        tried=len(ways),
        samples=best.samples,
    )
    return best.contract, proof


def _measured(form: NamedForm, contracts: Sequence[Contract], reference: Reference) -> list[_Way]:
    """Run the model in every way that may be right, and return those.

    Two images of one colour order first; of different ones only as the best of these is otherwise, or where that is
    given. What is hopeless on the first composite is not run on the others.
    """
    ways = [_Way(contract) for contract in contracts]
    composites = list(zip(reference.samples, reference.predictions, strict=True))
    with open_runner(form.file, contract=contracts[0]) as runner:
        given = form.given.background_colour is not None
        tried = [way for way in ways if _one_order(way.contract) or (given and agrees(way.contract, form.given))]
        _add(runner, tried, *composites[0])
        best = _without_orders(_nearest(tried).contract)
        mixed = [way for way in ways if not way.samples and _without_orders(way.contract) == best]
        _add(runner, mixed, *composites[0])
        tried += mixed
        for composite in composites[1:]:
            limit = HOPELESS * _nearest(tried).distance
            _add(runner, [way for way in tried if way.distance <= limit], *composite)
    return tried


def _add(runner: Runner, ways: Sequence[_Way], sample: Pair, original: Prediction) -> None:
    # Ways that differ in their outputs alone share an inference.
    for _, group in groupby(ways, key=lambda way: way.contract.inputs):
        sharing = list(group)
        runner.start_clip()
        outputs = runner.run(encode_inputs(sharing[0].contract, sample.images))
        for way in sharing:
            way.total += _distance(way.contract, outputs, original)
            way.samples += 1


def _nearest(ways: Sequence[_Way]) -> _Way:
    return min(ways, key=lambda way: way.distance)


def _one_order(contract: Contract) -> bool:
    return len({port.colour_order for port in contract.images}) == 1


def _without_orders(contract: Contract) -> tuple[Port, ...]:
    return contract.with_images(colour_order=None).inputs


def _distance(contract: Contract, outputs: Mapping[str, Any], original: Prediction) -> float:
    if not all(np.isfinite(outputs[port.name]).all() for port in contract.outputs if port.is_image):
        return LARGEST_NUMBER
    return distance_between(decode_outputs(contract, outputs), original)


def _settled(form: NamedForm, ways: Sequence[_Way], margin: float) -> tuple[_Way, list[_Way]]:
    """Return the way that is right, and the others.

    Raises:
        UsageError: none is nearest by the margin, or what is given is not nearest.
    """
    ranked = sorted(ways, key=lambda way: way.distance)
    allowed = [way for way in ranked if agrees(way.contract, form.given)]
    if not allowed:
        raise UsageError(
            f"model {form.name}: no way to run it is as the given contract says; the nearest to the original is "
            f"{in_words(ranked[0].contract)}"
        )
    best, first = allowed[0], ranked[0]
    if best.distance > SAME * first.distance + ROUNDING:
        raise UsageError(
            f"model {form.name}: the given contract is wrong: run so it is {best.distance:.3g} from the original, with "
            f"{_otherwise(first.contract, best.contract)} {first.distance:.3g}; give that, or nothing, and it is proved"
        )
    rivals = [way for way in allowed if way is not best]
    if rivals and rivals[0].distance <= margin * max(best.distance, ROUNDING):
        second = rivals[0]
        raise UsageError(
            f"model {form.name}: its contract cannot be told: run with {_otherwise(best.contract, second.contract)} it "
            f"is {best.distance:.3g} from the original, with {_otherwise(second.contract, best.contract)} "
            f"{second.distance:.3g}, and one must be nearer by a factor of {margin:g} "
            "(convert.parity.counterfactual_margin); say which it is, such as --contract "
            f"{form.name}={_option(best.contract, second.contract)}, or use samples with more colour"
        )
    return best, [way for way in ranked if way is not best]


def _otherwise(contract: Contract, other: Contract) -> str:
    """Return what is in a contract and not in another, such as `colour=BGR and range=0..255`."""
    return " and ".join(_differing(contract, other)) or "the same"


def _option(contract: Contract, other: Contract) -> str:
    return ",".join(_differing(contract, other))


def _differing(contract: Contract, other: Contract) -> list[str]:
    theirs = said(other)
    return [f"{key}={value}" for key, value in said(contract).items() if theirs.get(key) != value]
