"""`mattekit serve` in a process of its own, for the tests of the page."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
SECONDS = 60


@dataclass(frozen=True)
class Served:
    """A page that is served.

    Attributes:
        address: of the page, without a slash at its end.
        process: that serves it.
        temporary: where it keeps files.
        said: before it named its address.
    """

    address: str
    process: "subprocess.Popen[str]"
    temporary: Path
    said: tuple[str, ...]


@contextmanager
def served(models: Path, folder: Path, *options: object) -> Iterator[Served]:
    """Serve a page on a free port, from an empty folder and with its temporary files in another."""
    work, temporary = folder / "work", folder / "temporary"
    work.mkdir(parents=True)
    temporary.mkdir()
    command = [sys.executable, "-m", "mattekit", "serve", str(models), "--port", "0", *map(str, options)]
    environment = {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), "PATH": "/usr/bin:/bin", "HOME": str(work)}
    process = subprocess.Popen(
        command, cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            if found := re.search(r"serving on (http://\S+)/ ", line):
                yield Served(found[1], process, temporary, tuple(said))
                break
            said.append(line)
        else:
            raise AssertionError(process.communicate(timeout=SECONDS))
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=SECONDS)
