"""The rooms of eval/ stand on floors: each imports only rooms below it."""

import ast
from pathlib import Path

import pytest

EVAL = Path(__file__).resolve().parents[2] / "eval"
BELOW = {
    "presentation": set[str](),
    "metrics": set[str](),
    "statistics": {"metrics"},
    "run": {"metrics", "statistics"},
    "gate": {"metrics", "statistics", "run", "presentation"},
    "bench": {"metrics", "statistics", "run", "presentation"},
    "compare": {"metrics", "statistics", "run", "presentation"},
    "attribution": {"metrics", "statistics", "run", "presentation"},
    "locate": {"run", "presentation"},
    "report": {"metrics", "statistics", "run", "gate", "bench", "attribution", "presentation"},
}


def test_every_room_has_its_floor() -> None:
    assert {path.parent.name for path in EVAL.glob("*/__init__.py")} == set(BELOW)


@pytest.mark.parametrize("room", BELOW)
def test_a_room_imports_only_rooms_below_it(room: str) -> None:
    for path in (EVAL / room).rglob("*.py"):
        modules = [
            node.module or ""
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
        ]
        above = {
            name for name in modules if name.startswith("eval.") and name.split(".")[1] not in {room, *BELOW[room]}
        }
        assert above == set(), f"{path}: {room}/ stands on {', '.join(sorted(BELOW[room])) or 'nothing of eval/'}"
