"""The line of an evaluation: the same whatever runs beside what, bounded, and in order also where something fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_model import SIZE, tiny_config

from configs.errors import DataError
from configs.schema import Config
from datasets.samples.layout import load_pair
from datasets.samples.refs import SampleRef
from datasets.samples.sample import Pair
from datasets.synthetic.make import synthesize
from eval.pipeline import line
from eval.pipeline.evaluate import evaluate, missing
from eval.pipeline.line import Finished, Line, Task
from eval.pipeline.opening import Opened, open_evaluation
from eval.pipeline.stages import TIMED

SAMPLES = 20


@pytest.fixture(scope="module")
def config(tiny_onnx: Path, tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Config:
    root = tmp_path_factory.mktemp("line") / "set"
    synthesize(root, SAMPLES, 5, SIZE, workers=1)
    return tiny_config(tiny_onnx, tiny_models, root, evaluate={"variants": ["onnx", "ir-fp16@f32"], "worst": 0})


@pytest.fixture
def opened(config: Config) -> Iterator[Opened]:
    with open_evaluation(config) as found:
        yield found


def _tasks(opened: Opened) -> list[Task]:
    return missing(opened, ())


def _facts(finished: Finished) -> dict[str, object]:
    return finished.outcome.model_dump(exclude={"latency_ms"})


def test_results_are_those_of_one_sample_after_the_other(opened: Opened) -> None:
    at_once = [_facts(each) for each in Line(opened).run(_tasks(opened))]
    in_turn = [_facts(each) for each in Line(opened, timed=0, window=1).run(_tasks(opened))]
    assert at_once == in_turn
    assert [fact["sample"] for fact in at_once] == [ref.id for ref in opened.refs]


def test_only_the_first_inferences_are_timed(opened: Opened) -> None:
    timed = [set(each.outcome.latency_ms) for each in Line(opened).run(_tasks(opened))]
    assert timed == [{"onnx", "ir-fp16@f32"}] * TIMED + [set()] * (SAMPLES - TIMED)


def test_samples_in_the_line_are_bounded(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0

    def counting(ref: SampleRef) -> Pair:
        nonlocal read
        read += 1
        return load_pair(ref)

    monkeypatch.setattr(line, "load_pair", counting)
    taken = Line(opened)
    for number, _ in enumerate(taken.run(_tasks(opened))):
        assert read - number <= taken.window + 1
    assert read == SAMPLES > taken.window


def test_what_came_before_a_broken_sample_is_found_first(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = opened.refs[7].id

    def breaking(ref: SampleRef) -> Pair:
        if ref.id == broken:
            raise DataError(f"{ref.id}: broken")
        return load_pair(ref)

    monkeypatch.setattr(line, "load_pair", breaking)
    found: list[str] = []
    with pytest.raises(DataError, match=f"{broken}: broken"):
        found.extend(each.outcome.sample for each in Line(opened).run(_tasks(opened)))
    assert found == [ref.id for ref in opened.refs[:7]]


def test_a_short_set_is_done_before_anything_is_at_once(config: Config) -> None:
    short = config.model_copy(update={"dataset": config.dataset.replaced(limit=1)})
    assert evaluate(short).results.dataset.samples == 1
