"""The synthetic set: person-like figures with exact soft alpha, backgrounds, and their composites.

A seed and an index give the same bytes every time, in any order, for any number of threads.
"""

import numpy as np
from numpy.typing import NDArray

from datasets.samples.composite import composite
from datasets.samples.sample import Sample
from datasets.synthetic.backgrounds import draw_photo_background
from datasets.synthetic.person import paint_person
from datasets.synthetic.plan import check_request, generator, plan_sample
from datasets.synthetic.raster import Canvas
from datasets.synthetic.rooms import draw_room
from datasets.synthetic.textures import Colour

GENERATOR_VERSION: int = 1
"""Raised whenever a seed and an index give other bytes than before; manifests record it."""

_THUMBNAIL_HEIGHT = 72


def synthetic_foreground(
    seed: int, index: int, size: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], tuple[str, ...]]:
    """Draw the person, or the two, of one sample.

    Args:
        seed: of the set, 0 or more.
        index: of the sample within the set, 0 or more; any 24 from a multiple of 24 hold every kind.
        size: height and width in pixels, each at least 64.

    Returns:
        Foreground (H, W, 3) uint8 RGB, straight colours, 0 where alpha is 0; alpha (H, W) uint8, 0 transparent to 255
        opaque; and tags such as `portrait`, `hair-long`, `gap`, `motion-blur`, `translucent`, `two-people`.

    Raises:
        UsageError: for a negative seed or index or a side below 64 pixels.
        DataError: if an installed photograph is missing.
    """
    check_request(seed, index, size)
    plan = plan_sample(seed, index)
    canvas = Canvas(size)
    tags = [plan.framing, f"hair-{plan.hair}"]
    if plan.company:
        paint_person(canvas, generator(seed, index, "company"), plan, True, None)
        tags.append("two-people")
    front = Canvas(size) if plan.company else canvas
    clothes = _background_colour(seed, index, size) if plan.camouflage else None
    tags += paint_person(front, generator(seed, index, "person"), plan, False, clothes)
    if plan.company:
        canvas.over(front)
    if plan.blur == "whole":
        rng = generator(seed, index, "blur")
        reach = size[0] * (0.025 + 0.025 * float(rng.random()))
        canvas.motion_blur(reach, reach * (float(rng.random()) - 0.5))
    for present, tag in (
        (plan.blur, "motion-blur"),
        (plan.veil, "translucent"),
        (plan.holding, "object"),
        (plan.camouflage, "camouflage"),
    ):
        if present:
            tags.append(tag)
    foreground, alpha = canvas.straight()
    return foreground, alpha, tuple(tags)


def synthetic_background(seed: int, index: int, size: tuple[int, int]) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Draw the background plate of one sample.

    Args:
        seed: of the set, 0 or more.
        index: of the sample within the set, 0 or more.
        size: height and width in pixels, each at least 64.

    Returns:
        Background (H, W, 3) uint8 RGB, and the keys of `PHOTOGRAPHS` it was made from, none for a procedural room.

    Raises:
        UsageError: for a negative seed or index or a side below 64 pixels.
        DataError: if an installed photograph is missing.
    """
    check_request(seed, index, size)
    plan = plan_sample(seed, index)
    rng = generator(seed, index, "background")
    if plan.photograph:
        return draw_photo_background(rng, plan.photograph, size), (plan.photograph,)
    return draw_room(rng, size), ()


def synthetic_sample(seed: int, index: int, size: tuple[int, int]) -> Sample:
    """Draw one sample: the foreground of (seed, index) composited over the background of (seed, index).

    Takes and raises what `synthetic_foreground` does. The id is `synthetic/<index, four digits>`; the tags are the
    foreground's and `photo` or `room` for the background.
    """
    foreground, alpha, tags = synthetic_foreground(seed, index, size)
    background, photographs = synthetic_background(seed, index, size)
    return Sample(
        id=f"synthetic/{index:04d}",
        source=composite(foreground, alpha, background),
        background=background,
        alpha=alpha,
        foreground=foreground,
        tags=(*tags, "photo" if photographs else "room"),
    )


def _background_colour(seed: int, index: int, size: tuple[int, int]) -> Colour:
    """A colour of the sample's own background around its middle, from a thumbnail of it."""
    height = max(64, _THUMBNAIL_HEIGHT)
    width = max(64, height * size[1] // size[0])
    thumbnail, _ = synthetic_background(seed, index, (height, width))
    patch = thumbnail[height // 2 :, width // 3 : width * 2 // 3].reshape(-1, 3)
    red, green, blue = (int(total) / len(patch) for total in patch.sum(axis=0, dtype=np.int64))
    return red, green, blue
