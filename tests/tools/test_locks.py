"""The locks agree with pyproject.toml and constraints.txt, and are installed hash by hash or not at all."""

import hashlib
import itertools
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from configs.errors import DataError
from eval.provenance.lock import LOCKS, RUNTIME, TORCH, Locked, lock_text, normalised, read_lock, read_locks
from eval.provenance.software import installed
from tools.supply import install, licences, lock

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = lock.groups(PROJECT)
LOCKED = read_locks()


def pins(requirements: list[str]) -> dict[str, str]:
    parsed = [Requirement(each) for each in requirements if each and not each.startswith("#")]
    return {normalised(each.name): str(each.specifier).removeprefix("==") for each in parsed}


def test_there_is_a_lock_of_the_runtime_of_torch_and_of_every_extra() -> None:
    assert {path.stem for path in LOCKS.glob("*.txt")} == {TORCH, *GROUPS}


@pytest.mark.parametrize("group", GROUPS)
def test_a_lock_has_what_pyproject_asks_for_in_the_versions_of_the_constraints(group: str) -> None:
    have = {
        **read_lock(LOCKS / f"{TORCH}.txt"),
        **read_lock(LOCKS / f"{RUNTIME}.txt"),
        **read_lock(LOCKS / f"{group}.txt"),
    }
    wanted = pins(GROUPS[group])
    assert wanted == {name: have[name].version.removesuffix("+cpu") for name in wanted}
    known = pins((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()) | wanted
    assert {name: each.version for name, each in have.items() if name != TORCH} == {
        name: known[name] for name in have if name != TORCH
    }


def test_nothing_is_constrained_that_no_lock_has() -> None:
    assert pins((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()).keys() <= LOCKED.keys()


def test_every_supported_python_has_a_wheel_of_every_package() -> None:
    for python, (name, locked) in itertools.product(lock.PYTHONS, LOCKED.items()):
        number = int(python.partition(".")[2])
        fits = [
            tag
            for wheel in locked.wheels
            for tag in parse_wheel_filename(wheel)[3]
            if tag.interpreter in (f"cp3{number}", "py3", "py2.py3", f"py3{number}")
            or (tag.abi == "abi3" and int(tag.interpreter.removeprefix("cp3")) <= number)
            or (tag.abi == "none" and tag.interpreter.startswith("cp3") and int(tag.interpreter[3:]) <= number)
        ]
        assert fits or (locked.marker and python not in locked.marker), (name, python)
    wheels = [wheel for locked in LOCKED.values() for wheel in locked.wheels]
    platforms = {tag.platform for wheel in wheels for tag in parse_wheel_filename(wheel)[3]}
    assert not [each for each in platforms if each != "any" and not each.endswith("x86_64")]


def test_a_lock_is_read_as_it_was_written() -> None:
    text = (LOCKS / f"{RUNTIME}.txt").read_text(encoding="utf-8")
    head = text.partition("\n")[0].removeprefix("# ")
    assert lock_text(read_lock(LOCKS / f"{RUNTIME}.txt").values(), head) == text
    assert head == lock.HEAD


def test_a_lock_that_was_edited_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo.txt"
    text = (LOCKS / "demo.txt").read_text(encoding="utf-8")
    for edited, fault in (
        (text.replace("--hash=sha256:", "--hash=md5:", 1), "expected a package, its hashes and its wheels"),
        (re.sub(r" {4}# .+\n", "", text, count=1), "hashes of"),
        (text + text.partition("\n")[2], "comes twice"),
    ):
        path.write_text(edited, encoding="utf-8")
        with pytest.raises(DataError, match=fault):
            read_lock(path)


def test_pythons_are_merged_with_a_marker_on_what_some_need_and_two_versions_are_an_error() -> None:
    every = {python: [Locked("a", "1", {f"a-1-cp3{python[2:]}.whl": python})] for python in ("3.11", "3.12")}
    every["3.11"].append(Locked("old", "1", {"old.whl": "o"}))
    both = lock.merged(every)
    assert (both["a"].marker, len(both["a"].wheels), both["old"].marker) == (None, 2, 'python_version == "3.11"')
    every["3.12"].append(Locked("old", "2", {"old.whl": "p"}))
    with pytest.raises(DataError, match=r"old: 1 for Python 3\.11, 2 for 3\.12; give one that fits all"):
        lock.merged(every)


def test_torch_that_cannot_be_asked_for_stays_as_it_was_and_another_hash_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = read_lock(LOCKS / f"{TORCH}.txt")[TORCH].wheels
    version = LOCKED[TORCH].version.removesuffix("+cpu")
    monkeypatch.setattr(lock, "_asked", lambda *_: None)
    assert lock.torch_wheels(version, before) == before
    with pytest.raises(DataError, match="it is not known"):
        lock.torch_wheels("9.9", before)
    monkeypatch.setattr(lock, "_asked", lambda *_: "f" * 64)
    with pytest.raises(DataError, match="find out why"):
        lock.torch_wheels(version, before)


def small_wheel(folder: Path, name: str) -> Path:
    """Make a wheel that holds nothing but its metadata."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        inside = f"{name}-1.0.dist-info"
        archive.writestr(f"{inside}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{inside}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{inside}/RECORD", "")
    return path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose two locks name two small wheels, where pip looks in one folder alone."""
    monkeypatch.setattr(install.platform, "libc_ver", lambda: ("glibc", "2.36"))
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (tmp_path / "locks").mkdir()
    for file, name in (("torch", "torch"), ("runtime", "thing")):
        path = small_wheel(wheels, name)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        text = lock_text([Locked(name, "1.0", {path.name: digest})], "made by a test")
        (tmp_path / "locks" / f"{file}.txt").write_text(text, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\n[project]\ndependencies = ["thing==1.0", "torch==1.0"]\n'
        "[project.optional-dependencies]\nextra = []\n",
        encoding="utf-8",
    )
    return tmp_path


def test_the_locks_are_used_where_they_fit_and_the_reason_is_told_where_not(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install.platform, "system", lambda: "Linux")
    monkeypatch.setattr(install.platform, "machine", lambda: "x86_64")
    assert install.unlocked(checkout, []) is None
    assert install.unlocked(checkout, ["extra"]) == "there is no lock extra.txt; `make lock` makes it"
    project = checkout / "pyproject.toml"
    project.write_text(project.read_text(encoding="utf-8").replace("thing==1.0", "thing==1.1"), encoding="utf-8")
    assert install.unlocked(checkout, []) == "the locks lack thing==1.1 of pyproject.toml; `make lock` makes them anew"
    monkeypatch.setattr(install.platform, "machine", lambda: "aarch64")
    assert install.unlocked(checkout, []) == "the locks are for Linux on x86-64, this is Linux on aarch64"


def test_the_checkout_s_own_locks_fit_its_pyproject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install.platform, "system", lambda: "Linux")
    monkeypatch.setattr(install.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(install.platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(install.sys, "version_info", (3, 12, 0))
    assert install.unlocked(ROOT, [name for name in GROUPS if name != RUNTIME]) is None


def test_a_wheel_with_another_hash_ends_the_installation(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []
    run = subprocess.run

    def dry(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        wheels = [
            "--dry-run",
            "--ignore-installed",
            "--isolated",
            "--no-index",
            "--find-links",
            str(checkout / "wheels"),
        ]
        return run([*command, *wheels], **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(install.subprocess, "run", dry)
    wheel = checkout / "wheels/torch-1.0-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    with pytest.raises(SystemExit) as ended:
        install.install_locked(checkout, [], "unused")
    assert ended.value.code == install.FAILED == DataError.exit_code
    assert len(asked) == 1, "after another hash no other index may be asked"
    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err
    wheel.unlink()
    assert install.install_locked(checkout, [], "elsewhere") == (
        "torch's CPU wheel was to be had neither where pip looks nor from elsewhere"
    )


def test_the_installer_runs_on_the_standard_library_alone() -> None:
    command = [sys.executable, "-I", "-S", str(ROOT / "tools/supply/install.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "held to its SHA-256" in done.stdout


def test_the_page_of_licences_lists_the_locks_and_says_what_the_packages_do() -> None:
    page = licences.PAGE.read_text(encoding="utf-8")
    assert licences.rows_of(page).keys() == {(name, each.version) for name, each in LOCKED.items()}
    known = dict(licences.rows_of(page))
    found = installed()
    for name, each in LOCKED.items():
        assert licences.declared(name, each, found) in (None, known[name, each.version]), name
    used = licences.groups(LOCKS)
    for name, each in LOCKED.items():
        assert f"| {name} | {each.version} | {known[name, each.version]} | {', '.join(used[name])} |" in page


def test_a_package_that_declares_no_licence_is_an_error(tmp_path: Path) -> None:
    small_wheel(tmp_path, "silent")
    with zipfile.ZipFile(tmp_path / "silent-1.0-py3-none-any.whl") as archive:
        archive.extractall(tmp_path / "site")
    [distribution] = licences.metadata.distributions(path=[str(tmp_path / "site")])
    with pytest.raises(DataError, match=r"silent 1\.0: declares no licence"):
        licences.declared("silent", Locked("silent", "1.0", {}), {"silent": distribution})
