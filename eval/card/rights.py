"""Under which licences a model's weights and its evaluation set are, as far as that is known."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from configs.catalogue import Published, read_catalogue
from configs.files import sha256_of
from configs.places import found
from configs.schema import BUNDLED, DatasetSection, ModelSection
from converter.catalogue.lock import pinned
from datasets.bundled.sets import bundled_licences
from datasets.remote.sets import manifest_at
from eval.run.dataset_record import DatasetRecord

TOOLKIT_LICENCE = "MIT"
HUGGING_FACE = {
    "0BSD": "0bsd",
    "Apache-2.0": "apache-2.0",
    "BSD-2-Clause": "bsd-2-clause",
    "BSD-3-Clause": "bsd-3-clause",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CC-BY-NC-SA-4.0": "cc-by-nc-sa-4.0",
    "CC0-1.0": "cc0-1.0",
    "GPL-3.0-only": "gpl-3.0",
    "GPL-3.0-or-later": "gpl-3.0",
    "ISC": "isc",
    "MIT": "mit",
    "Unlicense": "unlicense",
}
"""Licences (SPDX) by the names that Hugging Face has for them; it calls every other one `other`."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What is known of licences.

    Attributes:
        weights: of the original's weights, SPDX or as the user gave it; None where it is not known.
        weights_url: where its text is; None where that is not known.
        published: name and entry of the catalogue of the very file that was converted; None where it is none of its.
        bundled: whether that file is the bundled checkpoint.
        training: what the weights were trained on and under which licences, as the user gave it.
        evaluation: licences of what the set is made of, sorted; empty where none is known.
        unknown: whether the set has pictures of unknown licence.
    """

    weights: str | None = None
    weights_url: str | None = None
    published: tuple[str, Published] | None = None
    bundled: bool = False
    training: str | None = None
    evaluation: tuple[str, ...] = ()
    unknown: bool = False


def rights_of(
    source_sha256: str,
    original: Path | None,
    recorded: DatasetRecord,
    dataset: DatasetSection,
    licence: str | None = None,
    training: str | None = None,
) -> Rights:
    """Return what is known of a run's licences; what the user says of the weights is taken first.

    Args:
        source_sha256: hash of the file that was converted.
        original: that file, where it is here.
        recorded, dataset: the set that was evaluated, and how the job named it.
        licence, training: as the user gave them.
    """
    bundled = _is_bundled(source_sha256)
    published = _published(source_sha256, original)
    evaluation, unknown = _evaluation(recorded, dataset)
    url = None
    if licence is None:
        if published is not None:
            licence, url = published[1].licence, published[1].licence_url
        elif bundled:
            licence = TOOLKIT_LICENCE
    return Rights(licence, url, published, bundled, training, evaluation, unknown)


def _is_bundled(source_sha256: str) -> bool:
    checkpoint = ModelSection().checkpoint
    assert checkpoint is not None
    path = found(checkpoint)
    return path.is_file() and sha256_of(path) == source_sha256


def _published(source_sha256: str, original: Path | None) -> tuple[str, Published] | None:
    """Return the published model that a file is, told by its checksum: the publisher's, or the pinned one."""
    for name, published in read_catalogue().items():
        pin = pinned(Path(), name)
        checksum = published.checksum or (pin.checksum if pin else None)
        if checksum is None:
            continue
        algorithm, _, digits = checksum.partition(":")
        if algorithm == "sha256":
            known = source_sha256
        elif original is not None and original.stat().st_size == published.size:
            known = hashlib.new(algorithm, original.read_bytes()).hexdigest()
        else:
            continue
        if known == digits:
            return name, published
    return None


def _evaluation(recorded: DatasetRecord, dataset: DatasetSection) -> tuple[tuple[str, ...], bool]:
    """Return the licences of a set's pictures, and whether some are not known."""
    if dataset.path in BUNDLED:
        return bundled_licences(dataset), False
    manifest = None if recorded.path is None else manifest_at(recorded.path)
    if manifest is None or manifest.content_sha256 != recorded.manifest_sha256:
        return (), True
    credits = () if manifest.composition is None else manifest.composition.credits
    stated = [*(credit.licence for credit in credits), *(photograph.licence for photograph in manifest.photographs)]
    known = {licence for text in stated if text is not None for licence in text.split("; ")}
    return tuple(sorted(known)), None in stated or not stated
