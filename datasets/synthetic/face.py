"""The head: its outline, ears, and simple features that turn with it. Units: the head's height, from its centre."""

from collections.abc import Sequence

import numpy as np

from datasets.synthetic.raster import Canvas, Points, fill, strokes
from datasets.synthetic.shapes import Frame, ellipse, mirrored, smooth
from datasets.synthetic.textures import Colour, skin


def head_outline(jaw: float, turn: float) -> Points:
    """The skull and face; `jaw` from 0 (pointed) to 1 (square), `turn` from -1 (left) to 1 (right)."""
    half = [
        (0.0, -0.5),
        (0.20, -0.465),
        (0.33, -0.31),
        (0.372, -0.08),
        (0.350, 0.12),
        (0.27 + 0.05 * jaw, 0.30),
        (0.15 + 0.06 * jaw, 0.45),
        (0.0, 0.5),
    ]
    points = smooth(mirrored(half))
    # The chin moves with the turn, the skull hardly does.
    points[:, 0] += turn * 0.06 * np.clip(points[:, 1], 0.0, 0.5)
    return points


def paint_head(
    canvas: Canvas,
    rng: np.random.Generator,
    head: Frame,
    colour: Colour,
    hair: Colour,
    light: tuple[float, float],
    soften: float,
) -> None:
    """Ears, face and features."""
    turn = float(rng.random() * 1.6 - 0.8)
    jaw = float(rng.random())
    unit = head.unit
    for side in (-1, 1):
        ear_x = side * (0.365 - 0.05 * side * turn)
        ear = fill(canvas.size, [head.place(ellipse(ear_x, 0.03, 0.055, 0.11, side * 0.15))], soften)
        if not ear.empty:
            canvas.paint(ear, skin(rng, ear, _scaled(colour, 0.88), unit, light))
    face = fill(canvas.size, [head.place(head_outline(jaw, turn))], soften)
    if face.empty:
        return
    canvas.paint(face, skin(rng, face, colour, unit, light))
    _paint_features(canvas, rng, head, colour, hair, turn, light)


def _paint_features(
    canvas: Canvas,
    rng: np.random.Generator,
    head: Frame,
    colour: Colour,
    hair: Colour,
    turn: float,
    light: tuple[float, float],
) -> None:
    unit, shift, soft = head.unit, turn * 0.09, max(0.3, head.unit * 0.006)

    def shade(shapes: Sequence[Points], factor: float, blur: float = 1.0) -> None:
        canvas.shade(fill(canvas.size, [head.place(shape) for shape in shapes], soft * blur), factor)

    def paint(shapes: Sequence[Points], tone: Sequence[float], opacity: float = 1.0) -> None:
        canvas.paint(fill(canvas.size, [head.place(shape) for shape in shapes], soft * 0.5), tone, opacity)

    iris = [(70.0, 45.0, 30.0), (60.0, 95.0, 130.0), (80.0, 100.0, 60.0), (40.0, 28.0, 20.0)][int(rng.integers(4))]
    gaze = float(rng.random() - 0.5) * 0.03
    openness = 0.6 + 0.5 * float(rng.random())
    made_up = rng.random() < 0.4
    shade([ellipse(shift * 1.2 + side * 0.155, -0.03, 0.12, 0.085) for side in (-1, 1)], 0.86, 4.0)
    shade([ellipse(shift * 0.9 + side * 0.21, 0.17, 0.10, 0.08) for side in (-1, 1)], 1.06, 5.0)
    for side in (-1, 1):
        x = shift * 1.1 + side * (0.155 - 0.02 * side * turn)
        eye_height = 0.036 * openness
        paint([ellipse(x, -0.02, 0.068, eye_height)], (228.0, 222.0, 216.0))
        paint([ellipse(x + gaze, -0.022, 0.033, min(0.033, eye_height))], iris)
        paint([ellipse(x + gaze, -0.022, 0.015, min(0.015, eye_height))], (12.0, 10.0, 10.0))
        paint([ellipse(x + gaze + light[0] * 0.012, -0.034, 0.007, 0.007)], (250.0, 250.0, 250.0))
        lid = smooth([(x - 0.075, -0.005), (x - 0.04, -0.05), (x + 0.03, -0.055), (x + 0.075, -0.01)], False)
        lash = strokes(canvas.size, [head.place(lid)], unit * (0.016 if made_up else 0.010), soft * 0.5)
        canvas.paint(lash, (38.0, 26.0, 22.0), 0.85)
        brow = smooth([(x - side * 0.08, -0.115), (x, -0.145), (x + side * 0.09, -0.11)], False)
        brow_mask = strokes(canvas.size, [head.place(brow)], unit * 0.024, soft)
        canvas.paint(brow_mask, _scaled(hair, 0.6), 0.75)
    nose_x = shift * 1.5
    dark_side = -1.0 if light[0] > 0 else 1.0
    shade([ellipse(nose_x + dark_side * 0.045, 0.07, 0.03, 0.11)], 0.88, 3.0)
    shade([ellipse(nose_x, 0.05, 0.02, 0.12)], 1.10, 3.0)
    shade([ellipse(nose_x, 0.185, 0.075, 0.022)], 0.78, 2.0)
    shade([ellipse(nose_x + side * 0.032, 0.172, 0.016, 0.010) for side in (-1, 1)], 0.5)
    smile, width = float(rng.random()) * 0.05, 0.115 + 0.03 * float(rng.random())
    lips = (min(255.0, colour[0] * 0.92), colour[1] * 0.58, colour[2] * 0.62)
    mouth_x, mouth_y = shift * 1.2, 0.29
    corners = [(mouth_x - width, mouth_y - smile), (mouth_x + width, mouth_y - smile)]
    upper = smooth([corners[0], (mouth_x - 0.04, mouth_y - 0.035), (mouth_x, mouth_y - 0.026)], False)
    upper2 = smooth([(mouth_x + 0.04, mouth_y - 0.035), corners[1], (mouth_x, mouth_y + 0.006)], False)
    paint([np.concatenate([upper, upper2])], _scaled(lips, 0.85), 0.85)
    lower = smooth([corners[0], (mouth_x, mouth_y + 0.004), corners[1], (mouth_x, mouth_y + 0.055)])
    paint([lower], lips, 0.85)
    line = smooth([corners[0], (mouth_x, mouth_y + 0.006), corners[1]], False)
    canvas.paint(strokes(canvas.size, [head.place(line)], unit * 0.008, soft * 0.5), _scaled(lips, 0.35), 0.8)
    shade([ellipse(mouth_x, 0.375, 0.08, 0.02)], 0.86, 3.0)
    if rng.random() < 0.18:
        bridge = shift * 0.8
        rims = [ellipse(bridge + side * 0.155, -0.015, 0.105, 0.085) for side in (-1, 1)]
        lines = [head.place(np.concatenate([rim, rim[:1]])) for rim in rims]
        lines.append(head.place([(bridge - 0.05, -0.03), (bridge + 0.05, -0.03)]))
        lines += [head.place([(bridge + side * 0.26, -0.03), (side * 0.35, -0.04)]) for side in (-1, 1)]
        canvas.paint(strokes(canvas.size, lines, unit * 0.016, soft * 0.3), (25.0, 22.0, 24.0))


def _scaled(colour: Sequence[float], factor: float) -> Colour:
    return (min(255.0, colour[0] * factor), min(255.0, colour[1] * factor), min(255.0, colour[2] * factor))
