"""Versions of a library as folders: a matrix, which appears when it is whole, and a bisection, which grows."""

from collections.abc import Callable, Sequence
from pathlib import Path

from configs.files import new_folder, write_atomically
from configs.folders import find_made
from configs.schema import Config
from eval.versions.bisect import BisectOptions, bisect
from eval.versions.bisect_record import BisectRecord, Question
from eval.versions.matrix import MatrixOptions, matrix
from eval.versions.pins import Pin
from eval.versions.record import PAGE_FILE, MatrixRecord
from eval.versions.text import matrix_markdown

Report = Callable[[str, int, int], None]


def matrix_into(
    out: Path, config: Config, pins: Sequence[Pin], options: MatrixOptions, rerun: str, report: Report
) -> MatrixRecord:
    """Run the job under every version; write `matrix.json`, `matrix.md` and `runs/` into a new folder.

    Args:
        out: the folder; an earlier matrix there is replaced.
        config, pins, options, rerun, report: as `eval.versions.matrix.matrix`.

    Raises:
        MattekitError: as there.
        UsageError: `out` holds something else.
    """
    foreign = "not empty, and not a matrix of versions; choose another --out"
    find_made(out, MatrixRecord.read_if_there, foreign=foreign, holds=MatrixRecord.holds)
    with new_folder(out, replace=True) as work:
        record = matrix(config, pins, options, work, rerun=rerun, report=report)
        record.write(work)
        write_atomically(work / PAGE_FILE, matrix_markdown(record))
    return record


def bisect_into(
    out: Path, question: Question, options: BisectOptions, rerun: str, report: Report, say: Callable[[str], None]
) -> BisectRecord:
    """Search for the first bad release, in a folder with `bisect.json` and the `runs/` behind it.

    Args:
        out: the folder; where it holds the same question, the search goes on from there.
        question, options, rerun, report, say: as `eval.versions.bisect.bisect`.

    Raises:
        MattekitError: as there.
        UsageError: `out` holds something else, or another question.
    """

    def fault(record: BisectRecord) -> str:
        changed = [key for key in Question.model_fields if getattr(record.question, key) != getattr(question, key)]
        named = ", ".join(changed)
        return f"{out}: holds a search with another {named}; choose another --out, or remove it" if changed else ""

    foreign = "not empty, and not a folder of `mattekit bisect`; choose another --out"
    record = find_made(out, BisectRecord.read_if_there, foreign=foreign, holds=BisectRecord.holds, fault=fault)
    if record is None:
        record = BisectRecord(question=question)
        with new_folder(out) as work:
            record.write(work)
    for line in record.lines()[: len(record.steps)]:
        say(f"{line} (measured earlier)")
    return bisect(record, out, options, rerun=rerun, report=report, say=say)
