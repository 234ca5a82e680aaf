"""Locating: what it refuses, how tensors are judged, the reproduction, and PyTorch by the exporter's names."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from hostile_texts import HOSTILE
from PIL import Image
from tiny_model import tiny_config

from configs.errors import DataError, UsageError
from configs.schema import Config
from configs.text import visible
from converter.convert import convert
from converter.steps.onnx_file import read_onnx
from converter.taps.base import Tap
from datasets.samples.layout import open_set
from eval.locate.compare import Tolerance, compare_tensors
from eval.locate.record import Located
from eval.locate.reproduction import words
from eval.locate.run import locate
from eval.locate.search import MOST_BYTES, MOST_TAPS, batches
from eval.locate.text import describe, verdict
from tools import model_faults as faults


@pytest.fixture
def job(tiny_onnx: Path, tiny_models: Path, tiny_set: Path) -> Config:
    return tiny_config(tiny_onnx, tiny_models, tiny_set)


@pytest.fixture
def sample_id(tiny_set: Path) -> str:
    return open_set(tiny_set).refs[0].id


def _faulty(tiny_models: Path, folder: Path) -> Path:
    model = read_onnx(tiny_models / "model.onnx")
    [node] = [node for node in model.graph.node if node.op_type == "Conv"]
    return faults.faulty_onnx(
        tiny_models / "model.onnx", node.name, faults.onnx_constant(1, faults.one_channel_scaled), folder / "bad.onnx"
    )


def test_the_forms_of_one_conversion_agree(tiny_models: Path, job: Config, sample_id: str, tmp_path: Path) -> None:
    found = locate(tiny_models, tiny_models / "fp32/model.xml", sample_id, job, tmp_path / "out")
    assert found.first is None
    assert found.whole
    assert verdict(found) == f"A and B agree on all {len(found.tensors)} tensors"
    assert Located.read(tmp_path / "out") == found
    assert not (tmp_path / "out/reproduction").exists()
    with Image.open(tmp_path / "out/growth.png") as picture:
        assert picture.size[0] > 400
    assert (tmp_path / "out/growth.png").stat().st_size < 60_000


def test_rounded_weights_part_at_the_first_node_that_has_any(
    tiny_models: Path, job: Config, sample_id: str, tmp_path: Path
) -> None:
    a, b = tiny_models / "fp32/model.xml", tiny_models / "fp16/model.xml"
    assert locate(a, b, sample_id, job, tmp_path / "wide", tolerance=1e-2).first is None
    # 3, 1.5 and 0.5 are exact in FP16; 0.9 and 0.05 are not.
    first = locate(a, b, sample_id, job, tmp_path / "narrow", tolerance=1e-5).first
    assert first is not None
    assert first.tensor in ("dimmed", "lifted")


def test_one_ir_agrees_with_itself_exactly(tiny_models: Path, job: Config, sample_id: str, tmp_path: Path) -> None:
    path = tiny_models / "fp32/model.xml"
    found = locate(path, path, sample_id, job, tmp_path / "out", tolerance=0)
    assert [tensor.difference.largest for tensor in found.tensors] == [0] * len(found.tensors)


def test_the_reproduction_runs_alone_and_shows_the_difference(
    tiny_models: Path, job: Config, sample_id: str, tmp_path: Path
) -> None:
    bad = _faulty(tiny_models, tmp_path)
    found = locate(tiny_models / "fp32/model.xml", bad, sample_id, job, tmp_path / "out")
    assert found.first is not None
    folder = tmp_path / "out/reproduction"
    assert {path.name for path in folder.iterdir()} == {
        *("a.xml", "a.bin", "b.onnx", "inputs_a.npz", "inputs_b.npz", "outputs.npz", "reproduce.py")
    }
    done = subprocess.run(
        [sys.executable, str(folder / "reproduce.py")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    whole, alone = done.stdout.splitlines()
    assert whole.endswith("parts")
    assert alone.startswith("these nodes alone")
    assert alone.endswith("parts")
    assert len(onnx.load(folder / "b.onnx").graph.node) == 1
    lines = list(describe(found))
    assert any(line.endswith("<- first") for line in lines)
    assert lines[-1].endswith("the cause is here")


@pytest.mark.parametrize("text", [*HOSTILE.values(), 'a"""; import os; """', "a\\"])
def test_the_script_s_words_are_no_code(text: str) -> None:
    [statement] = ast.parse(f'"""Tensor: {words(text)}\n"""').body
    assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    assert statement.value.value == f"Tensor: {visible(text)}\n".replace('"', "'")


def _uncomputable(models: Path, operation: str, constant: list[int], folder: Path) -> Path:
    """Write the network with a node more before `lifted`, which onnxruntime cannot run with this constant."""
    model = read_onnx(models / "model.onnx")
    [add] = [node for node in model.graph.node if node.output[0] == "lifted"]
    add.output[0] = "lifted_before"
    attributes = {"axis": 1} if operation == "Gather" else {}
    node = onnx.helper.make_node(operation, ["lifted_before", "late"], ["lifted"], "late_node", **attributes)
    model.graph.node.insert(list(model.graph.node).index(add) + 1, node)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(constant), "late"))
    del model.graph.value_info[:]
    (folder / "bad.onnx").write_bytes(model.SerializeToString())
    return folder / "bad.onnx"


@pytest.mark.parametrize(("operation", "constant"), [("Gather", [0, 1, 9]), ("Reshape", [1, 3, 5, 96])])
@pytest.mark.parametrize("faulty", ["A", "B"])
def test_a_tensor_that_a_form_cannot_compute_is_named_and_no_comparison_lost(
    tiny_models: Path, job: Config, sample_id: str, tmp_path: Path, operation: str, constant: list[int], faulty: str
) -> None:
    sound = tiny_models / "model.onnx"
    bad = _uncomputable(tiny_models, operation, constant, tmp_path)
    pair = (bad, sound) if faulty == "A" else (sound, bad)
    found = locate(*pair, sample_id, job, tmp_path / "out")
    assert found.first is not None
    assert (found.first.tensor, found.first.difference.computed, found.whole) == ("lifted", False, False)
    *before, last = found.tensors
    assert {"both", "difference", "dimmed"} <= {tensor.tensor for tensor in before}
    assert not any(tensor.parted for tensor in before)
    assert last.difference.note.startswith(f"{faulty} cannot compute it: {bad}: onnxruntime cannot run it (")
    nodes = found.first.nodes_a if faulty == "A" else found.first.nodes_b
    assert nodes[-1].operation == operation
    assert Located.read(tmp_path / "out") == found
    assert not (tmp_path / "out/reproduction").exists()
    assert list(describe(found))[-1].startswith("A and B part at lifted (")
    assert verdict(found).endswith(last.difference.note)


def test_a_later_run_replaces_the_folder_but_never_a_foreign_one(
    tiny_models: Path, job: Config, sample_id: str, tmp_path: Path
) -> None:
    model = tiny_models / "model.onnx"
    out = tmp_path / "out"
    locate(model, _faulty(tiny_models, tmp_path), sample_id, job, out)
    assert (out / "reproduction").is_dir()
    locate(model, model, sample_id, job, out)
    assert not (out / "reproduction").exists()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="not a folder of `mattekit locate`"):
        locate(model, model, sample_id, job, tmp_path / "notes")


def test_an_unknown_sample_is_named_with_those_there_are(tiny_models: Path, job: Config, tmp_path: Path) -> None:
    model = tiny_models / "model.onnx"
    with pytest.raises(DataError, match=r"has no sample 'people/9'; it has \w+/\d+"):
        locate(model, model, "people/9", job, tmp_path / "out")


def test_forms_of_different_sizes_are_refused(
    tiny_onnx: Path, tiny_models: Path, tiny_set: Path, sample_id: str, tmp_path: Path
) -> None:
    other = tiny_config(tiny_onnx, tmp_path / "other", tiny_set, convert={"size": "96x32"})
    convert(other, say=lambda _: None)
    with pytest.raises(DataError, match=r"different sizes, 96x64 and 96x32"):
        locate(tiny_models / "model.onnx", tmp_path / "other/fp32/model.xml", sample_id, other, tmp_path / "out")


def test_forms_that_share_no_tensor_name_are_refused(
    tiny_models: Path, job: Config, sample_id: str, tmp_path: Path
) -> None:
    model = read_onnx(tiny_models / "model.onnx")
    given = {value.name for value in model.graph.input}
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [name if name in given or not name else f"other_{name}" for name in names]
    for tensor in (*model.graph.initializer, *model.graph.output):
        tensor.name = f"other_{tensor.name}"
    del model.graph.value_info[:]
    (tmp_path / "other.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(DataError, match="share no tensor's name"):
        locate(tiny_models / "model.onnx", tmp_path / "other.onnx", sample_id, job, tmp_path / "out")


def test_what_is_no_model_is_refused(tiny_models: Path, job: Config, sample_id: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such model"):
        locate(tmp_path / "none.onnx", tiny_models, sample_id, job, tmp_path / "out")
    with pytest.raises(UsageError, match=r"expected an .onnx, an IR's .xml"):
        locate(tmp_path, tiny_models, sample_id, job, tmp_path / "out")
    with pytest.raises(UsageError, match="only an IR"):
        locate(tiny_models, tiny_models, sample_id, job, tmp_path / "out", precisions=("f32", "bf16"))


def test_the_limit_is_a_share_of_the_largest_value() -> None:
    a = np.array([100, 1e-3, 0], np.float32)
    within, beyond = a + np.float32(0.005), a + np.float32(0.02)
    tolerance = Tolerance(relative=1e-4)
    assert not compare_tensors(a, within, tolerance).parted
    found = compare_tensors(a, beyond, tolerance)
    assert (found.parted, found.beyond) == (True, 3)
    assert found.relative == pytest.approx(2e-4, rel=1e-3)


def test_another_shape_parts_and_has_no_difference() -> None:
    found = compare_tensors(np.zeros((2, 3)), np.zeros((3, 2)), Tolerance())
    assert (found.parted, found.largest, found.note) == (True, None, "shape (2, 3) against (3, 2)")


def test_what_is_not_finite_on_one_side_alone_parts() -> None:
    a = np.array([np.nan, np.inf, 1.0, 1.0])
    assert not compare_tensors(a, a, Tolerance()).parted
    found = compare_tensors(a, np.array([np.nan, -np.inf, np.nan, 1.0]), Tolerance())
    assert (found.parted, found.beyond, found.largest) == (True, 2, 0)


def test_batches_keep_order_and_are_bounded() -> None:
    sizes = [MOST_BYTES // 3] * 7 + [2 * MOST_BYTES, None] + [1] * (2 * MOST_TAPS)
    taps = [Tap(str(index), "", "", size, False) for index, size in enumerate(sizes)]
    found = list(batches(taps))
    assert [tap for batch in found for tap in batch] == taps
    assert [len(batch) for batch in found[:5]] == [3, 3, 1, 1, 1]
    for batch in found:
        assert len(batch) <= MOST_TAPS
        assert len(batch) == 1 or sum(tap.size or 0 for tap in batch) <= MOST_BYTES


@pytest.mark.slow
def test_the_checkpoint_is_compared_by_the_exporter_s_names(bundled_job: Config, tmp_path: Path) -> None:
    """With the bundled checkpoint at a small size: torch and IR against ONNX, clean and with a fault."""
    config, models = bundled_job, bundled_job.convert.out
    ref = open_set(Path(config.dataset.path)).refs[0]
    clean = locate(models, models / "model.onnx", ref.id, config, tmp_path / "clean")
    assert clean.first is None
    assert clean.a.framework == "torch"
    assert len(clean.tensors) > 0.95 * clean.b.tensors
    assert locate(models / "model.onnx", models / "fp32/model.xml", ref.id, config, tmp_path / "ir").first is None
    bad = faults.faulty_onnx(models / "model.onnx", "node_relu_5", faults.onnx_passed_through, tmp_path / "bad.onnx")
    first = locate(models, bad, ref.id, config, tmp_path / "found", until_parted=True).first
    assert first is not None
    assert [node.name for node in first.nodes_b] == ["node_relu_5"]
    assert first.local is not None
    assert first.local.parted
    script = tmp_path / "found/reproduction/reproduce.py"
    assert subprocess.run([sys.executable, str(script)], capture_output=True, check=False).returncode == 1
