"""Several inferences in the background give what one at a time gives."""

from pathlib import Path

import numpy as np
import pytest

from converter.forms.variant import parse_variant
from converter.runners.base import encode_inputs
from converter.runners.devices import throughput
from converter.runners.opening import open_runner
from datasets.samples.layout import iterate, open_set


@pytest.mark.parametrize("variant", ["ir-fp32@f32", "onnx"])
@pytest.mark.parametrize("count", [None, 3])
def test_requests_give_what_the_runner_gives(
    tiny_models: Path, tiny_set: Path, variant: str, count: int | None
) -> None:
    samples = list(iterate(open_set(tiny_set)))
    with open_runner(parse_variant(variant), tiny_models, throughput("1", 1)) as runner:
        feeds = [encode_inputs(runner.contract, sample.images) for sample in samples]
        expected = [runner.infer(feed) for feed in feeds]
        requests = runner.requests(count)
        assert len(requests) == (1 if variant == "onnx" else count or 2)
        for turn in range(0, len(feeds), len(requests)):
            busy = list(zip(requests, feeds[turn:], expected[turn:], strict=False))
            for request, feed, _ in busy:
                request.start(feed)
            for request, _, outputs in busy:
                found = request.wait()
                assert all((np.asarray(found[name]) == outputs[name]).all() for name in outputs)
                assert request.milliseconds > 0
        for request in requests:
            request.close()


def test_streams_and_threads_are_properties() -> None:
    assert throughput() == {"PERFORMANCE_HINT": "THROUGHPUT"}
    assert throughput("2", 4) == {"NUM_STREAMS": "2", "INFERENCE_NUM_THREADS": "4"}
