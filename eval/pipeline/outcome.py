"""What an evaluation finds on a sample, and a part of a run: some samples with what they show together."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

from pydantic import Field, ValidationError

from configs.errors import DataError, shortened
from configs.records import Frozen
from configs.wording import explained
from datasets.samples.coverage import CoverageMeter
from datasets.samples.refs import Stamp
from eval.run.scores import ScoreRow


class Outcome(Frozen):
    """What was found on one sample.

    Attributes:
        sample: its id.
        tags: its tags.
        size: its height and width in pixels.
        images: path below the set's root and pixel hash of each of its images, as they were decoded.
        stamps: of the files of `images`, in their order.
        scores: by variant, in the order of the run, metric name to value in the published unit, None where undefined.
        latency_ms: by variant, where the inference was timed.
        constants: what the best constant answer scores.
        plates: how many plates were prepared, aligned and evened, 0 or 1 each.
    """

    sample: str
    tags: tuple[str, ...] = ()
    size: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
    images: tuple[tuple[str, str], ...]
    stamps: tuple[Stamp, ...]
    scores: dict[str, dict[str, float | None]]
    latency_ms: dict[str, float] = Field(default_factory=dict)
    constants: dict[str, float | None] = Field(default_factory=dict)
    plates: tuple[int, int, int] = (0, 0, 0)

    def rows(self) -> Iterator[ScoreRow]:
        """Yield a row of the table of scores for every variant.

        Raises:
            DataError: a score is not finite.
        """
        for variant, scores in self.scores.items():
            latency = self.latency_ms.get(variant)
            yield ScoreRow(self.sample, variant, scores, latency, self.tags, self.constants)


@dataclass(frozen=True, slots=True)
class Part:
    """Samples that are finished.

    Attributes:
        outcomes: of the samples, each once.
        meter: what these samples show.
        pictures: of a part that is kept in a folder: the worst samples of all finished ones, each with the SHA-256 of
            the file that its pictures are drawn from.
    """

    outcomes: tuple[Outcome, ...]
    meter: CoverageMeter
    pictures: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """Return the part as a text that `part_of` reads, and that tells when it is not whole."""
        content: dict[str, Any] = {
            "size": self.meter.size,
            "coverage": self.meter.packed(),
            "pictures": dict(self.pictures),
            "outcomes": [outcome.model_dump(mode="json", exclude_defaults=True) for outcome in self.outcomes],
        }
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return f"{_sha256(text)}\n{text}\n"


class StoredPart(NamedTuple):
    """A part as it lies in a folder: what its samples show is not unpacked yet, which takes a megabyte."""

    outcomes: tuple[Outcome, ...]
    size: tuple[int, int]
    packed: Mapping[str, str]
    pictures: Mapping[str, str]

    def part(self) -> Part:
        """Return the part.

        Raises:
            DataError: what its samples show is not what `Part.text` gives.
        """
        try:
            meter = CoverageMeter.unpacked(self.size, len(self.outcomes), self.packed)
        except ValueError as error:
            raise DataError(f"not a part of a run ({shortened(str(error))})") from error
        return Part(self.outcomes, meter, self.pictures)


def stored_part(text: str) -> StoredPart:
    """Read what `Part.text` gives.

    Raises:
        DataError: it is not whole, or not such a text.
    """
    digest, _, content = text.partition("\n")
    content = content.removesuffix("\n")
    if digest != _sha256(content):
        raise DataError("not whole: its hash is another")
    try:
        found = json.loads(content)
        outcomes = tuple(Outcome.model_validate(outcome) for outcome in found["outcomes"])
        pictures = {str(sample): str(sha256) for sample, sha256 in found["pictures"].items()}
        height, width = map(int, found["size"])
        packed = dict(found["coverage"])
    except ValidationError as error:
        raise DataError(f"not a part of a run ({explained(error.errors()[0])})") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"not a part of a run ({shortened(str(error))})") from error
    return StoredPart(outcomes, (height, width), packed, pictures)


def part_of(text: str) -> Part:
    """Read what `Part.text` gives, wholly; errors as `stored_part`."""
    return stored_part(text).part()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
