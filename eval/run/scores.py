"""The table of scores behind every figure of a run, and its CSV file.

A pandas DataFrame with the index (variant, sample) in the order of the run: for every metric a float64 column in the
published unit, NaN where undefined, in the order of `METRICS`; then `tags`, a tuple of words, and `latency_ms`, NaN
where it was not measured; then, but for runs of earlier versions, what the best constant answer scores on the sample
(`eval.metrics.constant`). NaN has that meaning behind the border alone: a `ScoreRow`, and the file, refuse it.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from configs.errors import DataError, shortened
from configs.files import write_atomically
from configs.reading import MAX_LISTING_BYTES, read_text
from configs.records import LARGEST_NUMBER
from configs.tables import csv_text, text_of_cell
from eval.metrics.constant import CONSTANT_NAMES
from eval.metrics.measures import METRIC_NAMES
from eval.run.results import PER_SAMPLE_FILE

LATENCY = "latency_ms"
_FIRST = ["sample", "variant", "tags"]


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """What one variant scored on one sample, as it enters the table.

    Attributes:
        sample: the sample's id.
        variant: the variant's name.
        scores: metric name to value in the published unit, None where undefined.
        latency_ms: inference time, None when not measured.
        tags: the sample's tags.
        constants: what the best constant answer scores (`eval.metrics.constant`); empty in runs of earlier versions.
    """

    sample: str
    variant: str
    scores: Mapping[str, float | None] = field(default_factory=dict)
    latency_ms: float | None = None
    tags: tuple[str, ...] = ()
    constants: Mapping[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for tag in self.tags:
            if not tag or tag.split() != [tag]:
                raise DataError(f"sample {self.sample}: expected tags without blanks, found {tag!r}")
        for name, value in [*self.scores.items(), (LATENCY, self.latency_ms), *self.constants.items()]:
            if value is not None and not abs(value) <= LARGEST_NUMBER:
                raise DataError(
                    f"sample {self.sample}, variant {self.variant}, {name}: expected a finite number "
                    f"up to {LARGEST_NUMBER:g}, found {value}"
                )


def score_table(rows: Iterable[ScoreRow]) -> pd.DataFrame:
    """Return the rows as the table, in their order.

    Raises:
        DataError: there are no rows, one comes twice, or they carry different metrics or one that `METRICS` lacks.
    """
    rows = list(rows)
    if not rows:
        raise DataError("per-sample scores: expected at least one row, found none; nothing was evaluated")
    expected = rows[0].scores.keys()
    for row in rows:
        if row.scores.keys() != expected:
            raise DataError(
                f"sample {row.sample}, variant {row.variant}: expected the metrics {', '.join(sorted(expected))} as in "
                f"the first row, found {', '.join(sorted(row.scores)) or 'none'}"
            )
    if odd := next((row for row in rows if row.constants.keys() != rows[0].constants.keys()), None):
        raise DataError(f"sample {odd.sample}, variant {odd.variant}: expected the constants of the first row")
    if unknown := expected - set(METRIC_NAMES):
        raise DataError(f"per-sample scores: unknown metrics {', '.join(sorted(unknown))}")
    index = pd.MultiIndex.from_tuples([(row.variant, row.sample) for row in rows], names=["variant", "sample"])
    for variant, sample in index[index.duplicated()]:
        raise DataError(f"variant {variant}: sample {sample} was scored twice")
    table = pd.DataFrame(
        {name: [row.scores[name] for row in rows] for name in METRIC_NAMES if name in expected},
        index=index,
        dtype=np.float64,
    )
    table["tags"] = pd.Series([row.tags for row in rows], index=index, dtype=object)
    table[LATENCY] = pd.Series([row.latency_ms for row in rows], index=index, dtype=np.float64)
    for name in rows[0].constants:
        table[name] = pd.Series([row.constants[name] for row in rows], index=index, dtype=np.float64)
    return table


def metrics_of(table: pd.DataFrame) -> list[str]:
    """Return the metrics that the table has, in the order of `METRICS`."""
    return [name for name in METRIC_NAMES if name in table]


def scores_of(table: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Return one variant's scores: a row per sample in the order of the run, a column per metric."""
    return table.loc[variant, metrics_of(table)]


def write_scores(path: Path, table: pd.DataFrame) -> None:
    """Write the table in its order; an undefined score is an empty cell, tags are joined by blanks.

    Raises:
        DataError: a value is infinite.
        UsageError: the folder cannot be written.
    """
    numbers = [*metrics_of(table), LATENCY, *(name for name in CONSTANT_NAMES if name in table)]
    if np.isinf(table[numbers]).any(axis=None):
        raise DataError(f"{path}: not written, because it would hold a number that is not finite")
    texts = table.assign(tags=table["tags"].map(" ".join)).reset_index()[_FIRST].itertuples(index=False)
    values = table[numbers].itertuples(index=False)
    rows = (
        (*row, *(None if np.isnan(value) else float(value) for value in scores))
        for row, scores in zip(texts, values, strict=True)
    )
    write_atomically(path, csv_text([*_FIRST, *numbers], rows))


def read_scores(path: Path) -> pd.DataFrame:
    """Read what `write_scores` wrote; `path` is the file or the run's folder.

    Raises:
        DataError: the file is missing, or a column or a value is not as written; the message names the line.
    """
    file = path / PER_SAMPLE_FILE if path.is_dir() else path
    try:
        lines = list(csv.reader(io.StringIO(read_text(file, MAX_LISTING_BYTES), newline=""), strict=True))
    except (FileNotFoundError, DataError, csv.Error) as error:
        raise DataError(f"{file}: cannot be read ({error}); run `mattekit evaluate` to make it") from error
    header = lines[0] if lines else []
    constants = [name for name in CONSTANT_NAMES if name in header]
    metrics = header[len(_FIRST) : len(header) - 1 - len(constants)]
    if header != [*_FIRST, *metrics, LATENCY, *constants] or len({*metrics} & {*METRIC_NAMES}) != len(metrics):
        found = shortened(", ".join(header), 300)
        raise DataError(f"{file}: expected the columns {', '.join(_FIRST)}, metrics, {LATENCY}; found {found}")
    rows: list[ScoreRow] = []
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            raise DataError(f"{file}, line {number}: expected {len(header)} cells, found {len(line)}")
        sample, variant, tags = map(text_of_cell, line[: len(_FIRST)])
        values = line[len(_FIRST) :]
        try:
            cells = (float(value) if value else None for value in values)
            numbers = dict(zip(header[len(_FIRST) :], cells, strict=True))
            scores = {name: numbers[name] for name in metrics}
            best = {name: numbers[name] for name in constants}
            rows.append(ScoreRow(sample, variant, scores, numbers[LATENCY], tuple(tags.split()), best))
        except (ValueError, DataError) as error:
            raise DataError(f"{file}, line {number}: {shortened(str(error), 300)}") from error
    try:
        return score_table(rows)
    except DataError as error:
        raise DataError(f"{file}: {shortened(str(error), 500)}") from error
