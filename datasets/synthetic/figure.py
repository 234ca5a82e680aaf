"""Body and pose: where joints, outlines and hands lie, in units of the head's height from the base of the neck."""

import math
from dataclasses import dataclass

import numpy as np

from datasets.synthetic.raster import Points, Size
from datasets.synthetic.shapes import Frame, ellipse, limb, mirrored, smooth

_SHARES = {"portrait": (0.40, 0.52), "waist-up": (0.24, 0.32), "full-body": (0.112, 0.122)}
_NECK_BASE = {"portrait": (0.66, 0.80), "waist-up": (0.42, 0.50), "full-body": (0.185, 0.215)}


@dataclass(frozen=True, slots=True)
class Body:
    """Proportions of one person, in heads.

    Attributes:
        shoulder: half the width between the shoulders.
        waist: half the width of the waist.
        hip: half the width of the hips.
        girth: factor on the radii of the limbs.
        neck: half the width of the neck.
    """

    shoulder: float
    waist: float
    hip: float
    girth: float
    neck: float


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: shoulder, elbow and wrist, the direction of the hand in radians, whether it lies before the body."""

    joints: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    hand: float
    front: bool
    side: int
    gap: bool


def draw_body(rng: np.random.Generator) -> Body:
    """Random proportions."""
    build = rng.random()
    return Body(
        shoulder=0.80 + 0.2 * build + 0.08 * rng.random(),
        waist=0.52 + 0.22 * build * rng.random() + 0.06 * rng.random(),
        hip=0.64 + 0.16 * rng.random(),
        girth=0.88 + 0.3 * build,
        neck=0.165 + 0.05 * build,
    )


def place_person(rng: np.random.Generator, size: Size, framing: str, behind: bool) -> Frame:
    """Where a person stands in an image of `size`, so that the framing shows what it names."""
    height, width = size
    low, high = _SHARES[framing]
    unit = (low + (high - low) * rng.random()) * min(height, width * 1.15)
    low, high = _NECK_BASE[framing]
    share = low + (high - low) * rng.random()
    offset = (rng.random() - 0.5) * (0.24 if framing == "portrait" else 0.4) * width
    if behind:
        unit *= 0.82 + 0.1 * rng.random()
        offset += (1.6 if rng.random() < 0.5 else -1.6) * unit * (0.8 + 0.4 * rng.random())
    lean = (rng.random() - 0.5) * 0.12
    return Frame(width * 0.5 + offset, height * share, unit, lean)


def torso_outline(body: Body, loose: float = 0.0) -> Points:
    """The trunk from the neck to the crotch; `loose` heads wider for clothes."""
    half = [
        (body.neck + 0.02, -0.12),
        (body.neck + 0.16 + loose, 0.02),
        (body.shoulder - 0.14 + loose, 0.12),
        (body.shoulder + 0.03 + loose, 0.32),
        (body.shoulder - 0.06 + loose, 0.75),
        (body.waist + 0.08 + loose, 1.30),
        (body.waist + loose, 1.75),
        (body.hip + loose, 2.30),
        (body.hip + 0.02 + loose, 2.65),
        (0.3, 2.9),
        (0.0, 2.86),
    ]
    return smooth(mirrored(half))


def neck_outline(body: Body) -> Points:
    """The neck with the slope of the shoulders' muscle, and the upper chest below it."""
    width = body.neck
    half = [
        (width, -0.55),
        (width * 0.97, -0.2),
        (width + 0.09, 0.0),
        (width + 0.25, 0.1),
        (width + 0.1, 0.4),
        (0, 0.62),
    ]
    return smooth(mirrored(half))


def draw_arms(rng: np.random.Generator, body: Body, pose: str, close: bool) -> list[Arm]:
    """Both arms: one does what the pose says, the other hangs or joins in; `close` keeps a raised hand by the head."""
    main = 1 if rng.random() < 0.5 else -1
    other = {"both-hips": "hip", "bent": "bent" if rng.random() < 0.5 else "hang"}.get(pose, "hang")
    first = "hip" if pose == "both-hips" else "greeting" if pose == "raised" and close else pose
    return [_arm(rng, body, other, -main), _arm(rng, body, first, main)]


