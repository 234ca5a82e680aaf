"""Steps in a row, on a graph of three nodes: what is said and shown, and what a failure tells."""

from dataclasses import dataclass
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from configs.errors import ConversionError, DataError, MattekitError, ParityError, UsageError
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import network_contract
from converter.forms.made import Made
from converter.steps.chain import Chain
from converter.steps.step import Step

CONTRACT = network_contract(ARCHITECTURE, (8, 12), "0" * 64)
SHAPE = [1, 3, 8, 12]


@dataclass(frozen=True)
class Rename(Step):
    """Write a graph's operations under another kind; `needed` must be there before, and `promised` after."""

    name: str
    source: Path
    target: Path
    needed: str
    promised: str

    @property
    def hop(self) -> str:
        return self.name

    def require(self) -> None:
        if self.needed not in kinds(self.source):
            raise DataError(f"{self.source.name}: no {self.needed}")

    def make(self) -> Made:
        model = onnx.load(self.source)
        for node in model.graph.node:
            node.op_type = self.promised if node.op_type == self.needed else node.op_type
        onnx.save(model, self.target)
        return Made(self.hop, self.target, CONTRACT, {"first": model.graph.node[0].op_type})

    def ensure(self, made: Made) -> None:
        if self.needed in kinds(made.path):
            raise ConversionError(f"{made.path.name}: still holds {self.needed}")


def kinds(path: Path) -> list[str]:
    return [node.op_type for node in onnx.load(path).graph.node]


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Abs", ["a"], ["b"]),
        helper.make_node("Neg", ["b"], ["y"]),
    ]
    ports = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, SHAPE)] for name in ("x", "y")]
    onnx.save(helper.make_model(helper.make_graph(nodes, "three", *ports)), tmp_path / "three.onnx")
    return tmp_path / "three.onnx"


@pytest.fixture
def steps(graph: Path) -> list[Step]:
    first, second = graph.with_name("first.onnx"), graph.with_name("second.onnx")
    return [Rename("one", graph, first, "Relu", "Tanh"), Rename("two", first, second, "Abs", "Exp")]


def test_every_step_takes_what_the_one_before_has_made(steps: list[Step]) -> None:
    made = Chain(steps).run(lambda made: made)

    assert [(each.hop, kinds(each.path)) for each in made] == [
        ("one", ["Tanh", "Abs", "Neg"]),
        ("two", ["Tanh", "Exp", "Neg"]),
    ]
    assert made[0].details == {"first": "Tanh"}


def test_steps_are_shown_while_they_run_and_timed_when_they_are_done(steps: list[Step]) -> None:
    events: list[object] = []

    def report(*progress: object) -> None:
        events.append(progress)

    Chain(steps, (), events.append, report).run(lambda made: events.append(made.hop))

    texts = [event.rpartition(":")[0] if isinstance(event, str) and ":" in event else event for event in events]
    assert texts == [
        ("one", 0, 2), "one", "  one", ("one", 1, 2),
        ("two", 1, 2), "two", "  two", ("two", 2, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [ParityError, UsageError, DataError, ConversionError])
def test_an_error_of_ours_keeps_its_kind_and_tells_the_steps(steps: list[Step], kind: type[MattekitError]) -> None:
    def refuse(made: Made) -> None:
        if made.hop == "two":
            raise kind("not like this")

    with pytest.raises(kind) as caught:
        Chain(steps).run(refuse)

    assert str(caught.value) == "not like this"
    assert caught.value.__notes__ == ["in step two (steps done before it: one)"]


def test_an_unforeseen_error_becomes_a_conversion_error_that_tells_the_steps(steps: list[Step]) -> None:
    def fail(made: Made) -> None:
        raise RuntimeError("out of luck")

    with pytest.raises(ConversionError, match=r"^step one failed: out of luck \(steps done before it: none\)$"):
        Chain(steps).run(fail)


def test_an_interruption_passes_through(steps: list[Step]) -> None:
    said: list[str] = []

    def interrupt(made: Made) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Chain(steps, (), said.append).run(interrupt)

    assert said == []


def test_a_precondition_keeps_the_step_from_writing(graph: Path, steps: list[Step]) -> None:
    target = graph.with_name("never.onnx")

    with pytest.raises(DataError, match=r"second\.onnx: no Relu") as caught:
        Chain([*steps, Rename("three", graph.with_name("second.onnx"), target, "Relu", "Abs")]).run(lambda made: made)

    assert caught.value.__notes__ == ["in step three (steps done before it: one, two)"]
    assert not target.exists()


def test_a_postcondition_stops_the_chain(graph: Path, steps: list[Step]) -> None:
    third, after = graph.with_name("third.onnx"), graph.with_name("after.onnx")
    idle = Rename("three", graph.with_name("second.onnx"), third, "Neg", "Neg")

    with pytest.raises(ConversionError, match=r"third\.onnx: still holds Neg"):
        Chain([*steps, idle, Rename("four", third, after, "Neg", "Abs")]).run(lambda made: made)

    assert not after.exists()


def test_what_must_hold_of_all_files_is_asked_of_each(steps: list[Step]) -> None:
    asked: list[str] = []

    def refuse_the_second(path: Path) -> None:
        asked.append(path.name)
        if "Exp" in kinds(path):
            raise ConversionError(f"{path.name}: holds Exp")

    with pytest.raises(ConversionError, match=r"second\.onnx: holds Exp") as caught:
        Chain(steps, (refuse_the_second,)).run(lambda made: pytest.fail("proved") if made.hop == "two" else made)

    assert asked == ["first.onnx", "second.onnx"]
    assert caught.value.__notes__ == ["in step two (steps done before it: one)"]
