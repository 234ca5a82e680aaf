"""`mattekit compare` on the command line."""

import shutil
from pathlib import Path

from outcome import Run

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "reports/example"


def test_it_prints_and_writes_the_comparison_and_does_not_judge(run: Run, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "b")
    outcome = run("compare", EXAMPLE, "b")
    assert outcome.code == 0
    written = (tmp_path / "b" / "compare.md").read_text(encoding="utf-8")
    assert written in outcome.out
    assert "Over 36 shared samples." in written
    assert run("compare", EXAMPLE, "b", "--out", "c.md").code == 0
    assert (tmp_path / "c.md").read_text(encoding="utf-8") == written


def test_a_run_that_is_not_there_is_a_data_error(run: Run) -> None:
    outcome = run("compare", EXAMPLE, "nowhere")
    assert outcome.code == 3
    assert "nowhere" in outcome.text
