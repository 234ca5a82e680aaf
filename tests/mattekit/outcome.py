"""What a command ended with, for the tests of the command line."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What a command ended with; `text` is both streams with their line breaks taken for blanks."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return " ".join(f"{self.out} {self.err}".split())


Run = Callable[..., Outcome]
