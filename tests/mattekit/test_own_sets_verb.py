"""`mattekit dataset pairs`, from pictures to a set that verifies and is shown."""

from pathlib import Path

from outcome import Run
from PIL import Image


def test_pictures_and_plates_become_a_set(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name, level in (("x.png", 9), ("x_plate.png", 0), ("y.png", 8), ("y_bg.png", 0)):
        Image.new("RGB", (16, 8), (level, 0, 0)).save(own / name)
    made = run("dataset", "pairs", str(own), "--out", str(tmp_path / "set"))
    assert made.code == 0
    assert "2 samples without ground truth" in made.text
    checked = run("dataset", "verify", str(tmp_path / "set"))
    assert checked.code == 0
    assert "agreement with the original, not accuracy" in checked.text
    shown = run("dataset", "show", str(tmp_path / "set"))
    assert "2 of 2 samples, which have no ground truth" in shown.text
    (own / "z.png").write_bytes((own / "x.png").read_bytes())
    refused = run("dataset", "pairs", str(own), "--out", str(tmp_path / "other"))
    assert refused.code == 3
    assert "no plate for: z.png" in refused.text
