"""Bisection over releases in order: pure, from a measurement of one release to the first that is bad."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["good", "bad", "untestable"]


@dataclass(frozen=True, slots=True)
class Found:
    """Between which releases the change is.

    Attributes:
        last_good: the last release that is good.
        suspects: the releases of which one is the first bad one, in order; the last of them is bad. One, unless
            those before it could not be tested.
    """

    last_good: str
    suspects: tuple[str, ...]


def search(versions: Sequence[str], measure: Callable[[str], Verdict]) -> Found:
    """Find the first bad release by measuring about log2 of them.

    Args:
        versions: at least two, in order; the first is known to be good, the last to be bad, and neither is measured.
        measure: tells of a release whether it is good, bad, or cannot be tested.
    """
    good, bad = 0, len(versions) - 1
    untestable: set[int] = set()
    while candidates := [index for index in range(good + 1, bad) if index not in untestable]:
        middle = (good + bad) / 2
        index = min(candidates, key=lambda index: abs(index - middle))
        match measure(versions[index]):
            case "good":
                good = index
            case "bad":
                bad = index
            case "untestable":
                untestable.add(index)
    return Found(versions[good], tuple(versions[good + 1 : bad + 1]))
