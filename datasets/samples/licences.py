"""Whether a set credits all its pictures without fault, and whether the licence of every sample is known."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from datasets.samples.credits import attribution_damage
from datasets.samples.layout import listing
from datasets.samples.manifest import MANIFEST_NAME, Composition, CreditEntry, Manifest, PhotographEntry
from datasets.samples.names import natural_key

Picture = tuple[str, str]
"""Role and file of an input picture."""


def licence_faults(root: Path, manifest: Manifest) -> Iterator[str]:
    """Yield what is wrong with the credits of the set at `root`; an unknown licence is no fault.

    A composed set credits every picture in its origins once and no other, without empty fields, and ATTRIBUTION.csv
    says the same; photographs have a licence and a credit.
    """
    path = root / MANIFEST_NAME
    for photograph in manifest.photographs:
        if empty := _empty(photograph, ("licence", "credit")):
            yield f"{path}: the photograph {photograph.name} has an empty {empty}; expected what its source states"
    if manifest.composition is None:
        return
    composition = manifest.composition
    used = {picture for pictures in _pictures(composition).values() for picture in pictures}
    credited = Counter((credit.role, credit.file) for credit in composition.credits)
    for role, file in sorted(used - credited.keys()):
        yield f"{path}: the {role} {file} is used, but not in `credits`; compose the set again"
    for role, file in sorted(credited.keys() - used):
        yield f"{path}: the {role} {file} is in `credits`, but no sample uses it; compose the set again"
    for role, file in sorted(picture for picture, times in credited.items() if times > 1):
        yield f"{path}: the {role} {file} is in `credits` more than once; compose the set again"
    for credit in composition.credits:
        if empty := _empty(credit, ("licence", "author")):
            yield f"{path}: the {credit.role} {credit.file} has an empty {empty}; expected a text, or null for unknown"
    if damage := attribution_damage(root, composition.credits):
        yield damage


def unknown_licences(root: Path, samples: Iterable[str], manifest: Manifest | None) -> str:
    """Return which of a set's samples hold pictures of unknown licence, as a message; empty where none does."""
    ids = sorted(samples, key=natural_key)
    if not ids:
        return ""
    if manifest is None:
        return f"{root}: no sample's licence is known, since there is no {MANIFEST_NAME}"
    if manifest.composition is None:
        if manifest.photographs:
            return ""
        return f"{root / MANIFEST_NAME}: no sample's licence is known; it credits no pictures"
    unknown = {(credit.role, credit.file) for credit in manifest.composition.credits if credit.licence is None}
    lacking = {
        id_: [picture for picture in pictures if picture in unknown]
        for id_, pictures in _pictures(manifest.composition).items()
    }
    unlicensed = [
        f"{id_} ({' and '.join(f'{role} {file}' for role, file in lacking[id_])})" for id_ in ids if lacking.get(id_)
    ]
    if not unlicensed:
        return ""
    return f"{root / MANIFEST_NAME}: licence unknown for {len(unlicensed)} of {len(ids)} samples: {listing(unlicensed)}"


def _pictures(composition: Composition) -> dict[str, tuple[Picture, Picture]]:
    """Return the background and the foreground of every sample."""
    return {
        origin.id: (("background", origin.background), ("foreground", origin.foreground))
        for origin in composition.origins
    }


def _empty(entry: CreditEntry | PhotographEntry, names: tuple[str, ...]) -> str:
    """Name an entry's empty fields; None is a value."""
    values = ((name, getattr(entry, name)) for name in names)
    return " and ".join(name for name, value in values if value is not None and not value.strip())
