"""CPU feature classes from invented `/proc/cpuinfo` files, versions, and the git revision of a folder."""

import subprocess
from pathlib import Path

import pytest

from configs.environment import cpu_class, cpu_name, describe_environment, git_commit, installed_versions


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("sse2 avx2 avx512f avx512_vnni avx512_bf16 amx_tile amx_bf16", "amx"),
        ("sse2 avx2 avx512f avx512_vnni avx512_bf16", "avx512_bf16"),
        ("sse2 avx2 avx512f avx512_vnni", "avx512_vnni"),
        ("sse2 avx2 avx512f", "avx512"),
        ("sse2 avx2 avx_vnni", "avx2"),
        ("sse2 amx_tile", "sse"),
        ("", "unknown"),
    ],
)
def test_cpu_class_from_flags(flags: str, expected: str, tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(f"processor\t: 0\nmodel name\t: Test CPU @ 2GHz\nflags\t\t: {flags}\n\nprocessor\t: 1\n")
    assert cpu_class(file, "x86_64") == expected
    assert cpu_name(file) == "Test CPU @ 2GHz"


def test_cpu_class_without_flags(tmp_path: Path) -> None:
    assert cpu_class(tmp_path / "absent", "arm64") == "arm"
    assert cpu_class(tmp_path / "absent", "AMD64") == "unknown"
    assert cpu_name(tmp_path / "absent") != ""


def test_versions_name_what_is_not_installed() -> None:
    versions = installed_versions(("numpy", "no-such-distribution-here"))
    assert versions["numpy"] is not None
    assert versions["no-such-distribution-here"] is None


def test_git_commit_of_a_checkout(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    assert git_commit(tmp_path) is None
    git("init")
    assert git_commit(tmp_path) is None  # no commit yet
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("-c", "core.hooksPath=/dev/null", "commit", "-m", "first")
    clean = git_commit(tmp_path)
    assert clean is not None
    assert len(clean) == 40
    (tmp_path / "untracked").write_text("x")
    assert git_commit(tmp_path) == clean
    (tmp_path / "file").write_text("2")
    assert git_commit(tmp_path) == f"{clean}-dirty"
    (tmp_path / "inner").mkdir()
    assert git_commit(tmp_path / "inner") is None


def test_description_is_complete() -> None:
    environment = describe_environment()
    assert environment.cpu_class
    assert environment.versions["numpy"]
    assert environment.python.count(".") == 2
