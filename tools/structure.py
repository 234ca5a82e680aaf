"""Print how the code stands on itself: files, lines, import chains and circles, by folder.

    python -m tools.structure                    # of this checkout
    python -m tools.structure --root ../other    # of another one

Files are read, never imported, and imports inside functions count. A room is a folder that holds files; one room
imports another if a file directly in it imports a file directly in the other.
"""

import argparse
import ast
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import networkx as nx

from configs.errors import DataError, UsageError
from eval.presentation.formatting import markdown_table
from tools.command_line import run

FOLDERS = ("configs", "datasets", "converter", "eval", "training", "demo", "mattekit", "tools")
"""The top-level folders that are measured, where they exist."""

Graph = Mapping[str, frozenset[str]]
"""Who imports whom. Files and folders are named by their path from the root, as `eval/gate/judge.py`, `eval/gate`."""


def imports_of(root: Path) -> dict[str, frozenset[str]]:
    """Return every Python file in `FOLDERS` below `root`, with the files among them that it imports.

    `from package import module` imports the module, `from package import name` the package's `__init__.py`.

    Raises:
        DataError: a file is not Python.
    """
    files = {path.relative_to(root).as_posix(): path for top in FOLDERS for path in (root / top).rglob("*.py")}
    return {name: frozenset(_imported(name, path, files)) - {name} for name, path in sorted(files.items())}


def _imported(name: str, path: Path, files: Mapping[str, Path]) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        raise DataError(f"{path}: expected Python, found {error}") from error
    folder = PurePosixPath(name).parent
    # Where there is no package, files are scripts, and import what lies beside them without naming the folder.
    bases = (PurePosixPath(), folder) if f"{folder}/__init__.py" not in files else (PurePosixPath(),)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _file_of(alias.name, bases, files)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                package = folder.parts[: len(folder.parts) - node.level + 1]
                module = ".".join((*package, *filter(None, (node.module,))))
            for alias in node.names:
                submodule = [*_file_of(f"{module}.{alias.name}", bases, files)]
                yield from submodule or _file_of(module, bases, files)


def _file_of(module: str, bases: tuple[PurePosixPath, ...], files: Mapping[str, Path]) -> Iterator[str]:
    """Yield the file that `import module` runs, if it is one of `files`."""
    for base in bases:
        place = base.joinpath(*module.split("."))
        for candidate in (f"{place}.py", f"{place}/__init__.py"):
            if candidate in files:
                yield candidate
                return


def rooms_of(imports: Graph) -> dict[str, frozenset[str]]:
    """Return which folders import which, from which files do."""
    rooms: dict[str, set[str]] = {}
    for name, imported in imports.items():
        own = _room(name)
        rooms.setdefault(own, set()).update(_room(other) for other in imported)
    return {room: frozenset(others) - {room} for room, others in rooms.items()}


def _room(name: str) -> str:
    return PurePosixPath(name).parent.as_posix()


def circles(graph: Graph) -> list[tuple[str, ...]]:
    """Return the groups of files (or folders) that each import all others of their group, directly or not, sorted."""
    components = nx.strongly_connected_components(_directed(graph))
    return sorted(tuple(sorted(component)) for component in components if len(component) > 1)


def longest_chain(graph: Graph) -> tuple[str, ...]:
    """Return the longest path of imports, the importing file first; of a circle on the way all files count."""
    condensed = nx.condensation(_directed(graph))
    chains: dict[int, tuple[str, ...]] = {}
    for component in reversed([*nx.topological_sort(condensed)]):
        onward = max((chains[other] for other in condensed.successors(component)), key=len, default=())
        chains[component] = (*sorted(condensed.nodes[component]["members"]), *onward)
    return max(chains.values(), key=len, default=())


def _directed(graph: Graph) -> nx.DiGraph:
    directed = nx.DiGraph()
    # Sorted, so that of two chains of one length the same is found every time.
    directed.add_nodes_from(sorted(graph))
    directed.add_edges_from((name, other) for name in sorted(graph) for other in sorted(graph[name]))
    return directed


def within(graph: Graph, names: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return the part of a graph that lies between `names`."""
    return {name: graph[name] & names for name in sorted(names)}


def reached(graph: Graph, names: frozenset[str]) -> frozenset[str]:
    """Return `names` and all that they import, directly or not."""
    found, waiting = set(names), [*names]
    while waiting:
        new = graph[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return frozenset(found)


def describe(root: Path) -> str:
    """Return the table of folders and rooms and the lists of circles, as markdown.

    Raises:
        DataError: a file is not Python.
        UsageError: there is none.
    """
    imports = imports_of(root)
    if not imports:
        raise UsageError(f"{root}: expected a checkout with files in {', '.join(FOLDERS)}, found none")
    lines = {name: len((root / name).read_text(encoding="utf-8").splitlines()) for name in imports}
    rooms = rooms_of(imports)
    rows = []
    for top in FOLDERS:
        files = frozenset(name for name in imports if name.startswith(f"{top}/"))
        own = sorted(room for room in rooms if room == top or room.startswith(f"{top}/"))
        if files:
            rows.append((f"**{top}**", *_measures(imports, files, lines)))
        for room in own if len(own) > 1 else ():
            title = f"{room}, without rooms" if room == top else room
            rows.append((title, *_measures(imports, frozenset(name for name in files if _room(name) == room), lines)))
    rows.append(("**all**", *_measures(imports, frozenset(imports), lines)))
    header = ("Folder", "Files", "Lines", "Longest chain within", "Longest chain from here")
    table = markdown_table(header, rows, right=(1, 2, 3, 4))
    return "\n".join([table, *_circles_of_files(imports), "", *_circles_of_rooms(imports, rooms)])


def _circles_of_files(imports: Graph) -> Iterator[str]:
    found = circles(imports)
    yield f"Circles between files: {len(found) or 'none'}"
    for members in found:
        yield f"- {len(members)} files"
        yield from (f"  - {name} imports {', '.join(sorted(imports[name] & {*members}))}" for name in members)


def _circles_of_rooms(imports: Graph, rooms: Graph) -> Iterator[str]:
    found = circles(rooms)
    yield f"Circles between rooms: {len(found) or 'none'}"
    for members in found:
        yield f"- {', '.join(members)}"
        for room in members:
            for other in sorted(rooms[room] & {*members}):
                arrows = arrows_between(imports, room, other)
                shown = ", ".join(
                    f"{PurePosixPath(name).name} -> {PurePosixPath(end).name}" for name, end in arrows[:3]
                )
                more = f" and {len(arrows) - 3} more" if len(arrows) > 3 else ""
                yield f"  - {room} imports {other}: {shown}{more}"


def arrows_between(imports: Graph, room: str, other: str) -> list[tuple[str, str]]:
    """Return which files directly in `room` import which directly in `other`."""
    starts = [name for name in sorted(imports) if _room(name) == room]
    return [(name, end) for name in starts for end in sorted(imports[name]) if _room(end) == other]


def _measures(imports: Graph, files: frozenset[str], lines: Mapping[str, int]) -> tuple[str, str, str, str]:
    """Return the number of files, of lines, and the lengths of the longest chains between them and from them."""
    # The longest chain in what they reach starts at one of them: from any other file it could be made longer.
    inside = len(longest_chain(within(imports, files)))
    onward = len(longest_chain(within(imports, reached(imports, files))))
    return str(len(files)), f"{sum(lines[name] for name in files):,}", str(inside), str(onward)


def main() -> None:
    """Print the structure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(), help="the checkout to measure")
    print(describe(parser.parse_args().root))


if __name__ == "__main__":
    run(main)
