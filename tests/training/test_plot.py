"""The picture of the losses."""

from pathlib import Path

import numpy as np
import pytest

from configs.errors import DataError
from datasets.samples.images import read_rgb
from training.plot import draw_losses

HEADER = "stage,iteration,loss,seconds_per_iteration\n"


def test_the_picture_shows_the_losses_and_is_the_same_each_time(tmp_path: Path) -> None:
    losses = tmp_path / "losses.csv"
    losses.write_text(HEADER + "base,20,0.5,1\nbase,40,0.2,1\nwhole,20,0.3,1\nwhole,40,0.1,1\n")
    draw_losses(losses, tmp_path / "a.png")
    draw_losses(losses, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    losses.write_text(HEADER + "base,20,0.5,1\nbase,40,0.4,1\nwhole,20,0.3,1\nwhole,40,0.1,1\n")
    draw_losses(losses, tmp_path / "b.png")
    first, second = (read_rgb(tmp_path / name) for name in ("a.png", "b.png"))
    assert first.shape == second.shape
    assert np.any(first != second)


@pytest.mark.parametrize("content", ["", HEADER, "what,ever\n1,2\n", HEADER + "base,x,0.5,1\n"])
def test_what_is_no_table_of_losses_is_refused(tmp_path: Path, content: str) -> None:
    losses = tmp_path / "losses.csv"
    losses.write_text(content)
    with pytest.raises(DataError, match=r"expected the losses\.csv"):
        draw_losses(losses, tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()
