"""Write docs/licences.md: of every package in the locks the version, the licence, and what needs it; copyleft apart.

    python -m tools.supply.licences             # as `make lock` does
    python -m tools.supply.licences --check     # write nothing; end with 3 where the page would change

Licences are those that the installed packages themselves declare. What is not installed here keeps its line where the
page has one of that version.
"""

import argparse
import re
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from configs.errors import DataError
from configs.files import write_atomically
from eval.presentation.formatting import markdown_table
from eval.provenance.licences import classifiers_of, licence_of
from eval.provenance.lock import LOCKS, RUNTIME, TORCH, Locked, read_lock
from eval.provenance.software import installed
from tools.command_line import run

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/licences.md"
COPYLEFT = re.compile(r"\b(A?GPL|LGPL|MPL|EPL|EUPL|CDDL|OSL)\b|General Public License", re.IGNORECASE)
FFMPEG = "LGPL-2.1-or-later, or GPL as it was built"
GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"
LIBRARIES = {
    "libasound": "LGPL-2.1-or-later",
    "libavcodec": FFMPEG,
    "libavdevice": FFMPEG,
    "libavfilter": FFMPEG,
    "libavformat": FFMPEG,
    "libavutil": FFMPEG,
    "libgfortran": GCC,
    "libgmp": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libgnutls": "LGPL-2.1-or-later",
    "libgomp": GCC,
    "libhogweed": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libmp3lame": "LGPL-2.0-or-later",
    "libnettle": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libquadmath": "LGPL-2.1-or-later",
    "libswresample": FFMPEG,
    "libswscale": FFMPEG,
    "libunistring": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libx264": "GPL-2.0-or-later",
    "libx265": "GPL-2.0-or-later",
    "libzmq": "MPL-2.0",
}
"""Shared libraries under copyleft that wheels bring along, by the beginning of their file names."""
HEAD = """# Licences of what mattekit needs

Made by `python -m tools.supply.licences` from what the packages of the locks declare themselves
([supply-chain.md](supply-chain.md)); no advice on law. mattekit, MIT, ships none of these packages: pip fetches them.
Who passes on an environment or an image that holds them passes them on, under their licences.

The licences of models, sets and pictures are elsewhere: [download.md](download.md), [compose.md](compose.md),
[people.md](people.md), and the [README](../README.md#licence-and-credits).
"""
LIBRARIES_HEAD = """## Copyleft in shared libraries

Wheels for Linux bring shared libraries that their own licence does not name. These are the ones under copyleft:
"""
AV_NOTE = """**PyAV's wheel**, of the extras `demo` and `serve` alone, is the one to look at: its FFmpeg says
"LGPL version 3 or later" of itself and is built with libx264 and libx265, which are under the GPL. OpenCV's wheel has
an FFmpeg of its own, without these two. `mattekit convert`, `mattekit evaluate` and `mattekit gate` need no PyAV.
"""


def groups(folder: Path) -> dict[str, list[str]]:
    """Return the locks that name each package: `runtime`, or extras."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.txt"), key=lambda path: (path.stem != TORCH, path.stem != RUNTIME, path.stem)):
        for name in read_lock(path):
            found.setdefault(name, []).append(RUNTIME if path.stem == TORCH else path.stem)
    return found


def declared(name: str, locked: Locked, distributions: Mapping[str, metadata.Distribution]) -> str | None:
    """Return the licence of a package, SPDX or as its classifiers have it; None where this version is not installed."""
    distribution = distributions.get(name)
    if distribution is None or distribution.version != locked.version:
        return None
    licence = licence_of(distribution) or "; ".join(classifiers_of(distribution))
    if not licence:
        raise DataError(f"{name} {locked.version}: declares no licence; read its source, and decide whether it stays")
    return licence


def rows_of(page: str) -> dict[tuple[str, str], str]:
    """Return the licence of each name and version that a page of ours lists."""
    rows = re.findall(r"^\| ([\w.-]+) \| ([\w.+!]+) \| (.+?) \| [\w, ]+ \|$", page, re.MULTILINE)
    return {(name, version): licence for name, version, licence in rows if version != "version"}


def libraries(distributions: Mapping[str, metadata.Distribution]) -> Iterator[tuple[str, str, str]]:
    """Yield package, libraries and their licence, for those of `LIBRARIES` that installed packages bring."""
    for name, distribution in sorted(distributions.items()):
        found = {
            path.name.partition(".so")[0].partition("-")[0] for path in distribution.files or () if ".so" in path.name
        }
        by_licence: dict[str, list[str]] = {}
        for each in sorted(found & set(LIBRARIES)):
            by_licence.setdefault(LIBRARIES[each], []).append(each)
        for licence, names in sorted(by_licence.items()):
            yield name, ", ".join(names), licence


def page(folder: Path, before: str, distributions: Mapping[str, metadata.Distribution]) -> str:
    """Return the page.

    Args:
        folder: of the locks.
        before: the page as it is, for packages that are not installed here.
        distributions: what is installed, by normalised name.

    Raises:
        DataError: a lock is not readable, or a package of theirs is neither installed nor on the page.
    """
    used, known = groups(folder), rows_of(before)
    locked = {name: each for path in folder.glob("*.txt") for name, each in read_lock(path).items()}
    rows = []
    for name, each in sorted(locked.items()):
        licence = declared(name, each, distributions) or known.get((name, each.version))
        if licence is None:
            raise DataError(
                f"{name} {each.version} is not installed, so its licence is not known; run `make install-import`"
            )
        rows.append([name, each.version, licence, ", ".join(used[name])])
    copyleft = [row for row in rows if COPYLEFT.search(row[2])]
    titles = ("package", "version", "licence", "needed by")
    bundled = [
        list(each) for each in libraries({name: distributions[name] for name in locked if name in distributions})
    ]
    parts = [
        HEAD,
        "## Copyleft in packages\n",
        markdown_table(titles, copyleft),
        LIBRARIES_HEAD,
        markdown_table(("package", "libraries", "licence"), bundled),
        AV_NOTE,
        f"## All {len(rows)} packages\n",
        markdown_table(titles, rows),
    ]
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 3 where the page would change")
    arguments = parser.parse_args()
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    text = page(LOCKS, before, installed())
    if arguments.check and text != before:
        raise DataError(f"{PAGE}: not what the packages declare; run `python -m tools.supply.licences`")
    if not arguments.check:
        write_atomically(PAGE, text)


if __name__ == "__main__":
    run(main)
