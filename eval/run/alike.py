"""Whether two runs are the same but for their times: when they were made, and how long inferences took."""

from pathlib import Path

import numpy as np

from eval.run.results import Results
from eval.run.scores import LATENCY
from eval.run.stored import read_run


def differences(one: Path, other: Path) -> list[str]:
    """Return what differs between the folders of two runs, to the last bit; empty where they are the same.

    Scores, figures, what ran on what, and the pictures of the worst samples are compared; the time of day (also
    in the bill of materials), latencies, and the commands that repeat the run are not.

    Raises:
        DataError: a run is not readable.
    """
    first, second = read_run(one), read_run(other)
    found = []
    if list(first.table.index) != list(second.table.index) or list(first.table) != list(second.table):
        found.append("samples, variants or metrics")
    else:
        for name in first.table:
            columns = first.table[name], second.table[name]
            numbers = columns[0].dtype == np.float64
            if name != LATENCY and not np.array_equal(*columns, equal_nan=numbers):
                found.append(f"scores of {name}")
    facts, others = (_timeless(run.results).model_dump(mode="json") for run in (first, second))
    found += [name for name in facts if facts[name] != others[name]]
    pictures = [path for record in first.results.worst for path in (record.panel, *record.layers.values())]
    return found + [path for path in pictures if not _same_bytes(one / path, other / path)]


def _timeless(results: Results) -> Results:
    variants = tuple(variant.model_copy(update={"latency_ms": None}) for variant in results.variants)
    return results.model_copy(update={"created": "", "rerun": (), "sbom_sha256": None, "variants": variants})


def _same_bytes(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()
