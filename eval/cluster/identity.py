"""What must be the same on every machine, so that the scores are, to the last bit."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from configs.errors import DataError
from configs.unfinished import differences
from converter.architectures import FOLDER_VARIABLE
from eval.pipeline.opening import Opened

_SHOWN = 3


def identity_of(opened: Opened) -> dict[str, Any]:
    """Return what the scores follow from and what machines could differ in, wherever files lie on each."""
    work = opened.work()
    return {
        "models": {name: sorted(files.values()) for name, files in work["models"].items()},
        "variants": {
            record.name: f"{record.framework} {record.precision} on {', '.join(record.executed_on or ())}"
            for _, record in opened.variants
        },
        "set": {**work["set"], **_sizes(opened)},
        **{key: work[key] for key in ("torch_threads", "source_sha256", "versions", "python", "cpu_class")},
        "architectures_sha256": _own_architectures(),
    }


def require_same(node: str, here: Mapping[str, Any], there: Mapping[str, Any]) -> None:
    """Raise `DataError` where a node would not come to the same scores.

    Args:
        node: its name.
        here: `identity_of` the evaluation in the process that asks.
        there: on the node.
    """
    if changes := differences(here, there):
        more = f"; and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
        listed = "; ".join(change.replace(", now ", ", there ") for change in changes[:_SHOWN])
        raise DataError(
            f"node {node}: its scores would not be those of this machine: {listed}{more}; give every node the same "
            "set, code, packages and kind of processor, or leave it out of the cluster"
        )


def _sizes(opened: Opened) -> dict[str, str]:
    """Return, of a set whose manifest does not say what its files hold, a hash of how long they are."""
    if opened.sample_set.manifest is not None:
        return {}
    sizes = [length for ref in opened.refs for length, _ in ref.stamps()]
    return {"sizes_sha256": hashlib.sha256(repr(sizes).encode()).hexdigest()}


def _own_architectures() -> str | None:
    """Return the hash of the user's own architectures; None without any."""
    named = os.environ.get(FOLDER_VARIABLE)
    if not named:
        return None
    digest = hashlib.sha256()
    for path in sorted(Path(named).expanduser().glob("*.py")):
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()
