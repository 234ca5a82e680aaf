"""Colourful samples, and what the tiny network must answer for them, shared by the tests of the conversion."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_model import SIZE, tiny_answer, tiny_config

from configs.schema import Config
from datasets.samples.sample import Prediction, Sample
from datasets.synthetic.generate import synthetic_sample

Job = Callable[..., Config]


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


@pytest.fixture
def job(tiny_onnx: Path, tmp_path: Path) -> Job:
    def configure(**convert_keys: Any) -> Config:
        return tiny_config(tiny_onnx, tmp_path / "work" / "models", convert=convert_keys)

    return configure


@pytest.fixture
def models(job: Job, tiny_models: Path) -> Path:
    """Return a converted model folder that a test may change."""
    return shutil.copytree(tiny_models, job().convert.out)


@pytest.fixture
def own_onnx(tiny_onnx: Path, tmp_path: Path) -> Path:
    """Return an original that a test may change."""
    return shutil.copy(tiny_onnx, tmp_path / "original.onnx")


@pytest.fixture
def own_job(own_onnx: Path, tmp_path: Path) -> Config:
    return tiny_config(own_onnx, tmp_path / "work" / "models", convert={"precisions": ["fp32"]})


@pytest.fixture
def own_models(own_job: Config) -> Path:
    """Return a converted model folder of the original that a test may change."""
    from converter.convert import convert

    convert(own_job, say=lambda _: None)
    return own_job.convert.out
