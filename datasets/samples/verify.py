"""Check a set file by file, against its manifest and against itself, and list everything that is wrong with it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from configs.files import sha256_of
from configs.reading import inside
from configs.sizes import size_text
from configs.text import counted
from datasets.mismatch.explain import LOOSE
from datasets.mismatch.pixels import Parts
from datasets.samples.composite import composite
from datasets.samples.composition import CompositionCheck
from datasets.samples.images import image_size, pixels_sha256, read_rgb, read_rgba
from datasets.samples.layout import SampleRef, files_by_name, listing, scan_layout, spelled_as
from datasets.samples.licences import licence_faults, unknown_licences
from datasets.samples.manifest import MANIFEST_NAME, FileEntry, Manifest
from datasets.samples.names import same_name
from datasets.samples.plate import largest_noise

Kind = Literal["layout", "manifest", "missing", "extra", "hash", "image", "size", "alpha", "composite", "licence"]
Severity = Literal["error", "warning"]
T = TypeVar("T")
Given = TypeVar("Given", Path, str)
WITHOUT_TRUTH = "an evaluation measures agreement with the original, not accuracy"
"""What a set without ground truth serves for."""
WITHOUT_PLATES = "for networks that take none, such as MODNet; that composites are made of them is not checked"
"""What a set without plates serves for."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing found: `message` names the file, what was expected and what is there."""

    kind: Kind
    severity: Severity
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.kind}: {self.message}"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The outcome for one set; true when there is no error (warnings do not count)."""

    root: Path
    samples: int
    problems: tuple[Problem, ...]
    has_truth: bool = True
    has_plates: bool = True

    def __bool__(self) -> bool:
        return not self.errors

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What makes the set unfit for an evaluation."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is unusual, but may be intended."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        verdict = "ok" if self else "not ok"
        counts = (self.samples, "sample"), (len(self.errors), "error"), (len(self.warnings), "warning")
        lines.append(f"{self.root}: {verdict}: {', '.join(counted(count, noun) for count, noun in counts)}")
        if self.samples and not self.has_truth:
            lines.append(f"{self.root}: no ground truth (no fgr/): {WITHOUT_TRUTH}")
        if self.samples and not self.has_plates:
            lines.append(f"{self.root}: no background plates (no bgr/): {WITHOUT_PLATES}")
        return "\n".join(lines)


def verify_set(
    root: Path, progress: Callable[[int, int], None] | None = None, *, require_licences: bool = False
) -> VerifyReport:
    """Check layout, manifest, licences, every image, every matte and every composite of the set at `root`.

    Errors: a breach of the layout; a manifest that is corrupt or disagrees with the files (missing, extra, hash, size);
    an image that the readers refuse; images of a sample that differ in size; a matte that only holds 0 and 1; all
    mattes of the set fully opaque; a composite that differs in any pixel, or by more than its sample's noise can do,
    although the manifest says they are exact; composites that are not made of what lies beside them, in a way that
    makes the truth wrong (`datasets.samples.composition`); what `datasets.samples.licences.licence_faults` finds.
    Warnings: samples whose licence is unknown; a matte that is empty, or without any transparent pixel; composites
    that are off as real pictures are (lossy, blurred, a plate exposed otherwise), or by much and without explanation.
    Of a set without ground truth, plates that are their sources are an error where all are, else a warning. Of one
    without plates, composites are compared with their foregrounds alone, where those are opaque.

    Args:
        root: the set's folder.
        progress: called with (samples done, samples in all) after each sample.
        require_licences: makes an unknown licence an error.

    Returns:
        The report; this function does not raise for anything that is wrong with the set.
    """
    scan = scan_layout(root)
    refs = scan.refs
    problems: list[Problem] = [Problem("layout", "error", message) for message in scan.problems]
    manifest: Manifest | None = None
    corrupt = False
    try:
        manifest = Manifest.read_if_there(root) if root.is_dir() else None
    except DataError as error:
        problems.append(Problem("manifest", "error", str(error)))
        corrupt = True
    if manifest is not None:
        refs = spelled_as(refs, manifest)
        _against_manifest(root, refs, manifest, problems)
    if not corrupt:
        unknown = unknown_licences(root, (ref.id for ref in refs), manifest)
        if unknown:
            problems.append(Problem("licence", "error" if require_licences else "warning", unknown))
    allowed = {} if manifest is None or not manifest.exact_composites else _allowed(manifest)
    # A hand-held plate is meant to differ from what is behind the person.
    handheld = manifest is not None and manifest.composition is not None and manifest.composition.plate == "handheld"
    composition = CompositionCheck(exact_plate=not handheld)
    opaque = 0
    same: list[SampleRef] = []
    for done, ref in enumerate(refs, start=1):
        if ref.foreground is None:
            same += [ref] if _check_pair(ref, problems) else []
        else:
            opaque += _check_sample(ref, ref.foreground, allowed.get(ref.id), composition, problems)
        if progress is not None:
            progress(done, len(refs))
    problems += (Problem("composite", severity, message) for severity, message in composition.problems())
    if same:
        ids = listing(ref.id for ref in same)
        message = f"{root}: plate and source are the same picture in {counted(len(same), 'sample')} ({ids})"
        problems.append(Problem("composite", "error" if len(same) == len(refs) else "warning", message))
    if refs and opaque == len(refs):
        message = f"{root / 'fgr'}: every matte is fully opaque; the alpha channel was probably lost on the way"
        problems.append(Problem("alpha", "error", message))
    truth, plates = (all(getattr(ref, role) is not None for ref in refs) for role in ("foreground", "background"))
    return VerifyReport(root, len(refs), tuple(problems), truth, plates)


