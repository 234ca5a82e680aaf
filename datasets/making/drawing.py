"""Draw some of many items by a seed: an item's rank depends on its id alone, not on the other items or their order."""

import hashlib
import heapq
from collections.abc import Iterable
from typing import Protocol, TypeVar


class _Named(Protocol):
    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=_Named)


def drawn(items: Iterable[Item], seed: int, count: int) -> list[Item]:
    """Return the first `count` items by SHA-256(`<seed>:<id>`)."""
    return heapq.nsmallest(count, items, key=lambda item: hashlib.sha256(f"{seed}:{item.id}".encode()).digest())
