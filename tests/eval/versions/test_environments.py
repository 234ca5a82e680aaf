"""Environments of one replaced package, made by pip from wheels of a few bytes, without an index."""

from pathlib import Path

import pytest

from configs.errors import DataError, UsageError
from eval.versions import environments
from eval.versions.client import Worker
from eval.versions.environments import PACKAGES, bytes_in, environment_for, released_versions, unmet_requirements
from eval.versions.pins import Pin
from tools.planted_release import write_wheel

PIN = Pin("plantedpackage", "1.2.0")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with two releases of a package; pip sees nothing else."""
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONSTRAINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    folder = tmp_path / "wheels"
    for version in ("1.2.0", "1.10.0"):
        write_wheel(folder, PIN.package, version, "", ["numpy<2", "packaging", "nowhere-to-be-found; extra == 'x'"])
    return folder


def test_an_environment_holds_the_one_package_and_is_made_once(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, record = environment_for(PIN, tmp_path / "made", wheels)
    assert (record.package, record.version, record.wheel) == (
        PIN.package,
        "1.2.0",
        "plantedpackage-1.2.0-py3-none-any.whl",
    )
    assert {path.name for path in (folder / PACKAGES).iterdir()} == {PIN.package, "plantedpackage-1.2.0.dist-info"}
    assert record.bytes > 0
    assert unmet_requirements(folder, PIN.package) == (
        f"numpy<2 (runs with {environments.importlib.metadata.version('numpy')})",
    )

    def no_pip(*_: object, **__: object) -> None:
        raise AssertionError("pip was run again")

    assert bytes_in(tmp_path / "made") == (1, record.bytes)
    monkeypatch.setattr(environments.subprocess, "run", no_pip)
    assert environment_for(PIN, tmp_path / "made", wheels) == (folder, record)


def test_another_wheel_of_the_same_version_gets_an_environment_of_its_own(wheels: Path, tmp_path: Path) -> None:
    first, _ = environment_for(PIN, tmp_path / "made", wheels)
    write_wheel(wheels, PIN.package, PIN.version, "CHANGED = True")
    second, _ = environment_for(PIN, tmp_path / "made", wheels)
    assert first != second
    assert "CHANGED" in (second / PACKAGES / PIN.package / "__init__.py").read_text(encoding="utf-8")


def test_a_version_that_pip_does_not_find_leaves_nothing_and_says_what_pip_said(wheels: Path, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"plantedpackage 3\.0: pip cannot install it\n.*from versions: 1\.2\.0, 1\.10\.0"
    ):
        environment_for(Pin(PIN.package, "3.0"), tmp_path / "made", wheels)
    assert list((tmp_path / "made").iterdir()) == []


def test_a_folder_of_wheels_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--find-links: expected a folder of wheels"):
        environment_for(PIN, tmp_path / "made", tmp_path / "nowhere")


def test_the_releases_are_those_that_pip_could_install(wheels: Path) -> None:
    assert set(released_versions(PIN.package, wheels)) == {"1.2.0", "1.10.0"}
    with pytest.raises(DataError, match="notthere: pip cannot list its releases; name them with --versions"):
        released_versions("notthere", wheels)


def test_a_worker_runs_the_replaced_package_and_refuses_another(wheels: Path, tmp_path: Path) -> None:
    folder, _ = environment_for(PIN, tmp_path / "made", wheels)
    with Worker(PIN, folder) as worker:
        assert worker.version == "1.2.0"
    with pytest.raises(
        DataError, match=r"plantedpackage 1\.10\.0: expected plantedpackage 1\.10\.0 from .*found 1\.2\.0"
    ):
        Worker(Pin(PIN.package, "1.10.0"), folder)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise ImportError('no such symbol')", r"plantedpackage 1\.2\.0: ImportError: no such symbol"),
        (
            "import os; os.write(2, b'a last word\\n'); os.abort()",
            r"its process ended \(signal 6\)\n(.*\n)*.*a last word",
        ),
    ],
    ids=["raises", "dies"],
)
def test_a_release_that_cannot_be_imported_is_a_data_error_with_its_own_words(
    wheels: Path, tmp_path: Path, code: str, said: str
) -> None:
    write_wheel(wheels, PIN.package, PIN.version, code)
    folder, _ = environment_for(PIN, tmp_path / "made", wheels)
    with pytest.raises(DataError, match=said):
        Worker(PIN, folder)
