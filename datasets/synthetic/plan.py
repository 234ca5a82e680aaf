"""What each sample of a seed shows, decided before anything is drawn.

Indices are dealt in blocks of 24: within a block every attribute is a shuffled deck, so that the 24 samples of the
default set hold every kind, whatever the seed.
"""

import zlib
from dataclasses import dataclass

import numpy as np

from configs.errors import UsageError
from configs.sizes import size_text
from datasets.synthetic.photographs import PHOTOGRAPHS

BLOCK = 24
SMALLEST_SIDE = 64

_FRAMINGS = ("portrait",) * 11 + ("waist-up",) * 8 + ("full-body",) * 5
_HAIR = ("long",) * 8 + ("short",) * 6 + ("curly",) * 5 + ("bun",) * 3 + ("bald",) * 2
_BLUR = ("",) * 17 + ("arm",) * 3 + ("hair",) * 2 + ("whole",) * 2
_VEIL = ("",) * 18 + ("veil",) * 2 + ("scarf",) * 2 + ("skirt",) * 2
_COMPANY = (False,) * 21 + (True,) * 3
_OBJECT = (False,) * 23 + (True,)
_CAMOUFLAGE = (False,) * 20 + (True,) * 4
_POSES = ("hip",) * 6 + ("raised",) * 5 + ("hang",) * 6 + ("bent",) * 4 + ("both-hips",) * 3
_ROOMS = (False,) * 13 + (True,) * 11


@dataclass(frozen=True, slots=True)
class Plan:
    """The kinds that one sample shows; an empty string stands for none.

    Attributes:
        framing: `portrait`, `waist-up` or `full-body`.
        hair: `long`, `short`, `curly`, `bun` or `bald`.
        pose: what the arms do: `hip`, `both-hips`, `raised`, `hang` or `bent`.
        blur: what motion blur smears: `arm`, `hair`, `whole` or nothing.
        veil: the translucent cloth: `veil`, `scarf`, `skirt` or nothing.
        company: whether a second person stands behind the first.
        holding: whether a hand holds an object.
        camouflage: whether the clothes take the background's colour.
        photograph: the background's photograph, empty for a procedural room.
    """

    framing: str
    hair: str
    pose: str
    blur: str
    veil: str
    company: bool
    holding: bool
    camouflage: bool
    photograph: str


def generator(seed: int, index: int, purpose: str) -> np.random.Generator:
    """The random numbers of one sample for one purpose, independent of every other's."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, index, zlib.crc32(purpose.encode())])))


def check_request(seed: int, index: int, size: tuple[int, int]) -> None:
    """Refuse what cannot be drawn.

    Raises:
        UsageError: for a negative seed or index, or a side shorter than `SMALLEST_SIDE` pixels.
    """
    if seed < 0 or index < 0:
        raise UsageError(f"synthetic set: seed {seed} and index {index} must not be negative. Choose 0 or more.")
    if min(size) < SMALLEST_SIDE:
        raise UsageError(
            f"synthetic set: size {size_text(size)} is too small to draw a person; expected at "
            f"least {SMALLEST_SIDE} pixels a side. Choose a larger size."
        )


def plan_sample(seed: int, index: int) -> Plan:
    """What sample `index` of `seed` shows."""
    block, place = divmod(index, BLOCK)

    def deal(name: str, deck: tuple[str, ...]) -> str:
        return deck[int(generator(seed, block, f"deck {name}").permutation(BLOCK)[place] % len(deck))]

    def toss(name: str, deck: tuple[bool, ...]) -> bool:
        return deck[int(generator(seed, block, f"deck {name}").permutation(BLOCK)[place])]

    framing, veil, pose = deal("framing", _FRAMINGS), deal("veil", _VEIL), deal("pose", _POSES)
    blur, holding = deal("blur", _BLUR), toss("holding", _OBJECT)
    if veil == "skirt":
        framing = "full-body"
    if (blur == "arm" or holding) and framing == "portrait":
        pose = "raised"
    hair = deal("hair", _HAIR)
    if blur == "hair" and hair == "bald":
        hair = "long"
    return Plan(
        framing=framing,
        hair=hair,
        pose=pose,
        blur=blur,
        veil=veil,
        company=toss("company", _COMPANY),
        holding=holding,
        camouflage=toss("camouflage", _CAMOUFLAGE),
        photograph="" if toss("room", _ROOMS) else deal("photograph", tuple(PHOTOGRAPHS)),
    )
