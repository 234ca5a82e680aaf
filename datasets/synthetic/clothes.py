"""Clothes: what is worn on trunk, arms and legs, and the translucent cloths. Units: heads, from the neck's base."""

import math
from dataclasses import dataclass

import numpy as np

from datasets.synthetic.fabrics import FABRICS, Fabric, cloth, draw_fabric
from datasets.synthetic.figure import Arm, Body, arm_shapes, leg_shapes, short_sleeve, torso_outline
from datasets.synthetic.raster import Canvas, Points, fill, strokes
from datasets.synthetic.shapes import Frame, ellipse, mirrored, smooth
from datasets.synthetic.textures import Colour, branch, smooth_field

_WHITE = Fabric("plain", (216.0, 216.0, 219.0))


@dataclass(frozen=True, slots=True)
class Outfit:
    """What one person wears.

    Attributes:
        cut: `tee`, `shirt`, `jacket` or `vest`.
        fabric: of the upper garment.
        trousers: their fabric.
        loose: how many heads wider than the body the garment is.
        sleeves: `long`, `short` or `none`.
    """

    cut: str
    fabric: Fabric
    trousers: Fabric
    loose: float
    sleeves: str


def draw_outfit(rng: np.random.Generator, colour: Colour) -> Outfit:
    """A random outfit whose upper garment has the colour."""
    cut = str(rng.choice(["tee", "shirt", "jacket", "vest"], p=[0.35, 0.25, 0.28, 0.12]))
    sleeves = {"tee": "short" if rng.random() < 0.6 else "long", "vest": "none"}.get(cut, "long")
    dye = [float(value) for value in rng.integers(20, 140, size=3)]
    grey = sum(dye) / 3.0
    red, green, blue = ((value + grey) * 0.5 for value in dye)
    kind = str(rng.choice(FABRICS, p=[0.36, 0.16, 0.12, 0.16, 0.2]))
    return Outfit(
        cut=cut,
        fabric=draw_fabric(rng, kind, colour),
        trousers=draw_fabric(rng, "plain" if rng.random() < 0.7 else "photo-weave", (red, green, blue)),
        loose=0.02 + 0.08 * float(rng.random()),
        sleeves=sleeves,
    )


