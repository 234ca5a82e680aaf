"""One row per sample and variant: the scores behind every mean, and their CSV file."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from configs.errors import DataError
from configs.files import write_atomically
from eval.metrics.measures import METRIC_NAMES

PER_SAMPLE_FILE = "per_sample.csv"
_FIRST = ("sample", "variant", "tags")
_LAST = "latency_ms"


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """What one variant scored on one sample.

    Attributes:
        sample: the sample's id.
        variant: the variant's name.
        scores: metric name to value in the published unit, None where undefined.
        latency_ms: inference time, None when not measured.
        tags: the sample's tags.
    """

    sample: str
    variant: str
    scores: Mapping[str, float | None] = field(default_factory=dict)
    latency_ms: float | None = None
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for tag in self.tags:
            if not tag or tag.split() != [tag]:
                raise DataError(f"sample {self.sample}: expected tags without blanks, found {tag!r}")
        for name, value in [*self.scores.items(), (_LAST, self.latency_ms)]:
            if value is not None and not math.isfinite(value):
                raise DataError(
                    f"sample {self.sample}, variant {self.variant}, {name}: expected a finite number, found {value}"
                )


def require_same_metrics(rows: Iterable[ScoreRow]) -> tuple[str, ...]:
    """Return the metrics that the rows carry, in the order of `METRICS`.

    Raises:
        DataError: rows carry different metrics, or one that `METRICS` does not list, or there are no rows.
    """
    expected: set[str] | None = None
    for row in rows:
        found = set(row.scores)
        if expected is None:
            expected = found
        if found != expected:
            raise DataError(
                f"sample {row.sample}, variant {row.variant}: expected the metrics {', '.join(sorted(expected))} as in "
                f"the first row, found {', '.join(sorted(found)) or 'none'}"
            )
    if expected is None:
        raise DataError("per-sample scores: expected at least one row, found none; nothing was evaluated")
    unknown = expected - set(METRIC_NAMES)
    if unknown:
        raise DataError(f"per-sample scores: unknown metrics {', '.join(sorted(unknown))}")
    return tuple(name for name in METRIC_NAMES if name in expected)


def require_mean(what: str, mean: float | None, scores: Sequence[float | None]) -> None:
    """Check that a stored mean is that of the stored scores, but for rounding.

    Raises:
        ValueError: it is another one.
    """
    values = [value for value in scores if value is not None]
    expected = math.fsum(values) / len(values) if values else None
    if mean is None or expected is None:
        agree = mean is expected
    else:
        agree = math.isclose(mean, expected, rel_tol=1e-9, abs_tol=1e-12)
    if not agree:
        raise ValueError(f"{what}: the mean is {mean}, that of its {len(values)} scores {expected}")


def write_per_sample(path: Path, rows: Sequence[ScoreRow]) -> None:
    """Write the rows in their order; an undefined score is an empty cell, tags are joined by blanks.

    Raises:
        DataError: there are no rows, or they carry different metrics.
        UsageError: the folder cannot be written.
    """
    metrics = require_same_metrics(rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_FIRST, *metrics, _LAST])
    for row in rows:
        scores = [_cell(row.scores[metric]) for metric in metrics]
        writer.writerow([row.sample, row.variant, " ".join(row.tags), *scores, _cell(row.latency_ms)])
    write_atomically(path, text.getvalue())


def read_per_sample(path: Path) -> list[ScoreRow]:
    """Read what `write_per_sample` wrote; `path` is the file or the run's folder.

    Raises:
        DataError: the file is missing, or a column or a value is not as written; the message names the line.
    """
    file = path / PER_SAMPLE_FILE if path.is_dir() else path
    try:
        lines = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline=""), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file}: cannot be read ({error}); run `mattekit evaluate` to make it") from error
    header = lines[0] if lines else []
    metrics = header[len(_FIRST) : -1]
    if tuple(header[: len(_FIRST)]) != _FIRST or header[-1] != _LAST or not set(metrics) <= set(METRIC_NAMES):
        raise DataError(
            f"{file}: expected the columns {', '.join(_FIRST)}, metrics, {_LAST}; found {', '.join(header)}"
        )
    rows: list[ScoreRow] = []
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            raise DataError(f"{file}, line {number}: expected {len(header)} cells, found {len(line)}")
        sample, variant, tags, *values = line
        try:
            numbers = [float(value) if value else None for value in values]
            row = ScoreRow(
                sample, variant, dict(zip(metrics, numbers[:-1], strict=True)), numbers[-1], tuple(tags.split())
            )
        except (ValueError, DataError) as error:
            raise DataError(f"{file}, line {number}: {error}") from error
        rows.append(row)
    return rows


def _cell(value: float | None) -> str:
    return "" if value is None else repr(float(value))
