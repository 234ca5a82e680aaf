"""The project's rules that no other tool holds: which way imports go, what stays light, how long a module may be."""

import ast
import functools
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mattekit.verbs import doctor
from tools.structure import circles, imports_of, reached, rooms_of

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {
    "configs": {"configs"},
    "datasets": {"configs", "datasets"},
    "converter": {"configs", "datasets", "converter"},
    "demo": {"configs", "datasets", "converter", "demo"},
    "eval": {"configs", "datasets", "converter", "eval"},
    "training": {"configs", "datasets", "converter", "training"},
    "mattekit": {"configs", "datasets", "converter", "demo", "eval", "training", "mattekit"},
    "tools": {"configs", "datasets", "converter", "demo", "eval", "training", "tools"},
}
# A file imports from its own room and from the floors below it, the lower ones first; "" is the folder itself.
FLOORS: dict[str, tuple[tuple[str, ...], ...]] = {
    "datasets": (
        ("mismatch",),
        ("samples",),
        ("plates",),
        ("making",),
        ("synthetic", "people"),
        ("fetch", "importing/layouts"),
        ("importing", "remote"),
        ("compose",),
        ("bundled", "stimuli"),
        ("",),
    ),
    "converter": (
        ("catalogue",),
        ("network",),
        ("fast",),
        ("architectures",),
        ("forms",),
        ("runners",),
        ("proof",),
        ("proof/faults",),
        ("steps",),
        ("taps",),
        ("",),
    ),
    "demo": (("matting",), ("composing", "media"), ("pipeline", "footage"), ("page",), ("",)),
    "eval": (
        ("presentation", "metrics"),
        ("statistics",),
        ("run",),
        ("pipeline",),
        ("gate", "bench", "compare", "attribution", "locate", "omz", "provenance"),
        ("gate/selftest", "report", "versions"),
        ("report/html", "card", "cluster"),
        ("",),
    ),
    "mattekit": (("terminal", "stages"), ("verbs",), ("",)),
}
Imports = dict[str, frozenset[str]]
HEAVY = ("torch", "openvino", "onnxruntime", "onnx", "onnxsim", "nncf")
LONGEST = 350
SOURCES = sorted(path for package in ALLOWED for path in (ROOT / package).rglob("*.py"))
PRODUCT = [path for path in SOURCES if path.relative_to(ROOT).parts[0] != "tools"]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def _named(paths: list[Path]) -> list[tuple[str, Path]]:
    return [(path.relative_to(ROOT).as_posix(), path) for path in paths]


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def _imported(path: Path) -> frozenset[str]:
    """Return the full name of every module that a file imports, at its top or inside functions."""
    names: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return frozenset(names)


def _ours(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in _imported(path)} & set(ALLOWED)


@pytest.fixture(scope="module")
def imports() -> Imports:
    return imports_of(ROOT)


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_go_one_way(package: str) -> None:
    sources = [path for path in SOURCES if path.relative_to(ROOT).parts[0] == package]
    assert sources
    wrong = {name: _ours(path) - ALLOWED[package] for name, path in _named(sources)}
    assert {name: packages for name, packages in wrong.items() if packages} == {}


@pytest.mark.parametrize("package", FLOORS)
def test_rooms_stand_on_floors(package: str, imports: Imports) -> None:
    floor_of = {room: floor for floor, rooms in enumerate(FLOORS[package]) for room in rooms}
    files = {name: others for name, others in imports.items() if name.startswith(f"{package}/")}
    assert {_room(name) for name in files} <= set(floor_of), "a room without a floor: put it into FLOORS"
    problems = [
        f"{name} imports {other}: {_place(package, _room(other))} does not stand below {_place(package, _room(name))}; "
        f"move what both need to {_below(package, floor_of[_room(name)])}, or {name} to a floor above"
        for name, others in files.items()
        for other in sorted(others)
        if other in files and _room(other) != _room(name) and floor_of[_room(other)] >= floor_of[_room(name)]
    ]
    assert problems == [], "\n".join(problems)