class Tailor:
    """Paints one person's clothes; every garment is a mask filled with its cloth."""

    def __init__(
        self,
        rng: np.random.Generator,
        canvas: Canvas,
        frame: Frame,
        body: Body,
        outfit: Outfit,
        light: tuple[float, float],
        soften: float,
    ) -> None:
        self.rng, self.canvas, self.frame, self.body, self.outfit = rng, canvas, frame, body, outfit
        self.light, self.soften = light, soften

    def sew(self, shapes: list[Points], fabric: Fabric, canvas: Canvas | None = None, tone: float = 1.0) -> None:
        """Fill shapes, in heads, with a fabric, `tone` times as bright."""
        target = canvas or self.canvas
        mask = fill(target.size, [self.frame.place(shape) for shape in shapes], self.soften)
        if not mask.empty:
            target.paint(mask, cloth(self.rng, mask, fabric, self.frame.unit, self.light, tone))

    def legs(self, stance: float) -> None:
        """Trousers and shoes."""
        shoe = Fabric("plain", (35.0, 30.0, 30.0) if self.rng.random() < 0.6 else (190.0, 185.0, 180.0))
        trousers = self.outfit.trousers
        for side in (-1, 1):
            leg, foot = leg_shapes(self.body, side, stance, self.outfit.loose * 0.6)
            self.sew(foot, shoe)
            self.sew(leg, trousers)
        outline = torso_outline(self.body)
        self.sew([outline[outline[:, 1] >= 2.0]], trousers)

    def trunk(self) -> None:
        """The upper garment with its lapels, tie and buttons."""
        outfit = self.outfit
        outline = torso_outline(self.body, outfit.loose)
        hem = 2.75 if outfit.cut == "jacket" else 2.45
        # The hem sags a little in the middle.
        outline[:, 1] = np.minimum(outline[:, 1], hem - 0.1 * outline[:, 0] * outline[:, 0])
        self.sew([outline], outfit.fabric)
        if outfit.cut == "jacket":
            shirt = smooth([(-0.26, -0.12), (0.26, -0.12), (0.24, 0.6), (0.03, 1.5), (-0.2, 0.6)])
            self.sew([shirt], _WHITE)
            for side in (-1, 1):
                lapel = [(side * 0.27, -0.16), (side * 0.5, 0.12), (side * 0.42, 0.6), (side * 0.02, 1.5)]
                lapel += [(side * 0.2, 0.55)]
                self.sew([np.array(lapel)], outfit.fabric, tone=0.8)
            if self.rng.random() < 0.5:
                tie = np.array([(-0.06, 0.1), (0.06, 0.1), (0.1, 1.2), (0.0, 1.4), (-0.1, 1.2)])
                self.sew([tie], draw_fabric(self.rng, "stripes", (130.0, 40.0, 50.0)))
        if outfit.cut in ("jacket", "shirt"):
            self._buttons(1.55 if outfit.cut == "jacket" else 0.35)

    def neckline(self) -> list[Points]:
        """The skin that the garment leaves free below the neck, in heads."""
        width = self.body.neck
        depth = {"tee": 0.26, "vest": 0.42, "shirt": 0.36, "jacket": 0.1}[self.outfit.cut]
        sharp = 0.45 if self.outfit.cut == "shirt" else 0.85
        half = width + (0.14 if self.outfit.cut == "vest" else 0.05)
        right = [(width * 0.9, -0.2), (half, 0.03), (half * sharp, depth * 0.65), (0.0, depth)]
        return [smooth(mirrored(right))]

    def collar(self) -> None:
        """A shirt's collar, over the neck."""
        if self.outfit.cut not in ("shirt", "jacket"):
            return
        width = self.body.neck
        fabric, tone = (_WHITE, 1.0) if self.outfit.cut == "jacket" else (self.outfit.fabric, 1.12)
        for side in (-1, 1):
            wing = [(side * (width + 0.05), -0.22), (side * (width + 0.1), -0.05), (side * (width * 0.95), 0.28)]
            wing += [(side * 0.02, 0.14)]
            self.sew([np.array(wing)], fabric, tone=tone)

    def sleeve(self, arm: Arm, canvas: Canvas) -> None:
        """The sleeve of one arm, on the canvas that holds the arm."""
        outfit = self.outfit
        if outfit.sleeves == "long":
            self.sew(arm_shapes(self.body, arm, outfit.loose * 0.7, 0.93), outfit.fabric, canvas)
        elif outfit.sleeves == "short":
            self.sew(short_sleeve(self.body, arm, outfit.loose), outfit.fabric, canvas)

    def gauze(self, veil: str) -> None:
        """The translucent cloth: a `veil` over head and shoulders, a `scarf` that flies, or a wide `skirt`."""
        rng = self.rng
        tone = [float(value) for value in rng.integers(120, 250, size=3)]
        if veil == "veil":
            width, end = 1.1 + 0.3 * float(rng.random()), 1.2 + 1.0 * float(rng.random())
            outline = [(0, -1.42), (0.42, -1.22), (0.62, -0.6), (0.85, 0.2), (width, end), (width * 0.3, end + 0.15)]
            outline += [(-width * 0.4, end), (-width, end + 0.1), (-0.82, 0.2), (-0.62, -0.6), (-0.42, -1.22)]
            shapes, low, high = [smooth(outline)], 0.15, 0.62
        elif veil == "scarf":
            side = 1 if rng.random() < 0.5 else -1
            lift = float(rng.random()) * 0.8
            wrap = ellipse(0.0, -0.02, 0.42, 0.24)
            tail = [
                (side * 0.2, -0.1),
                (side * 0.9, 0.0 - lift * 0.4),
                (side * 1.7, 0.35 - lift),
                (side * 2.3, 0.2 - lift),
            ]
            tail += [(side * 2.2, 0.85 - lift), (side * 1.5, 0.9 - lift * 0.6), (side * 0.8, 0.5), (side * 0.1, 0.2)]
            shapes, low, high = [wrap, smooth(tail)], 0.3, 0.85
        else:
            flare, end = 1.1 + 0.5 * float(rng.random()), 4.2 + 1.0 * float(rng.random())
            hip = self.body.hip
            outline = [(self.body.waist, 1.85), (hip + 0.15, 2.5), (flare, end), (flare * 0.3, end + 0.12)]
            outline += [(-flare * 0.3, end), (-flare, end + 0.1), (-hip - 0.15, 2.5), (-self.body.waist, 1.85)]
            shapes, low, high = [smooth(outline)], 0.35, 0.8
        mask = fill(self.canvas.size, [self.frame.place(shape) for shape in shapes], max(self.soften, 0.5))
        if mask.empty:
            return
        cells = (int(mask.shape[0] / self.frame.unit * 1.5) + 2, int(mask.shape[1] / self.frame.unit * 6) + 2)
        thickness = np.clip(smooth_field(branch(rng), mask.shape, cells, low, high), 0.0, 1.0)
        surface = cloth(rng, mask, Fabric("plain", (tone[0], tone[1], tone[2])), self.frame.unit, self.light)
        self.canvas.paint(mask.times(thickness), surface)
        edges = [self.frame.place(np.concatenate([shape, shape[:1]])) for shape in shapes]
        hem = strokes(self.canvas.size, edges, self.frame.unit * 0.02, self.soften)
        self.canvas.paint(hem, [value * 0.85 for value in tone], 0.5)

    def _buttons(self, top: float) -> None:
        line = self.frame.place([(0.03, top - 0.1), (0.03, 2.4)])
        self.canvas.shade(strokes(self.canvas.size, [line], self.frame.unit * 0.02, 0.5), 0.7)
        for step in range(5):
            button = self.frame.place(ellipse(0.0, top + 0.1 + step * 0.42, 0.028, 0.028))
            self.canvas.paint(
                fill(self.canvas.size, [button], 0.3), [value * 0.45 for value in self.outfit.fabric.colour]
            )


def paint_object(canvas: Canvas, rng: np.random.Generator, arm: Arm, tailor: Tailor) -> None:
    """A ball, a book or a bottle in the arm's hand."""
    wrist = arm.joints[2]
    x, y = wrist[0] + math.sin(arm.hand) * 0.33, wrist[1] + math.cos(arm.hand) * 0.33
    red, green, blue = (float(value) for value in rng.integers(40, 230, size=3))
    kind = int(rng.integers(3))
    if kind == 0:
        shape = ellipse(x, y, 0.34, 0.34)
    elif kind == 1:
        shape = np.array([(x - 0.3, y - 0.4), (x + 0.3, y - 0.36), (x + 0.28, y + 0.4), (x - 0.3, y + 0.38)])
    else:
        half = [(0.05, -0.55), (0.06, -0.3), (0.14, -0.15), (0.14, 0.5)]
        shape = np.array(mirrored(half)) + np.array([x, y])
    tailor.sew([shape], draw_fabric(rng, "plain" if kind == 2 else "photo-print", (red, green, blue)), canvas)
