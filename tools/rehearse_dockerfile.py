"""Run the Dockerfile without Docker: `python -m tools.rehearse_dockerfile ROOT -- mattekit doctor` (as root).

ROOT is a folder with the files of the base image, such as one that debootstrap made:

    debootstrap --variant=minbase --include=python3,python3-venv bookworm ROOT

Every instruction is done in it in turn, RUN by chroot and COPY with the files that git tracks, and then the command
after `--` (the Dockerfile's own CMD where none is given). `--env` overrides an ENV, for instance another index of
packages, and `--bind` makes a folder of this machine visible in ROOT. The first command that fails ends it.
"""

import argparse
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from configs.errors import ConversionError, UsageError
from tools.command_line import run

DOCKERFILE = Path("Dockerfile")
KNOWN = ("FROM", "RUN", "USER", "WORKDIR", "COPY", "ENV", "CMD")


class Instruction(NamedTuple):
    """One instruction of a Dockerfile: its word in capitals, and the rest as one line."""

    word: str
    rest: str


def instructions(text: str) -> tuple[Instruction, ...]:
    """Return the instructions of a Dockerfile, comments left out and continued lines joined.

    Raises:
        UsageError: an instruction that this program cannot do.
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found = tuple(
        Instruction(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)
    )
    for each in found:
        if each.word not in KNOWN:
            raise UsageError(f"{DOCKERFILE}: expected one of {', '.join(KNOWN)}, found {each.word!r}")
    return found


@dataclass(slots=True)
class Container:
    """The state that instructions leave for those after them."""

    root: Path
    overrides: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"})
    user: str = "root"
    folder: str = "/"
    command: tuple[str, ...] = ()

    def do(self, instruction: Instruction) -> None:
        """Do one instruction.

        Raises:
            ConversionError: its command failed.
        """
        word, rest = instruction
        if word == "RUN":
            self.execute(("/bin/sh", "-ec", rest))
        elif word == "USER":
            self.user = rest
        elif word == "WORKDIR":
            self.folder = rest
        elif word == "ENV":
            name, _, value = rest.partition("=")
            self.variables[name] = value
        elif word == "COPY":
            self._copy(rest)
        elif word == "CMD":
            self.command = tuple(json.loads(rest))

    def execute(self, command: tuple[str, ...]) -> None:
        """Run a command as the current user in the current folder.

        Raises:
            ConversionError: it failed.
        """
        shown = shlex.join(command)
        print(f"--> {shown}", flush=True)
        environment = {"HOME": "/root" if self.user == "root" else f"/home/{self.user}", **self.variables}
        settings = [f"{name}={value}" for name, value in {**environment, **self.overrides}.items()]
        enter = ["chroot", f"--userspec={self.user}:{self.user}", str(self.root), "/usr/bin/env", "-i", *settings]
        inside = ["/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", self.folder, *command]
        code = subprocess.run([*enter, *inside], check=False).returncode
        if code:
            raise ConversionError(f"{DOCKERFILE}: expected exit code 0, found {code}, of: {shown}")

    def _copy(self, rest: str) -> None:
        words = [word for word in rest.split() if not word.startswith("--")]
        if words != [".", "."]:
            raise UsageError(f"{DOCKERFILE}: expected COPY . ., found COPY {rest}")
        listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
        for name in filter(None, listed.split("\0")):
            target = self.root / self.folder.lstrip("/") / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(name, target)
        self.execute_as_root(("chown", "-R", self.user, self.folder))

    def execute_as_root(self, command: tuple[str, ...]) -> None:
        """Run a command as root, whoever the current user is."""
        user, self.user = self.user, "root"
        try:
            self.execute(command)
        finally:
            self.user = user


@contextmanager
def mounted(root: Path, binds: list[Path]) -> Iterator[None]:
    """Make /proc, /sys, /dev and the folders `binds` visible below `root`, and take them away again."""
    with ExitStack() as stack:
        for place in (Path("/proc"), Path("/sys"), Path("/dev"), *binds):
            target = root / place.relative_to("/")
            target.mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "--bind", str(place), str(target)], check=True)
            stack.callback(subprocess.run, ["umount", str(target)], check=False)
        yield


def setting(text: str) -> tuple[str, str]:
    """Read `NAME=VALUE`.

    Raises:
        UsageError: it is something else.
    """
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise UsageError(f"--env: expected NAME=VALUE, found {text!r}")
    return name, value


def _absolute(text: str) -> Path:
    return Path(text).resolve()


def split(arguments: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return this program's own arguments, and the command after the first `--`."""
    own = list(itertools.takewhile(lambda word: word != "--", arguments))
    return own, tuple(arguments[len(own) + 1 :])


def main() -> None:
    """Do the Dockerfile's instructions, then the command."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s [--env NAME=VALUE] [--bind FOLDER] ROOT [-- COMMAND ...]",
    )
    parser.add_argument("root", type=Path, help="a folder with the base image's files")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="set whatever ENV says")
    parser.add_argument(
        "--bind", action="append", default=[], type=_absolute, metavar="FOLDER", help="visible in ROOT too"
    )
    own, command = split(sys.argv[1:])
    given = parser.parse_args(own)
    if not (given.root / "usr/bin/env").exists():
        raise UsageError(f"{given.root}: expected a folder with a system's files, found no usr/bin/env; see --help")
    if os.geteuid() != 0:
        raise UsageError("chroot and mount are for root alone; run this as root")
    container = Container(given.root.resolve(), overrides=dict(setting(each) for each in given.env))
    with mounted(container.root, given.bind):
        for instruction in instructions(DOCKERFILE.read_text(encoding="utf-8")):
            container.do(instruction)
        container.execute(command or container.command)


if __name__ == "__main__":
    run(main)
