"""Structure: who imports whom, the longest chain, and circles, in a tree made by hand."""

from pathlib import Path

import pytest

from configs.errors import DataError, UsageError
from tools.structure import (
    arrows_between,
    circles,
    describe,
    imports_of,
    longest_chain,
    reached,
    rooms_of,
    within,
)

TREE = {
    "configs/__init__.py": '"""Configs."""\nKNOWN = 1\n',
    "configs/load.py": "import json\nimport configs.schema\n",
    "configs/schema.py": "from configs import KNOWN\n",
    "eval/__init__.py": "",
    "eval/run.py": "from configs.load import load\nfrom eval import score, missing\n",
    "eval/score.py": "def later():\n    import numpy, eval.gate.judge\n",
    "eval/gate/__init__.py": "",
    "eval/gate/judge.py": "from eval.run import evaluate\nfrom . import limits\nfrom ..score import Score\n",
    "eval/gate/limits.py": "import configs\n",
    "tools/scripts/main.py": "from helper import help_out\nimport configs.load\n",
    "tools/scripts/helper.py": "",
    "models/left_out.py": "import configs\n",
}
CIRCLE = ("eval/gate/judge.py", "eval/run.py", "eval/score.py")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in TREE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_each_way_to_import_finds_the_file(root: Path) -> None:
    assert imports_of(root) == {
        "configs/__init__.py": frozenset(),
        "configs/load.py": {"configs/schema.py"},
        "configs/schema.py": {"configs/__init__.py"},
        "eval/__init__.py": frozenset(),
        "eval/gate/__init__.py": frozenset(),
        "eval/gate/judge.py": {"eval/run.py", "eval/gate/limits.py", "eval/score.py"},
        "eval/gate/limits.py": {"configs/__init__.py"},
        "eval/run.py": {"configs/load.py", "eval/score.py", "eval/__init__.py"},
        "eval/score.py": {"eval/gate/judge.py"},
        "tools/scripts/helper.py": frozenset(),
        "tools/scripts/main.py": {"tools/scripts/helper.py", "configs/load.py"},
    }


def test_a_script_that_shadows_nothing_of_a_package_s_is_only_seen_beside_scripts(tmp_path: Path) -> None:
    (tmp_path / "eval").mkdir()
    for name, text in {"__init__.py": "", "inspect.py": "", "gate.py": "import inspect\n"}.items():
        (tmp_path / "eval" / name).write_text(text, encoding="utf-8")

    assert imports_of(tmp_path)["eval/gate.py"] == frozenset()


def test_circles_are_found_between_files_and_between_rooms(root: Path) -> None:
    imports = imports_of(root)

    assert circles(imports) == [CIRCLE]
    assert circles(rooms_of(imports)) == [("eval", "eval/gate")]
    assert arrows_between(imports, "eval", "eval/gate") == [("eval/score.py", "eval/gate/judge.py")]


def test_rooms_without_a_circle_between_files_may_still_have_one(root: Path) -> None:
    (root / "eval/gate/judge.py").write_text("import eval\n", encoding="utf-8")
    imports = imports_of(root)

    assert circles(imports) == []
    assert circles(rooms_of(imports)) == [("eval", "eval/gate")]


def test_the_longest_chain_counts_every_file_of_a_circle() -> None:
    graph = {name: frozenset(imported) for name, imported in {"a": "bd", "b": "c", "c": "b", "d": "e", "e": ""}.items()}

    assert longest_chain({"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset()}) == ("a", "b", "c")
    assert len(longest_chain(graph)) == 3
    assert longest_chain({**graph, "c": frozenset("be")}) == ("a", "b", "c", "e")
    assert longest_chain({}) == ()


def test_a_chain_leads_out_of_the_folder_it_starts_in(root: Path) -> None:
    imports = imports_of(root)
    configs = frozenset(name for name in imports if name.startswith("configs/"))

    assert longest_chain(within(imports, configs)) == ("configs/load.py", "configs/schema.py", "configs/__init__.py")
    assert longest_chain(within(imports, reached(imports, frozenset({"eval/run.py"})))) == (
        *CIRCLE,
        *longest_chain(within(imports, configs)),
    )


def test_the_table_has_a_row_for_each_folder_and_room_and_names_the_circles(root: Path) -> None:
    text = describe(root)

    assert "| **configs** | 3 | 5 | 3 | 3 |" in text
    assert "| **eval** | 6 | 8 | 4 | 6 |" in text
    assert "| eval, without rooms | 3 | 4 | 2 | 6 |" in text
    assert "| eval/gate | 3 | 4 | 2 | 6 |" in text
    assert "| **all** | 11 | 15 | 6 | 6 |" in text
    assert "Circles between files: 1\n- 3 files\n  - eval/gate/judge.py imports eval/run.py, eval/score.py\n" in text
    assert "- eval, eval/gate\n  - eval imports eval/gate: score.py -> judge.py\n" in text
    assert "left_out" not in text


def test_where_nothing_can_be_measured_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected a checkout with files in configs, "):
        describe(tmp_path)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/load.py").write_text("import\n", encoding="utf-8")
    with pytest.raises(
        DataError, match=r"configs/load\.py: expected Python, found invalid syntax|Expected one or more"
    ):
        describe(tmp_path)