def _arm(rng: np.random.Generator, body: Body, pose: str, side: int) -> Arm:
    # Angles from straight down, positive away from the body.
    upper, fore, hand = {
        "hang": (0.22 + 0.3 * rng.random(), 0.05 + 0.25 * rng.random(), 0.05),
        "hip": (0.80 + 0.2 * rng.random(), -0.75 - 0.15 * rng.random(), -0.5),
        "raised": (1.45 + 0.7 * rng.random(), 2.75 + 0.5 * rng.random(), 3.0 + 0.4 * rng.random()),
        "greeting": (0.35 + 0.4 * rng.random(), 2.7 + 0.4 * rng.random(), 3.0 + 0.4 * rng.random()),
        "bent": (0.25 + 0.2 * rng.random(), -1.75 - 0.5 * rng.random(), -1.9),
    }[pose]
    shoulder = (side * (body.shoulder - 0.17), 0.37)
    elbow = (shoulder[0] + side * 1.28 * math.sin(upper), shoulder[1] + 1.28 * math.cos(upper))
    wrist = (elbow[0] + side * 1.12 * math.sin(fore), elbow[1] + 1.12 * math.cos(fore))
    return Arm(
        (shoulder, elbow, wrist), side * hand, pose != "hip", side, pose in ("hip", "raised", "greeting") or upper > 0.3
    )


def arm_shapes(body: Body, arm: Arm, loose: float, share: float = 1.0) -> list[Points]:
    """The arm down to `share` of the forearm, `loose` heads wider."""
    shoulder, elbow, wrist = arm.joints
    girth = body.girth
    end = (elbow[0] + (wrist[0] - elbow[0]) * share, elbow[1] + (wrist[1] - elbow[1]) * share)
    radii = (0.215 * girth, 0.15 * girth, (0.15 + (0.095 - 0.15) * share) * girth)
    return limb([shoulder, elbow, end], [radius + loose for radius in radii])


def short_sleeve(body: Body, arm: Arm, loose: float) -> list[Points]:
    """The upper half of the upper arm."""
    shoulder, elbow, _ = arm.joints
    middle = ((shoulder[0] + elbow[0]) * 0.5, (shoulder[1] + elbow[1]) * 0.5)
    return limb([shoulder, middle], [0.215 * body.girth + loose, 0.19 * body.girth + loose])


def hand_shapes(rng: np.random.Generator, body: Body, arm: Arm, spread: float) -> list[Points]:
    """Palm, four fingers and a thumb; `spread` radians between neighbouring fingers."""
    _, _, wrist = arm.joints
    size = 0.9 + 0.1 * body.girth
    direction = arm.hand

    def reach(x: float, y: float, angle: float, length: float) -> tuple[float, float]:
        return x + math.sin(angle) * length, y + math.cos(angle) * length

    palm = reach(*wrist, direction, 0.15 * size)
    shapes = [ellipse(*palm, 0.125 * size, 0.2 * size, -direction)]
    for finger, length in enumerate((0.24, 0.29, 0.3, 0.25)):
        angle = direction + (finger - 1.5) * spread
        knuckle = reach(*palm, direction, 0.13 * size)
        across = (finger - 1.5) * 0.062 * size
        root = (knuckle[0] + math.cos(direction) * across, knuckle[1] - math.sin(direction) * across)
        bend = angle + (rng.random() - 0.5) * 0.15
        shapes += limb([root, reach(*root, bend, length * size)], [0.038 * size, 0.027 * size], 2)
    thumb_angle = direction - arm.side * (0.5 + spread * 1.5)
    root = reach(*palm, thumb_angle, 0.06 * size)
    return shapes + limb([root, reach(*root, thumb_angle, 0.25 * size)], [0.05 * size, 0.034 * size], 2)


def leg_shapes(body: Body, side: int, stance: float, loose: float) -> tuple[list[Points], list[Points]]:
    """One leg and its shoe; `stance` is how far the foot stands out, in heads."""
    hip = (side * body.hip * 0.52, 2.55)
    knee = (side * (body.hip * 0.50 + stance * 0.5), 4.35)
    ankle = (side * (body.hip * 0.42 + stance), 6.05)
    girth = body.girth
    radii = [0.33 * girth + loose * 0.3, 0.20 * girth + loose, 0.115 * girth + loose]
    foot = smooth(
        [
            (ankle[0] - side * 0.13, ankle[1] - 0.05),
            (ankle[0] + side * 0.13, ankle[1] - 0.05),
            (ankle[0] + side * 0.36, ankle[1] + 0.16),
            (ankle[0] + side * 0.38, ankle[1] + 0.26),
            (ankle[0] - side * 0.13, ankle[1] + 0.26),
        ]
    )
    return limb([hip, knee, ankle], radii), [foot]
