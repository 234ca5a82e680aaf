"""Colourful samples, and what the tiny network must answer for them, shared by the tests of the conversion."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from tiny_model import SIZE, tiny_answer

from datasets.samples.sample import Prediction, Sample
from datasets.synthetic.generate import synthetic_sample


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: small images gain nothing from more, and lose much beside other work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def samples() -> list[Sample]:
    return [synthetic_sample(1, index, SIZE) for index in range(2)]


@pytest.fixture(scope="session")
def answers(samples: list[Sample]) -> list[Prediction]:
    """Return the tiny network's answers for `samples`, worked out with numpy."""
    pairs = [tiny_answer(sample.source, sample.background) for sample in samples]
    return [Prediction(alpha.astype(np.float32), foreground.astype(np.float32)) for alpha, foreground in pairs]
