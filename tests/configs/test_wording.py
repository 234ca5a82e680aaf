"""Whatever a job's key is given, the error is in words of the toolkit, not of the library that checks types."""

import types
import typing
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from configs.errors import UsageError
from configs.load import config_of
from configs.schema import Config

WRONG = (None, {"a": 1}, {1: 2}, [1, 2, 3], [None], [], {}, "words", "", -7, 1.5, 1e9, 10**30, float("nan"), True)
FOREIGN = ("Input", "a valid", "Field required", "Extra inputs", "Value error", "instance of", "<class", "not take")


def _keys(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every key of a section and of the sections in it; in a mapping, below the key `f32`."""
    for name, field in model.model_fields.items():
        yield (*above, name)
        for section, between in _sections(field.annotation):
            yield from _keys(section, (*above, name, *between))


def _sections(annotation: object) -> Iterator[tuple[type[BaseModel], tuple[str, ...]]]:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, BaseModel):
            yield annotation, ()
        return
    between = ("f32",) if typing.get_origin(annotation) is dict else ()
    for argument in typing.get_args(annotation):
        for section, deeper in _sections(argument):
            yield section, (*between, *deeper)


KEYS = tuple(_keys(Config))


def test_the_keys_of_all_sections_are_found() -> None:
    assert ("gate", "against_original", "f32", "f32", "absolute") in KEYS
    assert ("dataset", "recipe", "backgrounds") in KEYS


@pytest.mark.parametrize("key", KEYS, ids=".".join)
def test_a_wrong_value_is_told_in_our_words(key: tuple[str, ...]) -> None:
    refused = 0
    for value in WRONG:
        content: object = value
        for part in reversed(key):
            content = {part: content}
        try:
            config_of(typing.cast("dict[str, object]", content), "job.yaml")
        except UsageError as error:
            refused += 1
            text = str(error)
            assert text.startswith(f"job.yaml: wrong configuration\n  {key[0]}"), text
            assert not [word for word in FOREIGN if word in text], text
    assert refused
