"""An IR whose weights were perturbed: which constants change, by how much, and that it is the same each time."""

from pathlib import Path

import numpy as np
import openvino
import pytest
from numpy.typing import NDArray
from openvino import opset13

from configs.errors import DataError
from converter.proof.perturb import perturb_weights


def constants(path: Path) -> dict[tuple[int, ...], list[NDArray[np.float64]]]:
    """Return the values of all constants of an IR by shape."""
    found: dict[tuple[int, ...], list[NDArray[np.float64]]] = {}
    for node in openvino.Core().read_model(path).get_ordered_ops():
        if node.get_type_name() == "Constant":
            values = np.array(node.get_data(), np.float64)
            found.setdefault(values.shape, []).append(values)
    return found


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_every_weight_and_nothing_else_changes(tiny_models: Path, tmp_path: Path, precision: str) -> None:
    source = tiny_models / precision / "model.xml"
    assert perturb_weights(source, tmp_path / "off.xml") == 6
    before, after = constants(source), constants(tmp_path / "off.xml")
    assert before.keys() == after.keys()
    [weights], [changed] = before.pop((1, 6, 1, 1)), after.pop((1, 6, 1, 1))
    assert (weights != changed).all()
    assert np.abs(changed / weights - 1).max() < 0.05
    assert all(
        np.array_equal(first, second)
        for shape in before
        for first, second in zip(before[shape], after[shape], strict=True)
    )


def test_the_spread_is_what_it_says(tmp_path: Path) -> None:
    source, target = _convolution(tmp_path, (64, 32, 3, 3)), tmp_path / "off.xml"
    assert perturb_weights(source, target, 0.01) == 64 * 32 * 9
    [weights], [changed] = (constants(path)[(64, 32, 3, 3)] for path in (source, target))
    relative = changed / weights - 1
    assert relative.std() == pytest.approx(0.01, rel=0.03)
    assert relative.mean() == pytest.approx(0, abs=3e-4)


def test_a_seed_gives_the_same_each_time(tiny_models: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        perturb_weights(tiny_models / "fp32" / "model.xml", tmp_path / f"{name}.xml", seed=seed)
    first, second, third = ((tmp_path / f"{name}.bin").read_bytes() for name in "abc")
    assert first == second != third


def test_a_model_without_weights_is_refused(tmp_path: Path) -> None:
    parameter = opset13.parameter([1, 3, 4, 4], np.float32)
    openvino.save_model(openvino.Model([opset13.relu(parameter)], [parameter]), tmp_path / "model.xml")
    with pytest.raises(DataError, match="found none to perturb"):
        perturb_weights(tmp_path / "model.xml", tmp_path / "off.xml")


def _convolution(folder: Path, shape: tuple[int, int, int, int]) -> Path:
    weights = np.random.default_rng(1).normal(size=shape).astype(np.float32) + 5
    parameter = opset13.parameter([1, shape[1], 8, 8], np.float32)
    node = opset13.convolution(parameter, opset13.constant(weights), [1, 1], [1, 1], [1, 1], [1, 1])
    openvino.save_model(openvino.Model([node], [parameter]), folder / "model.xml", compress_to_fp16=False)
    return folder / "model.xml"
