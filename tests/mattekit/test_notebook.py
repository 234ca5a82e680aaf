"""The notebook in docs/ runs from top to bottom, in an empty folder, and shows what its text says."""

from pathlib import Path
from typing import Any

import nbformat
import pytest

from configs.places import HOME_VARIABLE

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "mattekit.ipynb"


def _text(cell: Any) -> str:
    """Return what a cell printed and returned, as text."""
    return "".join(str(output.get("text") or output.get("data", {}).get("text/plain", "")) for output in cell.outputs)


def test_the_committed_notebook_was_run_from_top_to_bottom() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    outputs = [output for cell in cells for output in cell.outputs]
    assert all(output.output_type != "error" and output.get("name") != "stderr" for output in outputs)


@pytest.mark.slow
def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbclient import NotebookClient

    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    work = tmp_path / "work"
    work.mkdir()
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(work)}}).execute()
    texts = {cell.source.splitlines()[-1]: _text(cell) for cell in notebook.cells if cell.cell_type == "code"}
    assert "((720, 1280), dtype('float32'), (720, 1280, 3))" in texts["alpha.shape, alpha.dtype, foreground.shape"]
    assert "torch, onnx, ir-fp16@f32 on 2 samples of people" in texts["run"]
    assert any(text.startswith("inconclusive 5") for text in texts.values())
    assert any("image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", ()))
    assert {path.name for path in work.iterdir()} == {"models", "data", "reports"}
