"""Strategies that turn a valid file into a broken one: in its bytes, in its text, and in what it says."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

Mutation = st.SearchStrategy[bytes]

ODD_VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 0.5, -0.0, 1e-320, 1e30, 1e308, float("nan"), float("inf")),
    *(2**31, 2**63, -(2**63), 10**400),
    *("", " ", "\0", "\ud800", "\u202e", "a" * 5000, "../x", "/etc/hostname", "a\\b", "C:\\x", "\x1b[2J"),
    *([], {}, [[]], [None], {"": None}, [0] * 1000),
)
ODD_TEXTS = (
    *("", "-1", "0", "1e308", "-1e400", "nan", "inf", "9" * 5000, "4294967296", "99999999999", "1,2", '"', "'", "\0"),
    *("\u202e", "../x", "/etc/hostname", "<<", "&a", "*a", "!!int x", "[" * 60, "{a: " * 60, "\r", "\t", "%s", "=1+1"),
)


def of_bytes(seed: bytes) -> Mutation:
    """Return changes of single bytes, cuts, insertions and repetitions, up to eight of them."""
    place = st.integers(0, max(len(seed) - 1, 0))
    change = st.one_of(
        st.tuples(st.just("set"), place, st.binary(min_size=1, max_size=8)),
        st.tuples(st.just("insert"), place, st.binary(min_size=1, max_size=64)),
        st.tuples(st.just("cut"), place, st.integers(1, 4096)),
        st.tuples(st.just("end"), place, st.just(b"")),
        st.tuples(st.just("repeat"), place, st.integers(1, 4096)),
    )
    return st.lists(change, min_size=1, max_size=8).map(lambda changes: _changed(seed, changes))


def _changed(seed: bytes, changes: list[tuple[str, int, Any]]) -> bytes:
    data = seed
    for kind, place, argument in changes:
        if kind == "set":
            data = data[:place] + argument + data[place + len(argument) :]
        elif kind == "insert":
            data = data[:place] + argument + data[place:]
        elif kind == "cut":
            data = data[:place] + data[place + argument :]
        elif kind == "end":
            data = data[:place]
        else:
            data = data[: place + argument] + data[place:]
    return data


def of_tokens(seed: bytes, separators: str) -> Mutation:
    """Return a text with up to three of its tokens, what lies between `separators`, replaced by odd ones."""
    tokens = _split(seed.decode(), separators)
    words = [index for index, token in enumerate(tokens) if token and token not in separators]
    replacement = st.tuples(st.sampled_from(words), st.sampled_from(ODD_TEXTS))
    return st.lists(replacement, min_size=1, max_size=3).map(
        lambda changes: "".join(dict(changes).get(index, token) for index, token in enumerate(tokens)).encode(
            "utf-8", "surrogatepass"
        )
    )


def _split(text: str, separators: str) -> list[str]:
    tokens = [""]
    for sign in text:
        if sign in separators:
            tokens += [sign, ""]
        else:
            tokens[-1] += sign
    return tokens


def of_json(seed: bytes, dump: Callable[[Any], bytes] | None = None) -> Mutation:
    """Return a JSON document with up to three values replaced by odd ones, left out, or doubled."""
    content = json.loads(seed)
    places = list(_places(content))
    change = st.tuples(
        st.sampled_from(places), st.sampled_from(("replace", "delete", "double")), st.sampled_from(ODD_VALUES)
    )
    write = dump or (lambda changed: json.dumps(changed).encode())
    return st.lists(change, min_size=1, max_size=3).map(lambda changes: write(_restructured(content, changes)))


def _places(content: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        yield (*above, key)
        yield from _places(value, (*above, key))


def _restructured(content: Any, changes: list[tuple[tuple[Any, ...], str, Any]]) -> Any:
    changed = copy.deepcopy(content)
    for (*above, key), kind, value in changes:
        try:
            holder = changed
            for part in above:
                holder = holder[part]
            if kind == "delete":
                del holder[key]
            elif kind == "double" and isinstance(holder, list):
                holder.insert(key, holder[key])
            else:
                holder[key] = copy.deepcopy(value)
        except (LookupError, TypeError):
            continue  # an earlier change took the place away
    return changed
