"""The footage as a set with ground truth: one clip, whose frames follow each other in time."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from configs.errors import UsageError
from datasets.making.sets import SetPlan, Written, make_set
from datasets.people.pack import Pack, open_pack
from datasets.samples.layout import SampleSet
from datasets.samples.manifest import Generator, Manifest, SampleEntry, make_manifest
from datasets.samples.sample import Sample
from demo.footage.make import RATE, VERSION
from demo.footage.scene import BACKGROUND, PERSON, SEED, Scene, sample_named
from demo.matting.fitting import Size

GENERATOR_NAME = "mattekit dataset footage"
CLIP = "footage"


def make_clip_set(
    out: Path, pack: Pack, size: Size, seconds: float, *, force: bool = False, progress: Callable[[int, int], None]
) -> SampleSet:
    """Make the set at `out`, in OMZ's layout; do nothing when it is there already, intact.

    Plates are exact: what the camera sees at each frame without the person.

    Args:
        out: the set's folder; it appears only when whole.
        pack: the bundled people.
        size: height and width.
        seconds: of the clip, at 30 frames a second.
        force: replace another set of this kind.
        progress: called with (frames done, frames).

    Raises:
        UsageError: fewer than two frames; `out` holds something else, or cannot be written.
        DataError: `out` holds this set, and it was changed.
    """
    frames = round(seconds * RATE)
    if frames < 2:
        raise UsageError(
            f"--seconds: {seconds:g} s are {frames} frames; expected at least two, which follow each other"
        )
    recipe = Generator(name=GENERATOR_NAME, version=VERSION, seed=SEED, count=frames, size=size)
    plan = SetPlan(
        what="set of footage",
        verb="mattekit dataset footage",
        generator=GENERATOR_NAME,
        name=f"footage-{frames}x{size[0]}x{size[1]}-v{VERSION}",
        renders=[partial(_sample, size, number) for number in range(frames)],
        describe=partial(_manifest, recipe, pack),
        same=lambda manifest: manifest.generator == recipe,
    )
    # In this process: a scene is a person and a background made ready once.
    return make_set(out, plan, force=force, progress=progress, workers=1)


_SCENES: dict[Size, Scene] = {}


def _sample(size: Size, number: int) -> Sample:
    if size not in _SCENES:
        _SCENES.clear()
        _SCENES[size] = Scene(open_pack(), size)
    return _SCENES[size].sample(f"{CLIP}/{number:04}", float(number / RATE))


def _manifest(recipe: Generator, pack: Pack, written: Sequence[Written]) -> Manifest:
    used = {name for one in (PERSON, BACKGROUND) for name in sample_named(pack, one).photographs}
    return make_manifest(
        f"footage-{recipe.count}x{recipe.size[0]}x{recipe.size[1]}-v{recipe.version}",
        (file for one in written for file in one.files),
        (SampleEntry(id=one.id, tags=one.tags) for one in written),
        photographs=(photograph for photograph in pack.record.photographs if photograph.name in used),
        generator=recipe,
        sequential=True,
    )