def _room(name: str) -> str:
    """Return the room of a file below its package: `gate/selftest` of `eval/gate/selftest/run.py`."""
    return "/".join(name.split("/")[1:-1])


def _place(package: str, room: str) -> str:
    return f"{package}/{room}".rstrip("/")


def _below(package: str, floor: int) -> str:
    lower = [_place(package, room) for rooms in FLOORS[package][:floor] for room in rooms]
    return f"one of {', '.join(lower)}" if lower else "a package below"


def test_no_circles(imports: Imports) -> None:
    assert circles(imports) == []
    assert circles(rooms_of(imports)) == []


@pytest.mark.parametrize("package", ALLOWED)
def test_a_lower_package_s_tests_need_no_upper_one(package: str, imports: Imports) -> None:
    tests = [path for path in TESTS if path.relative_to(ROOT).parts[1] == package]
    assert tests
    wrong = {}
    for name, path in _named(tests):
        # A tool may measure what is tested, as long as it stands on no more than the tests may.
        tools = {f"{module.replace('.', '/')}.py" for module in _imported(path)} & set(imports)
        tools = {tool for tool in tools if tool.startswith("tools/")}
        needed = {file.partition("/")[0] for file in reached(imports, frozenset(tools))} | _ours(path)
        wrong[name] = needed - ALLOWED[package] - {"tools"}
    assert {name: packages for name, packages in wrong.items() if packages} == {}


@pytest.mark.parametrize(
    "code",
    [
        "run('download', '--list')",
        "run('gate', 'no-such-run')",
        "run('dataset', 'verify', 'no-such-set')",
        "run('compare', 'no-such-run', 'reports/example')",
        "import eval.gate.run, eval.report.markdown, eval.report.html.page, eval.compare.runs",
        "import training.bank, training.composites, training.recipe",
    ],
)
def test_what_needs_no_framework_imports_none(code: str) -> None:
    script = f"""
import sys
def run(*arguments):
    from mattekit.__main__ import main
    sys.argv = ["mattekit", *arguments]
    try:
        main()
    except SystemExit:
        pass
{code}
print("heavy:", *[name for name in {(*HEAVY, "plotly", "matplotlib")!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "heavy:"


def test_only_who_runs_a_framework_imports_it() -> None:
    importing = {
        name for name, path in _named(PRODUCT) if {module.partition(".")[0] for module in _imported(path)} & set(HEAVY)
    }
    assert {name.partition("/")[0] for name in importing} == {"converter", "training"}
    assert {name for name in importing if name.startswith("training")} == {
        "training/objective.py",
        "training/train.py",
    }


def test_no_module_is_long() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in _named(SOURCES)}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_every_file_says_what_it_is_for() -> None:
    assert [name for name, path in _named(SOURCES) if not ast.get_docstring(_tree(path))] == []


def test_test_files_have_unique_names_and_are_no_packages() -> None:
    names = [path.name for path in TESTS if path.name != "conftest.py"]
    assert len(set(names)) == len(names)
    assert "__init__.py" not in names


def test_every_package_is_declared() -> None:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        declared = tomllib.load(stream)["tool"]["setuptools"]["packages"]
    found = {".".join(path.relative_to(ROOT).parent.parts) for path in PRODUCT if path.name == "__init__.py"}
    assert set(declared) == found
    assert {".".join(path.relative_to(ROOT).parent.parts) for path in PRODUCT} == found


def test_no_other_distribution_provides_our_packages() -> None:
    assert doctor._shadowed_packages() == []


def test_another_distribution_with_one_of_our_packages_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    providers = {"datasets": ["mattekit", "datasets"], "eval": ["mattekit"], "numpy": ["numpy"]}
    monkeypatch.setattr(doctor.importlib.metadata, "packages_distributions", lambda: providers)
    [problem] = doctor._shadowed_packages()
    assert "`datasets` is also provided by datasets" in problem
    assert "make clean install" in problem


def test_a_package_from_elsewhere_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys.modules["datasets"], "__file__", str(tmp_path / "datasets" / "__init__.py"))
    [problem] = doctor._shadowed_packages()
    assert "package `datasets` was imported from" in problem
