"""Where files are found, and how a record's paths are seen from another working folder."""

import shutil
from pathlib import Path

import pytest

from configs.errors import UsageError
from configs.load import config_of, load_config
from configs.places import HOME_VARIABLE, INSTALLED, Origin, found, home


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working folder."""
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_named_is_looked_for_here_then_at_home_then_where_we_are_installed(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = Path("configs/default.yaml")
    assert found(name) == INSTALLED / name
    assert found(Path("configs")) == Path("configs")  # a folder of ours is no folder of the user's
    monkeypatch.setenv(HOME_VARIABLE, str(elsewhere / "home"))
    (elsewhere / "home" / "configs").mkdir(parents=True)
    (elsewhere / "home" / name).touch()
    assert found(name) == elsewhere / "home" / name
    (elsewhere / "configs").mkdir()
    (elsewhere / name).touch()
    assert found(name) == name
    assert found(Path("x" * 5000)) == Path("x" * 5000)


def test_a_home_that_is_a_file_is_refused(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "file").touch()
    monkeypatch.setenv(HOME_VARIABLE, "file")
    with pytest.raises(UsageError, match=f"{HOME_VARIABLE}: expected a folder, found file"):
        home()


def test_the_default_job_is_the_same_everywhere_but_for_where_things_are(elsewhere: Path) -> None:
    here, own = load_config(), load_config(INSTALLED / "configs" / "default.yaml")
    assert here == own
    assert here.model.checkpoint == INSTALLED / "training/checkpoints/mattekit-mobilenetv2.safetensors"
    assert here.convert.out == Path("models/background-matting-mobilenetv2")
    (elsewhere / "mine.yaml").write_text("extends: default.yaml\nname: mine\n")
    assert load_config(Path("mine.yaml")) == config_of({"extends": "default.yaml", "name": "mine"}, "test")
    assert load_config(Path("mine.yaml")).gate == own.gate


def test_what_is_made_lies_at_home(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "here").mkdir()
    content = {"convert": {"out": "models/m", "int8": {"calibration": "data/c"}}, "dataset": {"path": "data/s"}}
    monkeypatch.setenv(HOME_VARIABLE, "/home-of-mine")
    job = config_of(content, "test")
    assert job.convert.out == Path("/home-of-mine/models/m")
    assert (job.dataset.path, job.convert.int8.calibration) == ("/home-of-mine/data/s", "/home-of-mine/data/c")
    assert config_of({"dataset": {"path": "here"}}, "test").dataset.path == "here"
    assert config_of({"dataset": {"path": "people"}}, "test").dataset.path == "people"


@pytest.mark.parametrize("moved", ["nothing", "both", "the record"])
def test_a_record_s_paths_are_found_from_elsewhere(
    moved: str, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, record = elsewhere / "project", elsewhere / "project" / "models" / "m"
    record.mkdir(parents=True)
    (project / "mine.pth").touch()
    monkeypatch.chdir(project)
    origin = Origin.here(record)
    assert origin.base(record, "mine.pth") is not None
    assert origin.from_here(project, "mine.pth") == "mine.pth"
    (elsewhere / "other").mkdir()
    monkeypatch.chdir(elsewhere / "other")
    if moved == "both":
        project, record = project.rename(elsewhere / "moved"), elsewhere / "moved" / "models" / "m"
    if moved == "the record":
        record = record.rename(elsewhere / "m")
    base = origin.base(record, "mine.pth")
    assert base == project
    assert origin.from_here(base, "mine.pth") == str(project / "mine.pth")
    # An absolute path is found again where it was moved along.
    assert origin.from_here(base, str(elsewhere / "project" / "mine.pth")) == str(project / "mine.pth")
    shutil.rmtree(project)
    assert origin.base(record, "mine.pth") is None
    assert str(elsewhere / "project" / "mine.pth") in origin.tried(record, "mine.pth")
