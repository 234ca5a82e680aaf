"""Who does the work of an evaluation: what is said of it wrongly is refused before anything is opened."""

from pathlib import Path

import pytest
from tiny_model import tiny_settings

from configs.errors import UsageError
from mattekit.api import evaluate
from mattekit.stages.evaluation import executing


def test_an_address_needs_a_cluster(tiny_onnx: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--address: is of a Ray cluster; give --executor ray"):
        evaluate(tiny_settings(tiny_onnx, tmp_path / "none"), out=tmp_path / "run", address="10.0.0.4:6379")


def test_an_unknown_executor_is_refused(tiny_onnx: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="executor: expected local or ray, found 'spark'"):
        evaluate(tiny_settings(tiny_onnx, tmp_path / "none"), executor="spark")  # type: ignore[arg-type]


def test_this_process_does_it_by_default() -> None:
    assert executing("local") is None
