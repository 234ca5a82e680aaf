"""The scene: one of the bundled people over another's background, seen by a hand that is not quite still."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.making.randomness import named_generator
from datasets.people.pack import Pack, PackSample, load_background, load_foreground
from datasets.samples.plate import noisy
from datasets.samples.sample import Sample
from demo.composing.targets import cover
from demo.matting.fitting import Size
from demo.matting.matter import Frame

PERSON, BACKGROUND, TARGET = "people/0002", "people/0001", "people/0007"
"""Whose foreground moves, whose background is behind, and whose background is a place to put the person."""
SEED = 1
_ZOOM = 1.07
_NOISE = 1.2
_PLATE = (13.0, -8.0, 0.5)


class Scene:
    """Renders frames of any size.

    Args:
        pack: the bundled people.
        size: height and width of the frames.
    """

    def __init__(self, pack: Pack, size: Size) -> None:
        self.pack, self.size = pack, size
        foreground, alpha = load_foreground(pack, sample_named(pack, PERSON))
        opacity = alpha[..., None].astype(np.float32) / 255
        # Premultiplied, so that moving mixes no hidden colours in.
        self._person = cover(np.concatenate((foreground * opacity, opacity), axis=2, dtype=np.float32), size)
        self._background = cover(load_background(pack, sample_named(pack, BACKGROUND)), size)

    def frame(self, time: float) -> Frame:
        """Return what the camera sees at a time, in seconds: (H, W, 3) uint8 RGB."""
        person, behind = self._parts(time)
        seen = person[..., :3] + (1 - person[..., 3:]) * behind.astype(np.float32)
        return self._noisy(seen, f"frame at {time:.4f}")

    def sample(self, id_: str, time: float) -> Sample:
        """Return the frame of a time with its truth, and with what the camera sees then without the person."""
        person, behind = self._parts(time)
        opacity = person[..., 3:].clip(0, 1)
        colours = np.divide(person[..., :3], opacity, out=np.zeros_like(person[..., :3]), where=opacity > 0)
        return Sample(
            id_,
            self.frame(time),
            behind,
            np.asarray(np.round(opacity[..., 0] * 255), np.uint8),
            np.asarray(np.round(colours).clip(0, 255), np.uint8),
        )

    def _parts(self, time: float) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return person, premultiplied (H, W, 4) float32, and background, (H, W, 3) uint8, as the camera sees them."""
        camera = (
            6.0 * math.sin(2.1 * time) + 2.5 * math.sin(6.7 * time + 1),
            4.0 * math.sin(2.9 * time + 0.5) + 1.5 * math.sin(8.3 * time),
            0.25 * math.sin(1.7 * time + 2),
        )
        walk = -120 * math.cos(2.1 * time), 6 * abs(math.sin(6.3 * time)) + 14, 1.5 * math.sin(6.3 * time)
        person = np.asarray(self._seen(self._person, camera, walk), np.float32)
        return person, np.asarray(self._seen(self._background, camera), np.uint8)

    def plate(self) -> Frame:
        """Return the plate, taken before the person came, from a place a little to the side."""
        return self._noisy(self._seen(self._background, _PLATE).astype(np.float32), "plate")

    def target(self) -> Frame:
        """Return a place to put the person."""
        return cover(load_background(self.pack, sample_named(self.pack, TARGET)), self.size)

    def _seen(
        self,
        picture: NDArray[np.float32] | NDArray[np.uint8],
        camera: tuple[float, float, float],
        walk: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> NDArray[np.float32] | NDArray[np.uint8]:
        """Return a picture as the camera sees it; moves: right, down (pixels at 1280 across), degrees."""
        height, width = self.size
        unit = width / 1280
        middle = (width / 2, height / 2)
        moved = np.vstack((cv2.getRotationMatrix2D((middle[0], height), walk[2], 1.0), (0, 0, 1)))
        moved[:2, 2] += np.array(walk[:2]) * unit
        held = np.vstack((cv2.getRotationMatrix2D(middle, camera[2], _ZOOM), (0, 0, 1)))
        held[:2, 2] += np.array(camera[:2]) * unit
        border = cv2.BORDER_CONSTANT if picture.shape[2] == 4 else cv2.BORDER_REFLECT
        seen: NDArray[np.float32] | NDArray[np.uint8] = cv2.warpAffine(
            picture, (held @ moved)[:2], (width, height), flags=cv2.INTER_CUBIC, borderMode=border
        )
        return seen

    def _noisy(self, image: NDArray[np.float32], name: str) -> Frame:
        levels = np.asarray(cv2.convertScaleAbs(np.maximum(image, 0)), np.uint8)
        return noisy(levels, _NOISE, named_generator(SEED, name))


def sample_named(pack: Pack, name: str) -> PackSample:
    """Return the sample of a pack of this id."""
    return next(sample for sample in pack.record.samples if sample.id == name)
