"""One of the bundled people as a sample: composed exactly, then with noise, or before a hand-held plate.

What is random depends on the seed and the sample's id alone.
"""

import numpy as np
from numpy.typing import NDArray

from configs.schema import Plate
from datasets.making.randomness import named_generator
from datasets.people.pack import Pack, PackSample, load_background, load_foreground
from datasets.samples.composite import composite
from datasets.samples.plate import Capture, captured, draw_capture, noisy, shaded
from datasets.samples.sample import Sample

Image8 = NDArray[np.uint8]


def people_sample(pack: Pack, sample: PackSample, plate: Plate, seed: int) -> Sample:
    """Compose one sample of the pack.

    Args:
        pack: the pack.
        sample: one of its samples.
        plate: `exact`, the true background, or `handheld`.
        seed: 0 or more; draws the noise, and all that is hand-held about the plate.
    """
    foreground, alpha = load_foreground(pack, sample)
    return composed(sample, foreground, alpha, load_background(pack, sample), plate, seed)


def composed(
    sample: PackSample, foreground: Image8, alpha: Image8, background: Image8, plate: Plate, seed: int
) -> Sample:
    """Compose pictures of one size as `sample`, which gives id, tags and noise; the rest is as in `people_sample`."""
    seen, tags = background, sample.tags
    if plate == "handheld":
        capture, rng = capture_of(sample, alpha.shape, seed)
        background, seen = shaded(background, alpha, capture), captured(background, capture, rng)
        tags = (*tags, *capture.tags)
    source = composite(foreground, alpha, background)
    if sample.noise:
        source = noisy(source, sample.noise, named_generator(seed, "noise of the source", sample.id))
        seen = noisy(seen, sample.noise, named_generator(seed, "noise of the plate", sample.id))
    return Sample(sample.id, source, seen, alpha, foreground, tags=tags)


def capture_of(sample: PackSample, size: tuple[int, ...], seed: int) -> tuple[Capture, np.random.Generator]:
    """Return what a hand-held camera does at a sample of (height, width), and what draws its noise after that."""
    rng = named_generator(seed, "plate", sample.id)
    return draw_capture(rng, (size[0], size[1])), rng
