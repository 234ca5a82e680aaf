"""What is wrong with a value that was read, in words of the files instead of those of the library that checks them."""

from collections.abc import Mapping
from typing import Any

from configs.errors import shortened

_EXPECTED: Mapping[str, str] = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "keys with values",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "a number greater than {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "int_type": "a whole number",
    "invalid_key": "a text as the key",
    "less_than": "a number less than {lt}",
    "less_than_equal": "a number of at most {le}",
    "literal_error": "{expected}",
    "missing": "a value",
    "model_attributes_type": "a section of keys with values",
    "model_type": "a section of keys with values",
    "path_type": "a path",
    "string_pattern_mismatch": "a text of the pattern {pattern}",
    "string_too_short": "a text of at least {min_length} characters",
    "string_type": "a text",
    "too_long": "at most {max_length} values",
    "too_short": "at least {min_length} values",
    "tuple_type": "a list",
}


def explained(problem: Any) -> str:
    """Return what was expected and found, for an entry of `pydantic.ValidationError.errors()`."""
    context = problem.get("ctx", {})
    if problem["type"] == "value_error":
        whole = isinstance(problem["input"], dict)  # a section, of which the sentence names what it is about
        return str(context["error"]) if whole else f"{context['error']} (found {_shown(problem['input'])})"
    if problem["type"] == "extra_forbidden":
        return "unknown key"
    found = _shown(problem["input"])
    if problem["type"] == "missing":
        found = "nothing"
    elif problem["type"] in ("too_long", "too_short"):
        found = f"{context['actual_length']}: {found}"
    template = _EXPECTED.get(problem["type"])
    if template is None:
        return f"a value that this key does not take, {found}"
    return f"expected {template.format(**{name: _number(value) for name, value in context.items()})}, found {found}"


def _number(value: object) -> object:
    return f"{value:g}" if isinstance(value, float) else value


def _shown(value: object) -> str:
    """Return a value as a YAML file has it, shortened."""
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else shortened(repr(value))
