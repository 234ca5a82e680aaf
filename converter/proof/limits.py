"""Limits of tiles and of the systematic part, for each precision: what the bundled network was measured to need.

Each is above what a sound form of the bundled checkpoint shows on the battery of stimuli, at 512x288 and 1280x720 (FP16
and bf16 also at 640x360, 512x512 and 720x1280; bf16 of FP32 and of FP16 weights), and below what the smallest fault to
be seen makes of it. Those faults are: a scale of 256 for 255 (a gain of 0.9961 of the foreground), alpha or foreground
off by 1/255, an alpha gamma of 1.1, a shift by half a pixel, 2 % of a channel in another, refinement written in half of
the picture alone, and an 8x8 block of alpha moved by 2/255 where the matte is decided (in bf16 by 3/255, in int8 by
22/255: sound forms move one by 1.6/255 and 20/255 there).

The systematic parts need six samples or more. Of 100 draws of the people a sound form is beyond a limit so often: of
two samples 16 times (int8), 20 (int8 with bf16), 7 (bf16) and never (fp16); of six never, but once int8 with bf16; of
twelve never.
"""

from collections.abc import Mapping
from typing import Literal

from configs.records import Frozen
from converter.forms.proofs import Kind
from converter.proof.tiles import BlockLimit, TileLimits

Precision = Literal["fp32", "fp16", "bf16", "int8", "int8-bf16"]
"""Of weights fp32, fp16 and int8 inferred in f32; of any weights inferred in bf16, and int8's rest inferred in bf16."""


class ProofLimits(Frozen):
    """What a form of one precision may do to blocks, and how far each kind of component may be from neutral."""

    tiles: TileLimits
    systematic: dict[Kind, float]

    def widened(self, factor: float) -> "ProofLimits":
        """Return these limits times a factor."""
        tiles = self.tiles
        return ProofLimits(
            tiles=TileLimits(
                alpha=_widened(tiles.alpha, factor),
                foreground=_widened(tiles.foreground, factor),
                refined_otherwise=min(1.0, tiles.refined_otherwise * factor),
                near=tiles.near * factor,
            ),
            systematic={kind: limit * factor for kind, limit in self.systematic.items()},
        )


def _widened(limit: BlockLimit, factor: float) -> BlockLimit:
    return BlockLimit(base=limit.base * factor, slope=limit.slope * factor)


def _tiles(
    alpha: tuple[float, float], foreground: tuple[float, float], refined_otherwise: float, near: float
) -> TileLimits:
    return TileLimits(
        alpha=BlockLimit(base=alpha[0] / 255, slope=alpha[1]),
        foreground=BlockLimit(base=foreground[0] / 255, slope=foreground[1]),
        refined_otherwise=refined_otherwise,
        near=near,
    )


LIMITS: Mapping[Precision, ProofLimits] = {
    "fp32": ProofLimits(
        tiles=_tiles((0.25, 0.002), (0.25, 0.002), refined_otherwise=1e-3, near=1e-3),
        systematic={
            "alpha gain": 1e-5,
            "alpha offset": 1e-5,
            "alpha gamma": 1e-3,
            "alpha shift": 1e-3,
            "alpha left coarse": 1e-3,
            "foreground gain": 1e-5,
            "foreground offset": 1e-5,
            "foreground gamma": 1e-4,
            "foreground shift": 1e-4,
            "foreground cross-talk": 1e-4,
        },
    ),
    "fp16": ProofLimits(
        tiles=_tiles((0.75, 0.07), (0.75, 0.006), refined_otherwise=2e-3, near=1e-2),
        systematic={
            "alpha gain": 2e-4,
            "alpha offset": 1e-4,
            "alpha gamma": 1.5e-2,
            "alpha shift": 2e-2,
            "alpha left coarse": 1e-2,
            "foreground gain": 3e-4,
            "foreground offset": 2e-4,
            "foreground gamma": 5e-4,
            "foreground shift": 1e-3,
            "foreground cross-talk": 5e-4,
        },
    ),
    "bf16": ProofLimits(
        tiles=_tiles((3, 0.5), (3.5, 0.025), refined_otherwise=6e-3, near=5e-2),
        systematic={
            "alpha gain": 5e-4,
            "alpha offset": 2e-4,
            "alpha gamma": 4e-2,
            "alpha shift": 8e-2,
            "alpha left coarse": 6e-2,
            "foreground gain": 2.5e-3,
            "foreground offset": 1.5e-3,
            "foreground gamma": 8e-3,
            "foreground shift": 4e-3,
            "foreground cross-talk": 1e-2,
        },
    ),
    "int8": ProofLimits(
        tiles=_tiles((22, 1.6), (8, 0.12), refined_otherwise=2e-2, near=0.1),
        systematic={
            "alpha gain": 3.8e-3,
            "alpha offset": 1e-3,
            "alpha gamma": 6.8e-2,
            "alpha shift": 0.25,
            "alpha left coarse": 0.3,
            "foreground gain": 1.5e-3,
            "foreground offset": 1e-3,
            "foreground gamma": 3e-3,
            "foreground shift": 3e-3,
            "foreground cross-talk": 4e-3,
        },
    ),
    "int8-bf16": ProofLimits(
        tiles=_tiles((22, 1.6), (8, 0.12), refined_otherwise=2e-2, near=0.1),
        systematic={
            "alpha gain": 3.8e-3,
            "alpha offset": 1e-3,
            "alpha gamma": 6.8e-2,
            "alpha shift": 0.25,
            "alpha left coarse": 0.3,
            "foreground gain": 2.5e-3,
            "foreground offset": 1.5e-3,
            "foreground gamma": 8e-3,
            "foreground shift": 4e-3,
            "foreground cross-talk": 1e-2,
        },
    ),
}
