"""Links in sets: a set with a manifest names files inside its folder alone; one without is the user's to arrange."""

import shutil
from pathlib import Path

import pytest

from configs.errors import DataError
from datasets.samples.layout import open_set
from datasets.samples.verify import verify_set
from datasets.synthetic.make import synthesize


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("links") / "set"
    synthesize(root, 1, 1, (64, 64), workers=1)
    return root


@pytest.fixture
def linked(whole: Path, tmp_path: Path) -> Path:
    """Return a copy of a set whose plate is a link to a file elsewhere."""
    root = Path(shutil.copytree(whole, tmp_path / "set"))
    [plate] = (root / "bgr").rglob("*.png")
    plate.rename(tmp_path / "elsewhere.png")
    plate.symlink_to(tmp_path / "elsewhere.png")
    return root


def test_a_manifest_s_file_that_leads_out_is_not_opened(linked: Path) -> None:
    with pytest.raises(DataError, match=r"bgr/.*\.png: leads out of"):
        open_set(linked)
    assert [problem.kind for problem in verify_set(linked).errors if "leads out of" in problem.message] == ["image"]


def test_a_set_without_a_manifest_may_be_linked(linked: Path) -> None:
    (linked / "manifest.json").unlink()
    assert len(open_set(linked).refs) == 1
    assert verify_set(linked)


def test_a_set_behind_a_link_is_whole(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(whole)
    assert len(open_set(tmp_path / "link").refs) == 1
