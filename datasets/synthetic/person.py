"""One person, drawn from back to front onto a canvas."""

import numpy as np

from datasets.synthetic.clothes import Tailor, draw_outfit, paint_object
from datasets.synthetic.face import paint_head
from datasets.synthetic.figure import (
    Arm,
    Body,
    arm_shapes,
    draw_arms,
    draw_body,
    hand_shapes,
    neck_outline,
    place_person,
)
from datasets.synthetic.plan import Plan
from datasets.synthetic.raster import Canvas, Points, fill
from datasets.synthetic.shapes import Frame, ellipse, smooth
from datasets.synthetic.strands import Hair
from datasets.synthetic.textures import Colour, skin

_SKINS: tuple[Colour, ...] = (
    (232, 190, 165),
    (215, 165, 135),
    (190, 138, 105),
    (150, 102, 74),
    (105, 70, 52),
    (240, 205, 185),
)
_HAIRS: tuple[Colour, ...] = (
    (38, 28, 24),
    (62, 42, 30),
    (98, 66, 42),
    (150, 104, 60),
    (196, 158, 100),
    (128, 58, 34),
    (160, 155, 150),
    (225, 215, 200),
)


def paint_person(
    canvas: Canvas, rng: np.random.Generator, plan: Plan, behind: bool, clothes: Colour | None
) -> tuple[str, ...]:
    """Draw one person as the plan says and return tags for what came out.

    Args:
        canvas: what to draw on.
        rng: the person's random numbers.
        plan: the sample's plan; its hair, blur, veil and object are those of the person in front.
        behind: whether this is the second person.
        clothes: the upper garment's colour, None for a random one.
    """
    frame = place_person(rng, canvas.size, plan.framing, behind)
    body = draw_body(rng)
    tone = 0.9 + 0.18 * float(rng.random())
    complexion = _SKINS[int(rng.integers(len(_SKINS)))]
    complexion = (complexion[0] * tone, complexion[1] * tone, complexion[2] * tone)
    hair_colour = _HAIRS[int(rng.integers(len(_HAIRS)))]
    light = (float(rng.random()) * 1.4 - 0.7, -0.3 - 0.5 * float(rng.random()))
    soften = canvas.size[0] / 720.0 * (0.35 + 0.7 * float(rng.random()))
    style = str(rng.choice(["long", "short", "curly"])) if behind else plan.hair
    pose = "hang" if behind else plan.pose
    blur = "" if behind else plan.blur
    colour = clothes or _cloth_colour(rng)
    tailor = Tailor(rng, canvas, frame, body, draw_outfit(rng, colour), light, soften)
    hair = Hair(rng, style, hair_colour, soften)
    head = frame.child(0.0, -0.32, (float(rng.random()) - 0.5) * 0.3).child(0.0, -0.42, 0.0)
    arms = draw_arms(rng, body, pose, plan.framing == "portrait")

    def hair_layer(paint_back: bool) -> None:
        layer = Canvas(canvas.size) if blur == "hair" else canvas
        (hair.paint_back if paint_back else hair.paint_front)(layer, head, light)
        if blur == "hair":
            sweep = head.unit * 0.28
            layer.motion_blur(sweep, sweep * 0.25)
            canvas.over(layer)

    def arm_layer(arm: Arm, holding: bool) -> None:
        smeared = blur == "arm" and arm is arms[1]
        layer = Canvas(canvas.size) if smeared else canvas
        _paint_arm(layer, rng, frame, body, arm, complexion, tailor, holding)
        if smeared:
            layer.motion_blur(frame.unit * 0.45 * arm.side, frame.unit * 0.12)
            canvas.over(layer)

    hair_layer(True)
    for arm in arms:
        if not arm.front:
            arm_layer(arm, False)
    if plan.framing != "portrait":
        tailor.legs(0.05 + 0.35 * float(rng.random()))
    _paint_skin(canvas, rng, frame, [neck_outline(body)], complexion, light, soften)
    tailor.trunk()
    _paint_skin(canvas, rng, frame, tailor.neckline(), complexion, light, soften)
    _paint_neck(canvas, rng, frame, body, complexion, light, soften)
    tailor.collar()
    paint_head(canvas, rng, head, complexion, hair_colour, light, soften)
    hair_layer(False)
    for arm in arms:
        if arm.front:
            arm_layer(arm, plan.holding and not behind and arm is arms[1])
    if plan.veil and not behind:
        tailor.gauze(plan.veil)
    return ("gap",) if plan.framing != "portrait" and any(arm.gap for arm in arms) else ()


def _paint_skin(
    canvas: Canvas,
    rng: np.random.Generator,
    frame: Frame,
    shapes: list[Points],
    colour: Colour,
    light: tuple[float, float],
    soften: float,
) -> None:
    mask = fill(canvas.size, [frame.place(shape) for shape in shapes], soften)
    if not mask.empty:
        canvas.paint(mask, skin(rng, mask, colour, frame.unit, light))


def _paint_neck(
    canvas: Canvas,
    rng: np.random.Generator,
    frame: Frame,
    body: Body,
    colour: Colour,
    light: tuple[float, float],
    soften: float,
) -> None:
    width = body.neck
    column = np.array([(-width, -0.6), (width, -0.6), (width * 1.08, 0.0), (0.0, 0.1), (-width * 1.08, 0.0)])
    _paint_skin(canvas, rng, frame, [smooth(column)], colour, light, soften)
    # The chin's shadow; it only darkens what is there.
    shadow = [
        frame.place(ellipse(light[0] * -0.05, -0.3, width * 1.25, 0.17)),
        frame.place(ellipse(0.0, -0.1, width, 0.2)),
    ]
    canvas.shade(fill(canvas.size, shadow[:1], frame.unit * 0.035), 0.7)
    canvas.shade(fill(canvas.size, shadow[1:], frame.unit * 0.05), 0.86)


def _paint_arm(
    canvas: Canvas,
    rng: np.random.Generator,
    frame: Frame,
    body: Body,
    arm: Arm,
    colour: Colour,
    tailor: Tailor,
    holding: bool,
) -> None:
    spread = 0.03 + 0.25 * float(rng.random())
    light, soften = tailor.light, tailor.soften
    _paint_skin(canvas, rng, frame, arm_shapes(body, arm, 0.0), colour, light, soften)
    if holding:
        paint_object(canvas, rng, arm, tailor)
    _paint_skin(canvas, rng, frame, hand_shapes(rng, body, arm, spread), colour, light, soften)
    tailor.sleeve(arm, canvas)


def _cloth_colour(rng: np.random.Generator) -> Colour:
    base = rng.integers(15, 240, size=3)
    grey = float(rng.integers(20, 235))
    mix = float(rng.random()) * 0.7
    red, green, blue = (float(value) * (1.0 - mix) + grey * mix for value in base)
    return (red, green, blue)
