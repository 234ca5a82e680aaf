"""The finished parts of a run in a folder, each in a file of its own that is whole or is thrown away.

    parts/000001-….part     some samples and what was found on them, with a hash of all that
    pictures/….npz          of the samples that are among the worst so far, what their pictures are drawn from

A part's file appears under its name when it is whole, so a kill costs what has been found since the part before. Parts
grow with the time that a run has taken: at the start one is closed every second, later as often as costs little.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic

from configs.errors import DataError, UsageError
from configs.files import sha256_of, write_atomically
from configs.reading import read_text
from datasets.samples.layout import SampleSet
from eval.pipeline.outcome import Outcome, Part, StoredPart, stored_part
from eval.run.worst import Keeper

_PARTS, _PICTURES = "parts", "pictures"
LEAST_SECONDS, MOST_SECONDS = 1.0, 30.0
_SHARE = 0.01
"""Of the time that a run has taken, what a kill may cost."""


class Journal:
    """Keeps the parts of one run.

    Args:
        folder: where they lie.
        keeper: whose pictures are kept beside them; None without.

    Attributes:
        finished: how many samples it has.
    """

    def __init__(self, folder: Path, keeper: Keeper | None = None) -> None:
        self._parts, self._pictures = folder / _PARTS, folder / _PICTURES
        self._keeper = keeper
        self._number = 0
        self.finished = 0
        self._stored: dict[str, str] = {}
        self._begun = self._closed = monotonic()

    @property
    def due(self) -> bool:
        """Whether what was found since the last part is worth a part of its own."""
        now = monotonic()
        return now - self._closed >= min(max(LEAST_SECONDS, _SHARE * (now - self._begun)), MOST_SECONDS)

    def read(self) -> Iterator[Part]:
        """Yield the parts that are whole, the samples of each only once; their pictures are given to the keeper before.

        What is not whole is removed, and so are parts of which a picture is lost: their samples are evaluated again.
        """
        parts: dict[Path, StoredPart] = {}
        seen: set[str] = set()
        for path in sorted(self._parts.glob("*")) if self._parts.is_dir() else ():
            self._number = max(self._number, _number_of(path))
            try:
                part = stored_part(read_text(path))
                ids = [outcome.sample for outcome in part.outcomes]
                if len(seen.union(ids)) != len(seen) + len(ids):
                    raise DataError("samples that another part has as well")
            except (DataError, UsageError, OSError):
                path.unlink(missing_ok=True)
                continue
            seen.update(ids)
            parts[path] = part
        for path in self._without_pictures(parts):
            seen.difference_update(outcome.sample for outcome in parts.pop(path).outcomes)
            path.unlink(missing_ok=True)
        self.finished = len(seen)
        self._take_pictures(seen)
        for part in parts.values():
            yield part.part()

    def write(self, part: Part) -> None:
        """Keep a part; it is there when this returns, whatever becomes of the process.

        Raises:
            UsageError: the folder cannot be written.
        """
        before = dict(self._stored)
        self._write_pictures()
        self._number += 1
        whole = replace(part, pictures=self._stored)
        write_atomically(self._parts / f"{self._number:06d}.part", whole.text())
        for sample in before.keys() - self._stored.keys():  # not before: the part before this one names them
            self._picture(sample).unlink(missing_ok=True)
        self.finished += len(part.outcomes)
        self._closed = monotonic()

    def _without_pictures(self, parts: Mapping[Path, StoredPart]) -> list[Path]:
        """Return the parts with a sample that is one of the worst, and whose pictures are not there as they were."""
        if self._keeper is None or not parts:
            return []
        newest = parts[max(parts, key=_number_of)]
        lost = {sample for sample, sha256 in newest.pictures.items() if self._sha256_of(sample) != sha256}
        return [path for path, part in parts.items() if lost.intersection(each.sample for each in part.outcomes)]

    def _take_pictures(self, finished: set[str]) -> None:
        """Give the keeper the pictures of finished samples; others will be offered again."""
        if self._keeper is None or not self._pictures.is_dir():
            return
        for path in sorted(self._pictures.glob("*")):
            taken, content = None, b""
            with suppress(DataError, OSError):
                content = path.read_bytes()
                taken = self._keeper.take(content, finished)
            if taken is None:
                path.unlink(missing_ok=True)
            else:
                self._stored[taken] = hashlib.sha256(content).hexdigest()

    def _write_pictures(self) -> None:
        """Keep the pictures of the worst samples so far, before the part that says that these are finished."""
        if self._keeper is None:
            return
        kept = self._keeper.kept()
        for sample in kept:
            if sample not in self._stored:
                content = self._keeper.encoded(sample)
                write_atomically(self._picture(sample), content)
                self._stored[sample] = hashlib.sha256(content).hexdigest()
        self._stored = {sample: self._stored[sample] for sample in kept}

    def _sha256_of(self, sample: str) -> str | None:
        try:
            return sha256_of(self._picture(sample))
        except DataError:
            return None

    def _picture(self, sample: str) -> Path:
        return self._pictures / f"{hashlib.sha256(sample.encode()).hexdigest()[:16]}.npz"


def require_unchanged(sample_set: SampleSet, outcomes: Sequence[Outcome]) -> None:
    """Raise `DataError` where a file of a finished sample is another than it was; one that was only touched is read.

    Raises:
        DataError: a sample is not there any more, or its pixels are others; the message names the file.
    """
    refs = {ref.id: ref for ref in sample_set.refs}
    for outcome in outcomes:
        ref = refs.get(outcome.sample)
        if ref is None:
            raise DataError(f"{sample_set.root}: has no sample {outcome.sample} any more; {_AGAIN}")
        if ref.stamps() != outcome.stamps and sample_set.files_sha256(ref) != outcome.images:
            raise DataError(f"{sample_set.root}: sample {outcome.sample} was changed since it was evaluated; {_AGAIN}")


_AGAIN = "begin anew with --force"


def _number_of(path: Path) -> int:
    return int(path.stem) if path.stem.isdecimal() else 0
