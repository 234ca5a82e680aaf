"""Runners around another one: described as it is, and remembering what it gave."""

from pathlib import Path

import numpy as np

from converter.forms.variant import FormFile
from converter.runners.around import RememberingRunner
from converter.runners.base import Feed, Outputs, encode_inputs
from converter.runners.opening import open_runner
from converter.runners.openvino_ir import OpenVinoRunner
from datasets.samples.sample import Sample


class Counting(RememberingRunner):
    ran = 0

    def _run(self, feed: Feed) -> Outputs:
        self.ran += 1
        return self._inner.run(feed)


def test_a_form_runs_once_for_the_same_tensors(tiny_models: Path, samples: list[Sample]) -> None:
    first, second = samples[:2]
    with open_runner(FormFile(tiny_models / "fp32" / "model.xml")) as form:
        counting = Counting(form)
        runner = RememberingRunner(counting)
        expected = [form.predict(sample.images) for sample in (first, second)]

        found = [runner.predict(sample.images) for sample in (first, second, first, second)]

        assert counting.ran == 2
        for one, again, right in zip(found[:2], found[2:], expected, strict=True):
            assert np.array_equal(one.alpha, right.alpha) and np.array_equal(again.alpha, right.alpha)
        assert isinstance(form, OpenVinoRunner)
        assert (runner.precision, runner.device, runner.contract) == (form.precision, form.device, form.contract)
        with runner.with_float_inputs() as changed:
            assert changed is runner  # it takes float32 already
        feed = encode_inputs(form.contract, first.images)
        assert runner.infer(feed).keys() == {"pha", "fgr"}
