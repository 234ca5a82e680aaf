"""What became of every key of a file that is read: nothing of it is dropped in silence."""

from dataclasses import dataclass
from typing import Any, Literal

from configs.errors import UsageError, shortened

Outcome = Literal["taken", "agrees", "passed over", "by hand"]
"""Went into the job; says what mattekit does anyway; does not matter here; is for the user to look after."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A key, what became of it, and why."""

    key: str
    outcome: Outcome
    text: str

    def __str__(self) -> str:
        return f"{self.outcome}: {self.key}: {self.text}"


class Findings(list[Finding]):
    """The findings so far, in the order of the files."""

    def taken(self, key: str, text: str) -> None:
        """Note what went into the job."""
        self.append(Finding(key, "taken", text))

    def agrees(self, key: str, text: str) -> None:
        """Note what mattekit does anyway."""
        self.append(Finding(key, "agrees", text))

    def passed_over(self, key: str, text: str) -> None:
        """Note what does not matter here, and why."""
        self.append(Finding(key, "passed over", text))

    def by_hand(self, key: str, text: str) -> None:
        """Note what the user must look after."""
        self.append(Finding(key, "by hand", text))


class Keys:
    """A mapping of a file whose keys are taken one by one; what nobody takes is noted at the end.

    Args:
        content: the mapping, as it was read.
        file: for errors and findings.
        findings: where what is left over is noted.
        path: of keys to the mapping, with a dot at its end.

    Raises:
        UsageError: the content is no mapping.
    """

    def __init__(self, content: Any, file: str, findings: Findings, path: str = "") -> None:
        if not isinstance(content, dict):
            where = f"{file}: {path.removesuffix('.')}" if path else file
            raise UsageError(f"{where}: expected a mapping, found {_found(content)}")
        self._left = dict(content)
        self._file, self._findings, self._path = file, findings, path

    def at(self, key: str) -> str:
        """Return file and path of a key, for errors and findings."""
        return f"{self._file}: {self._path}{key}"

    def take(self, key: str) -> Any:
        """Return a key's value, None where it is not there."""
        return self._left.pop(key, None)

    def text(self, key: str) -> str | None:
        """Return a key's text, None where it is not there.

        Raises:
            UsageError: it is something else.
        """
        value = self.take(key)
        if value is not None and not isinstance(value, str):
            raise UsageError(f"{self.at(key)}: expected a text, found {_found(value)}")
        return value

    def items(self, key: str) -> list[Any]:
        """Return a key's list, an empty one where it is not there.

        Raises:
            UsageError: it is something else.
        """
        value = self.take(key)
        if value is not None and not isinstance(value, list):
            raise UsageError(f"{self.at(key)}: expected a list, found {_found(value)}")
        return value or []

    def each(self, key: str) -> list["Keys"]:
        """Return a key's list of mappings.

        Raises:
            UsageError: it is something else.
        """
        return [self.below(one, f"{key}.{place}") for place, one in enumerate(self.items(key))]

    def mapping(self, key: str) -> "Keys | None":
        """Return a key's mapping, None where it is not there.

        Raises:
            UsageError: it is something else.
        """
        value = self.take(key)
        return None if value is None else self.below(value, key)

    def below(self, content: Any, key: str) -> "Keys":
        """Return what a key holds as a mapping of its own.

        Raises:
            UsageError: it is something else.
        """
        return Keys(content, self._file, self._findings, f"{self._path}{key}.")

    def note_rest(self, why: str = "not understood; look whether it matters to you") -> None:
        """Note every key that nobody took."""
        for key, value in self._left.items():
            self._findings.by_hand(self.at(str(key)), f"{why} ({shortened(repr(value))})")
        self._left.clear()


def _found(value: object) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {shortened(repr(value))}"
