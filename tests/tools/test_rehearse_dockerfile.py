"""The Dockerfile as the rehearsal reads it, and what it is built of."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from configs.errors import UsageError
from tools.rehearse_dockerfile import KNOWN, Instruction, instructions, setting, split

ROOT = Path(__file__).resolve().parents[2]
READ = instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def test_comments_go_and_continued_lines_are_one() -> None:
    assert instructions("# a\nRUN one \\\n    && two\n# b\n\nENV A=b c\n") == (
        Instruction("RUN", "one && two"),
        Instruction("ENV", "A=b c"),
    )
    with pytest.raises(UsageError, match=r"expected one of FROM, .*found 'HEALTHCHECK'"):
        instructions("HEALTHCHECK NONE\n")


def test_the_image_runs_the_commands_of_the_makefile_as_another_user_than_root() -> None:
    assert {each.word for each in READ} == set(KNOWN)
    assert READ[0].rest.startswith("python:3.11-")
    words = [each.word for each in READ]
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    [made] = [each.rest.split()[1] for each in READ if each.rest.startswith("make ")]
    assert made in targets
    assert words.index("USER") < words.index("COPY") < READ.index(Instruction("RUN", f"make {made}"))
    assert (
        f"/{READ[words.index('WORKDIR')].rest.strip('/')}/.venv/bin"
        in dict(each.rest.split("=", 1) for each in READ if each.word == "ENV")["PATH"]
    )


def test_the_image_is_built_of_what_git_tracks() -> None:
    """Whatever git ignores is left out too: a model or a run of whoever builds is no part of the image."""
    left_out = {line.strip("*/") for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()}
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {line.strip("*/") for line in ignored if not line.startswith("#")} <= left_out | {"!/reports/example"}
    assert "!reports/example" in left_out
    assert ".git" in left_out


def test_what_follows_two_dashes_is_the_command() -> None:
    assert split(["root", "--env", "A=b", "--", "sh", "-c", "a -- b"]) == (
        ["root", "--env", "A=b"],
        ("sh", "-c", "a -- b"),
    )
    assert split(["root"]) == (["root"], ())
    assert setting("A=b=c") == ("A", "b=c")
    with pytest.raises(UsageError, match=r"--env: expected NAME=VALUE, found 'A'"):
        setting("A")


def test_a_folder_that_is_no_system_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.rehearse_dockerfile", str(tmp_path), "--", "true"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"error: {tmp_path}: expected a folder with a system's files" in done.stderr
