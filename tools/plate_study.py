"""Plant faults into the plates of the bundled people, and print what the checks say and what a matte loses and regains.

    python -m tools.plate_study MODEL                        # MODEL: a folder made by `mattekit convert`; some minutes
    python -m tools.plate_study MODEL --picture docs/plates.jpg
    python -m tools.plate_study MODEL --fillings             # what the plate does not show, filled in three ways
    python -m tools.plate_study --strangers                  # inliers between plates and frames of different scenes

The scene beyond a frame is not known. Where a moved plate shows it, the frame's scene mirrored stands there.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from configs.schema import Align
from datasets.making.randomness import named_generator
from datasets.people.make import first_people
from datasets.people.pack import open_pack
from datasets.plates.alignment import COARSE_TOLERANCE, align_plate
from datasets.plates.checks import PlateFindings, check_plate
from datasets.plates.features import LONGEST, features_of, matched
from datasets.plates.filling import Filling, filled
from datasets.plates.homographies import fit_homography
from datasets.plates.pictures import Image, fitted, grey_pair, stretched
from datasets.plates.tracking import PlateTracker
from datasets.samples.plate import noisy
from datasets.samples.sample import Sample
from demo.matting.matter import Matter
from demo.matting.opening import open_model
from tools.command_line import run, with_progress

PEOPLE = (0, 3, 7, 16)
"""Places of four people among the bundled 24: two before photographs, one in a dark room, one in a bright one."""
SHIFTS = (0, 0.25, 0.5, 1, 2, 5, 10, 20, 40, 80)
TURNS = (0.5, 1, 2, 5)
ALL = "all: 20 px, 1 degree, darker, warmer"
PICTURED = ("shifted by 20 px", "turned by 2 degrees", "640x360 (frame 1280x720)", ALL)
_FILLINGS: tuple[Filling, ...] = ("repeat", "source", "mixed")


@dataclass(frozen=True)
class Fault:
    """One fault, and how a plate gets it from a sample."""

    name: str
    plant: Callable[[Sample], Image]


def moved(sample: Sample, shift: float = 0.0, turn: float = 0.0, scale: float = 1.0, perspective: float = 0.0) -> Image:
    """Return the plate of a camera that stood otherwise."""
    if (shift, turn, scale, perspective) == (0, 0, 1, 0):
        return sample.plate
    height, width = sample.size
    there, angle = np.array(((1, 0, -width / 2), (0, 1, -height / 2), (0, 0, 1))), np.radians(turn)
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    about = np.array(((cosine, -sine, 0), (sine, cosine, 0), (perspective / width, perspective / width / 2, 1)))
    off = np.array(((1, 0, 0.8 * shift), (0, 1, -0.6 * shift), (0, 0, 1)))
    how = {"flags": cv2.INTER_CUBIC, "borderMode": cv2.BORDER_REFLECT_101}
    whole = off @ np.linalg.inv(there) @ about @ there
    return np.asarray(cv2.warpPerspective(sample.plate, whole, (width, height), **how), np.uint8)


def recoloured(sample: Sample, gain: Sequence[float] = (1, 1, 1), gamma: float = 1.0) -> Image:
    """Return the plate with other levels: gain times level to the power of gamma, levels 0..1."""
    return _recoloured(sample.plate, gain, gamma)


def faults() -> Iterator[Fault]:
    """Yield every fault that is planted."""
    for shift in SHIFTS:
        yield Fault(f"shifted by {shift:g} px", partial(moved, shift=shift))
    for turn in TURNS:
        yield Fault(f"turned by {turn:g} degrees", partial(moved, turn=turn))
    for scale in (1.01, 1.1):
        yield Fault(f"scaled by {scale:g}", partial(moved, scale=scale))
    yield Fault("perspective, 2 %", partial(moved, perspective=0.02))
    for gamma in (0.8, 1.25):
        yield Fault(f"gamma {gamma:g}", partial(recoloured, gamma=gamma))
    for gain in (0.7, 0.95, 1.05, 1.4):
        yield Fault(f"exposure x {gain:g}", partial(recoloured, gain=(gain,) * 3))
    for red in (1.03, 1.1):
        yield Fault(f"white balance: red x {red:g}, blue x {2 - red:g}", partial(recoloured, gain=(red, 1, 2 - red)))
    yield Fault(ALL, _all)
    yield Fault("the same picture", _source)
    yield Fault("640x360 (frame 1280x720)", _small)
    yield Fault("1440x1080, 4:3, more of the scene", _taller)
    for levels in (5, 10):
        yield Fault(f"noise, {levels} levels", partial(_noisy, levels=levels))
    for sigma in (1, 3):
        yield Fault(f"blurred, sigma {sigma} px", partial(_blurred, sigma=sigma))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, help="a folder made by `mattekit convert`")
    parser.add_argument("--picture", type=Path, help="write a contact sheet of some faults there instead")
    parser.add_argument("--fillings", action="store_true", help="measure ways to fill what the plate does not show")
    parser.add_argument("--strangers", action="store_true", help="count inliers between different scenes")
    options = parser.parse_args()
    if options.strangers:
        print_strangers()
        return
    if options.model is None:
        parser.error("MODEL is missing")
    people = first_people(open_pack(), 24, ())
    samples = [people[place].compose("exact", 1) for place in PEOPLE]
    with Matter(open_model(options.model)) as matter:
        if options.picture is not None:
            write_picture(options.picture, matter, samples)
        elif options.fillings:
            print_fillings(matter, samples)
        else:
            print_faults(matter, samples)


def print_faults(matter: Matter, samples: Sequence[Sample]) -> None:
    """Print a line for every fault: what the checks measured, and the matte's error before and after."""
    print("| Fault of the plate | shift said (px) | turn said | exposure said | as it is | auto | auto and matched |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for fault in with_progress(list(faults()), "planting faults"):
        rows = [_measured(matter, sample, fault.plant(sample)) for sample in samples]
        said = [_said(rows, of) for of in ("shift", "rotation", "exposure")]
        if all(findings.same for findings, *_ in rows):
            said = ["same picture", "", ""]
        errors = np.mean([row[1:] for row in rows], axis=0)
        print(f"| {fault.name} | {' | '.join(said)} | {' | '.join(f'{error:.2f}' for error in errors)} |", flush=True)


def print_fillings(matter: Matter, samples: Sequence[Sample]) -> None:
    """Print the matte's error by how what the plate does not show is filled, and with the true scene there."""
    print("| Plate moved by | outside (%) | " + " | ".join(_FILLINGS) + " | true scene |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for shift in (10, 40, 80):
        rows = []
        for sample in samples:
            plate = moved(sample, shift)
            alignment = align_plate(sample.source, plate)
            if alignment is None:
                continue
            warped, shown = alignment.warped(plate)
            plates = [filled(warped, shown, sample.source, how) for how in _FILLINGS]
            plates.append(np.where(shown[..., np.newaxis], warped, sample.plate))
            rows.append([100 * (1 - shown.mean()), *(_error(matter, sample, each) for each in plates)])
        print(f"| {shift} px | {' | '.join(f'{value:.2f}' for value in np.mean(rows, axis=0))} |", flush=True)


def print_strangers() -> None:
    """Print how many matches agree on a homography between different scenes, and between a plate and its own frame.

    Rooms are drawn with the same things in them, and some photographs occur twice: such pairs are left out.
    """
    pack = open_pack()
    entries = pack.record.samples[:24]
    samples = [person.compose("exact", 1) for person in first_people(pack, 24, ())]
    pairs = [grey_pair(moved(sample, 20, 1), sample.source, LONGEST) for sample in samples]
    size = pairs[0][1].shape[0], pairs[0][1].shape[1]
    found = [tuple(features_of(stretched(each)) for each in pair) for pair in with_progress(pairs, "looking")]

    def inliers(one: int, other: int) -> int:
        fitted_ = fit_homography(*matched(found[one][0], found[other][1]), size, COARSE_TOLERANCE, 4)
        return 0 if fitted_ is None else fitted_.inliers

    strangers = [
        (one, other)
        for one, other in permutations(range(24), 2)
        if not {"room"}.issubset({*entries[one].tags} & {*entries[other].tags})
        and not {*entries[one].photographs} & {*entries[other].photographs}
    ]
    own = sorted(inliers(place, place) for place in range(24))
    strange = sorted(inliers(one, other) for one, other in with_progress(strangers, "matching"))
    print(f"own scene: {len(own)} pairs, inliers {own[:5]} ... {own[-1]}")
    print(f"other scene: {len(strange)} pairs, inliers {strange[0]} ... {strange[-5:]}")


def write_picture(path: Path, matter: Matter, samples: Sequence[Sample]) -> None:
    """Write rows of frame, plate, its matte, plate aligned and matched, its matte."""
    chosen = [fault for name in PICTURED for fault in faults() if fault.name == name]
    rows = []
    for fault, sample in zip(chosen, samples, strict=False):
        plate = fault.plant(sample)
        before, after = fitted(plate, sample.size), PlateTracker(plate, "auto", True).plate_for(sample.source)
        mattes = [np.repeat(np.rint(255 * _alpha(matter, sample, each))[..., None], 3, 2) for each in (before, after)]
        tiles = [sample.source, before, mattes[0], after, mattes[1]]
        rows.append(np.hstack([_resized(np.asarray(tile, np.uint8), (320, 180)) for tile in tiles]))
    Picture.fromarray(np.vstack(rows)).save(path, quality=85)


def _measured(matter: Matter, sample: Sample, plate: Image) -> tuple[PlateFindings, float, float, float]:
    findings = check_plate(sample.source, plate)
    plates = [PlateTracker(plate, align, match).plate_for(sample.source) for align, match in _WAYS]
    as_is, auto, matched_ = (_error(matter, sample, each) for each in plates)
    return findings, as_is, auto, matched_


_WAYS: tuple[tuple[Align, bool], ...] = (("off", False), ("auto", False), ("auto", True))


def _said(rows: Sequence[tuple[PlateFindings, float, float, float]], of: str) -> str:
    values = [value for findings, *_ in rows if (value := getattr(findings, of)) is not None]
    return f"{np.mean(values):.2f}" + ("" if len(values) == len(rows) else f" ({len(values)})") if values else "-"


def _error(matter: Matter, sample: Sample, plate: Image) -> float:
    return float(1e3 * np.abs(_alpha(matter, sample, plate) - sample.alpha / 255).mean())


def _alpha(matter: Matter, sample: Sample, plate: Image) -> NDArray[np.float32]:
    return matter(sample.source, plate).alpha


def _recoloured(image: Image, gain: Sequence[float], gamma: float) -> Image:
    return np.rint(255 * np.array(gain) * (image / 255.0) ** gamma).clip(0, 255).astype(np.uint8)


def _all(sample: Sample) -> Image:
    return _recoloured(moved(sample, 20, 1), (0.85, 0.8, 0.72), 1)


def _source(sample: Sample) -> Image:
    return sample.source


def _small(sample: Sample) -> Image:
    return _resized(sample.plate, (640, 360))


def _taller(sample: Sample) -> Image:
    """Return a plate of 4:3 whose middle is the frame's scene, a little larger, its scene mirrored above and below."""
    return np.pad(_resized(sample.plate, (1440, 810)), ((135, 135), (0, 0), (0, 0)), mode="reflect")


def _noisy(sample: Sample, levels: float) -> Image:
    return noisy(sample.plate, levels, named_generator(1, "noise of the study", sample.id))


def _blurred(sample: Sample, sigma: float) -> Image:
    return np.asarray(cv2.GaussianBlur(sample.plate, (0, 0), sigma), np.uint8)


def _resized(image: Image, size: tuple[int, int]) -> Image:
    how = cv2.INTER_AREA if size[0] < image.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


if __name__ == "__main__":
    run(main)
