"""What makes a conversion another one: the code that decides it, not what is said about it."""

from pathlib import Path

import pytest

from converter.architectures import declaring_module
from converter.key import code_digests

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = {
    "__init__.py": '"""A package."""\n',
    "story.py": '"""A story."""\n\nfrom package.room import step\n\n\ndef tell():\n    return step.LIMIT\n',
    "room/__init__.py": "",
    "room/step.py": '"""A step."""\n\nimport json\n\nLIMIT = 1  # at most\n\n\nclass Box:\n    """A box."""\n',
    "beside.py": "import package.story\n",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def digests(root: Path) -> dict[str, str]:
    return code_digests(root, "package.story")


def edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / "package" / name
    text = path.read_text()
    assert old in text or not old
    path.write_text(text.replace(old, new) if old else text + new)


def test_modules_are_found_by_what_they_import(package: Path) -> None:
    assert set(digests(package)) == {"package", "package.story", "package.room", "package.room.step"}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("room/step.py", "  # at most", "  # not more than this"),
        ("room/step.py", "A step.", "A step, described at length."),
        ("room/step.py", '    """A box."""', '    """A box,\n\n    with a long description.\n    """'),
        ("room/step.py", "LIMIT = 1", "\n\nLIMIT  =  1"),
        ("__init__.py", "A package.", "Another description."),
        ("beside.py", "", "LIMIT = 3\n"),
    ],
    ids=["comment", "module's docstring", "class's docstring", "layout", "package's docstring", "not imported"],
)
def test_what_decides_nothing_changes_nothing(package: Path, name: str, old: str, new: str) -> None:
    before = digests(package)

    edit(package, name, old, new)

    assert digests(package) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("room/step.py", "LIMIT = 1", "LIMIT = 2"),
        ("story.py", "step.LIMIT", "-step.LIMIT"),
        ("room/__init__.py", "", "import warnings\n"),
        ("story.py", "def tell", "import package.beside\n\n\ndef tell"),
    ],
    ids=["constant", "code", "package's code", "another import"],
)
def test_what_decides_changes_it(package: Path, name: str, old: str, new: str) -> None:
    before = digests(package)

    edit(package, name, old, new)

    assert digests(package) != before


def test_of_the_converter_what_makes_and_proves_forms_decides_and_what_only_shows_them_does_not() -> None:
    family, file = declaring_module("background-matting-v2")
    found = set(code_digests(ROOT, "converter.convert")) | set(code_digests(ROOT, family, file))

    steps = {f"converter.steps.{path.stem}" for path in (ROOT / "converter" / "steps").glob("*.py")}
    assert found >= steps - {"converter.steps.__init__"}
    assert found >= {f"converter.{room}" for room in ("network", "fast", "forms", "runners", "proof", "steps", "key")}
    assert found >= {"converter.proof.parity", "converter.proof.counterfactual", "converter.runners.openvino_ir"}
    assert not [name for name in found if name.startswith(("converter.taps", "converter.info", "converter.verify"))]
    assert not found & {"converter.proof.perturb", "converter.runners.timing"}
