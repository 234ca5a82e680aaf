"""The footage: the same every time, whole or not at all, with sound, plate and credits."""

import json
from pathlib import Path

import numpy as np
import pytest
from clips import sound_of

from configs.errors import UsageError
from datasets.people.pack import open_pack
from datasets.samples.images import read_rgb
from demo.footage.make import make_footage
from demo.footage.scene import Scene
from demo.media.reading import open_source

SIZE = (90, 160)


def test_footage_is_the_same_every_time(tmp_path: Path) -> None:
    first, second = (make_footage(tmp_path / name, open_pack(), SIZE, 0.3) for name in "ab")
    # What x264 makes of the same frames may differ.
    files, others = ({**record.files, "source.mp4": ""} for record in (first, second))
    assert files == others
    assert (Scene(open_pack(), SIZE).frame(0.2) == Scene(open_pack(), SIZE).frame(0.2)).all()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == sorted(["footage.json", *first.files])
    frames = [frame.image for frame in open_source(str(tmp_path / "a/source.mp4")).frames()]
    plate = read_rgb(tmp_path / "a/plate.png")
    assert len(frames) == 9
    assert plate.shape == frames[0].shape == (*SIZE, 3)
    # The person stands in the middle; at the side the scene is the plate's, moved by a little.
    apart = np.abs(frames[0].astype(int) - plate).mean(axis=2)
    assert np.median(apart[45:, 40:90]) > 2 * np.median(apart[:, 140:])
    codec, seconds, frequency = sound_of(tmp_path / "a/source.mp4")
    assert (codec, seconds) == ("aac", pytest.approx(0.3, abs=0.05))
    assert frequency == pytest.approx(261.6, abs=4)
    assert "Jakub Mede" in (tmp_path / "a/ATTRIBUTION.csv").read_text(encoding="utf-8")


def test_it_is_made_once_and_other_things_are_left_alone(tmp_path: Path) -> None:
    make_footage(tmp_path / "a", open_pack(), SIZE, 0.1)
    before = (tmp_path / "a/source.mp4").stat().st_mtime_ns
    make_footage(tmp_path / "a", open_pack(), SIZE, 0.1)
    assert (tmp_path / "a/source.mp4").stat().st_mtime_ns == before
    with pytest.raises(UsageError, match="holds other footage; replace it with --force"):
        make_footage(tmp_path / "a", open_pack(), SIZE, 0.2)
    (tmp_path / "b").mkdir()
    (tmp_path / "b/mine.json").write_text(json.dumps({}))
    with pytest.raises(UsageError, match="no footage of ours"):
        make_footage(tmp_path / "b", open_pack(), SIZE, 0.1, force=True)
