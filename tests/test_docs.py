"""Whatever the documents, scripts, comments and messages name is there: files, modules, verbs, make's targets."""

import ast
import re
from pathlib import Path

import pytest
from command_lines import command_lines, parse_mattekit
from typer.exceptions import TyperException

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("configs", "converter", "datasets", "demo", "eval", "training", "mattekit", "tools", "tests")
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(path for top in ("docs", *PACKAGES) for path in (ROOT / top).rglob("*.md")),
]
SCRIPTS = [
    *(ROOT / name for name in ("Makefile", "action.yml", ".ci/run", ".github/workflows/ci.yml")),
    *sorted(path for top in ("docs", "configs", "training") for path in (ROOT / top).rglob("*.y*ml")),
]
SOURCES = sorted(path for top in PACKAGES if top != "tests" for path in (ROOT / top).rglob("*.py"))
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in (*PAGES, *SCRIPTS, *SOURCES)}
NOT_OURS = {
    "mattekit.yaml",  # the job of whoever runs it
    "configs/baselines/humanmatting-openimages.json",  # of a set that whoever runs the recipe has
    *(f"configs/baselines/{name}.json" for name in ("published", "omz-onnx", "modnet", "rvm")),  # of downloads
    "configs/baselines/mine.json",
    *(f"training/runs/{name}" for name in ("people", "photographs", "default/losses.csv")),
    *(f"datasets/images/{name}.jpg" for name in ("china", "flower")),  # in scikit-learn
    "mattekit/contract",  # the contract's place in an IR's rt_info
    "mattekit.contract",  # its key in an ONNX
    "tools.NAME",
    "reproduce.py",  # in the folder that `mattekit locate` writes
}

_FOLDERS = "|".join((*PACKAGES, "docs", "reports/example", r"\.ci", r"\.github"))
PATH = re.compile(rf"(?<![\w./-])(?:{_FOLDERS})/[\w./-]*\w")
FILE = re.compile(r"(?:\.(?:py|md|ya?ml|json|j2|css|js|csv|png|jpg|webp|safetensors)|/run)$")
MODULE = re.compile(rf"(?<![\w./-])python -m ([\w.]+)|`((?:{'|'.join(PACKAGES)})(?:\.\w+)+)[`(]")
BARE_FILE = re.compile(r"`(\w+\.py)`")
TARGET = re.compile(r"`make ([a-z-]+)`")


def _missing_paths(name: str, text: str) -> set[str]:
    """Return the paths in a text that lead nowhere; in sources only files, since a folder may be a key or a type."""
    found = {path for path in PATH.findall(text) if not name.endswith(".py") or FILE.search(path)}
    return {path for path in found - NOT_OURS if not (ROOT / path).exists()}


def _is_there(dotted: str) -> bool:
    """Tell whether a dotted name is a module or package of ours, or a name or attribute defined in one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return length == len(parts) or parts[length] in _defined(file)
    return False


def _defined(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
    return names


def _missing_modules(text: str) -> set[str]:
    named = {module or dotted for module, dotted in MODULE.findall(text)}
    ours = {name for name in named - NOT_OURS if name.partition(".")[0] in PACKAGES}
    return {name for name in ours if not _is_there(name)}


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_and_module_that_is_named_exists(name: str) -> None:
    assert _missing_paths(name, TEXTS[name]) == set()
    assert _missing_modules(TEXTS[name]) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_bare_file_of_a_page_lies_below_its_folder(page: Path) -> None:
    below = {path.name for path in page.parent.rglob("*.py")}
    assert set(BARE_FILE.findall(TEXTS[page.relative_to(ROOT).as_posix()])) - NOT_OURS <= below


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_of_a_page_parses(page: Path) -> None:
    for arguments in command_lines(page.read_text(encoding="utf-8"), "mattekit"):
        parse_mattekit(arguments)


@pytest.mark.parametrize("name", [name for name in TEXTS if name.endswith(".py") and not name.startswith("tests/")])
def test_every_verb_and_target_that_a_message_names_exists(name: str) -> None:
    for words in re.findall(r"`mattekit ([a-z][a-z -]*)", TEXTS[name]):
        verb = words.split()[: 2 if words.startswith("dataset ") else 1]
        parse_mattekit((*verb, "--help"))
    targets = set(re.findall(r"^([a-z-]+):", TEXTS["Makefile"], re.MULTILINE))
    assert set(TARGET.findall(TEXTS[name])) <= targets


def test_every_test_that_a_page_names_exists() -> None:
    tests = {name for path in (ROOT / "tests").rglob("test_*.py") for name in (path.stem, *_defined(path))}
    named = {name for page in PAGES for name in re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8"))}
    assert named
    assert named <= tests


def test_what_is_not_there_would_be_found() -> None:
    gone = "see eval/gone.py, `eval.gate.judge.gone` and `python -m tools.gone`, but eval/gate/judge.py is there"
    assert _missing_paths("README.md", gone) == {"eval/gone.py"}
    assert _missing_modules(gone) == {"eval.gate.judge.gone", "tools.gone"}
    assert _missing_modules("`eval.gate.judge.judge_original` and `converter.network`") == set()
    with pytest.raises(TyperException):
        parse_mattekit(("explode", "--help"))
