"""YAML that hangs a reader, or ends it with a traceback, is refused with file and place."""

from pathlib import Path

import pytest

from configs.errors import UsageError
from configs.yaml_file import MAX_DEPTH, read_yaml

MERGES = "x0: &b0 {k: 1}\n" + "".join(f"x{n}: &b{n} {{<<: [{', '.join([f'*b{n - 1}'] * 9)}]}}\n" for n in range(1, 12))
LAUGHS = "x0: &b0 [1]\n" + "".join(f"x{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: 2001-99-99", r"'2001-99-99' is no timestamp.*line 1, column 7"),
        ("a: 1\nname: !!int abc", r"'abc' is no int.*line 2, column 7"),
        ("name: !!float abc", "'abc' is no float"),
        ("name: !!bool abc", "'abc' is no bool"),
        ("name: !!timestamp abc", "'abc' is no timestamp"),
        ("name: 0x_", "'0x_' is no int"),
        (f"name: {'9' * 5000}", r"'9{70,80}\.\.\. is no int"),
        ('extends: "a\\0b"', "holds a character that no text has.*line 1, column 10"),
        ('name: "\\ud800"', "holds a character that no text has"),
        ("[" * 2000, f"more than {MAX_DEPTH} deep"),
        ("a: &a [*a]", "holds itself.*line 1"),
        (MERGES, "stands for more than 20000 values.*line 5"),
        (LAUGHS, "stands for more than 20000 values.*line 6"),
        ("<<: 3", "expected a mapping or list of mappings"),
        ("? [a]\n: 1", "unhashable key"),
    ],
    ids=lambda given: given[:20],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=rf"(?s)job\.yaml: not valid YAML: .*{expected}") as caught:
        read_yaml(path)
    assert len(str(caught.value)) < 600


def test_values_and_merges_of_people_are_read(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text("base: &base {a: 1, b: 2001-09-09}\nother: {<<: *base, a: 2}\n")
    content = read_yaml(path)
    assert content["other"] == {"a": 2, "b": content["base"]["b"]}
    assert content["base"]["b"].year == 2001