def _against_manifest(root: Path, refs: tuple[SampleRef, ...], manifest: Manifest, problems: list[Problem]) -> None:
    path = root / MANIFEST_NAME
    found = files_by_name(root, refs)
    for file in manifest.files:
        there = found.pop(same_name(file.path), root / file.path)
        if _read(partial(inside, root), file.path, problems) is None:
            continue
        if not there.is_file():
            message = f"{there}: missing, though {MANIFEST_NAME} lists it"
            problems.append(Problem("missing", "error", message))
            continue
        digest = _read(sha256_of, there, problems)
        if digest is not None and digest != file.sha256:
            message = f"{there}: has SHA-256 {digest}; {MANIFEST_NAME} says {file.sha256}"
            problems.append(Problem("hash", "error", message))
        elif digest is not None:
            problems += _against_entry(there, file)
    problems.extend(
        Problem("extra", "error", f"{found[extra]}: {MANIFEST_NAME} does not list it") for extra in sorted(found)
    )
    listed = {"samples": {same_name(sample.id) for sample in manifest.samples}}
    if manifest.composition is not None:
        listed["origins"] = {same_name(origin.id) for origin in manifest.composition.origins}
    problems.extend(
        Problem("manifest", "error", f"{path}: `{key}` and the files disagree about {id_}")
        for key, ids in listed.items()
        for id_ in sorted(_ids(manifest) ^ ids)
    )
    problems.extend(Problem("licence", "error", message) for message in licence_faults(root, manifest))


def _ids(manifest: Manifest) -> set[str]:
    """Return the samples that a manifest's files make up, `<clip>/<frame>`."""
    paths = (PurePosixPath(same_name(file.path)) for file in manifest.files)
    return {PurePosixPath(*path.parts[1:]).with_suffix("").as_posix() for path in paths}


def _against_entry(path: Path, entry: FileEntry) -> Iterator[Problem]:
    """Compare a file that has the manifest's hash with the rest of its entry."""
    try:
        found = path.stat().st_size, *image_size(path), pixels_sha256(path)
    except DataError:
        return  # whatever is wrong with the image is found when the sample is read
    for name, value in zip(("bytes", "height", "width", "pixels_sha256"), found, strict=True):
        if value != getattr(entry, name):
            message = f"{path}: `{name}` is {value}; {MANIFEST_NAME} says {getattr(entry, name)}"
            yield Problem("manifest", "error", message)


def _allowed(manifest: Manifest) -> dict[str, int]:
    """Return by how many levels each composite may be off: not at all, or as far as the noise of both images goes."""
    return {sample.id: 2 * largest_noise(sample.noise) if sample.noise else 0 for sample in manifest.samples}


