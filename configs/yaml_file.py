"""YAML as configurations use it: plain values in sections, each key once, and no more of it than people write."""

from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from configs.errors import DataError, UsageError, shortened
from configs.reading import read_text

MAX_BYTES = 1 << 20
"""Longest YAML file that is read."""
MAX_DEPTH = 50
"""How deep sections and lists may lie in each other."""
MAX_VALUES = 20_000
"""Most values in a file, with every alias counted as what it stands for."""


class _PlainLoader(yaml.SafeLoader):
    """The safe loader, which names the place of every fault.

    It also refuses a key that is given twice, of which PyYAML would silently take the last one, and a file that is
    small but stands for more than memory or time suffice for.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ConstructorError(
                problem=f"sections and lists lie more than {MAX_DEPTH} deep in each other",
                problem_mark=self.get_mark(),
            )
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_document(self, node: yaml.Node) -> Any:
        _count(node, {}, ())
        return super().construct_document(node)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            kind = str(node.tag).rpartition(":")[2]
            found = shortened(repr(node.value)) if isinstance(node, yaml.ScalarNode) else "this"
            raise ConstructorError(problem=f"{found} is no {kind}", problem_mark=node.start_mark) from error

    def construct_scalar(self, node: Any) -> Any:
        value = super().construct_scalar(node)
        if isinstance(value, str) and any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in value):
            raise ConstructorError(
                problem=f"{shortened(ascii(value))} holds a character that no text has", problem_mark=node.start_mark
            )
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise ConstructorError(
                    problem=f"the key `{shortened(key.value)}` is given twice", problem_mark=key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """Read a YAML file of plain values.

    Raises:
        UsageError: the file is missing, is no regular file, or is not such YAML; the message names the place.
    """
    try:
        return yaml.load(read_text(path, MAX_BYTES), Loader=_PlainLoader)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: the configuration cannot be read ({error.strerror})") from error
    except DataError as error:
        raise UsageError(str(error)) from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: not valid YAML: {error}") from error


def _count(node: yaml.Node, counted: dict[int, int], above: tuple[yaml.Node, ...]) -> int:
    """Return how many values a node stands for; refuse one that holds itself, or too many."""
    if id(node) in counted:
        return counted[id(node)]
    if any(node is outer for outer in above):
        raise ConstructorError(problem="it holds itself, by an alias", problem_mark=node.start_mark)
    below = (*above, node)
    if isinstance(node, yaml.MappingNode):
        parts = [part for pair in node.value for part in pair]
    else:
        parts = node.value if isinstance(node, yaml.SequenceNode) else []
    total = 1 + sum(_count(part, counted, below) for part in parts)
    if total > MAX_VALUES:
        raise ConstructorError(
            problem=f"it stands for more than {MAX_VALUES} values, with aliases counted", problem_mark=node.start_mark
        )
    counted[id(node)] = total
    return total