def _check_pair(ref: SampleRef, problems: list[Problem]) -> bool:
    """Add what is wrong with a sample without ground truth to `problems`; return whether plate and source are one."""
    source = _read(read_rgb, ref.source, problems)
    background = None if ref.background is None else _read(read_rgb, ref.background, problems)
    if source is None or background is None:
        return False
    problems += _check_sizes(ref, (source, background))
    return np.array_equal(source, background)


def _check_sample(
    ref: SampleRef, path: Path, allowed: int | None, composition: CompositionCheck, problems: list[Problem]
) -> bool:
    """Add what is wrong with one sample, its foreground at `path`, to `problems`; return whether it is opaque."""
    source = _read(read_rgb, ref.source, problems)
    background = None if ref.background is None else _read(read_rgb, ref.background, problems)
    pair = _read(read_rgba, path, problems)
    if pair is None:
        return False
    foreground, alpha = pair
    problems += _check_alpha(path, alpha)
    if ref.background is None and source is not None:
        problems += _check_without_plate(ref, source, foreground, alpha, allowed)
    if source is not None and background is not None:
        problems += _check_together(ref, Parts(source, background, foreground, alpha), allowed, composition)
    return bool((alpha == 255).all())


def _read(reader: Callable[[Given], T], path: Given, problems: list[Problem]) -> T | None:
    try:
        return reader(path)
    except DataError as error:
        problems.append(Problem("image", "error", str(error)))
        return None


def _check_together(
    ref: SampleRef, parts: Parts, allowed: int | None, composition: CompositionCheck
) -> Iterator[Problem]:
    if sizes := list(_check_sizes(ref, (parts.source, parts.background, parts.foreground))):
        yield from sizes
        return
    composition.add(ref, parts)
    if allowed is None:
        return
    exact = composite(parts.foreground, parts.alpha, parts.background)
    difference = np.abs(parts.source.astype(np.int16) - exact)
    wrong = int((difference > allowed).any(axis=2).sum())
    if wrong:
        expected = f"at most {allowed}, for its noise" if allowed else "an exact composite"
        message = (
            f"{ref.source}: differs from {ref.foreground} over {ref.background} in {wrong} pixels, by up to "
            f"{int(difference.max())} of 255; expected {expected}"
        )
        yield Problem("composite", "error", message)


def _check_without_plate(
    ref: SampleRef,
    source: NDArray[np.uint8],
    foreground: NDArray[np.uint8],
    alpha: NDArray[np.uint8],
    allowed: int | None,
) -> Iterator[Problem]:
    """Compare what a set without plates lets one compare: where a sample is opaque, it shows its foreground."""
    if sizes := list(_check_sizes(ref, (source, foreground))):
        yield from sizes
        return
    opaque = alpha == 255
    if not opaque.any():
        return
    difference = np.abs(source[opaque].astype(np.int16) - foreground[opaque])
    if allowed is not None and (largest := int(difference.max())) > allowed:
        message = f"differs from {ref.foreground} by up to {largest} of 255 where that is opaque; expected {allowed}"
        yield Problem("composite", "error", f"{ref.source}: {message}")
    elif (off := float(np.median(difference))) > LOOSE:
        message = f"differs from {ref.foreground} by {off:.1f} of 255 where that is opaque; are they of the same frame?"
        yield Problem("composite", "warning", f"{ref.source}: {message}")


def _check_sizes(ref: SampleRef, images: Sequence[NDArray[np.uint8]]) -> Iterator[Problem]:
    sizes = [image.shape[:2] for image in images]
    if len(set(sizes)) > 1:
        described = ", ".join(f"{file} is {size_text(size)}" for file, size in zip(ref.files, sizes, strict=True))
        yield Problem("size", "error", f"{described}; the images of a sample must have one size")


def _check_alpha(path: Path, alpha: NDArray[np.uint8]) -> Iterator[Problem]:
    lowest, highest = int(alpha.min()), int(alpha.max())
    if highest == 0:
        yield Problem("alpha", "warning", f"{path}: the matte is empty, so its foreground metrics are undefined")
    elif highest == 1:
        yield Problem("alpha", "error", f"{path}: the matte only holds 0 and 1; expected 0 to 255")
    elif lowest == 255:
        yield Problem("alpha", "warning", f"{path}: the matte is fully opaque")
    elif lowest > 0:
        yield Problem("alpha", "warning", f"{path}: the matte has no transparent pixel (lowest alpha {lowest})")
